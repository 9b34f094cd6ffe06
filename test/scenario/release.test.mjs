// test/scenario/release.test.mjs - releases: the gate, what they publish, ranks and boards.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { DAY, MINUTE, makeDir, start, until } from '../support/xiaopu.mjs';

const OPEN = { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0 };

async function market(t, policy) {
  const xiaopu = await start(t, { policy });
  const merchant = await xiaopu.merchant('tea');
  const product = await merchant.product('tea-1');
  let sales = 0;
  const sell = async (number, amount_fen, buyer_ref, ago_s = MINUTE) => {
    const sold_at = new Date((await xiaopu.clock.now()) - ago_s * 1000).toISOString();
    const sale_id = `S-${++sales}`;
    const product_id = product.id;
    await merchant
      .sale({ sale_id, number, product_id, quantity: 1, amount_fen, buyer_ref, sold_at })
      .expect(201);
    return sale_id;
  };
  const release = async () => JSON.parse(await xiaopu.cliDone(['board', 'release']));
  const publicShop = async (number) => (await xiaopu.nobody.get(`/shops/${number}`).expect(200)).body;
  const top = async (query = '') => (await xiaopu.nobody.get(`/boards/top${query}`).expect(200)).body;
  return { xiaopu, merchant, product, sell, release, publicShop, top };
}

const untilLive = (owner, influence) =>
  until(`live influence ${influence}`, async () => {
    const { live } = (await owner.get('/me/shop').expect(200)).body;
    return live.influence === influence;
  });

test('nothing is public before a release, and all of it after', async (t) => {
  const { xiaopu, sell, release, publicShop, top } = await market(t, {
    influence: { settle_after_s: 0 },
    release: OPEN,
  });
  const alice = await xiaopu.member('alice').withShop();
  const bob = await xiaopu.member('bob').withShop();
  const carol = await xiaopu.member('carol').withShop();

  await sell(alice.number, 9000, 'x');
  await sell(bob.number, 5000, 'y');
  await untilLive(alice, 90);
  await untilLive(bob, 50);
  const before = await publicShop(alice.number);
  assert.equal(before.figures, null);
  assert.equal(before.rank, null);
  assert.deepEqual((await top()).items, []);
  const { body: none } = await xiaopu.nobody.get('/releases/current').expect(200);
  assert.equal(none.release, null);
  assert.equal(none.gate, 'weakened');

  assert.deepEqual(await release(), { release: 1 });
  await until('the release is shown', async () => (await top()).release === 1);
  const shop = await publicShop(alice.number);
  assert.equal(shop.influence, 90);
  assert.equal(shop.rank, 1);
  assert.equal(shop.figures.counted_sales_fen, 9000);
  assert.equal(shop.figures.visits, null);
  const { items } = await top();
  assert.deepEqual(
    items.map(({ rank, number, influence }) => [rank, number, influence]),
    [[1, alice.number, 90], [2, bob.number, 50]],
  );
  assert.equal((await publicShop(carol.number)).figures, null);

  const { body: own } = await bob.get('/me/rank').expect(200);
  assert.equal(own.rank, 2);
  assert.ok(own.neighbours.some(({ number }) => number === alice.number));
  const { body: unranked } = await carol.get('/me/rank').expect(200);
  assert.equal(unranked.rank, null);
  assert.ok(unranked.reason);

  // Live figures move on; what is public stays until the next release.
  await sell(bob.number, 9000, 'z');
  await untilLive(bob, 140);
  assert.equal((await publicShop(bob.number)).influence, 50);
  await release();
  await until('the second is shown', async () => (await top()).release === 2);
  assert.equal((await publicShop(bob.number)).influence, 140);
  assert.equal((await top()).items[0].number, bob.number);
  await xiaopu.cliDone(['verify']);
});

