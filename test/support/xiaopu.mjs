// test/support/xiaopu.mjs - the real binary, a real Redis and a clock we hold, for one test.
//
//     const xiaopu = await start(t, { policy: { slots: { cooldown_s: 3 * DAY } } });
//     const alice = await xiaopu.member('alice').withShop();
//     await alice.put('/me/shop/slots/1', { product_id: '1001' }).expect(200);
//     await xiaopu.clock.advance(3 * DAY);
//
// Everything that was started ends with the test, and must end well. XIAOPU_BIN names
// another binary (a sanitizer build), XIAOPU_LOG=1 shows what it logs. XIAOPU_STORE=cluster
// takes a Redis Cluster for the store in place of the embedded one; what only the embedded
// one has says so: { skip: embeddedOnly }. XIAOPU_STORE=cluster-changing has its slots move
// and its replicas take over all the while (disturb.mjs), and clients that are patient with
// it, until a test does something to the nodes itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { Client, Merchant, send } from './client.mjs';
import { startCluster } from './cluster.mjs';
import { disturb } from './disturb.mjs';
import { BINARY, LONG_MS, Service, childrenOf, command, until } from './process.mjs';

export { until } from './process.mjs';
export const [MINUTE, HOUR, DAY] = [60, 3600, 86400];

const isChanging = process.env.XIAOPU_STORE === 'cluster-changing';
const onCluster = isChanging || process.env.XIAOPU_STORE === 'cluster';
export const embeddedOnly = onCluster && 'this is about the embedded store';

// A cluster that is changed does not change by itself as well when the machine is busy.
const AS_TOLD = ['--cluster-node-timeout', '10000', '--cluster-allow-replica-migration', 'no'];

// Clusters are started as they are needed, used by one test after the other, and end with
// the last.
const clusters = [];

export async function takeCluster(t) {
  let cluster = clusters.find(({ taken }) => !taken);
  if (!cluster) {
    cluster = await startCluster({ settings: isChanging ? AS_TOLD : [] });
    clusters.push(cluster);
  }
  cluster.taken = true;
  atEnd(t, () => (cluster.taken = false));
  await until('each primary has a replica', () => cluster.hasReplicas(), { ms: 60_000 });
  await cluster.empty();
  return cluster;
}

after(() => Promise.all(clusters.map((cluster) => cluster.stop())));

// What the command line says of a store that is away (proto/err.h).
const STORE_AWAY = /the store does not answer|did not take the call|may have happened or not/;

// What `changes` says, the rest as in `base`; lists are replaced whole.
export function merge(base, changes) {
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const deep = value && typeof value === 'object' && !Array.isArray(value) && base?.[key];
    merged[key] = deep ? merge(base[key], value) : value;
  }
  return merged;
}

// Undoes things at the end of the test, the last thing first (t.after begins with the
// first), and all of them also when one fails.
const undoing = new WeakMap();

export function atEnd(t, undo) {
  if (!undoing.has(t)) {
    undoing.set(t, []);
    t.after(async () => {
      const failed = [];
      for (const step of undoing.get(t).reverse()) {
        await Promise.resolve().then(step).catch((error) => failed.push(error));
      }
      if (failed.length > 0) throw failed[0];
    });
  }
  undoing.get(t).push(undo);
}

