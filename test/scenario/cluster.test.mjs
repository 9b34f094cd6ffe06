// A Redis Cluster that loses nodes, moves slots and stalls, while sales and visits come in.
// What was acknowledged is there once; in between the answers are 503 and 504; and within
// 10 s of the cluster all is well again.
// has a store of its own
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { send } from '../support/client.mjs';
import { Service, command, freePort } from '../support/process.mjs';
import { beginLoad, expectAll } from '../support/load.mjs';
import { start, until } from '../support/xiaopu.mjs';

const POLICY = { influence: { settle_after_s: 0 } };
const BACK_MS = 10_000;

async function begin(t) {
  const xiaopu = await start(t, { cluster: true, policy: POLICY });
  const load = await beginLoad(t, xiaopu);
  await load.more(20);
  return { xiaopu, load, cluster: xiaopu.cluster };
}

async function expectBack(xiaopu, load) {
  await until('the cluster is whole', () => xiaopu.cluster.isWhole(), { ms: 60_000 });
  await xiaopu.ready({ ms: BACK_MS });
  await load.more(20);
}

async function expectNothingLost(xiaopu, load) {
  await load.end();
  await expectAll(load);
  await xiaopu.cliDone(['verify']);
}

const keyOf = ({ number }) => `shop:{s${String(number % 256).padStart(3, '0')}}:${number}`;

for (const key of ['policy:{g}', 'a shop’s']) {
  test(`a replica takes over from the primary of ${key}`, async (t) => {
    const { xiaopu, load, cluster } = await begin(t);
    const victim = await cluster.holderOf(key === 'policy:{g}' ? key : keyOf(load.shops[0]));

    await victim.stop('SIGKILL');
    await until('a replica has taken over', async () => {
      const primaries = await cluster.primaries();
      return primaries.length === 3;
    });
    await expectBack(xiaopu, load);
    victim.start();
    await expectBack(xiaopu, load);
    await expectNothingLost(xiaopu, load);
  });
}

// Another server that is told of these nodes.
async function anotherIsReady(t, xiaopu, nodes) {
  const [listen, admin] = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
  const keys = path.join(xiaopu.dir, 'xiaopu.keys');
  const url = `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`)}`;
  const words = ['server', '--redis', url, '--keys', keys];
  const server = new Service([...words, '--listen', listen, '--admin', admin]);
  t.after(() => server.stop('SIGKILL'));
  await until('the new one is ready', async () => {
    const answer = await send(`http://${admin}`, 'GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  });
}

test('who starts while a primary is dead is ready when its replica has taken over', async (t) => {
  const { xiaopu, load, cluster } = await begin(t);
  const victim = await cluster.holderOf('policy:{g}');
  const from = cluster.running.find((node) => node !== victim);
  await victim.stop('SIGKILL');
  await anotherIsReady(t, xiaopu, [from]);
  victim.start();
  await expectBack(xiaopu, load);
  await expectNothingLost(xiaopu, load);
});

test('a node that was named may die for good: others are asked by all who know some', async (t) => {
  const { xiaopu, load, cluster } = await begin(t);
  const named = cluster.nodes.find(({ port }) => xiaopu.storeWords[1].endsWith(`:${port}`));
  await named.stop('SIGKILL');
  await until('its slots are held', async () => (await cluster.primaries()).length === 3);
  await expectBack(xiaopu, load);

  const others = cluster.running;
  await Promise.all(others.map((node) => node.stop('SIGKILL')));
  await until('every connection is cut', async () => {
    return (await xiaopu.metrics()).get('xiaopu_store_nodes_away') >= 3;
  });
  for (const node of others) node.start();
  await expectBack(xiaopu, load);
  await anotherIsReady(t, xiaopu, [named, others[0]]);
  named.start();
  await expectBack(xiaopu, load);
  await expectNothingLost(xiaopu, load);
});

test('slots move to another node while all goes on', async (t) => {
  const { xiaopu, load, cluster } = await begin(t);
  const [from, to] = await cluster.primaries();
  const idOf = (node) => node.say('CLUSTER', 'MYID');
  const before = await from.slots();
  const words = ['--cluster', 'reshard', `127.0.0.1:${from.port}`, '--cluster-yes'];
  words.push('--cluster-from', await idOf(from), '--cluster-to', await idOf(to));
  const moved = await command('redis-cli', [...words, '--cluster-slots', '4000']);

  assert.equal(moved.status, 0, moved.stdout.slice(-2000) + moved.stderr);
  assert.notEqual(await from.slots(), before);
  await expectBack(xiaopu, load);
  await expectNothingLost(xiaopu, load);
});

