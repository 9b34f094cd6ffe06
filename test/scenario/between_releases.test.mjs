// test/scenario/between_releases.test.mjs - SCORING.md 10, invariant 7: what others see is the
// same, byte for byte, before and after any events between two epochs.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chance } from '../support/chance.mjs';
import { GLANCE, expectSame, publicPaths, seen, viewsOf } from '../support/looks.mjs';
import { DAY, MINUTE, makeDir, start, until } from '../support/xiaopu.mjs';

const CLOCK = '2026-03-03T02:00:00Z'; // a Tuesday: no release is due for days
const POLICY = {
  influence: { settle_after_s: 0 },
  release: { k_min: 1, k_max: 1, delay_days_max: 0, noise_points: 0 },
};
const ROUNDS = 5;
const HEADER =
  'sale_id,number,product_handle,buyer_ref,quantity,amount_fen,sold_at,kind,refund_of\n';

// Three shops that know each other and offer both products.
async function openMarket(xiaopu) {
  const merchant = await xiaopu.merchant('tea');
  const market = { merchant };
  market.tea = await merchant.product('tea', { title: '明前龙井', category: '茶叶' });
  market.cup = await merchant.product('cup', { title: '青瓷杯', category: 'health' });
  for (const name of ['alice', 'bob', 'carol']) {
    market[name] = await xiaopu.member(name).withShop();
    await market[name].put('/me/shop/slots/1', { product_id: market.tea.id }).expect(200);
    await market[name].put('/me/shop/slots/2', { product_id: market.cup.id }).expect(200);
  }
  for (const name of ['alice', 'bob']) {
    await market.carol.put(`/me/following/${market[name].number}`).expect(204);
    await market[name].put(`/me/following/${market.carol.number}`).expect(204);
  }
  await until('friends and products are known', async () => {
    const { body: following } = await market.carol.get('/me/following').expect(200);
    const { body: products } = await xiaopu.nobody.get('/products').expect(200);
    return following.items.every(({ friend }) => friend) && products.items.length === 2;
  });
  return market;
}

// --- random events, and what their shops' owners then see ----------------------------------

// What sales of one buyer in one period count for (SCORING.md 3.1, policy version 1).
function credit(fen) {
  const brackets = [[10000, 1000], [20000, 500], [50000, 200], [200000, 50]];
  let [sum, from] = [0, 0];
  for (const [upTo, permille] of brackets) {
    sum += Math.max(0, Math.min(fen, upTo) - from) * permille;
    from = upTo;
  }
  return Math.floor(sum / 1000);
}

class Trade {
  constructor(t, xiaopu, market) {
    Object.assign(this, { xiaopu, market, ...chance(t), dir: makeDir(t), sales: [] });
  }

  newSale() {
    const sale = {
      shop: this.pick(['alice', 'bob']),
      product: this.pick(['tea', 'cup']),
      id: `S-${this.sales.length}`,
      buyer: `B-${this.below(12)}`,
      fen: 1 + this.below(30000),
      refunded: 0,
      refunds: 0,
    };
    this.sales.push(sale);
    return sale;
  }

  async sell() {
    const { shop, product, id, buyer, fen } = this.newSale();
    const sale = { sale_id: id, number: this.market[shop].number, quantity: 1, amount_fen: fen };
    const of = { product_id: this.market[product].id, buyer_ref: buyer, sold_at: CLOCK };
    await this.market.merchant.sale({ ...sale, ...of }).expect(201);
  }

  async refund() {
    const sale = this.pick(this.sales);
    const left = sale.fen - sale.refunded;
    if (left === 0) return;
    const amount_fen = this.pick([left, 1 + this.below(left)]);
    const refund = { refund_id: `R-${sale.refunds++}`, amount_fen };
    await this.market.merchant.refund(sale.id, refund).expect(201);
    sale.refunded += amount_fen;
  }

