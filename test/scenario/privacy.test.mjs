// test/scenario/privacy.test.mjs - what a purchase shows to others before a release: nothing.
//
// One store is filled and stopped, and copied for each world, so that ids, keys and tokens
// are the same in all. Two worlds differ in one purchase (another product, another shop,
// another buyer; the totals agree), a third one lacks it. Each is then asked the same in
// the same order. The gate is as weak as the policy allows, so that nothing hides behind it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Merchant } from '../support/client.mjs';
import { GLANCE, expectSame, publicPaths, seen, viewsOf } from '../support/looks.mjs';
import { DAY, HOUR, makeDir, start, until } from '../support/xiaopu.mjs';

const CLOCK = '2026-03-03T02:00:00Z'; // a Tuesday: no release is due for days
const ARGS = ['--public-url', 'http://xiaopu.test', '--loops', '1'];
const BUYER = 'Qz7-customer'; // every buyer's reference begins like this
const SALE = 'Qz7-sale'; // every sale's id does
const OPEN_GATE = {
  influence: { settle_after_s: 0 },
  release: { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0 },
};

// Metrics that differ between two runs of one and the same world.
const METRICS_BY_RUN = {
  xiaopu_http_duration_seconds_total: 'time that the machine took',
  xiaopu_loop_lag_seconds: 'time that the machine took',
  xiaopu_tasks: 'what happens to be under way',
  xiaopu_http_connections: 'copied by a timer: before or after a reading by chance',
  xiaopu_clock_skew_seconds: 'time that the machine took',
  xiaopu_store_calls_total: 'heartbeats and jobs ask the store by time',
  xiaopu_object_cache_hits_total: 'copied by a timer: before or after a reading by chance',
  xiaopu_object_cache_misses_total: 'copied by a timer: before or after a reading by chance',
  xiaopu_object_cache_bytes: 'copied by a timer: before or after a reading by chance',
  xiaopu_store_late_total: 'time that the machine took',
  xiaopu_release_age_seconds: 'time',
  xiaopu_score_lag_events: 'what happens to be under way',
  xiaopu_score_lag_seconds: 'what happens to be under way',
};
const LOG_BY_RUN = ['at', 'id', 'ms', 'port', 'admin_port'];

function saleIn(market, shop, product, name) {
  return {
    sale_id: `${SALE}-${name}`,
    number: market[shop].number,
    product_id: market[product].id,
    quantity: 1,
    amount_fen: 8000,
    buyer_ref: `${BUYER}-${name}`,
    sold_at: CLOCK,
  };
}

async function sellSome(xiaopu, market, t) {
  for (const [shop, product] of [['alice', 'tea'], ['alice', 'cup'], ['bob', 'cup']]) {
    await market.merchant.sale(saleIn(market, shop, product, `${shop}-${product}`)).expect(201);
  }
  const refund = { refund_id: 'Qz7-refund', amount_fen: 500 };
  await market.merchant.refund(`${SALE}-bob-cup`, refund).expect(201);
  const file = path.join(makeDir(t), 'sales.csv');
  const { number } = market.alice;
  writeFileSync(
    file,
    'sale_id,number,product_handle,buyer_ref,quantity,amount_fen,sold_at,kind,refund_of\n' +
      `${SALE}-old,${number},tea,${BUYER}-old,1,1000,2026-03-02T03:04:05Z,sale,\n`,
  );
  await xiaopu.cliDone(['sales', 'import', file, '--merchant', market.merchant.id]);
}

// What goes by way of the outbox has arrived: else it would arrive in each world at a
// moment of its own.
async function allDelivered(xiaopu, market) {
  await until('friends and products are known', async () => {
    const lists = [];
    for (const name of ['alice', 'bob', 'carol']) {
      lists.push((await market[name].get('/me/following').expect(200)).body.items);
    }
    const { body: products } = await xiaopu.nobody.get('/products').expect(200);
    const { body: categories } = await xiaopu.nobody.get('/categories').expect(200);
    return (
      lists.flat().every(({ friend }) => friend) &&
      products.items.length === 2 &&
      categories.items.length === 2
    );
  });
}

