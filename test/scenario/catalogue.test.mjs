// test/scenario/catalogue.test.mjs - goods come in, are found, go out, and are taken down.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start, until } from '../support/xiaopu.mjs';

const DATA = fileURLToPath(new URL('../../../shared/data/catalog', import.meta.url));
const absent = existsSync(DATA) ? false : 'the real catalogues are not beside this directory';

const CSV = { 'Content-Type': 'text/csv' };

function sendTable(merchant, table, headers = {}) {
  return merchant.post('/merchant/imports', table, { ...CSV, ...headers });
}

// The same, the body only once the head was read.
async function sendTableLater(merchant, table, headers = {}) {
  const request = http.request(`${merchant.base}/api/v1/merchant/imports`, {
    method: 'POST',
    headers: {
      ...CSV,
      ...headers,
      Authorization: `Bearer ${merchant.token}`,
      'Content-Length': Buffer.byteLength(table),
      Expect: '100-continue',
    },
  });
  request.on('continue', () => request.end(table));
  request.flushHeaders();
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await json(response) };
}

// The job when it has ended.
async function ended(merchant, { body: job }) {
  return until('the job ends', async () => {
    const { body } = await merchant.get(`/jobs/${job.id}`).expect(200);
    return ['done', 'failed'].includes(body.state) ? body : undefined;
  });
}

async function importTable(merchant, table) {
  return ended(merchant, await sendTable(merchant, table).expect(202));
}

// All items of a list, page by page.
async function all(client, where, limit = 100) {
  const items = [];
  let cursor = null;
  do {
    const next = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const { body } = await client.get(`${where}limit=${limit}${next}`).expect(200);
    items.push(...body.items);
    cursor = body.next_cursor;
  } while (cursor);
  return items;
}

const titles = (items) => items.map(({ title }) => title);

test('a merchant puts a product, changes it, and takes it down', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant('Tea House');
  const { nobody } = xiaopu;

  const made = await tea.product('jasmine', {
    title: '茉莉花茶 250 克',
    category: '茶',
    price_fen: 5900,
    exclusive_price_fen: 4900,
    reference_price_fen: 6900,
    url: 'https://tea.example/jasmine',
    stock: 3,
  });
  const { body: seen } = await nobody.get(`/products/${made.id}`).expect(200);
  assert.deepEqual(seen, made);
  assert.equal(seen.exclusive_price_fen, 4900);
  assert.equal(seen.commission_bps, 500);
  assert.equal(seen.stock, 'low');
  assert.deepEqual(seen.merchant, { id: tea.id, name: 'Tea House', verified: true });
  assert.equal(seen.reference_prices[0].source, 'merchant');
  assert.equal(seen.reference_prices[0].price_fen, 6900);
  assert.equal(seen.variants.length, 1);
  assert.deepEqual(titles(await all(nobody, '/products?query=茉莉&')), [made.title]);
  assert.deepEqual((await nobody.get('/categories').expect(200)).body.items, [
    { category: '茶', count: 1 },
  ]);

  await tea.patch('/merchant/products/jasmine', { price_fen: 5000, stock: 0 }).expect(200);
  const { body: cheaper } = await nobody.get(`/products/${made.id}`).expect(200);
  assert.equal(cheaper.price_fen, 5000);
  assert.equal(cheaper.stock, 'sold_out');
  await tea.put('/merchant/products/jasmine', cheaper).expect(200);
  assert.deepEqual((await nobody.get(`/products/${made.id}`)).body, cheaper);
  // Our words for the stock come back with our document; they are no number of pieces.
  const misled = { ...cheaper, stock: 'plenty' };
  await tea.put('/merchant/products/jasmine', misled).expect(422, 'invalid_field');
  const [variant] = cheaper.variants;
  await tea.patch('/merchant/products/jasmine', { stock: 'low' }).expect(422, 'invalid_field');
  await tea.patch('/merchant/products/jasmine', { variants: [variant] }).expect(200);
  const strange = await tea
    .patch('/merchant/products/jasmine', { variants: [{ ...variant, stock: '5' }] })
    .expect(422, 'invalid_field');
  assert.equal(strange.body.fields[0].path, 'variants[0].stock');

  await tea.patch('/merchant/products/jasmine', { status: 'unlisted' }).expect(200);
  await nobody.get(`/products/${made.id}`).expect(410, 'product_unlisted');
  assert.deepEqual(await all(nobody, '/products?'), []);
  assert.deepEqual((await nobody.get('/categories').expect(200)).body.items, []);
  await tea.patch('/merchant/products/jasmine', { status: 'listed' }).expect(200);
  await nobody.get(`/products/${made.id}`).expect(200);
});

