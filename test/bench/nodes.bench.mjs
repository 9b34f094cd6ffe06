// test/bench/nodes.bench.mjs - sales on three nodes beside the same on one: what a machine
// does whose cores they share, and what the busiest node spends on a sale, which is what
// bounds an installation whose nodes have cores of their own.
import { startCluster } from '../support/cluster.mjs';
import { startMachines } from '../support/machines.mjs';
import { atEnd } from '../support/xiaopu.mjs';
import { beginIntake, unlimited } from './intake.mjs';
import { alternate, cpuMs, row } from './measure.mjs';

const SELLERS = 48; // merchants, each with a shop: spread over all nodes

async function begin(t, cluster) {
  const site = await startMachines(t, { workers: 0, quiet: true, policy: unlimited, cluster });
  const sellers = [];
  for (let i = 0; i < SELLERS; i++) {
    const merchant = await site.merchant(`seller-${i}`);
    const product = await merchant.product('tea');
    sellers.push({ merchant, product, shop: await site.member(`owner-${i}`).withShop() });
  }
  return { intake: beginIntake(t, sellers), nodes: cluster ? cluster.nodes : [site.redis] };
}

async function measure({ intake, nodes }) {
  const used = () => nodes.map(({ pid }) => cpuMs(pid));
  const before = used();
  const { rate, count } = await intake();
  const busiest = Math.max(...used().map((ms, i) => ms - before[i]));
  return { rate, cpu_us: (busiest * 1000) / count };
}

async function threeNodes(t) {
  const cluster = await startCluster({ replicas: 0 });
  atEnd(t, () => cluster.stop());
  const three = await begin(t, cluster);
  const one = await begin(t);
  const { ours, theirs } = await alternate(() => measure(three), () => measure(one));
  const each = (key) => ({
    ours: ours.map((run) => run[key]),
    theirs: theirs.map((run) => run[key]),
    yardstick: 'one node',
  });
  row({ name: 'sale intake on three nodes', unit: 'sales/s', ...each('rate') });
  row({ name: 'the busiest of three nodes, CPU a sale', unit: 'us', ...each('cpu_us'), more: false,
    aim: 0.4 });
}

export const rows = { nodes: threeNodes };
