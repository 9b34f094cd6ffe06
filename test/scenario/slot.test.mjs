// test/scenario/slot.test.mjs - shops and their featured slots.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, start } from '../support/xiaopu.mjs';

async function market(t, options = {}) {
  const xiaopu = await start(t, options);
  const merchant = await xiaopu.merchant('tea');
  const products = [];
  for (let i = 1; i <= 8; i++) products.push(await merchant.product(`tea-${i}`));
  const alice = await xiaopu.member('alice').withShop();
  const put = (slot, i, more = {}) =>
    alice.put(`/me/shop/slots/${slot}`, { product_id: products[i - 1].id, ...more });
  return { xiaopu, merchant, products, alice, put };
}

test('a shop is opened once, edited, and shown to everybody', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice');
  const bob = await xiaopu.member('bob');

  await alice.get('/me/shop').expect(404, 'no_shop');
  await alice.post('/shops', { nickname: '官 方-旗舰' }).expect(422, 'reserved_name');
  await alice.post('/shops', { nickname: 'Ｏfficial' }).expect(422, 'reserved_name');
  await alice.post('/shops', { name: 'x' }).expect(422, 'unknown_field');
  const shop = await alice.openShop();
  assert.match(shop.number, /^[1-9]\d{7,}$/);
  assert.equal(shop.nickname, 'alice');
  assert.equal(shop.slots.length, 4);
  await alice.post('/shops', {}).expect(409, 'shop_exists');

  const edit = { nickname: '小茶馆', bio: '一壶\n好茶', on_boards: false, status: 'resting' };
  const { body: edited } = await alice.patch('/me/shop', edit).expect(200);
  for (const [key, value] of Object.entries(edit)) assert.equal(edited[key], value);
  const { body: seen, headers } = await bob.get(`/shops/${shop.number}`).expect(200);
  assert.equal(seen.nickname, '小茶馆');
  assert.equal(seen.status, 'resting');
  assert.deepEqual(seen.slots, []);
  assert.deepEqual([seen.influence, seen.rank, seen.figures], [null, null, null]);
  assert.match(headers['cache-control'], /public/);

  for (const bad of [{ bio: 'x'.repeat(201) }, { nickname: '' }, { status: 'suspended' },
    { on_boards: 1 }]) {
    await alice.patch('/me/shop', bad).expect(422, 'invalid_field');
  }
  await alice.patch('/me/shop', { nickname: 'support' }).expect(422, 'reserved_name');
  for (const number of ['10000000', '99999999', '7', 'x', '010000000', `${2 ** 60}`]) {
    await bob.get(`/shops/${number}`).expect(404, 'no_such_shop');
  }
  await bob.patch('/me/shop', { bio: 'mine' }).expect(404, 'no_shop');
  await xiaopu.nobody.get('/me/shop').expect(401, 'unauthenticated');
});

test('a slot rests for its cooldown, then changes', async (t) => {
  const { xiaopu, alice, products, put } = await market(t);

  const { body: slot } = await put(1, 1, { note: '好' }).expect(200);
  assert.equal(slot.product.id, products[0].id);
  assert.equal(slot.note, '好');
  assert.equal(Date.parse(slot.changeable_at) - Date.parse(slot.placed_at), 3 * DAY * 1000);
  const { body: refusal, headers } = await put(1, 2).expect(409, 'cooldown');
  assert.equal(refusal.changeable_at, slot.changeable_at);
  const wait_s = Number(headers['retry-after']);
  assert.ok(wait_s > 3 * DAY - 60 && wait_s <= 3 * DAY);
  await alice.delete('/me/shop/slots/1').expect(409, 'cooldown');

  const { body: again } = await put(1, 1, { note: '更好' }).expect(200);
  assert.equal(again.placed_at, slot.placed_at);
  assert.equal(again.note, '更好');
  const { body: kept } = await put(1, 1).expect(200);
  assert.equal(kept.note, '更好');

  await xiaopu.clock.advance(-DAY);
  await put(1, 2).expect(409, 'cooldown');
  await xiaopu.clock.advance(4 * DAY);
  await put(1, 2).expect(200);
  await xiaopu.clock.advance(3 * DAY);
  await alice.delete('/me/shop/slots/1').expect(204);
  const { body: shop } = await alice.get('/me/shop').expect(200);
  assert.equal(shop.slots[0].product, null);
  await put(1, 3).expect(200);
});