test('without a majority the answer is 503 at once, and all is back soon after it', async (t) => {
  const { xiaopu, load, cluster } = await begin(t);
  const [shop] = load.shops;
  const holder = await cluster.holderOf(keyOf(shop));
  const one = (await cluster.primaries()).find((node) => node !== holder);
  const others = cluster.nodes.filter((node) => node !== one);

  await Promise.all(others.map((node) => node.stop('SIGKILL')));
  await until('it is noticed', async () => {
    return (await xiaopu.metrics()).get('xiaopu_store_nodes_away') > 0;
  });
  const began = Date.now();
  const answer = await shop.get('/me/shop');
  assert.ok([503, 504].includes(answer.status), answer.text);
  assert.ok(Number(answer.headers['retry-after']) >= 1);
  assert.ok(Date.now() - began < 2000);
  for (const node of others) node.start();
  await expectBack(xiaopu, load);
  await expectNothingLost(xiaopu, load);
});

test('a sale that no replica has is not acknowledged', async (t) => {
  const { xiaopu, load, cluster } = await begin(t);
  await load.end();
  const primaries = await cluster.primaries();
  const replicas = cluster.nodes.filter((node) => !primaries.includes(node));
  const sale = load.sale('unsure');

  for (const { child } of replicas) child.kill('SIGSTOP');
  await load.tea.sale(sale).expect(504, 'outcome_unknown');
  const page = await xiaopu.nobody.page(`/s/${load.shops[0].number}`);
  assert.equal(page.status, 200); // what needs no replica does not wait for one
  for (const { child } of replicas) child.kill('SIGCONT');
  await until('a replica has it', async () => (await load.tea.sale(sale)).status < 300);
  load.acknowledged.push(sale);
  await expectNothingLost(xiaopu, load);
  assert.ok((await xiaopu.metrics()).get('xiaopu_store_unreplicated_total') > 0);
});

test('the doctor looks at every node, and the overview at all together', async (t) => {
  const xiaopu = await start(t, { cluster: true });
  const primaries = await xiaopu.cluster.primaries();
  const well = await xiaopu.cli(['doctor']);

  assert.match(well.stdout, /^ok +nodes of the store: 3, 0 without a replica$/m);
  assert.match(well.stdout, /^ok +append-only file: written$/m);
  const { body } = await (await xiaopu.operator()).get('/operator/overview').expect(200);
  assert.equal(body.store.durable, true);
  await primaries[2].say('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  t.after(() => primaries[2].say('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'));
  const unwell = await xiaopu.cli(['doctor']);
  assert.equal(unwell.status, 1);
  assert.match(unwell.stdout, /^FAIL keys when memory is full: go: set maxmemory-policy/m);
});

// How often nodes have refused a call because it was forbidden.
async function refusals(nodes) {
  const told = await Promise.all(nodes.map((node) => node.ask('INFO', 'errorstats')));
  const counts = told.map((text) => Number(text.match(/NOPERM:count=(\d+)/)?.[1] ?? 0));
  return counts.reduce((sum, count) => sum + count);
}

const TRIES_MAX = 5; // of a call before its caller hears of it

test('a command waits for nodes that refuse what it asks for a while', async (t) => {
  const xiaopu = await start(t, { cluster: true });
  const primaries = await xiaopu.cluster.primaries();
  const permit = (rule) =>
    Promise.all(primaries.map((node) => node.ask('ACL', 'SETUSER', 'default', rule)));
  await xiaopu.stop();
  t.after(() => permit('+@all'));

  for (const name of ['get', 'fcall']) {
    await permit(`-${name}`);
    const before = await refusals(primaries);
    const made = xiaopu.cli(['merchant', 'create', name]);
    await until('it has asked again', async () =>
      (await refusals(primaries)) > before + TRIES_MAX);
    await permit(`+${name}`);
    const { status, stderr } = await made;
    assert.equal(status, 0, stderr);
  }
});