test('products are refused precisely, and nothing changes', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const alice = await xiaopu.member('alice');
  const where = '/merchant/products/mug';
  const mug = { title: 'Mug', price_fen: 1000 };
  const field = async (body, name, code = 'invalid_field') => {
    const answer = await tea.put(where, body).expect(422, code);
    assert.equal(answer.body.fields[0].path, name);
  };

  await xiaopu.nobody.put(where, mug).expect(401);
  await alice.put(where, mug).expect(403);
  await tea.patch(where, { price_fen: 5 }).expect(404, 'no_such_product');
  await field({ price_fen: 1000 }, 'title');
  await field({ title: 'Mug' }, 'price_fen');
  await field({ ...mug, price_fen: -1 }, 'price_fen');
  await field({ ...mug, price_fen: 10.5 }, 'price_fen');
  await field({ ...mug, price_fen: 1e12 + 1 }, 'price_fen');
  await field({ ...mug, exclusive_price_fen: 1001 }, 'exclusive_price_fen');
  await field({ ...mug, commission_bps: 3001 }, 'commission_bps');
  // What the way to the store refuses is refused here already.
  for (const url of ['javascript:alert(1)', 'http://a.example/', 'https://localhost/',
    'https://a.example:99999/', 'https://[::1]/', 'a.example']) {
    await field({ ...mug, url }, 'url');
  }
  await field({ ...mug, status: 'gone' }, 'status');
  for (const stock of [-1, 1.5, 1e9 + 1, true, 'many', 'low']) await field({ ...mug, stock }, 'stock');
  await field({ ...mug, title: 'M\u200bug' }, 'title');
  await field({ ...mug, id: '257' }, 'id');
  await field({ ...mug, variants: [] }, 'variants');
  await field({ ...mug, variants: [{ title: 'S', price_fen: 900 }] }, 'price_fen');
  await field({ ...mug, variants: [{ id: '7', title: 'S' }] }, 'variants[0]');
  await field({ ...mug, prize_fen: 1 }, 'prize_fen', 'unknown_field');
  await tea.put('/merchant/products/a%20b', mug).expect(422, 'invalid_field');
  assert.deepEqual(await all(xiaopu.nobody, '/products?'), []);

  await xiaopu.nobody.get('/products/999999').expect(404, 'no_such_product');
  await xiaopu.nobody.get('/products/abc').expect(404, 'no_such_product');
  await xiaopu.nobody.get('/products?sort=best').expect(422, 'invalid_field');
  await xiaopu.nobody.get('/products?cursor=x').expect(422, 'invalid_field');
  await xiaopu.nobody.get('/products?limit=101').expect(422, 'invalid_field');
  await xiaopu.nobody.get('/products?colour=red').expect(422);
});

