// test/scenario/sale.test.mjs - sales that merchants report, and what they take back.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { DAY, HOUR, makeDir, start, until } from '../support/xiaopu.mjs';

async function market(t, options) {
  const xiaopu = await start(t, options);
  const merchant = await xiaopu.merchant('tea');
  const product = await merchant.product('tea-1');
  const alice = await xiaopu.member('alice').withShop();
  const soldAt = async (ago_s = 60) =>
    new Date((await xiaopu.clock.now()) - ago_s * 1000).toISOString();
  const sale = {
    sale_id: 'A-1',
    number: alice.number,
    product_id: product.id,
    quantity: 1,
    amount_fen: 4990,
    buyer_ref: 'customer-77',
    sold_at: await soldAt(),
  };
  return { xiaopu, merchant, product, alice, sale, soldAt };
}

test('a sale is reported once, and again changes nothing', async (t) => {
  const { xiaopu, merchant, alice, sale, product } = await market(t);

  const { body: first } = await merchant.sale(sale).expect(201);
  assert.equal(first.amount_fen, 4990);
  assert.equal(first.refunded_fen, 0);
  assert.equal(first.buyer_ref, undefined);
  const { body: again } = await merchant.sale(sale).expect(200);
  assert.deepEqual(again, first);
  await merchant.sale({ ...sale, amount_fen: 1 }).expect(409, 'sale_mismatch');
  await merchant.sale({ ...sale, buyer_ref: 'else' }).expect(409, 'sale_mismatch');
  const bob = await xiaopu.member('bob').withShop();
  await merchant.sale({ ...sale, number: bob.number }).expect(409, 'sale_mismatch');

  const other = await xiaopu.merchant('coffee');
  await other.sale(sale).expect(403, 'not_your_product');
  const cup = await other.product('cup');
  await other.sale({ ...sale, product_id: cup.id }).expect(201);
  await merchant.patch('/merchant/products/tea-1', { status: 'unlisted' }).expect(200);
  await merchant.sale({ ...sale, sale_id: 'A-2', product_id: product.id }).expect(201);
});

test('reports that cannot be are refused', async (t) => {
  const { xiaopu, merchant, alice, sale, soldAt } = await market(t);
  const bad = (changes) => merchant.sale({ ...sale, ...changes });

  await bad({ number: '99999999' }).expect(404, 'no_such_shop');
  await bad({ number: 'x' }).expect(404, 'no_such_shop');
  await bad({ product_id: '999999999' }).expect(404, 'no_such_product');
  await bad({ variant_id: '77' }).expect(422, 'invalid_field');
  await bad({ quantity: 0 }).expect(422, 'invalid_field');
  await bad({ quantity: 1.5 }).expect(422, 'invalid_field');
  await bad({ amount_fen: -1 }).expect(422, 'invalid_field');
  await bad({ amount_fen: 10 ** 12 + 1 }).expect(422, 'invalid_field');
  await bad({ sale_id: '' }).expect(422, 'invalid_field');
  await bad({ sale_id: 'x'.repeat(101) }).expect(422, 'invalid_field');
  await bad({ sale_id: 'a\u0000b' }).expect(400, 'bad_json');
  await bad({ sale_id: 'a\nb' }).expect(422, 'invalid_field');
  await bad({ buyer_ref: '' }).expect(422, 'invalid_field');
  await bad({ sold_at: 'yesterday' }).expect(422, 'invalid_field');
  await bad({ sold_at: await soldAt(-310) }).expect(422, 'invalid_field');
  await bad({ sold_at: await soldAt(401 * DAY) }).expect(422, 'invalid_field');
  await bad({ buyer: 'x' }).expect(422, 'unknown_field');
  await bad({ sold_at: await soldAt(-200) }).expect(201);

  await alice.post('/merchant/sales', sale).expect(403, 'forbidden');
  await xiaopu.nobody.post('/merchant/sales', sale).expect(401, 'unauthenticated');
  await merchant.post('/merchant/sales', sale).expect(401, 'bad_signature');
  await merchant
    .signed('/merchant/sales', sale, { at_s: Date.now() / 1000 - 310 })
    .expect(401, 'bad_signature');
});

