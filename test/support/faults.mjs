// test/support/faults.mjs - what happens to a site of several servers and workers on a
// cluster: one fault after another, by seed, each followed by the wait until all is well.
//
//     const faults = new Faults(t, site, journal);
//     await faults.round();            one fault, and back within 10 s of the cluster
//     faults.figures()
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from './chance.mjs';
import { send } from './client.mjs';
import { Disturber } from './disturb.mjs';
import { until } from './process.mjs';
import { parseMetrics } from './xiaopu.mjs';

const WHOLE_MS = 60_000;
const BACK_MS = 10_000;
const STOP_MAX_MS = 6000; // a node: longer than the cluster waits for it, or shorter
const HANG_MAX_MS = 3000;
const BEHIND_MS = [200, 1000]; // how long a replica hears nothing before its primary dies

const AWAY_MS = 7000; // the cluster has noticed, and services have heard of it
const AWAY_MORE_MS = 3000; // and still less than min-replicas-max-lag
const SLOTS_MAX = 10;

export class Faults {
  // spared: so many servers and workers, the first, are stopped but never killed. FAULTS
  // names some kinds, with commas in between.
  constructor(t, site, journal, { spared = 0 } = {}) {
    const { cluster } = site;
    Object.assign(this, { site, journal, cluster, spared, ...chance(t) });
    this.kinds = process.env.FAULTS?.split(',') ?? Object.keys(KINDS);
    this.changes = new Disturber(t, cluster);
    this.counts = new Map();
    this.lostBy = new Map(); // acknowledged changes of shops that were lost, by kind
    this.backMax_ms = 0;
    this.replaced_ms = []; // from a primary's death to its replica's taking over
  }

  async round(kind = this.pick(this.kinds)) {
    const { lost } = this.journal.counts;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    await this.journal.more(1 + this.below(30));
    await KINDS[kind].call(this);
    await this.back(kind);
    await this.journal.more(20);
    this.lostBy.set(kind, (this.lostBy.get(kind) ?? 0) + this.journal.counts.lost - lost);
  }

  // Every node is there, knows where all slots are, and each primary has its replica.
  async isWhole() {
    const { nodes, running } = this.cluster;
    if (running.length < nodes.length) return false;
    const roles = await Promise.all(nodes.map((node) => node.role()));
    const primaries = roles.filter((role) => role === 'master').length;
    const replicas = roles.filter((role) => role === 'slave').length;
    const isPaired = 2 * primaries === nodes.length && primaries === replicas;
    return isPaired && (await this.cluster.isWhole()) && this.cluster.agrees();
  }

  async back(kind) {
    await until(`the cluster is whole after ${kind}`, () => this.isWhole(), { ms: WHOLE_MS });
    const began = Date.now();
    for (const server of this.site.servers) {
      await until(`all is well after ${kind}`, () => isWell(server), { ms: BACK_MS });
    }
    await this.journal.more(1, { ms: BACK_MS });
    this.backMax_ms = Math.max(this.backMax_ms, Date.now() - began);
    assert.ok(this.backMax_ms < BACK_MS, `${this.backMax_ms} ms after ${kind}`);
  }

  // Stands still for a while.
  async hang({ child }, ms) {
    child.kill('SIGSTOP');
    await pause(ms);
    child.kill('SIGCONT');
  }

  async primaryAndReplicas() {
    const primary = this.pick(await this.cluster.primaries());
    return { primary, replicas: await this.cluster.replicasOf(primary) };
  }

  // It is started again when one of its replicas has taken over.
  async replace(primary, replicas) {
    const began = Date.now();
    await until('a replica has taken over', async () => {
      const roles = await Promise.all(replicas.map((node) => node.role()));
      return roles.includes('master');
    });
    this.replaced_ms.push(Date.now() - began);
    primary.start();
  }

  killOne(list) {
    const index = this.spared + this.below(list.length - this.spared);
    list[index].child.kill('SIGKILL');
    return list[index].ended.then(() => this.site.again(list, index));
  }

  figures() {
    const kinds = [...this.counts].map(([kind, count]) => {
      const lost = this.lostBy.get(kind);
      return `${count} × ${kind}${lost ? ` (${lost} changes lost)` : ''}`;
    });
    const [least, most] = [Math.min(...this.replaced_ms), Math.max(...this.replaced_ms)];
    const replaced = most > 0 ? `a primary replaced after ${least} to ${most} ms; ` : '';
    return `${kinds.join(', ')}; ${replaced}back at most ${this.backMax_ms} ms after the cluster`;
  }
}

async function isWell(server) {
  const ask = (path) => send(server.adminBase, 'GET', path).catch(() => ({}));
  if ((await ask('/readyz')).status !== 200) return false;
  const { text = '' } = await ask('/metrics');
  return parseMetrics(text).get('xiaopu_store_nodes_away') === 0;
}

const KINDS = {
  async 'node killed'() {
    const node = this.pick(this.cluster.nodes);
    node.child.kill('SIGKILL');
    await node.ended;
  },

  async 'primary lost'() {
    const { primary, replicas } = await this.primaryAndReplicas();
    await primary.stop('SIGKILL');
    await this.replace(primary, replicas);
  },

  async 'replica took over'() {
    await this.changes.failOver();
  },

  async 'slots moved'() {
    for (let i = 1 + this.below(SLOTS_MAX); i > 0; i--) await this.changes.moveSlot();
  },

  async 'node stopped'() {
    await this.hang(this.pick(this.cluster.nodes), 100 + this.below(STOP_MAX_MS));
  },

  async 'replicas stalled'() {
    const { replicas } = await this.primaryAndReplicas();
    const ms = 100 + this.below(STOP_MAX_MS);
    await Promise.all(replicas.map((node) => this.hang(node, ms)));
  },

  // Its replica takes over without what it was not told.
  async 'primary lost with its replica behind'() {
    const { primary, replicas } = await this.primaryAndReplicas();
    const [least, most] = BEHIND_MS;
    primary.proxy.loseReplicas();
    await pause(least + this.below(most - least));
    await primary.stop('SIGKILL');
    primary.proxy.keepReplicas();
    await this.replace(primary, replicas);
  },

  // As before, but so late that the cluster no longer lists the replica, and a service that
  // asks has nobody to wait for.
  async 'primary lost long after its replica'() {
    const { primary, replicas } = await this.primaryAndReplicas();
    primary.proxy.loseReplicas();
    for (const { child } of replicas) child.kill('SIGSTOP');
    await pause(AWAY_MS + this.below(AWAY_MORE_MS));
    await primary.stop('SIGKILL');
    for (const { child } of replicas) child.kill('SIGCONT');
    primary.proxy.keepReplicas();
    await this.replace(primary, replicas);
  },

  async 'server killed'() {
    await this.killOne(this.site.servers);
  },

  async 'server stopped'() {
    await this.hang(this.pick(this.site.servers), 100 + this.below(HANG_MAX_MS));
  },

  async 'worker killed'() {
    await this.killOne(this.site.workers);
  },

  async 'worker stopped'() {
    await this.hang(this.pick(this.site.workers), 100 + this.below(HANG_MAX_MS));
  },
};