test('variants keep their ids, and the cheapest one gives the price', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const variants = [
    { title: 'S', price_fen: 1200, sku: 'a' },
    { title: 'L', price_fen: 1000, exclusive_price_fen: 900, stock: 2 },
  ];

  const made = await tea.put('/merchant/products/mug', { title: 'Mug', variants }).expect(200);
  assert.equal(made.body.price_fen, 1000);
  assert.equal(made.body.exclusive_price_fen, 900);
  assert.deepEqual(made.body.variants.map(({ id }) => id), ['1', '2']);
  variants.reverse();
  variants.unshift({ title: 'XL', price_fen: 5000 });
  const next = await tea.patch('/merchant/products/mug', { variants }).expect(200);
  assert.deepEqual(next.body.variants.map(({ id, title }) => [id, title]), [
    ['3', 'XL'], ['2', 'L'], ['1', 'S'],
  ]);
  await tea.patch('/merchant/products/mug', { price_fen: 5 }).expect(422, 'invalid_field');

  // Who chooses must know which is which.
  const twice = async (second) => {
    const said = { variants: [{ id: '1', title: 'S', price_fen: 1200 }, second] };
    const answer = await tea.patch('/merchant/products/mug', said).expect(422, 'invalid_field');
    assert.equal(answer.body.fields[0].path, 'variants[1]');
  };
  await twice({ title: 'S', price_fen: 900 });
  await twice({ id: '1', title: 'T', price_fen: 900 });
  await twice({ id: '2', title: 'S', price_fen: 900 });
  const { body } = await xiaopu.nobody.get(`/products/${made.body.id}`).expect(200);
  assert.deepEqual(body, next.body);
});

test('a table comes in: good rows land, bad ones are told by line and reason', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const table = [
    '\ufeffHandle,Title,Type,Variant Price,Commission %',
    'a,Apple,fruit,1.00,5',
    'b,Banana,fruit,oops,',
    'c,"Cherry ""red"", a bowl","fr\nuit",¥2,',
    'e,"Elder, ""black""",fruit,¥2,',
    'd,Date,fruit,1,99',
  ].join('\r\n');

  const job = await importTable(tea, table);
  assert.equal(job.state, 'done');
  assert.equal(job.errors_total, 3);
  assert.deepEqual(job.errors.map(({ line, field }) => [line, field]), [
    [3, 'Price'], [4, 'Type'], [7, 'Commission %'],
  ]);
  assert.deepEqual(job.result, { rows: 5, bad_rows: 3, made: 2, changed: 0, unchanged: 0 });
  assert.equal((await all(xiaopu.nobody, '/products?')).length, 2);

  const again = await importTable(tea, table);
  assert.equal(again.result.unchanged, 2);
  await xiaopu.nobody.get(`/jobs/${job.id}`).expect(401);
  const other = await xiaopu.merchant('other');
  await other.get(`/jobs/${job.id}`).expect(404, 'not_found');
});

test('tables that cannot be read are refused without a trace', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();

  await sendTable(tea, 'Handle,Price\na,1\n').expect(422, 'invalid_field');
  await sendTable(tea, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')).expect(422);
  await sendTable(tea, undefined).expect(422, 'invalid_field');
  await sendTable(tea, '').expect(422, 'invalid_field');
  await tea.post('/merchant/imports').expect(422, 'invalid_field');
  await tea.post('/merchant/imports', { title: 'x' }).expect(415);
  await xiaopu.nobody.post('/merchant/imports', 'Title,Price\n', CSV).expect(401);
  assert.deepEqual(await all(xiaopu.nobody, '/products?'), []);
});

test('a long line without an end is passed over', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const table = `Title,Price\n${'x'.repeat(8 << 20)}\nMug,1\n`;

  const job = await importTable(tea, table);
  assert.equal(job.state, 'done');
  assert.deepEqual(job.errors.map(({ line }) => line), [2]);
  assert.equal(job.result.made, 1);
});