// Two shops that offer both products, with figures from a release. Stopped when done.
async function fillStore(t) {
  const xiaopu = await start(t, { clock: CLOCK, args: ARGS, policy: OPEN_GATE, still: true });
  const merchant = await xiaopu.merchant('tea');
  const market = { xiaopu, merchant, operator: xiaopu.policyOperator };
  market.tea = await merchant.product('tea', { title: '明前龙井', category: '茶叶' });
  market.cup = await merchant.product('cup', { title: '青瓷杯', category: 'health' });
  for (const name of ['alice', 'bob', 'carol']) {
    market[name] = await xiaopu.member(name).withShop();
    await market[name].put('/me/shop/slots/1', { product_id: market.tea.id }).expect(200);
    await market[name].put('/me/shop/slots/2', { product_id: market.cup.id }).expect(200);
  }
  for (const name of ['alice', 'bob']) {
    await market.carol.put(`/me/following/${market[name].number}`).expect(204);
    await market[name].put(`/me/following/${market.carol.number}`).expect(204);
  }
  await sellSome(xiaopu, market, t);
  await until('all sales count', async () => {
    const { body: a } = await market.alice.get('/me/shop');
    const { body: b } = await market.bob.get('/me/shop');
    return a.live.sales === 170 && b.live.sales === 75;
  });
  await xiaopu.cliDone(['board', 'release']);
  await until('the board', async () => {
    const { body } = await xiaopu.nobody.get('/boards/top').expect(200);
    return body.items.length === 2;
  });
  await allDelivered(xiaopu, market);
  await xiaopu.stop();
  delete xiaopu.service;
  return market;
}

// --- what others may ask -------------------------------------------------------------------
const CAROL_ASKS = ['/me', '/me/shop', '/me/shop/influence', '/me/shop/analytics', '/me/following',
  '/me/rank', '/boards/friends', '/boards/top', '/merchant/sales', '/operator/overview'];
const OWNER_ASKS = ['/me/shop', '/me/shop/influence', '/me/shop/analytics', '/me/rank'];
const OPERATOR_ASKS = ['/operator/policy', '/operator/policy/versions', '/operator/audit',
  '/operator/overview', '/me/shop/analytics'];

// Every answer that others than buyer, owner and merchant get, by who asked what how.
async function look(world, market) {
  const all = new Map();
  const ask = async (who, name, where, headers = {}) => {
    const answer = await who.page(where, { ...GLANCE, ...headers });
    all.set([name, where, JSON.stringify(headers)].join(' '), seen(answer));
    return answer;
  };
  for (const where of publicPaths(market)) {
    const { headers } = await ask(world.nobody, 'nobody', where);
    if (headers.etag) await ask(world.nobody, 'nobody', where, { 'If-None-Match': headers.etag });
  }
  for (const where of viewsOf(market)) {
    for (const Accept of ['text/html', 'application/json', 'application/msgpack']) {
      await ask(world.nobody, 'nobody', where, { Accept, 'Accept-Language': 'en' });
    }
  }
  for (const where of CAROL_ASKS) await ask(world.carol, 'carol', `/api/v1${where}`);
  for (const where of OPERATOR_ASKS) await ask(world.operator, 'operator', `/api/v1${where}`);
  // Owners see their own sums, and more digits after a purchase; the log and the metrics,
  // which others read, must not have them.
  for (const owner of [world.alice, world.bob]) {
    for (const where of OWNER_ASKS) await owner.page(`/api/v1${where}`, GLANCE);
  }
  return all;
}

// --- one world ------------------------------------------------------------------------------
// What was counted from one reading of the metrics to the next.
function counted(before, after) {
  const kept = [...after].filter(([name]) => !(name in METRICS_BY_RUN));
  return Object.fromEntries(kept.map(([name, value]) => [name, value - before.get(name)]));
}

// The log's lines without what differs by run, and without the requests of our own waiting.
function logLines(text) {
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  const events = lines.map((line) => JSON.parse(line));
  for (const event of events) for (const name of LOG_BY_RUN) delete event[name];
  const waiting = ['/readyz', '/metrics', '/api/v1/boards/top'];
  const kept = events.filter(({ route }) => !waiting.includes(route));
  return kept.map((event) => JSON.stringify(event)).sort();
}

