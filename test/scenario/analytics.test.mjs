// What an owner learns of the own shop, and what not even the owner is shown.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, start, until } from '../support/xiaopu.mjs';

const CLOCK = '2026-03-01T02:00:00Z'; // ten in the morning, UTC+8

async function sell(xiaopu, tea, number, product, buyers) {
  const sold_at = new Date(await xiaopu.clock.now()).toISOString();
  for (let i = 0; i < buyers; i++) {
    const sale = { number, product_id: product.id, quantity: 1, amount_fen: 1000, sold_at };
    await tea
      .sale({ ...sale, sale_id: `${product.id}-${i}`, buyer_ref: `buyer-${i}` })
      .expect(201);
  }
}

test('an owner sees sums by day, and products when the day is over', async (t) => {
  const xiaopu = await start(t, { clock: CLOCK });
  const tea = await xiaopu.merchant();
  const alice = await xiaopu.member('alice').withShop();
  const cup = await tea.product('cup', { category: 'kitchen' });
  const few = await tea.product('few', { category: 'health' });
  const many = await tea.product('many', { category: 'health' });
  await sell(xiaopu, tea, alice.number, cup, 1);
  await sell(xiaopu, tea, alice.number, few, 4);
  await sell(xiaopu, tea, alice.number, many, 5);
  await tea.refund(`${cup.id}-0`, { refund_id: 'r-1', amount_fen: 300 }).expect(201);
  await xiaopu.nobody.page(`/s/${alice.number}`).expect(200);

  await t.test('today is live, without products', async () => {
    const { body } = await until('the visit is counted', async () => {
      const answer = await alice.get('/me/shop/analytics').expect(200);
      return answer.body.totals.visitors === 1 && answer;
    });
    assert.equal(body.days.length, 30);
    assert.deepEqual(body.days.at(-1), {
      day: '2026-03-01',
      visits: 1,
      visitors: 1,
      orders: 10,
      sales_fen: 9700,
      commission_fen: 0,
    });
    assert.deepEqual(body.products, []);
  });

  await t.test('a sensitive product is named from k_min buyers only', async () => {
    await xiaopu.clock.advance(DAY);
    const { body } = await alice.get('/me/shop/analytics?days=2').expect(200);
    assert.equal(body.days.length, 2);
    assert.deepEqual(
      body.products.map(({ product_id, orders, sales_fen }) => [product_id, orders, sales_fen]),
      [
        [cup.id, 1, 700],
        [many.id, 5, 5000],
      ].sort((a, b) => Number(a[0]) - Number(b[0])),
    );
  });

  await t.test('the same as a table', async () => {
    const { text, type } = await alice
      .get('/me/shop/analytics?days=2', { Accept: 'text/csv' })
      .expect(200);
    assert.match(type, /^text\/csv/);
    assert.match(text, /^day,product_id,visits,visitors,orders,sales_fen,commission_fen\r?\n/);
    assert.match(text, /^2026-03-01,,1,1,10,9700,0\r?$/m);
  });

  await t.test('only for the owner, and within bounds', async () => {
    await xiaopu.nobody.get('/me/shop/analytics').expect(401, 'unauthenticated');
    await tea.get('/me/shop/analytics').expect(404, 'no_shop');
    for (const days of ['0', '401', 'x']) {
      await alice.get(`/me/shop/analytics?days=${days}`).expect(422, 'invalid_field');
    }
    await alice.get('/me/shop/analytics?weeks=1').expect(422);
  });
});