test('refunds take off until nothing is left', async (t) => {
  const { merchant, sale } = await market(t);
  await merchant.refund('A-1', { refund_id: 'R-1', amount_fen: 1 }).expect(404, 'not_found');
  await merchant.sale(sale).expect(201);

  const { body: first } = await merchant
    .refund('A-1', { refund_id: 'R-1', amount_fen: 990 })
    .expect(201);
  assert.equal(first.refunded_fen, 990);
  await merchant.refund('A-1', { refund_id: 'R-1', amount_fen: 990 }).expect(200);
  await merchant.refund('A-1', { refund_id: 'R-1', amount_fen: 1 }).expect(409, 'sale_mismatch');
  await merchant
    .refund('A-1', { refund_id: 'R-2', amount_fen: 4001 })
    .expect(409, 'refund_exceeds_sale');
  await merchant.refund('A-1', { refund_id: 'R-2', amount_fen: 4000 }).expect(201);
  await merchant.refund('A-1', { refund_id: 'R-3', amount_fen: 0 }).expect(422, 'invalid_field');
  const { body: list } = await merchant.get('/merchant/sales').expect(200);
  assert.equal(list.items[0].refunded_fen, 4990);
});

test('a sale is taken back until its buyer is forgotten', async (t) => {
  const { xiaopu, merchant, sale, soldAt } = await market(t);
  await merchant.sale({ ...sale, sold_at: await soldAt(399 * DAY) }).expect(201);
  const refund = { refund_id: 'R-1', amount_fen: 90 };
  await merchant.refund('A-1', refund).expect(201);
  for (let days = 0; days < 232; days += 29) {
    await xiaopu.clock.advance(29 * DAY);
    await merchant.get('/merchant/sales').expect(200); // its session slides
  }
  await merchant
    .refund('A-1', { refund_id: 'R-2', amount_fen: 90 })
    .expect(409, 'refund_too_late');
  await merchant.refund('A-1', refund).expect(200);
  await xiaopu.cliDone(['verify']);
});

test('amounts at both ends of the range are booked, and the books agree', async (t) => {
  const { xiaopu, merchant, alice, sale } = await market(t, {
    policy: { influence: { settle_after_s: 0 } },
  });
  await merchant.sale({ ...sale, amount_fen: 0 }).expect(201);
  await merchant
    .refund('A-1', { refund_id: 'R-1', amount_fen: 1 })
    .expect(409, 'refund_exceeds_sale');
  await merchant.sale({ ...sale, sale_id: 'A-2', amount_fen: 10 ** 12 }).expect(201);
  await merchant.refund('A-2', { refund_id: 'R-1', amount_fen: 1 }).expect(201);

  const { body } = await alice.get('/me/shop/analytics').expect(200);
  assert.equal(body.totals.orders, 1); // what cost nothing is none
  assert.equal(body.totals.sales_fen, 10 ** 12 - 1);
  await until('the events are applied', async () => {
    const said = (await xiaopu.cli(['verify'])).stdout;
    assert.doesNotMatch(said, /^BAD/m);
    return /^ +waiting +0 /m.test(said);
  });
});

test('refunds at once never take more than there is', async (t) => {
  const { merchant, sale } = await market(t);
  await merchant.sale({ ...sale, amount_fen: 100 }).expect(201);
  const crowd = Array.from({ length: 20 }, (_, i) =>
    merchant.refund('A-1', { refund_id: `R-${i}`, amount_fen: 10 }),
  );
  const answers = await Promise.all(crowd);
  const statuses = answers.map(({ status, mayBeKnown }) => (mayBeKnown && status === 200 ? 201 : status));
  assert.equal(statuses.filter((status) => status === 201).length, 10);
  assert.equal(statuses.filter((status) => status === 409).length, 10);
});

