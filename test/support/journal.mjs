// test/support/journal.mjs - what is asked of a site of several servers while it suffers,
// and a journal of what it answered, which is held against the store afterwards.
//
//     const journal = await beginJournal(t, site);
//     await journal.more(20);          20 more reports were acknowledged
//     await journal.end();
//     await journal.expectKept();      sales and refunds: all of them, once
//     journal.figures()                also what was lost of what is not promised
//
// Reporters repeat what got no answer until it has one, as a merchant would, at whichever
// server answers: so in the end nothing of theirs is unknown. Owners change their shops all
// the while; a failover may undo changes that were acknowledged, and is found to have done
// so when the owner looks again.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './process.mjs';

const REPORTERS = 4;
const AMOUNT_FEN = 1000; // counts in full: every sale has a buyer of its own
const PART_FEN = 400;
const SLOTS = 4;
const AWAY_MS = 20;
const HEARD_MS = 300; // for what one server wrote and another keeps
const OWNERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];

export const JOURNAL_POLICY = {
  influence: { settle_after_s: 0 },
  slots: { cooldown_s: 0 },
  limits: { public_gets_per_minute: 1_000_000, merchant_calls_per_s: 1_000_000 },
};

class Journal {
  constructor(site, tea, products, shops, pace_ms) {
    Object.assign(this, { site, tea, products, shops, pace_ms, going: true, turn: 0 });
    this.sales = new Map(); // acknowledged: id -> { number, refunded_fen }
    this.acknowledged = 0; // sales and refunds
    this.changes = shops.map(() => ({ asked: 0, acknowledged: 0 }));
    this.counts = { answers: 0, away: 0, uncertain: 0, silent: 0, changes: 0, lost: 0, visits: 0 };
    this.slowest_ms = 0;
  }

  begin() {
    const loops = [this.visit(), ...this.shops.map((shop, i) => this.change(shop, i))];
    for (let i = 0; i < REPORTERS; i++) loops.push(this.report(i));
    this.all = Promise.all(loops);
    this.all.catch(() => (this.going = false)); // told to whoever waits
    return this;
  }

  // One try at the next server. What it answered; undefined when it did not, or is away.
  async once(client, ask) {
    const began = Date.now();
    const index = this.turn++ % this.site.servers.length;
    const answer = await ask(this.site.at(index, client)).then(null, (error) => {
      if (error.code === 'ERR_ASSERTION') throw error;
      return undefined; // refused or reset
    });
    this.slowest_ms = Math.max(this.slowest_ms, Date.now() - began);
    return this.judge(answer);
  }

  judge(answer) {
    if (!answer) {
      this.counts.silent++;
      return undefined;
    }
    this.counts.answers++;
    if (answer.status < 500) return answer;
    assert.ok([503, 504].includes(answer.status), `${answer.status} ${answer.text}`);
    assert.ok(Number(answer.headers['retry-after']) >= 1, answer.text);
    this.counts[answer.status === 503 ? 'away' : 'uncertain']++;
    return undefined;
  }

  // Until it is answered; what is refused for good is a fault.
  async patiently(client, ask) {
    for (;;) {
      const answer = await this.once(client, ask);
      if (answer) {
        assert.ok(answer.status < 300, `${answer.method} ${answer.path}: ${answer.text}`);
        return answer;
      }
      await pause(AWAY_MS);
    }
  }

  // --- what is asked ----------------------------------------------------------------------
  sale(id, i) {
    return {
      sale_id: id,
      number: this.shops[i % this.shops.length].number,
      product_id: this.products[0].id,
      quantity: 1,
      amount_fen: AMOUNT_FEN,
      buyer_ref: `buyer of ${id}`,
      sold_at: new Date().toISOString(),
    };
  }

  async report(who) {
    for (let i = 0; this.going; i++) {
      const id = `${who}-${i}`;
      const sale = this.sale(id, i);
      await this.patiently(this.tea, (tea) => tea.sale(sale));
      this.sales.set(id, { number: sale.number, refunded_fen: 0 });
      this.acknowledged++;
      if (i % 3 === 0) await this.refund(id, i % 2 === 0 ? AMOUNT_FEN : PART_FEN);
      await this.rest();
    }
  }

  async refund(id, amount_fen) {
    const refund = { refund_id: 'back', amount_fen };
    await this.patiently(this.tea, (tea) => tea.refund(id, refund));
    this.sales.get(id).refunded_fen = amount_fen;
    this.acknowledged++;
  }

