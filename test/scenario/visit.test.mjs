// test/scenario/visit.test.mjs - what counts as a visit, from a kept page or a fresh one, and
// how often somebody may ask.
// runs under sanitizers too
import assert from 'node:assert/strict';
import test from 'node:test';
import { DAY, MINUTE, expectMetric, start, until } from '../support/xiaopu.mjs';

const CLOCK = '2026-03-01T02:00:00Z'; // ten in the morning, UTC+8

// One loop: it is each loop that leaves repeats out.
async function openShop(t, options = {}) {
  const args = ['--loops', '1'];
  // A visit counts at most once: some would be gone with what takes over.
  const xiaopu = await start(t, { clock: CLOCK, args, still: true, ...options });
  const alice = await xiaopu.member('alice').withShop();
  return { xiaopu, alice, page: `/s/${alice.number}`, nobody: xiaopu.nobody };
}

const visits = async (xiaopu) => (await xiaopu.metrics()).get('xiaopu_visits_total');

// Waits until that many were sent on, then until the owner sees them.
async function expectVisits({ xiaopu, alice }, counted, { views, visitors }) {
  await until(`${counted} visits`, async () => (await visits(xiaopu)) >= counted);
  const { body } = await until('the owner sees them', async () => {
    const answer = await alice.get('/me/shop/analytics?days=1').expect(200);
    return answer.body.totals.visits >= views && answer;
  });
  assert.equal(body.totals.visits, views);
  assert.equal(body.totals.visitors, visitors);
  assert.equal(await visits(xiaopu), counted);
}

test('each visitor counts, by page or API, on 200 and on 304, kept or fresh', async (t) => {
  const shop = await openShop(t);
  const { nobody, page, alice } = shop;
  const agent = (name) => ({ 'User-Agent': `Mozilla/5.0 ${name}` });

  const first = await nobody.page(page, agent('one')).expect(200);
  for (let i = 0; i < 3; i++) await nobody.page(page, agent('two')).expect(200);
  const held = { 'If-None-Match': first.headers.etag, ...agent('three') };
  await nobody.page(page, held).expect(304);
  await nobody.get(`/shops/${alice.number}`, agent('four')).expect(200);
  const bob = await shop.xiaopu.member('bob');
  await bob.page(page, agent('one')).expect(200);
  await expectVisits(shop, 5, { views: 5, visitors: 5 });
});

test('owners, crawlers, HEAD and prefetches do not count', async (t) => {
  const shop = await openShop(t);
  const { nobody, page, alice, xiaopu } = shop;
  const cookie = { Cookie: `session=${alice.token}` };
  const robot = { 'User-Agent': 'Mozilla/5.0 (compatible; Examplebot/1.0)' };

  for (let kept = 0; kept < 2; kept++) {
    await alice.page(page).expect(200);
    await nobody.page(page, cookie).expect(200);
    await nobody.page(page, robot).expect(200);
    await nobody.page(page, { 'Sec-Purpose': 'prefetch;prerender' }).expect(200);
    await nobody.request('HEAD', page).expect(200);
  }
  await nobody.page('/s/99999999').expect(404);
  await nobody.page(page, { 'User-Agent': 'Mozilla/5.0' }).expect(200);
  await expectVisits(shop, 1, { views: 1, visitors: 1 });
  expectMetric(await xiaopu.metrics(), 'xiaopu_visits_dropped_total', 0);
});

test('a visitor who comes back counts again after a minute, as the same one', async (t) => {
  const shop = await openShop(t);
  const { nobody, page, xiaopu } = shop;

  await nobody.page(page).expect(200);
  await xiaopu.clock.advance(MINUTE - 10);
  await nobody.page(page).expect(200);
  await xiaopu.clock.advance(11);
  await nobody.page(page).expect(200);
  await expectVisits(shop, 2, { views: 2, visitors: 1 });
});

test('views of a product in a shop are the owner\'s to see when the day is over', async (t) => {
  const { xiaopu, alice, page, nobody } = await openShop(t);
  const tea = await xiaopu.merchant();
  const cup = await tea.product('cup', { category: 'kitchen' });
  await alice.put('/me/shop/slots/1', { product_id: cup.id }).expect(200);

  for (const name of ['one', 'two', 'two']) {
    const agent = { 'User-Agent': name };
    await nobody.page(`${page}/p/${cup.id}`, agent).expect(200);
    await nobody.page(page, agent).expect(200);
  }
  await until('two visits', async () => (await visits(xiaopu)) === 2);
  await xiaopu.clock.advance(DAY);
  const { body } = await alice.get('/me/shop/analytics?days=2').expect(200);
  assert.deepEqual(
    body.products.map(({ product_id, visits: views }) => [product_id, views]),
    [[cup.id, 2]],
  );
});

test('a proxy that is trusted says whose visit it is, and no other', async (t) => {
  const from = (address) => ({ 'User-Agent': 'x', 'X-Forwarded-For': address });
  const trusting = await openShop(t, { args: ['--loops', '1', '--trust-proxy', '127.0.0.0/8'] });
  const wary = await openShop(t);

  for (const { nobody, page } of [trusting, wary]) {
    for (const address of ['1.1.1.1', '2.2.2.2', '6.6.6.6, 2.2.2.2', ['6.6.6.6', '2.2.2.2']]) {
      await nobody.page(page, from(address)).expect(200);
    }
  }
  await expectVisits(trusting, 2, { views: 2, visitors: 2 });
  await expectVisits(wary, 1, { views: 1, visitors: 1 });
});

test('public documents may be limited by address, kept or fresh', async (t) => {
  const options = { policy: { limits: { public_gets_per_minute: 5 } } };
  const { nobody, page } = await openShop(t, options);

  for (let i = 0; i < 5; i++) await nobody.page(page, { Accept: 'application/json' }).expect(200);
  const refused = await nobody.get('/categories').expect(429, 'rate_limited');
  assert.match(refused.headers['retry-after'], /^1[0-2]$/);
  assert.equal(refused.headers['ratelimit-policy'], '"gets";q=5;w=60');
  assert.match(refused.headers.ratelimit, /^"gets";r=0;t=1[0-2]$/);
  await nobody.page(page).expect(429);
});
