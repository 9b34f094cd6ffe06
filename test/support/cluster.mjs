// test/support/cluster.mjs - a Redis Cluster on loopback: primaries, each with a replica.
//
//     const cluster = await startCluster();       { primaries, replicas, settings, proxied }
//     cluster.url                      any of its nodes
//     await cluster.empty();           for the next test
//     cluster.nodes[0].child.kill('SIGKILL');
//     await cluster.stop();
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command, until } from './process.mjs';
import { Redis } from './resp.mjs';

const NODE_TIMEOUT_MS = 2000;
const BUS_ABOVE = 10_000; // a node's bus listens so far above its port

class Node {
  constructor(dir, port, { host = '127.0.0.1', settings = [] }) {
    Object.assign(this, { dir, port, host, settings, redis: new Redis(port, host) });
  }

  start() {
    this.kept = true;
    const words = ['--port', this.port, '--bind', this.host, '--dir', this.dir, '--save', ''];
    words.push('--appendonly', 'yes', '--appendfsync', 'always', '--loglevel', 'warning');
    words.push('--auto-aof-rewrite-min-size', '1gb', '--logfile', 'redis.log');
    words.push('--cluster-enabled', 'yes', '--cluster-node-timeout', NODE_TIMEOUT_MS);
    words.push('--cluster-announce-ip', this.host);
    if (this.proxy) {
      words.push('--cluster-announce-port', this.proxy.port);
      words.push('--cluster-announce-bus-port', this.port + BUS_ABOVE);
    }
    words.push(...this.settings);
    this.child = spawn('redis-server', words.map(String), { stdio: 'ignore' });
    this.ended = once(this.child, 'close');
    this.ended.then(() => this.kept && this.start()); // as its host's supervisor does
  }

  get pid() {
    return this.child.pid;
  }

  // Like say(), but an answer that is an error is thrown, and lists are arrays.
  ask(...words) {
    return this.redis.ask(...words);
  }

  // It stays away until start().
  async stop(signal = 'SIGTERM') {
    this.kept = false;
    this.child.kill(signal);
    await this.ended;
  }

  // Where others find it.
  get announced() {
    return this.proxy?.port ?? this.port;
  }

  async say(...words) {
    const args = ['-h', this.host, '-p', String(this.port), ...words];
    return (await command('redis-cli', args)).stdout.trim();
  }

  // "master", "slave"; nothing while it does not answer.
  role() {
    return this.ask('ROLE').then(([role]) => role, () => undefined);
  }

  // "0-5460" of a primary.
  async slots() {
    const me = (await this.ask('CLUSTER', 'NODES')).split('\n').find((l) => /myself/.test(l));
    return me.trim().split(' ').slice(8).join(' ');
  }

  // The same as pairs; those that are on their way stand behind the rest, in brackets.
  async ranges() {
    const words = (await this.slots()).split(' ').filter((word) => /^\d/.test(word));
    return words.map((word) => word.split('-').map(Number)).map(([a, z = a]) => [a, z]);
  }

  async holds(slot) {
    return (await this.ranges()).some(([first, last]) => first <= slot && slot <= last);
  }
}

class Cluster {
  constructor(dir, nodes) {
    Object.assign(this, { dir, nodes });
  }

  get url() {
    const { host, announced } = this.running[0];
    return `redis://${host}:${announced}`;
  }

  get running() {
    return this.nodes.filter(({ child }) => child?.exitCode === null && !child.signalCode);
  }

  // Do all that run say so, and have the replicas among them all that their primaries have?
  async isWhole() {
    const isWell = async (node) =>
      /cluster_state:ok/.test(await node.ask('CLUSTER', 'INFO')) &&
      !/master_link_status:down/.test(await node.ask('INFO', 'replication'));
    const looks = this.running.map((node) => isWell(node).catch(() => false));
    return (await Promise.all(looks)).every(Boolean);
  }

  // Do all that run know of a replica for each range of slots? Who was away is believed dead
  // for a while after its return, and by some longer than by others.
  async hasReplicas() {
    const knows = async (node) =>
      (await node.ask('CLUSTER', 'SLOTS')).every(([, , , ...replicas]) => replicas.length > 0);
    const looks = this.running.map((node) => knows(node).catch(() => false));
    return (await Promise.all(looks)).every(Boolean);
  }

  // Do all that run name the same holders of all slots?
  async agrees() {
    const view = async (node) => {
      const ranges = await node.ask('CLUSTER', 'SLOTS');
      return ranges.map(([first, last, [, , id]]) => `${first}-${last} ${id}`).sort().join();
    };
    const views = await Promise.all(this.running.map((node) => view(node).catch(() => undefined)));
    return views.every((one) => one && one === views[0]);
  }

  // The nodes that hold slots now.
  async primaries() {
    const nodes = this.running;
    const roles = await Promise.all(nodes.map((node) => node.role()));
    return nodes.filter((node, i) => roles[i] === 'master');
  }

  async replicasOf(primary) {
    const roles = await Promise.all(this.running.map((node) => node.ask('ROLE').catch(() => [])));
    return this.running.filter((node, i) =>
      roles[i][0] === 'slave' && roles[i][2] === primary.announced && node.host === primary.host);
  }

  // The primary that holds a key.
  async holderOf(key) {
    const primaries = await this.primaries();
    const slot = slotOf(key);
    for (const node of primaries) {
      if (await node.holds(slot)) return node;
    }
    throw new Error(`nobody holds ${key}`);
  }

