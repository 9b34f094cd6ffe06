// test/bench/board.bench.mjs - the board of 300 places, page and JSON, beside an answer of
// the same size from the same cache: the list of goods. While it is served from the cache
// nobody asks the store.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { send } from '../support/client.mjs';
import { command, until } from '../support/process.mjs';
import { startMachines } from '../support/machines.mjs';
import { parseMetrics } from '../support/xiaopu.mjs';
import { alternate, load, rateAndCpu } from './measure.mjs';
import { oneLoop, pinSite } from './stage.mjs';

const PLACES = 300;
const FIRST_SHOP = 39063 * 256;
const OPEN = { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0 };
const policy = { influence: { settle_after_s: 0 }, release: OPEN };

const key = (kind, number) =>
  `${kind}:{s${String(number % 256).padStart(3, '0')}}:${number}`;

// A profile with a nickname alone (storage/shop/profile.c), as a word for redis-cli.
function profile(nickname) {
  const text = Buffer.from(nickname);
  const packed = Buffer.concat([Buffer.from([1, 0, text.length, 0]), text]);
  return `"${[...packed].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
}

async function openShops(site) {
  const words = Array.from({ length: PLACES }, (_, i) => FIRST_SHOP + i).map(
    (number) =>
      `HSET ${key('shop', number)} owner 1 status open on_boards 1 opened_at_ms 1\r\n` +
      `SET ${key('profile', number)} ${profile(`第${number}家小铺`)}\r\n` +
      `SETBIT shops:{s${String(number % 256).padStart(3, '0')}} ` +
      `${Math.floor((number - FIRST_SHOP) / 256)} 1\r\n`,
  );
  await command('redis-cli', ['-s', site.socket, '--pipe'], { input: words.join('') });
}

// One sale a shop, each of another sum, and what it comes to released.
async function fillBoard(site, merchant) {
  await merchant.product('tea');
  const at = new Date(Date.now() - 3600_000).toISOString();
  const lines = ['sale_id,number,product_handle,buyer_ref,quantity,amount_fen,sold_at,kind,refund_of'];
  for (let i = 0; i < PLACES; i++) {
    lines.push(`S-${i},${FIRST_SHOP + i},tea,b${i},1,${(i + 1) * 1000},${at},sale,`);
  }
  const file = path.join(site.dir, 'sales.csv');
  writeFileSync(file, [...lines, ''].join('\n'));
  await site.cliDone(['sales', 'import', file, '--merchant', merchant.id]);
  await until('every sale is on the board', async () => {
    await site.cliDone(['board', 'release']);
    const { body } = await site.nobody.get('/boards/top').expect(200);
    return body.items.length === PLACES;
  }, { every_ms: 500 });
}

async function listedBytes(site, merchant, list, letters) {
  const lines = ['Handle,Title,Variant Price'];
  for (let i = 0; i < list.goods; i++) lines.push(`good-${i},${'t'.repeat(letters)},10.00`);
  const file = path.join(site.dir, 'goods.csv');
  writeFileSync(file, [...lines, ''].join('\n'));
  await site.cliDone(['catalog', 'import', file, '--merchant', merchant.id]);
  return until('the goods are listed as they are now', async () => {
    const { body, bytes } = await send(site.base, 'GET', list.path);
    const listed = body.items.filter(({ title }) => title === 't'.repeat(letters));
    return listed.length >= list.goods - 1 && bytes.length; // "tea" is one more
  });
}

// Goods whose list has about as many bytes: the titles make up for the difference.
async function fillList(site, merchant, list, bytes) {
  const least = await listedBytes(site, merchant, list, 1);
  const letters = 1 + Math.round((bytes - least) / list.goods);
  assert.ok(letters > 0 && letters <= 255, `no list of ${bytes} bytes`);
  return listedBytes(site, merchant, list, letters);
}

const misses = async (server) => {
  const { text } = await send(server.adminBase, 'GET', '/metrics');
  return parseMetrics(text).get('xiaopu_page_cache_misses_total');
};

// What comes from the cache asks the store nothing; a page lives a minute there.
async function assertKept(server, url) {
  const before = await misses(server);
  await load(url, server.pid);
  const made = (await misses(server)) - before;
  assert.ok(made <= 8, `the board was made ${made} times`);
}

async function beside(t, name, where, goods) {
  const list = { goods, path: `/api/v1/products?limit=${goods}` };
  const site = await startMachines(t, { quiet: true, policy });
  const merchant = await site.merchant('bench');
  await openShops(site);
  await fillBoard(site, merchant);
  const { bytes } = await send(site.base, 'GET', where);
  const listed = await fillList(site, merchant, list, bytes.length);
  const server = await oneLoop(site);
  await pinSite(site, server);
  for (const one of [where, list.path]) await send(server.base, 'GET', one); // into the cache
  console.log(`# the board has ${bytes.length} bytes, the list ${listed}`);
  await assertKept(server, server.base + where);
  const sides = await alternate(
    () => load(server.base + where, server.pid),
    () => load(server.base + list.path, server.pid),
  );
  rateAndCpu(name, sides, { yardstick: 'a cached list', rate: { least: 0.9 } });
}

export const rows = {
  'board-page': (t) => beside(t, 'board of 300, page', '/rank', 100),
  'board-json': (t) => beside(t, 'board of 300, JSON', '/api/v1/boards/top', 70),
};
