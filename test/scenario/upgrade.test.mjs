// Another version, without a pause: every server and worker of a cluster is replaced by one
// whose function libraries are others, while sales, visits and slot changes come in, a
// worker hangs and another is killed.
// has a store of its own
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { OTHER_BINARY, command } from '../support/process.mjs';
import { startMachines } from '../support/machines.mjs';
import { parseMetrics, until } from '../support/xiaopu.mjs';
import { send } from '../support/client.mjs';

const POLICY = {
  influence: { settle_after_s: 0 },
  slots: { cooldown_s: 0 },
  limits: { public_gets_per_minute: 1_000_000 },
};
const AMOUNT_FEN = 1000; // counts in full: every sale has a buyer of its own
const OWNERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];

// What stands in front of the servers: each is asked in turn, until it refuses.
class Front {
  constructor(servers) {
    this.servers = [...servers];
    this.turn = 0;
    this.answered = new Map();
    this.away = 0; // answers 503
    this.cut = 0; // asked the one that ends: refused or cut off
  }

  // The first answer to `call` that is none of those.
  async ask(client, call) {
    for (;;) {
      const server = this.servers[this.turn++ % this.servers.length];
      const there = Object.create(Object.getPrototypeOf(client));
      const answer = await call(Object.assign(there, client, { base: server.base })).then(
        (given) => given,
        (error) => this.leave(server, error),
      );
      if (answer?.status === 503) {
        this.away++;
        await pause(20);
      } else if (answer) {
        assert.ok(answer.status < 300, `${answer.method} ${answer.path}: ${answer.text}`);
        this.answered.set(server, (this.answered.get(server) ?? 0) + 1);
        return answer;
      }
    }
  }

  leave(server, error) {
    if (error.code === 'ERR_ASSERTION' || server !== this.ending) throw error;
    this.cut++;
    this.servers = this.servers.filter((other) => other !== server);
  }
}

// Three kinds of events, and the journal of what was acknowledged.
class Traffic {
  constructor(front, tea, products, shops) {
    Object.assign(this, { front, tea, products, shops });
    this.sales = new Map(shops.map((shop) => [shop, 0]));
    this.visits = new Map(shops.map((shop) => [shop, 0]));
    this.slots = new Map();
    this.count = 0;
    this.going = true;
    const loops = [this.sell(0), this.sell(1), this.visit(), this.choose()];
    this.all = Promise.all(loops);
    this.all.catch(() => (this.going = false));
  }

  async each(step) {
    for (let i = 0; this.going; i++) {
      await step(i, this.shops[i % this.shops.length]);
      this.count++;
    }
  }

  sell(who) {
    return this.each(async (i, shop) => {
      const sale = {
        sale_id: `${who}-${i}`,
        number: shop.number,
        product_id: this.products[0].id,
        quantity: 1,
        amount_fen: AMOUNT_FEN,
        buyer_ref: `buyer ${who}-${i}`,
        sold_at: new Date().toISOString(),
      };
      await this.front.ask(this.tea, (tea) => tea.sale(sale));
      this.sales.set(shop, this.sales.get(shop) + 1);
    });
  }

  // One visitor each time. A request that was cut off may have counted, so it is another.
  visit() {
    return this.each(async (i, shop) => {
      let tries = 0;
      await this.front.ask(this.front.nobody, (nobody) => {
        const headers = { 'User-Agent': `phone ${i}-${tries++}` };
        return nobody.page(`/s/${shop.number}`, headers);
      });
      this.visits.set(shop, this.visits.get(shop) + 1);
    });
  }

  choose() {
    return this.each(async (i, shop) => {
      const { id } = this.products[Math.floor(i / this.shops.length) % this.products.length];
      await this.front.ask(shop, (owner) => owner.put('/me/shop/slots/1', { product_id: id }));
      this.slots.set(shop, id);
    });
  }

  // Until `count` more were acknowledged.
  async more(count) {
    const enough = this.count + count;
    await until(`${count} more`, () => this.count >= enough || !this.going);
    if (!this.going) await this.all;
  }

  async end() {
    this.going = false;
    await this.all;
  }
}

async function begin(t) {
  const site = await startMachines(t, { servers: 2, workers: 2, cluster: true, policy: POLICY });
  const tea = await site.merchant();
  const products = [];
  for (const name of ['green', 'black', 'white']) products.push(await tea.product(name));
  const shops = [];
  for (const who of OWNERS) shops.push(await site.member(who).withShop());
  const front = new Front(site.servers);
  front.nobody = site.nobody;
  const traffic = new Traffic(front, tea, products, shops);
  t.after(() => (traffic.going = false)); // also when the test fails
  await traffic.more(50);
  return { site, front, traffic };
}

const versionOf = async (server) => {
  const metrics = parseMetrics((await send(server.adminBase, 'GET', '/metrics')).text);
  return [...metrics.keys()].find((name) => name.startsWith('xiaopu_build_info'));
};

