// test/scenario/real_data.test.mjs - nine months of a real shop's sales, in two stores: as
// they came, and shuffled with repeats. What is shown must be the same.
//
// REAL_DATA=all takes every line; without it some lines of every eighth shop. How fast
// the import went is said, not judged.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { makeDir, start, until } from '../support/xiaopu.mjs';

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const ENGLISH = path.join(DATA, 'catalog/online_retail_products.csv');
const CHINESE = path.join(DATA, 'catalog/litemall_goods_zh.csv');
const LINES = path.join(DATA, 'events/online_retail_2010-12_2011-08.csv.gz');
const absent = existsSync(LINES) ? false : 'the real sales are not beside this directory';

const whole = process.env.REAL_DATA === 'all';
const [PART_LINES, ONE_SHOP_IN] = [20_000, 8];
const BOARD = 300;
const AT_ONCE = 8; // requests
const WAIT = { ms: 400_000, every_ms: 500 };

const POLICY = {
  limits: { sign_ups_per_hour: 0 },
  influence: { settle_after_s: 0 },
  release: { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0, cap_fen: 100_000_000 },
  board: { listing: { top: 0 } },
};

// --- the data -----------------------------------------------------------------------------
const rowsOf = (text) => text.trim().split('\n').slice(1).map((line) => line.split(','));

function readLines() {
  const all = rowsOf(gunzipSync(readFileSync(LINES)).toString()).map((row) => {
    const [id, time, kind, shop, buyer, product, , quantity, , amount, ref] = row;
    const amount_fen = Math.abs(Number(amount));
    return { id, time, kind, shop, buyer, product, quantity, amount_fen, ref };
  });
  const wanted = ({ shop }) => Number(shop.slice(1)) % ONE_SHOP_IN === 0;
  return whole ? all : all.filter(wanted).slice(0, PART_LINES);
}

// What is left of each sale, what these lines are, and how many shops have something left.
function reckon(lines) {
  const left = new Map();
  const said = { sales: 0, refunds: 0, bad: 0 };
  for (const { id, kind, amount_fen, ref } of lines) {
    if (kind === 'order') {
      left.set(id, amount_fen);
      said.sales++;
    } else if (left.get(ref) >= amount_fen) {
      left.set(ref, left.get(ref) - amount_fen);
      said.refunds++;
    } else {
      said.bad++; // of no sale, or of more than was paid
    }
  }
  const shops = new Set();
  for (const { id, shop } of lines) {
    if (left.get(id) > 0) shops.add(shop);
  }
  return { left, said, earning: shops.size };
}

// SKU -> handle; what stands in quotes (titles with commas) does not matter.
function readHandles() {
  const text = readFileSync(ENGLISH, 'utf8').replace(/"(?:[^"]|"")*"/g, 'quoted');
  return new Map(rowsOf(text).map((row) => [row[9], row[0]]));
}

