// test/scenario/pages.test.mjs - pages for people over HTTP: what they say, to whom, in
// which language, and where their links lead.
import assert from 'node:assert/strict';
import test from 'node:test';
import { start, until } from '../support/xiaopu.mjs';

const HTML = { Accept: 'text/html' };
const ENGLISH = { ...HTML, 'Accept-Language': 'en-GB,en;q=0.9' };

async function stall(t, options) {
  const xiaopu = await start(t, options);
  const tea = await xiaopu.merchant('tea');
  const alice = await xiaopu.member('alice').withShop({ nickname: '林间小铺' });
  const leaf = await tea.product('leaf', {
    title: '明前龙井 <b>"一两"</b>',
    price_fen: 4990,
    exclusive_price_fen: 3990,
    url: 'https://tea.example/p/7?ref=a&xp=1#top',
  });
  const cup = await tea.product('cup', { title: '青瓷杯', price_fen: 8800 });
  await alice.put('/me/shop/slots/1', { product_id: leaf.id, note: '自己也喝' }).expect(200);
  await alice.put('/me/shop/slots/2', { product_id: cup.id }).expect(200);
  const shop = `/s/${alice.number}`;
  return { xiaopu, tea, alice, leaf, cup, shop, nobody: xiaopu.nobody };
}

test('a shop page shows who it is and what it recommends', async (t) => {
  const { nobody, shop, leaf, alice } = await stall(t);
  const { text, headers } = await nobody.page(shop, HTML).expect(200);

  assert.match(headers['content-type'], /^text\/html; charset=utf-8$/);
  assert.match(headers['content-security-policy'], /default-src 'none'/);
  assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
  assert.equal(headers['cache-control'], 'public, no-cache');
  assert.match(headers.vary, /Accept-Language/);
  assert.match(text, /<html lang="zh-CN">/);
  assert.match(text, new RegExp(`购物号 ${alice.number}`));
  assert.match(text, /新店/);
  assert.match(text, /明前龙井 &lt;b&gt;&quot;一两&quot;&lt;\/b&gt;/);
  assert.match(text, /<i>¥<\/i>39\.90/);
  assert.match(text, /自己也喝/);
  assert.ok(text.includes(`href="${shop}/p/${leaf.id}"`));
  assert.doesNotMatch(text, /<script|style=/);
});

test('pages speak English to whoever asks, by header or by address', async (t) => {
  const { nobody, shop } = await stall(t);
  const byHeader = await nobody.page(shop, ENGLISH).expect(200);
  const byAddress = await nobody.page(`${shop}?lang=en`, HTML).expect(200);

  assert.match(byHeader.text, /<html lang="en">/);
  assert.match(byAddress.text, /<html lang="en">/);
  assert.match(byAddress.text, /href="\/rank\?lang=en"/);
  assert.doesNotMatch(byHeader.text, /href="\/rank\?lang=en"/);
  assert.match((await nobody.page(`${shop}?lang=zh`, ENGLISH)).text, /<html lang="zh-CN">/);
  assert.notEqual(byHeader.headers.etag, (await nobody.page(shop, HTML)).headers.etag);
});

test('a page that has not changed is not sent again', async (t) => {
  const { nobody, shop, alice } = await stall(t);
  const first = await nobody.page(shop, HTML).expect(200);
  const again = { ...HTML, 'If-None-Match': first.headers.etag };

  await nobody.page(shop, again).expect(304);
  await alice.patch('/me/shop', { bio: '换了一句话' }).expect(200);
  assert.match((await nobody.page(shop, again).expect(200)).text, /换了一句话/);
});

test('a product says who sells it, and its way out leads to the merchant alone', async (t) => {
  const { nobody, shop, leaf, cup, alice } = await stall(t);
  const product = await nobody.page(`${shop}/p/${leaf.id}`, HTML).expect(200);

  assert.match(product.text, /由 tea 发货并负责售后/);
  assert.ok(product.text.includes(`href="${shop}/p/${leaf.id}/go"`));
  const out = await nobody.page(`${shop}/p/${leaf.id}/go`, HTML).expect(200);
  assert.match(out.text, /前往 tea\.example/);
  assert.ok(out.text.includes(`href="https://tea.example/p/7?ref=a&amp;xp=${alice.number}#top"`));
  assert.match((await nobody.page(`${shop}/p/${cup.id}`, HTML).expect(200)).text, /还没有给出/);
  await nobody.page(`${shop}/p/${cup.id}/go`, HTML).expect(404);
});

test('what is not there, or no longer, is told as a page', async (t) => {
  const { nobody, tea, shop, leaf, cup } = await stall(t);
  const other = await tea.product('other', { title: '没有推荐过的' });

  for (const path of ['/s/99999999', '/s/1', '/s/x', `${shop}/p/7`, `${shop}/p/x`, '/nowhere']) {
    const { type, text } = await nobody.page(path, HTML).expect(404);
    assert.match(type, /^text\/html/, path);
    assert.match(text, /<p class="code">404<\/p>/);
  }
  assert.match((await nobody.page(`${shop}/p/${other.id}`, HTML).expect(404)).text, /青瓷杯/);
  await tea.patch('/merchant/products/leaf', { status: 'unlisted' }).expect(200);
  const gone = await nobody.page(`${shop}/p/${leaf.id}`, HTML).expect(410);
  assert.match(gone.text, /这件商品已下架/);
  assert.match(gone.text, /青瓷杯/);
  await nobody.page(`${shop}/p/${leaf.id}/go`, HTML).expect(410);
  assert.doesNotMatch((await nobody.page(shop, HTML)).text, new RegExp(`/p/${leaf.id}"`));
  assert.match((await nobody.page(`${shop}/p/${cup.id}`, HTML).expect(200)).text, /青瓷杯/);
  const asked = { Accept: 'application/json' };
  await nobody.page('/s/99999999', asked).expect(404, 'no_such_shop');
});