test('boards and ranked shops come from the cache until the next release', async (t) => {
  const { xiaopu, sell, release, top } = await market(t, {
    influence: { settle_after_s: 0 },
    release: OPEN,
  });
  const alice = await xiaopu.member('alice').withShop();
  const hits = async () => (await xiaopu.metrics()).get('xiaopu_page_cache_hits_total');
  const sales = async (where) => (await xiaopu.nobody.page(where).expect(200)).text;
  const places = ['/rank', '/api/v1/boards/top', `/s/${alice.number}`];

  await sell(alice.number, 9000, 'x');
  await untilLive(alice, 90);
  await release();
  await until('the release is shown', async () => (await top()).items.length === 1);
  for (const where of places) {
    await until(`${where} is kept`, async () => {
      const before = await hits();
      assert.match(await sales(where), /90/);
      return (await hits()) > before;
    });
  }
  await sell(alice.number, 9000, 'z');
  await untilLive(alice, 180);
  await release();
  for (const where of places) {
    await until(`${where} is made anew`, async () => /180/.test(await sales(where)));
  }
});

test('fewer buyers than k publish nothing, and an epoch comes by itself', async (t) => {
  const { xiaopu, sell, publicShop, top } = await market(t, {
    influence: { settle_after_s: 0 },
    release: { ...OPEN, k_min: 3, k_max: 3 },
  });
  const alice = await xiaopu.member('alice').withShop();

  await sell(alice.number, 9000, 'a');
  await sell(alice.number, 9000, 'b');
  await untilLive(alice, 180);
  await xiaopu.clock.advance(7 * DAY);
  assert.equal((await top()).release, 1);
  assert.equal((await publicShop(alice.number)).figures, null);
  await sell(alice.number, 30000, 'c'); // 170 points: 100 now, the rest later
  await xiaopu.clock.advance(7 * DAY);
  assert.equal((await top()).release, 2);
  const { figures, influence } = await publicShop(alice.number);
  assert.equal(figures.counted_sales_fen, 28000);
  assert.equal(influence, 280);
});

test('who wants no place on boards has none from the next release on', async (t) => {
  const { xiaopu, sell, release, publicShop, top } = await market(t, {
    influence: { settle_after_s: 0 },
    release: OPEN,
  });
  const alice = await xiaopu.member('alice').withShop();
  const bob = await xiaopu.member('bob').withShop();

  await sell(alice.number, 9000, 'x');
  await sell(bob.number, 5000, 'y');
  await untilLive(alice, 90);
  await untilLive(bob, 50);
  await release();
  await until('it is shown', async () => (await top()).items.length === 2);
  await alice.patch('/me/shop', { on_boards: false }).expect(200);
  await release();
  await until('it is shown', async () => (await top()).release === 2);
  assert.deepEqual((await top()).items.map(({ number }) => number), [bob.number]);
  assert.equal((await publicShop(alice.number)).rank, null);
  assert.equal((await publicShop(alice.number)).influence, 90);
  await alice.patch('/me/shop', { on_boards: true }).expect(200);
  await release();
  await until('it is shown', async () => (await top()).release === 3);
  assert.equal((await top()).items[0].number, alice.number);
});

test('another half-life changes nobody on the day of the release', async (t) => {
  const { xiaopu, sell, release, publicShop, top } = await market(t, {
    influence: { settle_after_s: 0 },
    release: OPEN,
  });
  const alice = await xiaopu.member('alice').withShop();

  await sell(alice.number, 9000, 'x');
  await untilLive(alice, 90);
  await release();
  await xiaopu.setPolicy({ influence: { half_life_days: 7 } });
  await release();
  await until('it is shown', async () => (await top()).release === 2);
  assert.equal((await publicShop(alice.number)).influence, 90);
  await xiaopu.clock.advance(14 * DAY);
  await until('it has faded', async () => (await publicShop(alice.number)).influence < 60);
});