export function makeDir(t) {
  const dir = mkdtempSync(path.join(tmpdir(), 'xiaopu-test-'));
  atEnd(t, () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// "name{label="x"} 3" lines as a Map from name (with labels) to number.
export function parseMetrics(text) {
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

export function expectMetric(metrics, name, value) {
  assert.equal(metrics.get(name), value, `${name} is ${metrics.get(name)}, not ${value}`);
}

// A member who is signed up when awaited, with a shop when asked for.
class NewMember {
  constructor(xiaopu, username) {
    Object.assign(this, { xiaopu, username });
  }

  async signUp() {
    const { nobody } = this.xiaopu;
    const { username } = this;
    const password = `${username}'s own words`;
    const asked = nobody.post('/members', { username, password, nickname: username });
    const { status, mayBeKnown, body } = await asked;
    if (status === 409 && mayBeKnown) return this.signIn(password);
    await asked.expect(201);
    const client = this.xiaopu.client({ token: body.token });
    return Object.assign(client, { id: body.member.id, username, password });
  }

  // Where the name is taken since the first try went well.
  async signIn(password) {
    const { nobody } = this.xiaopu;
    const { username } = this;
    const { body } = await nobody.post('/sessions', { username, password }).expect(201);
    const client = this.xiaopu.client({ token: body.token });
    const { body: me } = await client.get('/me').expect(200);
    return Object.assign(client, { id: me.id, username, password });
  }

  async withShop(body) {
    const client = await this.signUp();
    await client.openShop(body);
    return client;
  }

  then(resolve, reject) {
    return this.signUp().then(resolve, reject);
  }
}

export class Xiaopu {
  constructor(t, dir, options) {
    Object.assign(this, { t, dir, options });
    this.storeWords = ['--data', dir];
    this.agent = new http.Agent({ keepAlive: true });
    this.isPatient = () => this.disturber?.isChanging ?? false;
    this.clock = {
      advance: (advance_s) => this.moveClock(advance_s),
      now: async () => Date.parse((await this.adminCall('GET', '/test/clock')).body.now_at),
    };
  }

  // Starts (again) on the same directory.
  async run() {
    const { args = [], demo = false, clock, env } = this.options;
    const words = ['run', ...this.storeWords, '--listen', this.listen ?? '127.0.0.1:0'];
    words.push('--admin', this.adminAddress ?? '127.0.0.1:0');
    words.push(clock ? `--test-clock=${clock}` : '--test-clock', ...(demo ? ['--demo'] : []));
    this.service = new Service([...words, ...args], { env });
    const [, base] = await this.service.says(/^ready (\S+)$/m);
    this.base = base;
    this.listen = base.replace(/^https?:\/\//, '');
    this.adminAddress = this.readAdminAddress();
    this.adminBase = `http://${this.adminAddress}`;
    this.nobody = this.client();
    return this;
  }

  readAdminAddress() {
    const { words } = this.process('server');
    return words.find((word) => word.startsWith('--admin=')).slice('--admin='.length);
  }

  // Nothing is on its way any more: at once on a store that stands still, where what was
  // acknowledged is in the lists as well; on one that changes some of it comes later.
  async settled() {
    if (!this.disturber) return;
    await this.disturber.stop();
    await until('nothing is on its way', async () =>
      /^ +messages +0 /m.test(await this.cliDone(['verify'])));
  }

  // A copy of what the store holds, for start(t, { copy }). Nothing may run on it now.
  async copy(t) {
    await this.disturber?.stop();
    const dir = path.join(makeDir(t), 'copy');
    const filter = (from) => !statSync(from, { throwIfNoEntry: false })?.isSocket();
    cpSync(this.dir, dir, { recursive: true, filter });
    const cluster = this.cluster && (await takeCluster(t));
    await cluster?.fillFrom(this.cluster);
    return { dir, cluster };
  }

  // Where the store's files lie.
  get storeDir() {
    return this.cluster?.dir ?? this.dir;
  }

  async stop() {
    this.agent.destroy();
    const { service } = this;
    const status = await service.stop();
    const report = service.sanitizerReport();
    assert.equal(report, '', report);
    assert.equal(status, 0, `xiaopu run ended with ${status}: ${service.stderr.slice(-3000)}`);
  }

  client(options = {}) {
    const agent = this.base.startsWith('https') ? undefined : this.agent;
    return new Client(this.base, { agent, isPatient: this.isPatient, ...options });
  }

  member(username) {
    return new NewMember(this, username);
  }

  // The command line on this store, as patient as the clients are.
  async cli(words, options) {
    for (const end = Date.now() + LONG_MS; ;) {
      const done = await command(BINARY, [...words, ...this.storeWords], options);
      const isAway = done.status !== 0 && STORE_AWAY.test(done.stderr);
      if (!isAway || !this.isPatient() || Date.now() > end) return done;
    }
  }

  async cliDone(words, options) {
    const { status, stdout, stderr } = await this.cli(words, options);
    assert.equal(status, 0, `xiaopu ${words.join(' ')}: ${status} ${stderr} ${stdout}`);
    return stdout;
  }

  async merchant(name = 'tea') {
    const made = JSON.parse(await this.cliDone(['merchant', 'create', name]));
    return new Merchant(this.base, { agent: this.agent, isPatient: this.isPatient, ...made });
  }

  async operator(name = 'op') {
    const said = await this.cliDone(['operator', 'create', name]);
    return this.client({ token: said.trim().split(/\s+/).at(-1) });
  }

  // Puts a policy that is the present one but for `changes`.
  async setPolicy(changes) {
    this.policyOperator ??= await this.operator('policy-maker');
    const now = await this.policyOperator.get('/operator/policy').expect(200);
    const wanted = merge(now.body, changes);
    await this.policyOperator
      .put('/operator/policy', wanted, { 'If-Match': now.headers.etag })
      .expect(200);
  }

  // --- the second listener --------------------------------------------------------------
  adminCall(method, where, body) {
    return send(this.adminBase, method, where, { body });
  }

  // 503: it did not move.
  async moveClock(advance_s) {
    const end = Date.now() + LONG_MS;
    let answer;
    do {
      answer = await this.adminCall('POST', '/test/clock', { advance_s });
    } while (answer.status === 503 && this.isPatient() && Date.now() < end);
    assert.equal(answer.status, 200, `the clock did not move: ${answer.status} ${answer.text}`);
  }

  async metrics() {
    return parseMetrics((await this.adminCall('GET', '/metrics')).text);
  }

  // Ready, and connected to all of its store.
  async ready(options) {
    return until('ready', async () => {
      const answer = await this.adminCall('GET', '/readyz').catch(() => undefined);
      return answer?.status === 200 && (await this.metrics()).get('xiaopu_store_nodes_away') === 0;
    }, options);
  }

  // --- processes: "server", "scoring", "store" --------------------------------------------
  process(name) {
    if (name === 'store' && this.cluster) return this.cluster.nodes[0];
    const word = name === 'store' ? /^redis-server/ : new RegExp(`^${name}$`);
    return childrenOf(this.service.pid).find(({ words }) => words.some((w) => word.test(w)));
  }

  // Sends a signal to one part (to all nodes of a cluster); gives the pid it had.
  kill(name, signal = 'SIGKILL') {
    const { pid } = this.process(name);
    if (name === 'store') this.disturber?.halt();
    const parts = name === 'store' && this.cluster ? this.cluster.nodes : [{ pid }];
    for (const part of parts) process.kill(part.pid, signal);
    return pid;
  }

  // What the store's own admin says to it: the embedded one's, or that of every node.
  asAdmin(...words) {
    this.disturber?.halt();
    if (this.cluster) {
      const say = ({ port }) =>
        execFileSync('redis-cli', ['-c', '-p', String(port), ...words], { encoding: 'utf8' });
      return this.cluster.nodes.map(say)[0];
    }
    const auth = readFileSync(path.join(this.dir, 'redis.auth'), 'utf8');
    const password = auth.split('\n')[1]; // the first line is the service's
    const args = ['-s', 'redis.sock', '--user', 'admin', '--no-auth-warning', ...words];
    const env = { ...process.env, REDISCLI_AUTH: password };
    return execFileSync('redis-cli', args, { cwd: this.dir, env, encoding: 'utf8' });
  }

  // Waits until the part runs as another process than `pid`, and all is ready. The nodes of a
  // cluster that has started anew refuse everything for two seconds.
  async back(name, pid) {
    await until(`${name} is back`, () => {
      const found = this.process(name);
      return found && found.pid !== pid;
    });
    if (name === 'store' && this.cluster) {
      await until('the cluster is whole', () => this.cluster.isWhole());
    }
    await this.ready();
  }

  // --- bytes as they are ----------------------------------------------------------------
  // Sends bytes, gives all that comes back until the other side closes.
  async raw(bytes, { half = false } = {}) {
    const { hostname, port } = new URL(this.base);
    const socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {}); // a reset ends it as well
    for (const part of [bytes].flat()) socket.write(part);
    if (half) socket.end();
    await Promise.race([once(socket, 'end'), once(socket, 'close')]);
    socket.destroy();
    return Buffer.concat(chunks).toString('latin1');
  }
}

// options: policy (changes to the default), demo, args, env, clock (RFC 3339), dir, copy,
// cluster (true: on a Redis Cluster, whatever XIAOPU_STORE says), still (true: nothing
// changes but what the test does itself, whatever XIAOPU_STORE says)
export async function start(t, options = {}) {
  const { copy, dir = copy?.dir ?? makeDir(t) } = options;
  const xiaopu = new Xiaopu(t, dir, options);
  if (onCluster || options.cluster) {
    xiaopu.cluster = copy?.cluster ?? (await takeCluster(t));
    const keys = path.join(xiaopu.dir, 'xiaopu.keys');
    xiaopu.storeWords = ['--redis', xiaopu.cluster.url, '--keys', keys];
  }
  if (isChanging && !options.cluster && !options.still) {
    xiaopu.disturber = disturb(t, xiaopu.cluster);
    atEnd(t, () => xiaopu.disturber.stop());
  }
  atEnd(t, () => xiaopu.service && xiaopu.stop());
  await xiaopu.run();
  if (options.policy) await xiaopu.setPolicy(options.policy);
  return xiaopu;
}