test('links are made of the public address, never of Host', async (t) => {
  const { nobody, shop, alice, leaf } = await stall(t, {
    args: ['--public-url', 'https://xiaopu.example'],
  });
  const evil = nobody.with({ Host: 'evil.example' });
  const page = await evil.page(shop, HTML).expect(200);
  const codes = [
    `/shops/${alice.number}/qr.svg`,
    `/shops/${alice.number}/qr.png`,
    `/products/${leaf.id}/qr.svg`,
    `/products/${leaf.id}/qr.svg?number=${alice.number}`,
  ];

  assert.ok(page.text.includes(`content="https://xiaopu.example${shop}"`));
  assert.doesNotMatch(page.text, /evil/);
  for (const path of codes) {
    const asked = await nobody.get(path).expect(200);
    assert.match(asked.type, /^image\/(svg\+xml|png)$/);
    assert.deepEqual((await evil.get(path).expect(200)).bytes, asked.bytes);
  }
  await nobody.get('/shops/99999999/qr.svg').expect(404, 'no_such_shop');
  await nobody.get('/products/7/qr.svg').expect(404, 'no_such_product');
  await nobody.get(`/products/${leaf.id}/qr.svg?shop=1`).expect(422);
});

test('a style sheet may be kept for a year, and comes packed', async (t) => {
  const { nobody, shop } = await stall(t);
  const { text } = await nobody.page(shop, HTML).expect(200);
  const [, style] = text.match(/rel="stylesheet" href="([^"]+)"/);
  const plain = await nobody.page(style).expect(200);
  const packed = await nobody.page(style, { 'Accept-Encoding': 'br, gzip' }).expect(200);

  assert.match(style, /^\/asset\/style\.[0-9a-f]{8}\.css$/);
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.match(plain.type, /^text\/css/);
  assert.equal(packed.headers['content-encoding'], 'br');
  assert.ok(packed.bytes.length < plain.bytes.length / 3);
  assert.notEqual(packed.headers.etag, plain.headers.etag);
  await nobody.page('/asset/style.00000000.css').expect(404);
  await nobody.page(style.replace('.css', '.css.gz')).expect(404);
});

test('an error code has a page that says what it means', async (t) => {
  const { nobody } = await stall(t);

  assert.match((await nobody.page('/problems/cooldown', ENGLISH).expect(200)).text, /cooldown/);
  await nobody.page('/problems/none_of_ours', HTML).expect(404);
});

test('figures and the board come with a release, and not before', async (t) => {
  const { xiaopu, nobody, tea, alice, leaf, shop } = await stall(t, {
    policy: {
      influence: { settle_after_s: 0 },
      release: { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0 },
    },
  });
  const operator = await xiaopu.operator();
  const before = await nobody.page(shop, HTML).expect(200);

  assert.match(before.text, /<aside class="gate">/); // this gate is weaker than the default
  assert.match((await nobody.page('/rank', HTML).expect(200)).text, /第一次公布之后/);
  for (let i = 0; i < 30; i++) {
    const sold_at = new Date(await xiaopu.clock.now()).toISOString();
    const sale = { number: alice.number, product_id: leaf.id, quantity: 1, amount_fen: 3990 };
    await tea.sale({ sale_id: `s${i}`, buyer_ref: `b${i}`, sold_at, ...sale }).expect(201);
  }
  await until('the sales are scored', async () => {
    const { body } = await alice.get('/me/shop').expect(200);
    return body.live.sales >= 1197;
  });
  assert.equal((await nobody.page(shop, HTML)).text, before.text);

  const { body: job } = await operator.post('/operator/releases').expect(202);
  await until('the release is made', async () => {
    return (await operator.get(`/jobs/${job.id}`).expect(200)).body.state === 'done';
  });
  const after = await until('the page shows it', async () => {
    const { text } = await nobody.page(shop, HTML).expect(200);
    return text !== before.text && text;
  });
  const { body } = await nobody.get(`/shops/${alice.number}`).expect(200);
  assert.deepEqual([body.rank, body.figures.counted_sales_fen], [1, 110000]);
  assert.match(after, /约 1,100/);
  assert.match(after, /约 1,200/);
  assert.match(after, /第 1</);
  assert.match(after, /公布。公开数据按批发布/);
  assert.doesNotMatch(after, /新店/);
  const board = await nobody.page('/rank', HTML).expect(200);
  assert.match(board.text, new RegExp(`href="${shop}">林间小铺</a>`));
  assert.match(board.text, /前 1 家小铺 · .*更新 · 下次/);
});