  async empty() {
    for (const node of await this.primaries()) await node.say('FLUSHALL');
  }

  // What another cluster holds.
  async fillFrom(other) {
    const primaries = await this.primaries();
    const ranges = await Promise.all(primaries.map((node) => node.ranges()));
    const portOf = (slot) =>
      primaries[ranges.findIndex((list) => list.some(([a, z]) => a <= slot && slot <= z))].port;
    for (const node of await other.primaries()) {
      const keys = (await node.say('--scan')).split('\n').filter(Boolean);
      const lines = keys.map((key) =>
        `MIGRATE 127.0.0.1 ${portOf(slotOf(key))} ${JSON.stringify(key)} 0 5000 COPY REPLACE\n`);
      const done = await command('redis-cli', ['-p', String(node.port)], { input: lines.join('') });
      const good = done.stdout.split('\n').filter((line) => line === 'OK').length;
      if (good !== keys.length) throw new Error(done.stdout.slice(0, 1000));
    }
  }

  async stop() {
    await Promise.all(this.nodes.filter(({ child }) => child).map((node) => {
      node.redis.close();
      node.proxy?.close();
      node.child.kill('SIGCONT'); // in case it was stopped
      return node.stop('SIGKILL');
    }));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

// New nodes at free addresses, with empty directories; not started.
async function newNodes(count, { settings, proxied, hosts = [] } = {}) {
  const dir = mkdtempSync(path.join(tmpdir(), 'xiaopu-cluster-'));
  const nodes = [];
  for (let i = 0; i < count; i++) {
    const port = await freeBusPort();
    const node = new Node(path.join(dir, String(port)), port, { settings, host: hosts[i] });
    node.proxy = await proxied?.(port);
    mkdirSync(node.dir);
    nodes.push(node);
  }
  return new Cluster(dir, nodes);
}

async function startNode(node) {
  node.start();
  await until('a node answers', () => node.role());
}

async function settle(cluster, replicas) {
  await until('the cluster is whole', () => cluster.isWhole());
  await until('each has its replica', async () => {
    const roles = await Promise.all(cluster.nodes.map((node) => node.role()));
    return roles.filter((role) => role === 'slave').length === replicas;
  });
}

// Nothing stays behind when it cannot be made.
async function madeOf(cluster, make) {
  try {
    await make(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

// The words of redis-cli --cluster, which must succeed.
async function manage(...words) {
  const done = await command('redis-cli', ['--cluster', ...words]);
  if (done.status !== 0) throw new Error(done.stdout + done.stderr);
}

// settings: more words for each redis-server. proxied: a function that makes a proxy to a
// port (proxy.mjs); the nodes then name its port as theirs. hosts: an address for each node.
export async function startCluster({ primaries = 3, replicas = 1, ...options } = {}) {
  return madeOf(await newNodes(primaries * (1 + replicas), options), async (cluster) => {
    for (const node of cluster.nodes) await startNode(node);
    const addresses = cluster.nodes.map((node) => `${node.host}:${node.port}`);
    await manage('create', ...addresses, '--cluster-yes', '--cluster-replicas', String(replicas));
    await settle(cluster, primaries * replicas);
  });
}

// A cluster out of the snapshots of another: [{ file, slots: ['0-5460', ...] }], as
// docs/operations.md says. Each primary has a replica.
export async function restoreCluster(snapshots) {
  return madeOf(await newNodes(2 * snapshots.length), (cluster) => restore(cluster, snapshots));
}

async function restore(cluster, snapshots) {
  const primaries = cluster.nodes.slice(0, snapshots.length);
  for (const [i, { file, slots }] of snapshots.entries()) {
    const aof = path.join(primaries[i].dir, 'appendonlydir');
    mkdirSync(aof);
    copyFileSync(file, path.join(aof, 'appendonly.aof.1.base.rdb'));
    writeFileSync(path.join(aof, 'appendonly.aof.manifest'),
      'file appendonly.aof.1.base.rdb seq 1 type b\n');
    await startNode(primaries[i]);
    const own = slots.flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, n) => first + n);
    });
    const input = own.map((slot) => `cluster addslots ${slot}\n`).join('');
    await command('redis-cli', ['-p', String(primaries[i].port)], { input });
  }
  const [first, ...others] = primaries;
  for (const { port } of others) await first.say('CLUSTER', 'MEET', '127.0.0.1', port);
  await until('the primaries are a cluster', () => cluster.isWhole());
  for (const [i, replica] of cluster.nodes.slice(snapshots.length).entries()) {
    await startNode(replica);
    await manage('add-node', `127.0.0.1:${replica.port}`, `127.0.0.1:${first.port}`,
      '--cluster-slave', '--cluster-master-id', await primaries[i].say('CLUSTER', 'MYID'));
  }
  await settle(cluster, snapshots.length);
}

// CRC16 (XMODEM) of a key's tag, as the specification says.
function slotOf(key) {
  const [, tag = key] = key.match(/\{([^}]+)\}/) ?? [];
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % 16384;
}

const isFree = async (port) => {
  const server = net.createServer();
  const free = await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) {
    server.close();
    await once(server, 'close');
  }
  return free;
};

const given = new Set();

// A node's bus listens 10,000 above its port. Both lie below the ports that the system
// gives to connections, for one of those may be taken at any moment; and no node's port is
// another's bus. Those that were given out may not be in use yet.
async function freeBusPort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (given.has(port) || !(await isFree(port)) || !(await isFree(port + BUS_ABOVE))) continue;
    given.add(port);
    return port;
  }
}