// Whoever has nothing new to publish is measured by them as well.
test('another share of activity counts for everybody from the next release on', async (t) => {
  const { xiaopu, product, sell, release, publicShop, top } = await market(t, {
    influence: { settle_after_s: 0 },
    release: OPEN,
  });
  const alice = await xiaopu.member('alice').withShop();

  await sell(alice.number, 9000, 'x');
  await alice.put('/me/shop/slots/1', { product_id: product.id }).expect(200);
  await untilLive(alice, 95); // five for a day on which she was active
  await release();
  await until('it is shown', async () => (await top()).release === 1);
  assert.equal((await publicShop(alice.number)).influence, 95);
  await xiaopu.setPolicy({ influence: { activity_of_rest_pct: 0 } });
  assert.equal((await publicShop(alice.number)).influence, 95);
  await release();
  await until('it is shown', async () => (await top()).release === 2);
  assert.equal((await publicShop(alice.number)).influence, 90);
  assert.equal((await top()).items[0].influence, 90);
  await xiaopu.cliDone(['verify']);
});

test('the rule for the first places is the one that the release was made by', async (t) => {
  const { xiaopu, sell, release, top } = await market(t, {
    influence: { settle_after_s: 0 },
    release: OPEN,
    board: { listing: { top: 10, min_shops: 1, min_releases: 2 } },
  });
  const alice = await xiaopu.member('alice').withShop();
  const bob = await xiaopu.member('bob').withShop();

  await sell(alice.number, 2000, 'x');
  await untilLive(alice, 20);
  await release();
  await sell(alice.number, 2000, 'y');
  await sell(bob.number, 9000, 'z');
  await untilLive(alice, 40);
  await untilLive(bob, 90);
  await release();
  await until('it is shown', async () => (await top()).release === 2);
  const numbers = async () => (await top()).items.map(({ number }) => number);
  assert.deepEqual(await numbers(), [alice.number, bob.number]);
  await xiaopu.setPolicy({ board: { listing: { top: 0 } } });
  assert.deepEqual(await numbers(), [alice.number, bob.number]);
  await xiaopu.cliDone(['verify']);
  await release();
  await until('it is shown', async () => (await top()).release === 3);
  assert.deepEqual(await numbers(), [bob.number, alice.number]);
  await xiaopu.cliDone(['verify']);
});

test('a preview says what a policy would do, and changes nothing', async (t) => {
  const { xiaopu, sell, product } = await market(t, { influence: { settle_after_s: 0 } });
  const alice = await xiaopu.member('alice').withShop();
  const bob = await xiaopu.member('bob').withShop();

  await sell(alice.number, 20000, 'x');
  await sell(bob.number, 9000, 'y');
  await alice.put('/me/shop/slots/4', { product_id: product.id }).expect(200);
  await untilLive(alice, 155);
  await untilLive(bob, 90);
  const policy = JSON.parse(await xiaopu.cliDone(['policy', 'show']));
  policy.slots.tiers[1] = { influence: 100, slots: 7 };
  policy.slots.tiers = policy.slots.tiers.slice(0, 2);
  policy.influence.sales_brackets = [{ up_to_fen: 20000, permille: 1000 }];
  const file = path.join(makeDir(t), 'policy.json');
  writeFileSync(file, JSON.stringify(policy));
  const said = JSON.parse(await xiaopu.cliDone(['policy', 'preview', file]));
  assert.deepEqual(said.tiers, [
    { slots: 4, now: 2, then: 1, gain: 1, lose: 0 },
    { slots: 7, now: 0, then: 1, gain: 0, lose: 0 },
  ]);
  assert.equal(said.gain, 1);
  assert.equal(said.lose, 0);
  assert.equal(said.over_limit, 0);
  assert.deepEqual(said.top300, { in: 0, out: 0, kendall_tau: 1 });
  assert.deepEqual(said.sample[0], { number: alice.number, from: 155, to: 205 });
  assert.equal((await alice.get('/me/shop').expect(200)).body.live.influence, 155);
  await xiaopu.cliDone(['verify']);
});
