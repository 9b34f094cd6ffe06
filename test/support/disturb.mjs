// test/support/disturb.mjs - a cluster that changes while a test goes on.
//
//     const disturber = disturb(t, cluster);
//     disturber.halt();            nothing new from now on
//     await disturber.stop();      and what had begun is done
//     await disturber.moveSlot();  or one change at a time: new Disturber(t, cluster)
//
// One thing after the other, at moments that follow from a seed: a slot that has keys moves
// with them to another primary, as `redis-cli --cluster reshard` does it, with pauses in
// between so that its keys lie on two nodes for a while; or a replica takes over from its
// primary, which hands over to it. Neither loses anything. A step that fails because a
// test stops nodes meanwhile is taken again when they are back.
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from './chance.mjs';
import { until } from './process.mjs';

const PAUSE_MAX_MS = 300;
const MIGRATE_PAUSE_MAX_MS = 30;
const KEYS_AT_ONCE = 5;
const FAILOVER_ONE_IN = 8;
const HEARD_MS = 10_000; // nodes tell each other now and then
const TAKE_OVER_MS = 6000; // a replica gives up after 5 s

export class Disturber {
  constructor(t, cluster) {
    Object.assign(this, { t, cluster, ...chance(t), going: true, moved: 0, taken: 0 });
  }

  begin() {
    this.isChanging = true; // until what had begun is done
    this.done = this.goOn().finally(() => (this.isChanging = false));
    this.done.catch((error) => this.t.diagnostic(`no change any more: ${error.message}`));
    return this;
  }

  async goOn() {
    while (this.going) {
      await pause(this.below(PAUSE_MAX_MS));
      if (this.going) await this.act();
    }
  }

  async act() {
    if (this.below(FAILOVER_ONE_IN) === 0) await this.failOver();
    else await this.moveSlot();
  }

  // Done when it is done, whatever happens to the nodes meanwhile.
  async insist(what, step) {
    let said = '';
    await until(what, () => step().then(() => true, (error) => {
      said = error.message;
      return false;
    }), { ms: 60_000, every_ms: 100 }).catch((error) => {
      throw new Error(`${error.message}: ${said}`);
    });
  }

  // A slot that has keys, and the nodes of which one will hold it; undefined while the
  // nodes do not say.
  async chooseMove() {
    const primaries = await this.cluster.primaries();
    if (primaries.length < 2) return undefined;
    const from = this.pick(primaries);
    const key = await from.ask('RANDOMKEY');
    if (key === null) return undefined;
    const to = this.pick(primaries.filter((node) => node !== from));
    return {
      slot: await from.ask('CLUSTER', 'KEYSLOT', key),
      target: [to, ...(await this.cluster.replicasOf(to))],
    };
  }

  // Begins again where it stopped, also when a replica has taken over meanwhile: then the
  // slot's keys may lie on nodes of which none holds it.
  async moveSlot() {
    const { slot, target } = (await this.chooseMove().catch(() => undefined)) ?? {};
    if (!target) return;
    await this.insist(`slot ${slot} moves`, async () => {
      const primaries = await this.cluster.primaries();
      const to = primaries.find((node) => target.includes(node)) ?? primaries[0];
      const others = primaries.filter((node) => node !== to);
      const toId = await to.ask('CLUSTER', 'MYID');
      for (const from of others) await this.migrate(slot, from, to, toId);
      for (const node of [to, ...others]) await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
      await to.ask('CLUSTER', 'BUMPEPOCH'); // it is right, whoever says otherwise
    });
    this.moved++;
  }

  async migrate(slot, from, to, toId) {
    const fromId = await from.ask('CLUSTER', 'MYID');
    if (!(await from.holds(slot))) {
      if ((await from.ask('CLUSTER', 'COUNTKEYSINSLOT', slot)) === 0) return;
      await from.ask('CLUSTER', 'SETSLOT', slot, 'NODE', fromId);
    }
    if (!(await to.holds(slot))) {
      await to.ask('CLUSTER', 'SETSLOT', slot, 'NODE', fromId); // it may have lost sight of it
      await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    }
    await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    for (;;) {
      const keys = await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE);
      if (keys.length === 0) return;
      await from.ask('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys);
      await pause(this.below(MIGRATE_PAUSE_MAX_MS));
    }
  }

  // Only one that has all that its primary has is asked to, as an operator would: two that
  // have both just begun count from the same place, whatever they hold. And one that has
  // not heard of its primary's new slot would not claim it, so that nobody had it. All are
  // to have heard of it before the next slot moves: who imports one takes nobody's word for
  // whose it is, and has dropped what he knew when he hears that its primary is a replica.
  async failOver() {
    const primaries = await this.cluster.primaries();
    const replica = this.pick(this.cluster.running.filter((node) => !primaries.includes(node)));
    const isWell = async () => (await this.cluster.isWhole()) && this.cluster.agrees();
    const waited = { ms: HEARD_MS };
    if (!replica || !(await until('all know', isWell, waited).catch(() => false))) return;
    const tookOver = await replica.ask('CLUSTER', 'FAILOVER')
      .then(() => until('it is the primary', async () => (await replica.role()) === 'master',
        { ms: TAKE_OVER_MS }))
      .catch(() => false); // it was not the moment for it
    if (!tookOver) return;
    await this.insist('the cluster is whole', async () => {
      if (!(await isWell())) throw new Error('it is not');
    });
    this.taken++;
  }

  halt() {
    this.going = false;
  }

  async stop() {
    this.halt();
    for (const { child } of this.cluster.nodes) child.kill('SIGCONT'); // the test may have failed
    await this.done;
    if (this.told) return;
    this.told = true;
    this.t.diagnostic(`${this.moved} slots moved, ${this.taken} replicas took over`);
  }
}

export function disturb(t, cluster) {
  return new Disturber(t, cluster).begin();
}