  async importSales() {
    const file = path.join(this.dir, `${this.sales.length}.csv`);
    const lines = Array.from({ length: 1 + this.below(5) }, () => {
      const { shop, product, id, buyer, fen } = this.newSale();
      const { number } = this.market[shop];
      return `${id},${number},${product},${buyer},1,${fen},${CLOCK},sale,\n`;
    });
    writeFileSync(file, HEADER + lines.join(''));
    const { id } = this.market.merchant;
    await this.xiaopu.cliDone(['sales', 'import', file, '--merchant', id]);
  }

  // Somebody looks, by another browser each time.
  async visit() {
    const agent = { 'User-Agent': `Browser/${this.below(1000)}` };
    const who = this.pick([this.xiaopu.nobody, this.market.carol]);
    await who.page(this.pick(viewsOf(this.market)), agent).expect(200);
  }

  async happen() {
    for (let i = 10 + this.below(20); i > 0; i--) {
      const what = this.below(10);
      if (what < 4) await this.sell();
      else if (what < 6 && this.sales.length > 0) await this.refund();
      else if (what < 9) await this.visit();
      else await this.importSales();
    }
  }

  countedPoints(shop) {
    const byBuyer = new Map();
    for (const sale of this.sales.filter((one) => one.shop === shop)) {
      byBuyer.set(sale.buyer, (byBuyer.get(sale.buyer) ?? 0) + sale.fen - sale.refunded);
    }
    const fen = [...byBuyer.values()].reduce((sum, net) => sum + credit(net), 0);
    return Math.floor(fen / 100 + 0.5);
  }

  async allCounts() {
    for (const shop of ['alice', 'bob']) {
      await until(`${shop}'s sales are ${this.countedPoints(shop)}`, async () => {
        const { body } = await this.market[shop].get('/me/shop').expect(200);
        return Math.abs(body.live.sales - this.countedPoints(shop)) <= 1;
      });
    }
  }
}

// --- what others see ------------------------------------------------------------------------

const MEMBERS_ASK = ['/me/rank', '/boards/friends', '/boards/top', '/me/following'];

async function look(xiaopu, market) {
  const all = new Map();
  const ask = async (who, asked, where, headers) => {
    const answer = await who.page(where, { ...GLANCE, ...headers });
    all.set(asked, seen(answer));
    return answer;
  };
  for (const where of publicPaths(market)) {
    const { headers } = await ask(xiaopu.nobody, where, where);
    if (!headers.etag) continue;
    await ask(xiaopu.nobody, `${where} again`, where, { 'If-None-Match': headers.etag });
  }
  for (const name of ['alice', 'carol']) {
    for (const where of MEMBERS_ASK) {
      await ask(market[name], `${name}'s ${where}`, `/api/v1${where}`);
    }
  }
  return all;
}

test('no event between two releases changes what others see', async (t) => {
  const xiaopu = await start(t, { clock: CLOCK, policy: POLICY });
  const market = await openMarket(xiaopu);
  const trade = new Trade(t, xiaopu, market);
  const shown = async (release) =>
    until(`release ${release}`, async () => {
      const { body } = await xiaopu.nobody.get('/boards/top').expect(200);
      return body.release === release;
    });

  const never = await look(xiaopu, market);
  await trade.happen();
  await trade.allCounts();
  expectSame(never, await look(xiaopu, market), 'before the first release');
  await xiaopu.cliDone(['board', 'release']);
  await shown(1);
  const released = await look(xiaopu, market);
  for (let round = 0; round < ROUNDS; round++) {
    await trade.happen();
    await trade.allCounts();
    await xiaopu.clock.advance(MINUTE * trade.below(60));
    expectSame(released, await look(xiaopu, market), `round ${round}`);
  }
  await xiaopu.clock.advance(DAY);
  expectSame(released, await look(xiaopu, market), 'a day later');
  await xiaopu.cliDone(['board', 'release']);
  await shown(2);
  const next = await look(xiaopu, market);
  assert.notDeepEqual(released.get('/rank'), next.get('/rank'));
  await xiaopu.cliDone(['verify']);
});