test('a key means one table: sent again it is answered, another one is refused', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const key = { 'Idempotency-Key': '"spring"' };
  const table = 'Title,Price\nMug,1\n';

  const first = await sendTable(tea, table, key).expect(202);
  assert.equal(first.body.state, 'done');
  const again = await sendTable(tea, table, key).expect(202);
  assert.deepEqual(again.body, first.body);
  assert.equal(first.headers['idempotent-replayed'], undefined);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal(again.headers.location, first.headers.location);
  const later = await sendTableLater(tea, table, key);
  assert.deepEqual(later, { status: 202, body: first.body });
  // Another table changes nothing, neither goods nor the first one's job.
  await sendTable(tea, `${table}Cup,1\n`, key).expect(422, 'idempotency_mismatch');
  await sendTable(tea, 'Title,Price\nMug,2', key).expect(422, 'idempotency_mismatch');
  await sendTable(tea, 'Title,Price', key).expect(422, 'idempotency_mismatch');
  const otherLater = await sendTableLater(tea, `${table}Cup,1\n`, key);
  assert.equal(otherLater.body.code, 'idempotency_mismatch');
  assert.deepEqual((await tea.get(`/jobs/${first.body.id}`).expect(200)).body, first.body);
  const goods = await all(xiaopu.nobody, '/products?');
  assert.deepEqual(goods.map(({ title, price_fen }) => [title, price_fen]), [['Mug', 100]]);
  // A table that cannot be read leaves the key free, and a header is a table.
  const other = { 'Idempotency-Key': 'summer' };
  await sendTable(tea, 'Handle,Price\na,1\n', other).expect(422, 'invalid_field');
  const empty = await sendTable(tea, 'Title,Price', other).expect(202);
  assert.deepEqual(empty.body.result.rows, 0);
  await sendTable(tea, table, other).expect(422, 'idempotency_mismatch');
});

test('an import that is broken off says so', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const rows = Array.from({ length: 3000 }, (_, i) => `Mug ${i},m${i},1`).join('\n');
  const body = `Title,Handle,Price\n${rows}\n`;
  const headers = { ...CSV, 'Idempotency-Key': 'broken', Authorization: `Bearer ${tea.token}` };
  const request = http.request(`${xiaopu.base}/api/v1/merchant/imports`, {
    method: 'POST',
    headers: { ...headers, 'Content-Length': body.length + 10 },
  });

  request.on('error', () => {});
  request.write(body);
  await until('rows land', async () => (await all(xiaopu.nobody, '/products?')).length > 0);
  // Rows land under a job that is there: whoever repeats the request finds it at work.
  const busy = { 'Idempotency-Key': 'broken' };
  const { headers: said } = await sendTable(tea, body, busy).expect(409, 'idempotency_in_progress');
  assert.ok(Number(said['retry-after']) > 0);
  request.destroy();
  const job = await until('the job has failed', async () => {
    const { body: found } = await sendTable(tea, body, { 'Idempotency-Key': 'broken' });
    return found?.state === 'failed' ? found : undefined;
  });
  assert.equal(job.result, 'interrupted');
  assert.equal((await importTable(tea, body)).state, 'done');
  await xiaopu.settled();
  assert.equal((await all(xiaopu.nobody, '/products?')).length, 3000);
});

test('what goes out comes in again and changes nothing', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const variants = [
    { title: 'S', price_fen: 1200, stock: 4 },
    { title: 'L, "large"', price_fen: 1001, exclusive_price_fen: 900, reference_price_fen: 2000 },
  ];

  await tea.product('mug', { title: 'Mug', variants, price_fen: undefined, brand: 'A & B' });
  await tea.product('cup', { description: 'two\nlines <b>&amp;', commission_bps: 0 });
  await tea.product('old', { status: 'unlisted', url: 'https://a.example/?a=1&b=2' });
  const plain = [{ title: 'Default Title', price_fen: 700 }]; // Shopify's word for no choice
  const only = await tea.put('/merchant/products/only', { title: 'Only', variants: plain });
  assert.equal(only.body.variants[0].title, '');
  await tea.put('/merchant/products/only', { title: 'Only', variants: plain }).expect(200);
  const { text } = await tea.get('/merchant/products.csv').expect(200);
  assert.match(text, /^Title|^URL handle,Title/);
  const job = await importTable(tea, text);
  assert.equal(job.errors_total, 0);
  assert.deepEqual(job.result, { rows: 5, bad_rows: 0, made: 0, changed: 0, unchanged: 4 });
  assert.equal((await tea.get('/merchant/products.csv').expect(200)).text, text);
});

