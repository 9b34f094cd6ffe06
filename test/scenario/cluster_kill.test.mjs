// Nodes, servers and workers of a cluster are killed and stopped, and replicas fall behind,
// while sales, refunds, visits and changes of shops come in. What the mode promises holds:
// acknowledged sales and refunds are there, once; the answers in between are 503 and 504;
// within 10 s of the cluster all is well. What it does not promise is counted.
//
// CLUSTER_ROUNDS (3) rounds; the seed is printed, and XIAOPU_SEED repeats it.
// has a store of its own
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chance } from '../support/chance.mjs';
import { startCluster } from '../support/cluster.mjs';
import { Faults } from '../support/faults.mjs';
import { JOURNAL_POLICY, beginJournal } from '../support/journal.mjs';
import { startMachines } from '../support/machines.mjs';
import { badLine } from '../support/proxy.mjs';
import { atEnd, until } from '../support/xiaopu.mjs';

const MAP_AGE_MS = 7000; // a service looks at the replicas every 5 s
const ROUNDS = Number(process.env.CLUSTER_ROUNDS ?? 3);

async function begin(t, { settings = [] } = {}) {
  const line = badLine(chance(t));
  const all = ['--min-replicas-to-write', '1', ...settings];
  const cluster = await startCluster({ settings: all, proxied: line.proxy });
  atEnd(t, () => cluster.stop());
  const site = await startMachines(t, { servers: 2, workers: 2, cluster, policy: JOURNAL_POLICY });
  const journal = await beginJournal(t, site);
  await journal.more(20);
  return { site, line, journal, faults: new Faults(t, site, journal) };
}

async function expectKept(t, { site, line, journal, faults }) {
  line.calm();
  await journal.end();
  await journal.expectKept();
  await site.cliDone(['verify']);
  t.diagnostic(faults.figures());
  t.diagnostic(journal.figures());
  t.diagnostic(`the line: ${JSON.stringify(line.counts)}`);
}

// The cluster soon lists a replica that is away no more, and then there is nobody to wait
// for; a node that demands one still takes writes for min-replicas-max-lag.
test('where nodes demand a replica, no sale is acknowledged without one', async (t) => {
  const settings = ['--min-replicas-max-lag', '3600'];
  const { site, journal } = await begin(t, { settings });
  const { cluster } = site;
  await journal.end();
  const primaries = await cluster.primaries();
  const replicas = cluster.nodes.filter((node) => !primaries.includes(node));
  for (const { child } of replicas) child.kill('SIGSTOP');
  await until('nobody lists a replica', async () => {
    const maps = await Promise.all(primaries.map((node) => node.ask('CLUSTER', 'SLOTS')));
    return maps.flat().every((range) => range.length === 3);
  });

  const sale = journal.sale('alone', 0);
  for (const end = Date.now() + MAP_AGE_MS; Date.now() < end;) {
    await journal.tea.sale(sale).expect(504, 'outcome_unknown');
  }
  for (const { child } of replicas) child.kill('SIGCONT');
  await until('a replica has it', async () => (await journal.tea.sale(sale)).status < 300);
  await assert.rejects(journal.expectKept()); // the journal does not know it
  journal.sales.set('alone', { number: sale.number, refunded_fen: 0 });
  await journal.expectKept();
});

test(`${ROUNDS} faults of nodes, servers and workers`, async (t) => {
  const world = await begin(t);

  for (let round = 0; round < ROUNDS; round++) await world.faults.round();
  await expectKept(t, world);
});

test(`${ROUNDS} faults while every line to a node is bad`, async (t) => {
  const world = await begin(t);

  world.line.trouble();
  for (let round = 0; round < ROUNDS; round++) await world.faults.round();
  await expectKept(t, world);
});