  // A shop says in its words how often it was changed.
  async change(shop, i) {
    const mine = this.changes[i];
    while (this.going) {
      await this.look(shop, mine);
      mine.asked++;
      const product_id = this.products[mine.asked % this.products.length].id;
      const slot = 1 + (mine.asked % SLOTS);
      await this.once(shop, (owner) => owner.put(`/me/shop/slots/${slot}`, { product_id }));
      const bio = `change ${mine.asked}`;
      const answer = await this.once(shop, (owner) => owner.patch('/me/shop', { bio }));
      if (answer) {
        mine.acknowledged = mine.asked;
        this.counts.changes++;
      } else {
        await pause(AWAY_MS);
      }
      await this.rest();
    }
  }

  async found(shop) {
    const answer = await this.once(shop, (owner) => owner.get('/me/shop'));
    return answer && Number(answer.body.bio?.match(/^change (\d+)$/)?.[1] ?? 0);
  }

  // What was acknowledged and is no longer there was lost, when another server has had the
  // time to hear of it. All later ones begin from there.
  async look(shop, mine) {
    if ((await this.found(shop)) >= mine.acknowledged) return;
    await pause(HEARD_MS);
    const found = await this.found(shop);
    if (found < mine.acknowledged) {
      this.counts.lost += mine.acknowledged - found;
      mine.acknowledged = found;
    }
  }

  async visit() {
    for (let i = 0; this.going; i++) {
      const headers = { 'User-Agent': `phone ${i}` };
      const { number } = this.shops[i % this.shops.length];
      const page = (nobody) => nobody.page(`/s/${number}`, headers);
      if (await this.once(this.site.nobody, page)) this.counts.visits++;
      else await pause(AWAY_MS);
      await this.rest();
    }
  }

  async rest() {
    if (this.pace_ms > 0) await pause(this.pace_ms);
  }

  // --- waiting and judging ------------------------------------------------------------------
  // Resolves when `count` more reports have been acknowledged.
  async more(count, options) {
    const enough = this.acknowledged + count;
    await until(`${count} more reports`, () => this.acknowledged >= enough || !this.going, options);
    if (!this.going) await this.all; // it failed
  }

  async end() {
    this.going = false;
    await this.all;
    for (const [i, shop] of this.shops.entries()) await this.look(shop, this.changes[i]);
  }

  async listed() {
    const found = [];
    let cursor = '';
    do {
      const { body } = await this.tea.get(`/merchant/sales?limit=100${cursor}`).expect(200);
      found.push(...body.items.map(({ sale_id, number, refunded_fen }) =>
        [sale_id, { number, refunded_fen }]));
      cursor = body.next_cursor && `&cursor=${encodeURIComponent(body.next_cursor)}`;
    } while (cursor);
    return found;
  }

  // Everything acknowledged is there once: in the merchant's list, in the owners' sums, and
  // in their influence.
  async expectKept() {
    const sorted = (pairs) => [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sorted(await this.listed()), sorted(this.sales));
    for (const shop of this.shops) {
      const mine = [...this.sales.values()].filter(({ number }) => number === shop.number);
      const left = mine.map((sale) => AMOUNT_FEN - sale.refunded_fen).filter((fen) => fen > 0);
      const { body } = await shop.get('/me/shop/analytics').expect(200);
      assert.equal(body.totals.orders, left.length);
      const sum = left.reduce((all, fen) => all + fen, 0);
      await until(`sales of ${sum} fen count`, async () => {
        const answer = await shop.get('/me/shop').expect(200);
        return Math.round(answer.body.live.sales * 100) === sum;
      });
    }
  }

  figures() {
    const { acknowledged, counts, slowest_ms } = this;
    return `${acknowledged} sales and refunds acknowledged; ` +
      `${counts.changes} changes of shops acknowledged, ${counts.lost} lost; ` +
      `${counts.visits} visits; ${counts.answers} answers, of these ${counts.away} 503 and ` +
      `${counts.uncertain} 504; ${counts.silent} without an answer; slowest ${slowest_ms} ms`;
  }
}

// A merchant, its goods, the shops, and what goes on from now. Everybody rests for pace_ms
// between two things.
export async function beginJournal(t, site, { pace_ms = 0 } = {}) {
  const tea = await site.merchant();
  const products = [];
  for (const name of ['green', 'black', 'white', 'red', 'blue']) {
    products.push(await tea.product(name));
  }
  const shops = [];
  for (const who of OWNERS) shops.push(await site.member(who).withShop());
  const journal = new Journal(site, tea, products, shops, pace_ms).begin();
  t.after(() => (journal.going = false)); // also when the test fails
  return journal;
}