test('the real catalogues: words, pages, round trip, take-down', { skip: absent }, async (t) => {
  const xiaopu = await start(t, { still: true }); // what an import made is counted
  const tea = await xiaopu.merchant('goods');
  const { nobody } = xiaopu;
  const chinese = path.join(DATA, 'litemall_goods_zh.csv');
  const english = readFileSync(path.join(DATA, 'online_retail_products.csv'));

  const said = await xiaopu.cliDone(['catalog', 'import', chinese, '--merchant', tea.id]);
  assert.match(said, /^182 rows: 177 products new, 0 changed, 0 as they were; 0 bad rows$/m);
  const job = await importTable(tea, english);
  assert.equal(job.state, 'done');
  assert.deepEqual([job.errors_total, job.result.made], [0, 3492]);

  const found = titles(await all(nobody, '/products?query=羊毛&'));
  assert.ok(found.length > 1 && found.every((title) => title.includes('羊毛')), found);
  const globes = titles(await all(nobody, '/products?query=globe&'));
  assert.ok(globes.length > 0 && globes.every((title) => /globe/i.test(title)), globes);
  const beds = await all(nobody, `/products?category=${encodeURIComponent('居家/被枕')}&`);
  assert.ok(beds.length > 1 && beds.every(({ category }) => category === '居家/被枕'));

  // Every product once, whatever the page's size, while others come in.
  const before = titles(await all(nobody, '/products?'));
  assert.equal(before.length, 177 - 1 + 3492);
  const { body: first } = await nobody.get('/products?limit=50').expect(200);
  await tea.product('latest', { title: 'Latest' });
  const cursor = encodeURIComponent(first.next_cursor);
  const { body: second } = await nobody.get(`/products?limit=50&cursor=${cursor}`).expect(200);
  assert.deepEqual(titles([...first.items, ...second.items]), before.slice(0, 100));
  const prices = (await all(nobody, '/products?sort=price&')).map((item) => item.price_fen);
  assert.deepEqual(prices, [...prices].sort((a, b) => a - b));
  const dear = (await all(nobody, '/products?sort=-price&query=red&')).map((p) => p.price_fen);
  assert.deepEqual(dear, [...dear].sort((a, b) => b - a));

  const out = path.join(xiaopu.dir, 'out.csv');
  writeFileSync(out, (await tea.get('/merchant/products.csv').expect(200)).bytes);
  const back = await xiaopu.cliDone(['catalog', 'import', out, '--merchant', tea.id]);
  assert.match(back, /0 products new, 0 changed, 3670 as they were; 0 bad rows/);
});

