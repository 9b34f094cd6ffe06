// A running cluster is backed up and comes back as another one, as docs/operations.md says:
// all of one moment, so nothing is missing between two nodes, and merchants' reports since
// then count once when they are told again.
// has a store of its own
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { restoreCluster } from '../support/cluster.mjs';
import { beginLoad, expectAll } from '../support/load.mjs';
import { startMachines } from '../support/machines.mjs';
import { until } from '../support/xiaopu.mjs';

const POLICY = { influence: { settle_after_s: 0 } };

// Those who come and go while the snapshots are taken: what they do lies in several tags.
function beginPeople(t, site, tea, shops) {
  const people = { going: true, members: [] };
  const loop = async (step) => {
    for (let i = 0; people.going; i++) await step(i);
  };
  people.all = Promise.all([
    loop((i) => tea.product(`p${i % 40}`, { price_fen: 1000 + i, category: `c${i % 3}` })),
    loop(async (i) => {
      const { number } = shops[(i + 1 + (i >> 2)) % shops.length];
      const who = shops[i % shops.length];
      await (i % 3 ? who.put(`/me/following/${number}`, {}) : who.delete(`/me/following/${number}`));
    }),
    loop(async (i) => people.members.push(await site.member(`guest-${i}`).withShop())),
  ]);
  people.all.catch(() => (people.going = false));
  t.after(() => (people.going = false)); // also when the test fails
  return people;
}

test('a cluster is backed up at work and comes back whole', async (t) => {
  const site = await startMachines(t, {
    servers: 1,
    workers: 1,
    cluster: true,
    policy: { ...POLICY, limits: { sign_ups_per_hour: 1_000_000, merchant_calls_per_s: 100_000 } },
  });
  const load = await beginLoad(t, site);
  const people = beginPeople(t, site, load.tea, load.shops);
  await load.more(100);

  const sure = load.acknowledged.length;
  const members = people.members.length;
  const list = path.join(site.dir, 'backup');
  const said = await site.cliDone(['backup', list]);
  await Promise.race([load.more(100), people.all]);
  people.going = false;
  await people.all;
  await load.end();
  t.diagnostic(`${sure} sales, then ${said.trim()}`);
  assert.match(said, /^snapshots written: 3; writes waited \d+ ms; /);
  assert.equal(statSync(list).mode & 0o777, 0o600);
  const again = await site.cli(['backup', list]);
  assert.match(again.stderr, /File exists/);

  // The machines burn down; the snapshots and the key file were elsewhere.
  for (const service of [...site.servers, ...site.workers]) await service.stop('SIGKILL');
  const snapshots = readFileSync(list, 'utf8').trim().split('\n').map((line) => {
    const [address, ...slots] = line.split(' ');
    const node = site.cluster.nodes.find(({ port }) => address === `127.0.0.1:${port}`);
    return { file: path.join(node.dir, 'dump.rdb'), slots };
  });
  const restored = await restoreCluster(snapshots);
  t.after(() => restored.stop());
  site.storeWords[site.storeWords.indexOf('--redis') + 1] = restored.url;
  site.servers = [];
  site.workers = [];
  const { base } = await site.startServer();
  site.startWorker();

  // Nothing is missing between two tags, and what was acknowledged before is there.
  for (const client of [load.tea, ...load.shops, ...people.members]) client.base = base;
  await site.cliDone(['verify']);
  for (const member of people.members.slice(0, members)) await member.get('/me/shop').expect(200);
  const held = await until('a sale of before the backup', async () => {
    const { body } = await load.shops[0].get('/me/shop/analytics').expect(200);
    return body.totals.orders;
  });
  assert.ok(held > 0);
  const before = new Set(load.acknowledged.slice(0, sure).map(({ sale_id }) => sale_id));
  let anew = 0;
  for (const sale of load.acknowledged) {
    const { status } = await load.tea.sale(sale);
    assert.equal(status, before.has(sale.sale_id) ? 200 : status, sale.sale_id);
    anew += status === 201;
  }
  assert.ok(anew > 0 && anew <= load.acknowledged.length - sure);
  await expectAll(load);
  await site.cliDone(['verify']);
  assert.match(await site.cliDone(['doctor']), /nodes of the store: 3, 0 without a replica/);
});

test('one Redis is backed up in the same way, by a user who may', async (t) => {
  const site = await startMachines(t, { servers: 0, workers: 0 });
  const [list, other] = ['backup', 'other'].map((name) => path.join(site.dir, name));
  const said = await site.cliDone(['backup', list]);
  assert.match(said, /^snapshots written: 1; /);
  assert.equal(readFileSync(list, 'utf8'), 'one node\n');
  assert.equal(readFileSync(path.join(site.dir, 'dump.rdb')).subarray(0, 5).toString(), 'REDIS');

  const rights = ['+@all', '-@dangerous', '+info', '+client', '+cluster'];
  await site.redisSays(['ACL', 'SETUSER', 'default', 'resetkeys', '~*', '-@all', ...rights, '+acl']);
  const refused = await site.cli(['backup', other]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /^xiaopu: a node takes no snapshot: NOPERM .*bgsave/);
  assert.equal(existsSync(other), false);
  await site.redisSays(['ACL', 'SETUSER', 'default', '+bgsave']);
  await site.cliDone(['backup', other]);
});