test('a merchant lists its own reports in pages', async (t) => {
  const { xiaopu, merchant, sale } = await market(t);
  for (let i = 0; i < 5; i++) await merchant.sale({ ...sale, sale_id: `S ${i}/%` }).expect(201);
  await xiaopu.clock.advance(HOUR);
  const since = new Date(await xiaopu.clock.now()).toISOString();
  await merchant.sale({ ...sale, sale_id: 'late' }).expect(201);

  const seen = [];
  let cursor = null;
  do {
    const where = `/merchant/sales?limit=2${cursor ? `&cursor=${cursor}` : ''}`;
    const { body } = await merchant.get(where).expect(200);
    seen.push(...body.items.map(({ sale_id }) => sale_id));
    cursor = body.next_cursor;
  } while (cursor);
  assert.equal(new Set(seen).size, 6);
  assert.equal(seen.at(-1), 'late');
  const { body } = await merchant.get(`/merchant/sales?since=${since}`).expect(200);
  assert.deepEqual(body.items.map(({ sale_id }) => sale_id), ['late']);
  const other = await xiaopu.merchant('coffee');
  assert.deepEqual((await other.get('/merchant/sales').expect(200)).body.items, []);
  await merchant.get('/merchant/sales?since=x').expect(422, 'invalid_field');
  await merchant.get('/merchant/sales?cursor=!').expect(422, 'invalid_field');
  await merchant.refund('S 1/%', { refund_id: 'R', amount_fen: 1 }).expect(201);
});

test('a new secret leaves the old one good for a day', async (t) => {
  const { xiaopu, merchant, sale } = await market(t);
  const { body } = await merchant.post('/merchant/secret').expect(201);
  assert.match(body.secret, /^whsec_/);
  await merchant.sale(sale).expect(201);
  const former = merchant.secret;
  merchant.secret = body.secret;
  await merchant.sale(sale).expect(200);
  await xiaopu.clock.advance(DAY + 1);
  await merchant.sale(sale).expect(200);
  merchant.secret = former;
  await merchant.sale(sale).expect(401, 'bad_signature');
});

const header = 'sale_id,number,product_handle,buyer_ref,quantity,amount_fen,sold_at,kind,refund_of';

test('history is imported in any order, bad rows are told by line', async (t) => {
  const { xiaopu, merchant, alice } = await market(t);
  const n = alice.number;
  const rows = [
    header,
    'R-1,,,,,300,,refund,H-1',
    `H-1,${n},tea-1,b1,1,1000,2026-01-02T03:04:05Z,sale,`,
    `H-2,${n},tea-1,b2,2,2000,2010-01-02T03:04:05+08:00,,`,
    `H-2,${n},tea-1,b2,2,2000,2010-01-01T19:04:05Z,order,`,
    `H-3,${n},none,b1,1,1000,2026-01-02T03:04:05Z,sale,`,
    'H-4,99999999,tea-1,b1,1,1000,2026-01-02T03:04:05Z,sale,',
    `H-5,${n},tea-1,b1,x,1000,2026-01-02T03:04:05Z,sale,`,
    `H-1,${n},tea-1,b1,1,1001,2026-01-02T03:04:05Z,sale,`,
    'R-2,,,,,1,,refund,H-9',
    'R-3,,,,,-800,,refund,H-1',
  ];
  const file = path.join(makeDir(t), 'sales.csv');
  writeFileSync(file, `${rows.join('\r\n')}\r\n`);
  const words = ['sales', 'import', file, '--merchant', merchant.id];

  const first = await xiaopu.cli(words);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^2 sales, 1 refunds, 1 known before, 6 bad rows$/m);
  const lines = first.stderr.match(/^line \d+/gm).map((line) => Number(line.slice(5)));
  assert.deepEqual(lines.sort((a, b) => a - b), [6, 7, 8, 9, 10, 11]);
  const again = await xiaopu.cli(words);
  assert.match(again.stdout, /^0 sales, 0 refunds, 4 known before, 6 bad rows$/m);
  const { body } = await merchant.get('/merchant/sales').expect(200);
  assert.equal(body.items.length, 2);
  assert.equal(body.items.find(({ sale_id }) => sale_id === 'H-1').refunded_fen, 300);

  writeFileSync(file, 'sale_id,number\n1,2\n');
  const refused = await xiaopu.cli(words);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /line 1: /);
  assert.equal((await xiaopu.cli(['sales', 'import', file])).status, 2);
  assert.equal((await xiaopu.cli(['sales', 'import', file, '--merchant', '77001'])).status, 1);
});
