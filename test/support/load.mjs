// test/support/load.mjs - sales and visits that go on while a test does its worst, and the
// journal that is held against the store afterwards.
//
//     const load = await beginLoad(t, xiaopu);
//     await load.more(20);                 20 more sales were acknowledged
//     await load.end();
//     await expectAll(load);
//
// A reporter repeats what got no answer until it has one, as a merchant would.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './xiaopu.mjs';

const REPORTERS = 6;
const AMOUNT_FEN = 1000; // counts in full: every sale has a buyer of its own

// A small generator whose numbers follow from the seed (Mulberry's).
export function numbers(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

class Load {
  constructor(xiaopu, tea, shops, product) {
    Object.assign(this, { xiaopu, tea, shops, product });
    this.acknowledged = [];
    this.going = true;
    this.waiting = [];
  }

  begin() {
    const loops = [this.visit()];
    for (let i = 0; i < REPORTERS; i++) loops.push(this.report(i));
    this.all = Promise.all(loops);
    this.all.catch(() => (this.going = false)); // told to whoever waits
    return this;
  }

  sale(id) {
    return {
      sale_id: id,
      number: this.shops[this.acknowledged.length % this.shops.length].number,
      product_id: this.product.id,
      quantity: 1,
      amount_fen: AMOUNT_FEN,
      buyer_ref: `buyer of ${id}`,
      sold_at: new Date().toISOString(),
    };
  }

  // Until it is acknowledged. What is refused for good is a fault.
  async patiently(sale) {
    for (;;) {
      const answer = await this.tea.sale(sale).then(null, (error) => {
        if (error.code === 'ERR_ASSERTION') throw error;
        return undefined; // refused or reset: ask again
      });
      if (answer && answer.status < 300) return;
      if (answer) assert.ok([503, 504].includes(answer.status), answer.text);
      await pause(5);
    }
  }

  async report(who) {
    for (let i = 0; this.going; i++) {
      const sale = this.sale(`${who}-${i}`);
      await this.patiently(sale);
      this.acknowledged.push(sale);
      this.waiting = this.waiting.filter(({ count, done }) => {
        if (this.acknowledged.length < count) return true;
        done();
        return false;
      });
    }
  }

  async visit() {
    for (let i = 0; this.going; i++) {
      const headers = { 'User-Agent': `phone ${i}` };
      const shop = this.shops[i % this.shops.length];
      await this.xiaopu.nobody.page(`/s/${shop.number}`, headers).catch(() => pause(5));
    }
  }

  // Resolves when `count` more sales have been acknowledged.
  more(count) {
    const enough = new Promise((done) => {
      this.waiting.push({ count: this.acknowledged.length + count, done });
    });
    return Promise.race([enough, this.all]);
  }

  async end() {
    this.going = false;
    await this.all;
  }
}

async function listedSales(tea) {
  const ids = [];
  let cursor = '';
  do {
    const { body } = await tea.get(`/merchant/sales?limit=100${cursor}`).expect(200);
    ids.push(...body.items.map(({ sale_id }) => sale_id));
    cursor = body.next_cursor && `&cursor=${encodeURIComponent(body.next_cursor)}`;
  } while (cursor);
  return ids;
}

// Everything acknowledged is there once: in the merchant's list, in the owners' sums, and
// in their influence.
export async function expectAll(load) {
  const ids = await listedSales(load.tea);
  const wanted = load.acknowledged.map(({ sale_id }) => sale_id);
  assert.deepEqual(ids.sort(), wanted.sort());
  for (const shop of load.shops) {
    const mine = load.acknowledged.filter(({ number }) => number === shop.number);
    const { body } = await shop.get('/me/shop/analytics').expect(200);
    assert.equal(body.totals.orders, mine.length);
    await until(`${mine.length} sales count`, async () => {
      const answer = await shop.get('/me/shop').expect(200);
      return answer.body.live.sales === (mine.length * AMOUNT_FEN) / 100;
    });
  }
}

// A merchant, three shops, and what they sell from now on.
export async function beginLoad(t, xiaopu) {
  const tea = await xiaopu.merchant();
  const product = await tea.product('green');
  const shops = [];
  for (const who of ['alice', 'bob', 'carol']) {
    shops.push(await xiaopu.member(who).withShop());
  }
  const load = new Load(xiaopu, tea, shops, product).begin();
  t.after(() => (load.going = false)); // also when the test fails
  return load;
}
