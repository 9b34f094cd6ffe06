// A server is cut off from one node of its store, all others are not: what lies there is
// answered with 503 within the deadlines, the rest goes on, the other server never notices,
// and all is well within 10 s of the link. Needs network namespaces (CAP_NET_ADMIN).
// has a store of its own
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, send } from '../support/client.mjs';
import { startCluster } from '../support/cluster.mjs';
import { isInside, makeIsland, noNamespaces, runInside } from '../support/island.mjs';
import { startMachines } from '../support/machines.mjs';
import { Service } from '../support/process.mjs';
import { atEnd, parseMetrics, until } from '../support/xiaopu.mjs';

const NODES = 6;
const BACK_MS = 10_000;
const READ_MS = 1000; // a read's deadline (CALL_TIMEOUT_MS)
const SLACK_MS = 3000; // of a busy machine
const SHOPS = 8;

const keyOf = ({ number }) => `shop:{s${String(number % 256).padStart(3, '0')}}:${number}`;

// A server on the island, and what can be asked of it.
async function landOn(t, site, island) {
  const [base, adminBase] = [`${island.there}:8080`, `${island.there}:8081`];
  const words = ['server', ...site.storeWords, '--listen', base, '--admin', adminBase];
  const service = new Service(island.words([...words, '--test-clock']), { binary: 'nsenter' });
  atEnd(t, async () => assert.equal(await service.stop(), 0, service.stderr.slice(-3000)));
  const admin = (path) => send(`http://${adminBase}`, 'GET', path).catch(() => ({ text: '' }));
  return {
    isReady: async () => (await admin('/readyz')).status === 200,
    nodesAway: async () =>
      parseMetrics((await admin('/metrics')).text).get('xiaopu_store_nodes_away'),
    nobody: new Client(`http://${base}`),
    as: (client) => Object.assign(site.at(0, client), { base: `http://${base}` }),
  };
}

// Shops on the node that will be cut off (not the one of the policy), and on others.
async function findShops(site) {
  const { cluster } = site;
  const global = await cluster.holderOf('policy:{g}');
  const shops = [];
  for (let i = 0; i < SHOPS; i++) {
    const shop = await site.member(`member${i}`).withShop();
    shops.push(Object.assign(shop, { holder: await cluster.holderOf(keyOf(shop)) }));
  }
  const { holder } = shops.find((shop) => shop.holder !== global);
  return {
    holder,
    there: shops.filter((shop) => shop.holder === holder),
    elsewhere: shops.filter((shop) => shop.holder !== holder),
  };
}

async function begin(t) {
  const island = await makeIsland(t, NODES);
  const hosts = Array.from({ length: NODES }, (_, i) => island.here(i + 1));
  const cluster = await startCluster({ hosts, settings: ['--protected-mode', 'no'] });
  atEnd(t, () => cluster.stop());
  const policy = { influence: { settle_after_s: 0 } };
  const site = await startMachines(t, { cluster, policy });
  const tea = await site.merchant();
  const product = await tea.product('green');
  const far = await landOn(t, site, island);
  const shops = await findShops(site);
  await until('the server on the island is ready', far.isReady);
  const link = 1 + cluster.nodes.indexOf(shops.holder);
  return { island, site, tea, product, far, link, ...shops };
}

async function expectAway(call) {
  const began = Date.now();
  const answer = await call;
  assert.ok([503, 504].includes(answer.status), `${answer.status} ${answer.text}`);
  assert.ok(Number(answer.headers['retry-after']) >= 1);
  assert.ok(Date.now() - began < READ_MS + SLACK_MS, `${Date.now() - began} ms`);
}

const sale = ({ number }, product, id) => ({
  sale_id: id,
  number,
  product_id: product.id,
  quantity: 1,
  amount_fen: 1000,
  buyer_ref: `buyer of ${id}`,
  sold_at: new Date().toISOString(),
});

const CUTS = { lose: 'what it sends there vanishes', down: 'the link is gone' };

for (const [how, what] of Object.entries(CUTS)) {
  test(`a server is cut off from one node: ${what}`, { skip: !isInside }, async (t) => {
    const world = await begin(t);
    const { island, tea, product, far, link, there: [lost], elsewhere: [other] } = world;
    const report = sale(lost, product, 'A-1');

    await island[how](link);
    do {
      await expectAway(far.nobody.get(`/shops/${lost.number}`));
    } while ((await far.nodesAway()) === 0);
    await expectAway(far.as(tea).sale(report));
    await far.nobody.get(`/shops/${other.number}`).expect(200);
    assert.ok(await far.isReady());
    assert.ok((await far.nodesAway()) > 0);
    await world.site.nobody.get(`/shops/${lost.number}`).expect(200);
    await tea.sale(sale(lost, product, 'A-2')).expect(201);

    await island.mend(link);
    const options = { ms: BACK_MS };
    await until('all is well', async () => (await far.nodesAway()) === 0, options);
    await far.nobody.get(`/shops/${lost.number}`).expect(200);
    await far.as(tea).sale(report).expect(201);
    await far.as(tea).sale(report).expect(200);
    await world.site.cliDone(['verify']);
  });
}

test('in a namespace of its own', { skip: isInside || (await noNamespaces()) }, async () => {
  const { status, stdout, stderr } = await runInside(import.meta.url);
  assert.equal(status, 0, stdout + stderr);
});