test('the beginnings of lists are kept, and go with whatever changes them', async (t) => {
  const xiaopu = await start(t, { args: ['--loops', '1'], still: true });
  const tea = await xiaopu.merchant();
  const operator = await xiaopu.operator();
  const { nobody } = xiaopu;
  const hits = async () => (await xiaopu.metrics()).get('xiaopu_page_cache_hits_total');
  const isKept = async (where) => {
    await nobody.get(where).expect(200);
    const before = await hits();
    await nobody.get(where).expect(200);
    return (await hits()) - before === 1;
  };
  const listed = async (where) => titles((await nobody.get(where).expect(200)).body.items);
  const counts = async () => {
    const { body } = await nobody.get('/categories').expect(200);
    return Object.fromEntries(body.items.map(({ category, count }) => [category, count]));
  };
  const put = (handle, fields) => tea.product(handle, { title: handle, category: 'A', ...fields });
  const of = (category) => `/products?category=${category}&sort=price`;
  const own = `/products?merchant=${tea.id}&category=A`;

  const mug = await put('mug', { price_fen: 300 });
  for (const where of ['/products', of('A'), own, '/categories']) {
    assert.ok(await isKept(where), where);
  }
  await put('cup', { price_fen: 500 });
  assert.deepEqual(await listed('/products'), ['mug', 'cup']);
  assert.deepEqual(await listed(of('A')), ['mug', 'cup']);
  assert.deepEqual(await listed(own), ['mug', 'cup']);
  assert.deepEqual(await counts(), { A: 2 });
  // What has no end of different questions is not kept, nor is what is not there.
  const { body: first } = await nobody.get('/products?limit=1').expect(200);
  const second = `/products?limit=1&cursor=${first.next_cursor}`;
  for (const where of [second, '/products?query=mug', of('B')]) {
    assert.ok(!(await isKept(where)), where);
  }
  await put('cup', { price_fen: 200 });
  assert.deepEqual(await listed(of('A')), ['cup', 'mug']);
  await put('cup', { title: 'Cup', category: 'B' });
  assert.deepEqual(await listed(of('A')), ['mug']);
  assert.deepEqual(await listed(of('B')), ['Cup']);
  assert.deepEqual(await listed(own), ['mug']);
  assert.deepEqual(await counts(), { A: 1, B: 1 });
  await operator.post(`/operator/products/${mug.id}/unlist`, { reason: 'recall' }).expect(200);
  assert.deepEqual(await listed('/products'), ['Cup']);
  assert.deepEqual(await listed(of('A')), []);
  await until('the outbox has told the index', async () => !('A' in (await counts())));
  // By another process, too.
  const table = path.join(xiaopu.dir, 'table.csv');
  writeFileSync(table, 'Title,Handle,Type,Price\nBowl,bowl,B,1\n');
  await xiaopu.cliDone(['catalog', 'import', table, '--merchant', tea.id]);
  await until('the bowl is there', async () => (await listed(of('B'))).includes('Bowl'));
});

test('a take-down is gone everywhere at once', async (t) => {
  const xiaopu = await start(t);
  const tea = await xiaopu.merchant();
  const operator = await xiaopu.operator();
  const alice = await xiaopu.member('alice').withShop();
  const { nobody } = xiaopu;
  const mug = await tea.product('mug', { title: 'Mug', url: 'https://a.example/mug' });
  const there = async () => {
    const shop = await nobody.get(`/shops/${alice.number}`).expect(200);
    const page = await nobody.page(`/s/${alice.number}`).expect(200);
    return [shop.body.slots.length, page.text.includes('Mug')];
  };

  await alice.put('/me/shop/slots/1', { product_id: mug.id }).expect(200);
  assert.deepEqual(await there(), [1, true]);
  await operator.post(`/operator/products/${mug.id}/unlist`, { reason: 'recall' }).expect(200);
  await until('the shop is empty', async () => {
    const [slots, shown] = await there();
    return slots === 0 && !shown;
  });
  await nobody.get(`/products/${mug.id}`).expect(410, 'product_unlisted');
  await nobody.page(`/s/${alice.number}/p/${mug.id}`).expect(410);
  assert.deepEqual(await all(nobody, '/products?'), []);
  // its merchant cannot lift what an operator has done
  await tea.patch('/merchant/products/mug', { status: 'listed' }).expect(200);
  await nobody.get(`/products/${mug.id}`).expect(410, 'product_unlisted');
  // and the slot is free at once
  const cup = await tea.product('cup', { title: 'Cup' });
  await alice.put('/me/shop/slots/1', { product_id: cup.id }).expect(200);
  await operator.post(`/operator/products/${mug.id}/relist`, { reason: 'clean' }).expect(200);
  await nobody.get(`/products/${mug.id}`).expect(200);
});
