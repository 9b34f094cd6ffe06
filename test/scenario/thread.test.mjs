// A thread through it all: a shop, four products, a signed sale, live influence, a board.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, start, until } from '../support/xiaopu.mjs';

const OPEN_GATE = {
  influence: { settle_after_s: 0 },
  release: { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0 },
};

async function shopWithFour(xiaopu) {
  const tea = await xiaopu.merchant('tea');
  const products = [];
  for (const handle of ['green', 'black', 'white', 'dark', 'yellow']) {
    products.push(await tea.product(handle, { title: `${handle} tea`, price_fen: 5000 }));
  }
  const alice = await xiaopu.member('alice').withShop({ nickname: '林间' });
  for (let slot = 1; slot <= 4; slot++) {
    await alice.put(`/me/shop/slots/${slot}`, { product_id: products[slot - 1].id }).expect(200);
  }
  return { tea, alice, products };
}

async function saleOf(xiaopu, alice, product, changes = {}) {
  return {
    sale_id: 's-1',
    number: alice.number,
    product_id: product.id,
    quantity: 1,
    amount_fen: 8000,
    buyer_ref: 'buyer-1',
    sold_at: new Date(await xiaopu.clock.now()).toISOString(),
    ...changes,
  };
}

test('from an open shop to a place on the board', async (t) => {
  const xiaopu = await start(t, { policy: OPEN_GATE });
  const { tea, alice, products } = await shopWithFour(xiaopu);

  await t.test('the fifth slot and the early change are refused', async () => {
    const fifth = await alice
      .put('/me/shop/slots/5', { product_id: products[4].id })
      .expect(409, 'slot_limit');
    assert.equal(fifth.body.slot_limit, 4);
    const early = await alice
      .put('/me/shop/slots/1', { product_id: products[4].id })
      .expect(409, 'cooldown');
    assert.ok(early.body.changeable_at);
    assert.ok(Number(early.headers['retry-after']) > 0);
  });

  await t.test('the page shows the four, and no figures yet', async () => {
    const page = await xiaopu.nobody.page(`/s/${alice.number}`).expect(200);
    assert.match(page.text, /green tea/);
    assert.match(page.text, /dark tea/);
    const { body } = await xiaopu.nobody.get(`/shops/${alice.number}`).expect(200);
    assert.equal(body.influence, null);
    assert.equal(body.slots.length, 4);
  });

  await t.test('a signed sale is in the live influence, not in public', async () => {
    await tea.sale(await saleOf(xiaopu, alice, products[0])).expect(201);
    const live = await until('the sale counts', async () => {
      const { body } = await alice.get('/me/shop').expect(200);
      return body.live.sales >= 80 && body.live;
    });
    assert.ok(live.influence >= 80);
    const told = await alice.get('/me/shop/influence').expect(200);
    const { parts, score } = told.body;
    assert.equal(parts.sales + parts.visits + parts.activity, score);
    const { body } = await xiaopu.nobody.get(`/shops/${alice.number}`).expect(200);
    assert.equal(body.influence, null);
  });

  await t.test('a release puts the shop on the board', async () => {
    await xiaopu.cliDone(['board', 'release']);
    const { body } = await until('the board', async () => {
      const board = await xiaopu.nobody.get('/boards/top').expect(200);
      return board.body.items.length > 0 && board;
    });
    assert.equal(body.items[0].number, alice.number);
    assert.equal(body.items[0].rank, 1);
    const page = await xiaopu.nobody.page('/rank').expect(200);
    assert.match(page.text, new RegExp(alice.number));
    const rank = await alice.get('/me/rank').expect(200);
    assert.equal(rank.body.rank, 1);
  });

  await t.test('slots are retuned live, and the fifth opens', async () => {
    await xiaopu.setPolicy({
      slots: { tiers: [{ influence: 0, slots: 4 }, { influence: 50, slots: 5 }] },
    });
    await until('a fifth slot', async () => {
      const { body } = await alice.get('/me/shop').expect(200);
      return body.slot_limit === 5;
    });
    await alice.put('/me/shop/slots/5', { product_id: products[4].id }).expect(200);
  });

  await t.test('a product taken down is gone, and its slot is free', async () => {
    await tea.patch('/merchant/products/green', { status: 'unlisted' }).expect(200);
    await xiaopu.nobody.get(`/products/${products[0].id}`).expect(410, 'product_unlisted');
    const page = await xiaopu.nobody.page(`/s/${alice.number}`).expect(200);
    assert.doesNotMatch(page.text, /green tea/);
    const { body } = await xiaopu.nobody.get(`/shops/${alice.number}`).expect(200);
    assert.equal(body.slots.length, 4);
  });

  await t.test('what the store holds agrees with itself', async () => {
    await xiaopu.cliDone(['verify']);
  });
});

test('a slot rests for its cooldown, then changes', async (t) => {
  const xiaopu = await start(t);
  const { alice, products } = await shopWithFour(xiaopu);
  const want = { product_id: products[4].id };

  await alice.put('/me/shop/slots/1', want).expect(409, 'cooldown');
  await xiaopu.nobody.put('/me/shop/slots/1', want).expect(401, 'unauthenticated');
  await xiaopu.clock.advance(3 * DAY);
  await alice.put('/me/shop/slots/1', want).expect(200);
});

test('what was acknowledged survives kill -9 of every process', async (t) => {
  const xiaopu = await start(t, { policy: OPEN_GATE });
  const { tea, alice, products } = await shopWithFour(xiaopu);

  for (const [i, name] of ['server', 'scoring', 'store'].entries()) {
    const sale = await saleOf(xiaopu, alice, products[0], {
      sale_id: `s-${i}`,
      buyer_ref: `buyer-${i}`,
    });
    await tea.sale(sale).expect(201);
    const pid = xiaopu.kill(name);
    await xiaopu.back(name, pid);
    await tea.sale(sale).expect(200); // the same again, and known
  }
  await until('all three sales count', async () => {
    const { status, body } = await alice.get('/me/shop');
    return status === 200 && body.live.sales === 240;
  });
  await xiaopu.cliDone(['verify']);
});