// The command line of the new version.
async function say(site, ...words) {
  const { status, stdout, stderr } = await command(OTHER_BINARY, [...words, ...site.storeWords]);
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

// How many libraries of ours were deleted (on all primaries) and how many are in use.
async function prune(site) {
  const said = await say(site, 'doctor', '--prune');
  return said.match(/libraries: (\d+) deleted, (\d+) in use/).slice(1).map(Number);
}

async function end(site, list, service, signal) {
  assert.equal(await service.stop(signal), signal ?? 0, service.stderr);
  list.splice(list.indexOf(service), 1);
}

async function replaceServer(site, front) {
  const [old] = site.servers;
  front.ending = old;
  await end(site, site.servers, old);
  front.servers = front.servers.filter((server) => server !== old);
  const server = await site.startServer({ binary: OTHER_BINARY });
  assert.match(await versionOf(server), /-other"/);
  front.servers.push(server);
}

async function replaceWorker(site, worker, signal) {
  await end(site, site.workers, worker, signal);
  site.startWorker({ binary: OTHER_BINARY });
}

// The store hears of so many workers: one that was killed counts for a while yet.
async function heard(site, workers) {
  const line = `2 servers, ${workers} workers`;
  await until(line, async () => (await say(site, 'doctor')).includes(line));
}

// Stops it for so long that it counts as dead.
async function hang(site, worker) {
  worker.child.kill('SIGSTOP');
  await heard(site, site.workers.length - 1);
}

async function goOn(site, worker) {
  worker.child.kill('SIGCONT');
  await heard(site, site.workers.length);
}

// Each event once: in the owners' sums, in their influence, in their slots.
async function expectEachOnce({ front, shops, sales, visits, slots }) {
  for (const shop of shops) {
    const wanted = { orders: sales.get(shop), visits: visits.get(shop) };
    const look = () => front.ask(shop, (owner) => owner.get('/me/shop/analytics'));
    const owned = () => front.ask(shop, (owner) => owner.get('/me/shop'));
    await until(`${wanted.orders} sales and ${wanted.visits} visits count`, async () => {
      const { live } = (await owned()).body;
      const { totals } = (await look()).body;
      return live.sales >= (wanted.orders * AMOUNT_FEN) / 100 && totals.visits >= wanted.visits;
    });
    const { totals } = (await look()).body;
    const { live, slots: shown } = (await owned()).body;
    assert.equal(totals.orders, wanted.orders);
    assert.equal(live.sales, (wanted.orders * AMOUNT_FEN) / 100);
    assert.ok(totals.visits >= wanted.visits && totals.visits <= wanted.visits + front.cut,
      `${totals.visits} visits, not ${wanted.visits} and at most ${front.cut} that were cut off`);
    assert.equal(shown[0].product.id, slots.get(shop));
  }
}

test('a rolling restart to a version whose functions are others', async (t) => {
  const { site, front, traffic } = await begin(t);
  const primaries = await site.cluster.primaries();
  const libraries = async () => {
    const said = await Promise.all(primaries.map((node) => node.say('FUNCTION', 'LIST')));
    return said.map((text) => text.match(/library_name/g).length);
  };
  const [own] = await libraries();

  const [first, second] = site.workers;
  await replaceServer(site, front);
  await traffic.more(50);
  await replaceWorker(site, first);
  await traffic.more(50);

  // One of each, on each node both versions' libraries, all but one of them others.
  assert.deepEqual(await libraries(), primaries.map(() => 2 * own - 1));
  assert.deepEqual(await prune(site), [0, primaries.length * (2 * own - 1)]);
  const before = new Map(front.answered);
  await traffic.more(200);
  for (const server of front.servers) {
    assert.ok(front.answered.get(server) > (before.get(server) ?? 0));
  }

  // The old worker hangs, the new one takes over; then the new one is killed.
  await hang(site, second);
  await traffic.more(50);
  await goOn(site, second);
  await replaceWorker(site, site.workers[1], 'SIGKILL');
  await traffic.more(50);

  // The last old one hangs for so long that its libraries go; it loads them again.
  await replaceServer(site, front);
  assert.deepEqual(await prune(site), [0, primaries.length * (2 * own - 1)]);
  await hang(site, second);
  assert.deepEqual(await prune(site), [primaries.length * (own - 1), primaries.length * own]);
  await goOn(site, second);
  await traffic.more(50);
  assert.equal((await prune(site))[0], 0);
  assert.ok((await libraries()).some((count) => count > own));
  await replaceWorker(site, second);
  await heard(site, 2);
  await prune(site);
  assert.deepEqual(await libraries(), primaries.map(() => own));
  await traffic.more(50);

  await traffic.end();
  await expectEachOnce(traffic);
  await say(site, 'verify');
  t.diagnostic(`${traffic.count} acknowledged, ${front.away} times 503, ${front.cut} cut off`);
});