test('slots have their limits', async (t) => {
  const { xiaopu, alice, products, put } = await market(t);
  for (let i = 1; i <= 4; i++) await put(i, i).expect(200);

  const { body } = await put(5, 5).expect(409, 'slot_limit');
  assert.equal(body.slot_limit, 4);
  assert.equal(body.next_tier.slots, 5);
  assert.equal(body.next_tier.influence, 300);
  await put(999, 5).expect(409, 'slot_limit');
  await put(0, 5).expect(404, 'not_found');
  await put('x', 5).expect(404, 'not_found');
  await put(-1, 5).expect(404, 'not_found');
  await put(2, 1).expect(409, 'already_featured');
  const bad = (fields) => alice.put('/me/shop/slots/1', fields);
  await bad({ product_id: '999999999' }).expect(404, 'no_such_product');
  await bad({ product_id: 'x' }).expect(404, 'no_such_product');
  await bad({ product_id: 7 }).expect(422, 'invalid_field');
  await bad({}).expect(422, 'invalid_field');
  await bad({ product_id: products[0].id, note: 'x'.repeat(81) }).expect(422, 'invalid_field');
  await bad({ product_id: products[0].id, price_fen: 1 }).expect(422, 'unknown_field');
  const bob = await xiaopu.member('bob');
  await bob.put('/me/shop/slots/1', { product_id: products[0].id }).expect(404, 'no_shop');
  await xiaopu.nobody
    .put('/me/shop/slots/1', { product_id: products[0].id })
    .expect(401, 'unauthenticated');
});

test('a shorter cooldown helps at once, a longer one breaks no promise', async (t) => {
  const { xiaopu, put } = await market(t, { policy: { slots: { cooldown_s: 3 * DAY } } });
  await put(1, 1).expect(200);
  await put(2, 2).expect(200);
  await xiaopu.setPolicy({ slots: { cooldown_s: 60 } });
  await put(1, 3).expect(409, 'cooldown');
  await xiaopu.clock.advance(60);
  await put(1, 3).expect(200);
  await xiaopu.setPolicy({ slots: { cooldown_s: 30 * DAY } });
  await xiaopu.clock.advance(60);
  await put(1, 4).expect(200);
  await xiaopu.clock.advance(3 * DAY);
  await put(2, 5).expect(200);
});

test('a product that is taken down vanishes and frees its slot', async (t) => {
  const { xiaopu, merchant, alice, products, put } = await market(t);
  const { number } = alice;
  await put(1, 1).expect(200);
  await put(2, 2).expect(200);
  const shown = async () => {
    const { body } = await xiaopu.nobody.get(`/shops/${number}`).expect(200);
    return body.slots.map(({ slot }) => slot);
  };
  assert.deepEqual(await shown(), [1, 2]);
  await merchant.patch('/merchant/products/tea-1', { status: 'unlisted' }).expect(200);
  assert.deepEqual(await shown(), [2]);
  const { body: shop } = await alice.get('/me/shop').expect(200);
  assert.equal(shop.slots[0].product, null);
  await put(3, 1).expect(409, 'product_unlisted');
  await put(1, 3).expect(200);
  assert.deepEqual(await shown(), [1, 2]);
  assert.equal(products.length, 8);
});

test('a suspended shop shows nothing and cannot be changed', async (t) => {
  const { xiaopu, alice, put } = await market(t);
  const operator = await xiaopu.operator();
  await put(1, 1).expect(200);
  await operator.post(`/operator/shops/${alice.number}/suspend`, { reason: 'fraud' }).expect(200);
  const { body } = await xiaopu.nobody.get(`/shops/${alice.number}`).expect(200);
  assert.equal(body.status, 'suspended');
  assert.deepEqual(body.slots, []);
  await put(2, 2).expect(403, 'suspended');
  await alice.patch('/me/shop', { bio: 'no' }).expect(403, 'suspended');
  await operator.post(`/operator/shops/${alice.number}/restore`, { reason: 'ok' }).expect(200);
  await put(2, 2).expect(200);
});

test('64 connections cannot pass the limit or bend the cooldown', async (t) => {
  const { alice, products } = await market(t);
  const crowd = Array.from({ length: 64 }, (_, i) =>
    alice.put(`/me/shop/slots/${1 + (i % 6)}`, { product_id: products[i % 8].id }),
  );
  const answers = await Promise.all(crowd);
  const { body: shop } = await alice.get('/me/shop').expect(200);
  const held = new Map(shop.slots.map(({ slot, product }) => [slot, product?.id]));
  assert.equal(shop.slots.length, 4);
  const ids = [...held.values()].filter(Boolean);
  assert.equal(new Set(ids).size, ids.length);
  for (const { status, body, path } of answers) {
    assert.ok([200, 409].includes(status), `${path}: ${status}`);
    if (status === 200) assert.equal(held.get(body.slot), body.product.id);
    else assert.match(body.code, /^(cooldown|slot_limit|already_featured)$/);
  }
});