async function open(t, market) {
  const copy = await market.xiaopu.copy(t);
  const xiaopu = await start(t, { clock: CLOCK, args: ARGS, copy, still: true });
  const again = ({ token }) => xiaopu.client({ token });
  await until('the metrics know the worker', async () => {
    const metrics = await xiaopu.metrics();
    const known = ['xiaopu_servers', 'xiaopu_workers', 'xiaopu_release'];
    return known.every((gauge) => metrics.get(gauge) === 1);
  });
  const { id: merchant_id, ...merchant } = market.merchant;
  const merchantOf = { ...merchant, merchant_id, agent: xiaopu.agent };
  return {
    xiaopu,
    nobody: xiaopu.nobody,
    alice: again(market.alice),
    bob: again(market.bob),
    carol: again(market.carol),
    operator: again(market.operator),
    merchant: new Merchant(xiaopu.base, merchantOf),
  };
}

async function buy(world, market, { shop, product, name }) {
  const { xiaopu } = world;
  const before = await xiaopu.metrics();
  // The id is the same in all worlds: only shop, product and buyer differ.
  const sale = { ...saleIn(market, shop, product, name), sale_id: `${SALE}-one` };
  await world.merchant.sale(sale).expect(201);
  const after = await xiaopu.metrics();
  const applied = (metrics) => metrics.get('xiaopu_events_applied_total');
  await until('the worker says it applied one event', async () => {
    return applied(await xiaopu.metrics()) === applied(before) + 1;
  });
  return counted(before, after);
}

// Lives through one world: looks, buys, looks at once, after an hour and after a day.
async function live(t, market, purchase) {
  const world = await open(t, market);
  const { xiaopu } = world;
  const from = xiaopu.service.stderr.length;
  const story = { dir: xiaopu.storeDir, looks: [await look(world, market)], counts: [] };
  if (purchase) story.bought = await buy(world, market, purchase);
  for (const advance_s of [0, HOUR, DAY]) {
    if (advance_s > 0) await xiaopu.clock.advance(advance_s);
    const before = await xiaopu.metrics();
    story.looks.push(await look(world, market));
    story.counts.push(counted(before, await xiaopu.metrics()));
  }
  await xiaopu.cliDone(['board', 'release']);
  story.released = await until('the release', async () => {
    const { body } = await xiaopu.nobody.get('/boards/top').expect(200);
    return body.release === 2 && body.items.map(({ number, influence }) => [number, influence]);
  });
  await xiaopu.stop();
  story.said = xiaopu.service.stderr + xiaopu.service.stdout;
  story.log = logLines(xiaopu.service.stderr.slice(from));
  return story;
}

// Which of the directory's files hold this text, as it is, in hex or in Base64.
function filesWith(dir, text) {
  const forms = [text, Buffer.from(text).toString('hex'), Buffer.from(text).toString('base64')];
  const names = readdirSync(dir, { recursive: true }).map((name) => path.join(dir, name));
  return names
    .filter((name) => statSync(name).isFile())
    .filter((name) => forms.some((form) => readFileSync(name).includes(form)));
}

test('a purchase shows nobody anything before a release', async (t) => {
  const market = await fillStore(t);
  assert.equal(market.tea.id.length, market.cup.id.length); // sizes of answers are logged
  const here = await live(t, market, { shop: 'alice', product: 'tea', name: 'ann' });
  const there = await live(t, market, { shop: 'bob', product: 'cup', name: 'ben' });
  const without = await live(t, market);

  await t.test('one of another product, in another shop, by another buyer', () => {
    here.looks.forEach((one, i) => expectSame(one, there.looks[i], `look ${i}`));
  });
  await t.test('none at all', () => {
    here.looks.forEach((one, i) => expectSame(one, without.looks[i], `look ${i}`));
  });
  await t.test('metrics count the same', () => {
    assert.deepEqual(here.bought, there.bought);
    assert.deepEqual(here.counts, there.counts);
    assert.deepEqual(here.counts, without.counts);
  });
  await t.test('the log says the same', () => assert.deepEqual(here.log, there.log));
  await t.test('the release then tells the worlds apart', () => {
    assert.notDeepEqual(here.released, there.released);
    assert.notDeepEqual(here.released, without.released);
  });
  await t.test('the buyer is in no file and no log', () => {
    for (const { dir, said } of [here, there]) {
      assert.notDeepEqual(filesWith(dir, SALE), []); // so it would be found
      assert.deepEqual(filesWith(dir, BUYER), []);
      assert.ok(!said.includes(BUYER) && !said.includes(SALE));
    }
  });
});
