// test/scenario/influence.test.mjs - the live score, its explanation and its receipt.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { BINARY, command } from '../support/process.mjs';
import { DAY, MINUTE, makeDir, start, until } from '../support/xiaopu.mjs';

async function market(t, options) {
  const xiaopu = await start(t, options);
  const merchant = await xiaopu.merchant('tea');
  const product = await merchant.product('tea-1');
  const alice = await xiaopu.member('alice').withShop();
  const sell = async (sale_id, amount_fen, { buyer_ref = sale_id, ago_s = MINUTE } = {}) => {
    const sold_at = new Date((await xiaopu.clock.now()) - ago_s * 1000).toISOString();
    const { number } = alice;
    const product_id = product.id;
    await merchant
      .sale({ sale_id, number, product_id, quantity: 1, amount_fen, buyer_ref, sold_at })
      .expect(201);
  };
  return { xiaopu, merchant, product, alice, sell };
}

const influenceOf = async (owner) => (await owner.get('/me/shop/influence').expect(200)).body;
const liveOf = async (owner) => (await owner.get('/me/shop').expect(200)).body.live;

const untilLive = (owner, holds) =>
  until('the live figures follow', async () => holds(await liveOf(owner)), { ms: 4000 });

test('a sale moves the live influence within two seconds when nothing settles', async (t) => {
  const policy = { influence: { settle_after_s: 0 } };
  const { alice, sell, merchant } = await market(t, { policy });

  assert.deepEqual(await liveOf(alice), {
    influence: 0, sales: 0, visits: 0, activity: 0, pending: 0,
  });
  const begun = Date.now();
  await sell('S-1', 8000);
  await untilLive(alice, (live) => live.influence === 80);
  assert.ok(Date.now() - begun < 2000, `${Date.now() - begun} ms`);
  await sell('S-2', 15000, { buyer_ref: 'S-1' }); // the same buyer: by brackets
  await untilLive(alice, (live) => live.sales === 156);
  await merchant.refund('S-2', { refund_id: 'R-1', amount_fen: 15000 }).expect(201);
  await untilLive(alice, (live) => live.influence === 80);
  await merchant.refund('S-1', { refund_id: 'R-2', amount_fen: 8000 }).expect(201);
  await untilLive(alice, (live) => live.influence === 0);
});

test('a sale is pending until it settles, and the explanation says from when', async (t) => {
  const { xiaopu, alice, sell } = await market(t);

  await sell('S-1', 5000);
  await untilLive(alice, (live) => live.pending === 50);
  const before = await influenceOf(alice);
  assert.equal(before.score, 0);
  assert.equal(before.pending.length, 1);
  assert.equal(before.pending[0].points, 50);
  await xiaopu.clock.advance(7 * DAY);
  const after = await influenceOf(alice);
  assert.equal(after.as_of_day, before.pending[0].day);
  assert.deepEqual(after.pending, []);
  assert.equal(after.score, Math.floor(5000 * 2 ** (-7 / 30) / 100 + 0.5));
});

test('the parts sum to the score, and the days to the parts', async (t) => {
  const { xiaopu, alice, product, sell } = await market(t);

  for (let i = 0; i < 6; i++) {
    await sell(`S-${i}`, 4990 + 1700 * i, { ago_s: 8 * DAY + i * DAY });
  }
  await alice.put('/me/shop/slots/1', { product_id: product.id }).expect(200);
  await untilLive(alice, (live) => live.sales > 0 && live.activity > 0);
  const { score, parts, days, receipt } = await influenceOf(alice);
  assert.equal(parts.sales + parts.visits + parts.activity, score);
  const sales = days.reduce((sum, day) => sum + day.sales_fen * day.factor, 0) / 100;
  assert.ok(Math.abs(sales - parts.sales) < 1.5, `${sales} ${parts.sales}`);
  assert.equal((await liveOf(alice)).influence, score);
  assert.equal(receipt.score, score);
  assert.equal(days.at(-1).activity_fen, 500);

  // Offline, by any program that keeps the values.
  const file = path.join(makeDir(t), 'receipt.json');
  const key = path.join(makeDir(t), 'key.pem');
  writeFileSync(file, JSON.stringify(receipt, null, 2));
  writeFileSync(key, (await xiaopu.nobody.page('/receipt-key.pem').expect(200)).text);
  const said = await command(BINARY, ['verify-score', file, '--key', key]);
  assert.equal(said.stdout.trim(), String(score));
  writeFileSync(file, JSON.stringify({ ...receipt, score: score + 1 }));
  const refused = await command(BINARY, ['verify-score', file]);
  assert.equal(refused.status, 1);
});

test('nobody else sees the explanation', async (t) => {
  const { xiaopu } = await market(t);

  await xiaopu.nobody.get('/me/shop/influence').expect(401, 'unauthenticated');
  const bob = await xiaopu.member('bob');
  await bob.get('/me/shop/influence').expect(404, 'no_shop');
});
