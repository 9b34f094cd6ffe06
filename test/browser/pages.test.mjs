// test/browser/pages.test.mjs - the pages for people, in a real browser: sound on a
// phone and a desk, in the dark and in both languages, small, and without script.
import assert from 'node:assert/strict';
import test from 'node:test';
import { openBrowser } from '../support/browser.mjs';
import { start, until } from '../support/xiaopu.mjs';

const PAGE_BYTES_MAX = 30 * 1024;
const OPEN_GATE = {
  influence: { settle_after_s: 0 },
  release: { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0 },
};

const GOODS = [
  ['longjing', { title: '明前龙井 · 一两装', category: '茶', price_fen: 4990, exclusive_price_fen: 3990 }],
  ['cup', { title: '龙泉青瓷品茗杯', category: '瓷器', price_fen: 10800, exclusive_price_fen: 8800 }],
  ['fan', { title: '手工竹骨折扇', category: '手作', price_fen: 1250, stock: 0 }],
  ['ink-stone', { title: 'An inkstone with a rather long name, from the old pit at Shexian', price_fen: 19999 }],
];

// A shop that has sold, its board released.
async function market(t) {
  const xiaopu = await start(t, { policy: OPEN_GATE });
  const tea = await xiaopu.merchant('tea');
  const alice = await xiaopu.member('alice').withShop({ nickname: '林间小铺' });
  const products = [];

  await alice.patch('/me/shop', { bio: '在杭州教书，周末上山收茶。' }).expect(200);
  for (const [handle, fields] of GOODS) {
    products.push(await tea.product(handle, { url: `https://tea.example/p/${handle}?from=x#top`, ...fields }));
    const slot = products.length;
    const note = slot === 1 ? '自己家里喝了五年的那一家。' : undefined;
    await alice.put(`/me/shop/slots/${slot}`, { product_id: products.at(-1).id, note }).expect(200);
  }
  for (let i = 0; i < 3; i++) {
    const sale = { sale_id: `s${i}`, number: alice.number, product_id: products[0].id, quantity: 1 };
    const sold_at = new Date(await xiaopu.clock.now()).toISOString();
    await tea.sale({ ...sale, amount_fen: 3990, buyer_ref: `b${i}`, sold_at }).expect(201);
  }
  const operator = await xiaopu.operator();
  const { body: job } = await operator.post('/operator/releases').expect(202);
  await until('the release is made', async () => {
    const { body } = await operator.get(`/jobs/${job.id}`).expect(200);
    return body.state === 'done';
  });
  return { xiaopu, tea, alice, products, at: (path) => xiaopu.base + path };
}

async function eachWay(browser, world, path, look) {
  for (const width of [375, 1200]) {
    for (const theme of ['light', 'dark']) {
      for (const lang of ['zh-CN', 'en']) {
        const page = await browser.open(world.at(path), { width, theme, lang });
        assert.equal(await page.page.getAttribute('html', 'lang'), lang);
        await page.mustBeSound();
        await look?.(page, lang);
        await page.context.close();
      }
    }
  }
}

test('pages are sound on phone and desk, light and dark, in both languages', async (t) => {
  const world = await market(t);
  const browser = await openBrowser(t);
  const shop = `/s/${world.alice.number}`;
  const product = `${shop}/p/${world.products[0].id}`;

  await t.test('the shop', () =>
    eachWay(browser, world, shop, async (page, lang) => {
      assert.equal(await page.text('h1'), '林间小铺');
      assert.equal(await page.page.locator('.card').count(), 4);
      assert.match(await page.text('.note'), lang === 'en' ? /^Published/ : /公布/);
    }));
  await t.test('a product', () => eachWay(browser, world, product));
  await t.test('the way to its store', () => eachWay(browser, world, `${product}/go`));
  await t.test('the board', () =>
    eachWay(browser, world, '/rank', async (page) => {
      assert.match(await page.text('.rank'), /林间小铺/);
    }));
});

test('a first visit is small and works without script', async (t) => {
  const world = await market(t);
  const browser = await openBrowser(t);
  const own = new URL(world.xiaopu.base).host;

  for (const path of [`/s/${world.alice.number}`, '/rank']) {
    const page = await browser.open(world.at(path), { script: false, until: 'networkidle' });
    assert.ok(page.bytes > 0 && page.bytes < PAGE_BYTES_MAX, `${path}: ${page.bytes} bytes`);
    assert.deepEqual(page.requests.filter((url) => new URL(url).host !== own), []);
    assert.deepEqual(await page.context.cookies(), []);
  }
});

test('from the shop to the merchant there are three clicks and no script', async (t) => {
  const world = await market(t);
  const browser = await openBrowser(t);
  const { page } = await browser.open(world.at(`/s/${world.alice.number}`), { script: false });

  await page.getByRole('link', { name: '明前龙井' }).click();
  await page.getByRole('link', { name: '去商家店里购买' }).click();
  const out = page.getByRole('link', { name: '前往 tea.example' });
  assert.equal(
    await out.getAttribute('href'),
    `https://tea.example/p/longjing?from=x&xp=${world.alice.number}#top`,
  );
});

test('the code of a shop opens on the page, without script', async (t) => {
  const world = await market(t);
  const browser = await openBrowser(t);
  const { page } = await browser.open(world.at(`/s/${world.alice.number}`), { script: false });
  const picture = page.locator('.qr img');

  await page.locator('.qr summary').click();
  await picture.scrollIntoViewIfNeeded();
  await page.waitForLoadState('networkidle');
  assert.ok(await picture.evaluate((img) => img.complete && img.naturalWidth > 0));
});

test('what is gone says so, and shows what else there is', async (t) => {
  const world = await market(t);
  const browser = await openBrowser(t);
  const gone = `/s/${world.alice.number}/p/${world.products[1].id}`;

  await world.tea.patch('/merchant/products/cup', { status: 'unlisted' }).expect(200);
  const page = await browser.open(world.at(gone));
  assert.equal(page.response.status(), 410);
  assert.equal(await page.page.locator('.card').count(), 3);
  assert.equal((await browser.open(world.at('/s/99999999'))).response.status(), 404);
  assert.equal((await browser.open(world.at('/nowhere'))).response.status(), 404);
});