// A small generator (mulberry32), so that a failure can be had again.
function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffledWithRepeats(items) {
  const random = seeded(20110901);
  const all = [...items, ...items.filter(() => random() < 0.1)];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

// --- a store ------------------------------------------------------------------------------
async function eachAtOnce(items, work) {
  const queue = [...items];
  const worker = async () => {
    while (queue.length > 0) await work(queue.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function openShops(xiaopu, names) {
  const owners = new Map();
  await eachAtOnce(names, async (name) => {
    const owner = await xiaopu.member(name).withShop();
    owners.set(name, { token: owner.token, number: owner.number });
  });
  return owners;
}

const HEADER =
  'sale_id,number,product_handle,buyer_ref,quantity,amount_fen,sold_at,kind,refund_of';

function saleRow(line, owners, handles) {
  const { id, kind, buyer, quantity, amount_fen, ref } = line;
  const sold_at = new Date(line.time * 1000).toISOString();
  const { number } = owners.get(line.shop);
  const handle = handles.get(line.product);
  return [id, number, handle, buyer, quantity, amount_fen, sold_at, kind, ref].join();
}

// A busy store may answer too late: those rows are sent again, and were there already. So
// repeats are counted with what is good; that each sale is there once, refunds will show.
async function importRows(t, xiaopu, merchant, rows, what) {
  const file = path.join(makeDir(t), 'sales.csv');
  writeFileSync(file, [HEADER, ...rows, ''].join('\n'));
  const begun = performance.now();
  const said = await xiaopu.cliDone(['sales', 'import', file, '--merchant', merchant.id]);
  const rate = Math.round(rows.length / ((performance.now() - begun) / 1000));
  const [sales, refunds, repeats, bad] = said.match(/\d+/g).map(Number);
  t.diagnostic(`${what}: ${rows.length} lines, ${rate} lines/s, ${said.trim()}`);
  return { good: sales + refunds + repeats, repeats, bad };
}

// Everything agrees, and no event is on its way any more.
async function verified(xiaopu) {
  await until('all events are applied', async () => {
    const said = await xiaopu.cliDone(['verify']);
    return /^ +waiting +0 /m.test(said);
  }, WAIT);
}

async function liveScores(xiaopu, owners) {
  const scores = new Map();
  await eachAtOnce(owners, async ([name, { token }]) => {
    const { body } = await xiaopu.client({ token }).get('/me/shop/influence').expect(200);
    const { score, parts, days, pending } = body;
    scores.set(name, { score, parts, days, pending });
  });
  return new Map([...scores].sort(([a], [b]) => (a < b ? -1 : 1)));
}

// The first board: its bytes but for the moment at which it was made.
async function releasedBoard(xiaopu) {
  await xiaopu.cliDone(['board', 'release']);
  const { text, body } = await until('the board', async () => {
    const answer = await xiaopu.nobody.get(`/boards/top?limit=${BOARD}`).expect(200);
    return answer.body.release === 1 && answer;
  });
  return { items: body.items, text: text.replace(/"as_of":"[^"]*"/, '') };
}

// Both shops' goods, and a shop for each name of `lines`; the store as it is before a sale.
async function market(t, lines) {
  const xiaopu = await start(t, { clock: '2011-09-01T00:00:00Z', policy: POLICY });
  const merchant = await xiaopu.merchant('goods');
  for (const [file, made] of [[ENGLISH, 3492], [CHINESE, 177]]) {
    const said = await xiaopu.cliDone(['catalog', 'import', file, '--merchant', merchant.id]);
    const counts = said.match(/ (\d+) products new, 0 changed, (\d+) as they were; 0 bad rows/);
    assert.ok(counts, said);
    const [fresh, known] = counts.slice(1).map(Number);
    assert.equal(fresh + known, made, said);
    if (!xiaopu.disturber) assert.equal(known, 0, said); // else it may be the second try
  }
  const begun = performance.now();
  const owners = await openShops(xiaopu, new Set(lines.map(({ shop }) => shop)));
  t.diagnostic(`${owners.size} shops opened in ${Math.round(performance.now() - begun)} ms`);
  await xiaopu.stop();
  const copy = await xiaopu.copy(t);
  await xiaopu.run();
  return { xiaopu, merchant, owners, copy };
}

test('real sales tell the same in any order', { skip: absent }, async (t) => {
  const lines = readLines();
  const { left, said, earning } = reckon(lines);
  const handles = readHandles();
  if (whole) assert.deepEqual(said, { sales: 224_993, refunds: 4393, bad: 902 });
  assert.ok(lines.every(({ product }) => handles.has(product)));

  const { xiaopu: first, merchant, owners, copy } = await market(t, lines);
  const toRow = (line) => saleRow(line, owners, handles);
  const taken = await importRows(t, first, merchant, lines.map(toRow), 'in order');
  assert.equal(taken.good, said.sales + said.refunds);
  assert.equal(taken.bad, said.bad);
  await verified(first);
  const scores = await liveScores(first, owners);
  const board = await releasedBoard(first);
  assert.equal(board.items.length, Math.min(BOARD, earning));
  if (whole) assert.ok(board.items.every(({ influence }) => influence > 0));

  await t.test('shuffled, with repeats', async () => {
    const second = await start(t, { copy, clock: '2011-09-01T00:00:00Z' });
    const mixed = shuffledWithRepeats(lines);
    const again = await importRows(t, second, merchant, mixed.map(toRow), 'shuffled');
    assert.equal(again.good + again.bad, mixed.length);
    assert.ok(again.bad >= said.bad && again.repeats >= mixed.length - lines.length - again.bad);
    await verified(second);
    assert.deepEqual(await liveScores(second, owners), scores);
    assert.equal((await releasedBoard(second)).text, board.text);
  });

  await t.test('all of it taken back', async () => {
    const rows = [...left].filter(([, amount_fen]) => amount_fen > 0);
    const back = rows.map(([id, amount_fen]) => `back-${id},,,,,${amount_fen},,refund,${id}`);
    const counts = await importRows(t, first, merchant, back, 'taken back');
    assert.deepEqual([counts.good, counts.bad], [rows.length, 0]);
    await verified(first);
    for (const [name, { score, days }] of await liveScores(first, owners)) {
      assert.deepEqual([name, score, days], [name, 0, []]);
    }
  });
});
