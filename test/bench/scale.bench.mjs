// test/bench/scale.bench.mjs - what the worker does with very many shops: their order from
// memory and from their days, a preview, a release, a start.
//
// BENCH_SHOPS is how many lie in Redis (a million, which takes 0.5 to 1.6 GB); times for all
// of them are also told for ten million, for they grow with the shops.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { startMachines } from '../support/machines.mjs';
import { BINARY, Service, command, until } from '../support/process.mjs';
import { makeDir, merge } from '../support/xiaopu.mjs';
import { bench, fill, visit } from './fill.mjs';
import { RUNS, SECONDS, cpuMs, median, row } from './measure.mjs';

const SHOPS = Number(process.env.BENCH_SHOPS ?? 1_000_000);
const ORDERED = 10_000_000;
const EXTRA_MS = 5; // that nobody may wait longer for
const WORKER_CACHE_MB = 512; // scoring/worker.h
const named = SHOPS.toLocaleString('en');
const tenMillion = (s) => (s * ORDERED) / SHOPS;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A site with these shops, its worker at work.
async function many(t, kind) {
  const site = await startMachines(t, { workers: 0, quiet: true });
  const merchant = await site.merchant('bench');
  const products = [];
  for (const i of [1, 2, 3, 4]) {
    const { id } = await merchant.product(`tea-${i}`, { url: `https://a.example/${i}` });
    products.push(id);
  }
  await fill(site, SHOPS, kind, products);
  site.startWorker();
  return { site, operator: await site.operator() };
}

async function ended(operator, { headers }) {
  const where = headers.location.replace('/api/v1', '');
  const look = async () => {
    const { body } = await operator.get(where).expect(200);
    assert.notEqual(body.state, 'failed', body.result);
    return body.state === 'done' && body;
  };
  return until('the job is done', look, { ms: 3_600_000, every_ms: 50 });
}

// How long `work` takes, what Redis spends, and by how much longer visitors wait at p99 than
// before it: { s, redis_s, extra_ms }.
async function beside(site, work) {
  const before = visit(site.base, SHOPS);
  await sleep(SECONDS * 1000);
  const quiet = await before();
  const during = visit(site.base, SHOPS);
  const cpu = cpuMs(site.redis.pid);
  const began = performance.now();
  await work();
  const s = (performance.now() - began) / 1000;
  const redis_s = (cpuMs(site.redis.pid) - cpu) / 1000;
  const busy = await during();
  console.log(
    `  GET p99 ${quiet.p99.toFixed(2)} ms before, ${busy.p99.toFixed(2)} ms meanwhile` +
      ` (max ${busy.max.toFixed(1)}, ${busy.count} pages)`,
  );
  return { s, redis_s, extra_ms: Math.max(0, busy.p99 - quiet.p99) };
}

async function repeat(work) {
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await work(i));
  return (key) => runs.map((run) => run[key]);
}

function waits(name, extra) {
  row({ name: `GET p99 ${name}: longer by`, unit: 'ms', ours: extra, theirs: EXTRA_MS,
    yardstick: 'asked for', most: 1 });
}

async function order() {
  const runs = await bench('order', [ORDERED, RUNS]);
  const each = (key) => runs.map((run) => run[key] / 1000);
  row({ name: 'exact order of 10,000,000 shops from S, V, A in memory', unit: 's',
    ours: each('ms'), theirs: 1, yardstick: 'asked for', most: 1, aim: 0.5 });
  row({ name: 'the same, CPU of all threads', unit: 's', ours: each('cpu_ms'),
    theirs: each('qsort_ms'), yardstick: 'qsort() alone', more: false });
}

async function series(t) {
  const { site } = await many(t, 'rows');
  const each = await repeat(async () => {
    const told = {};
    const seen = await beside(site, async () => {
      Object.assign(told, (await bench('series', [90, ...site.storeWords]))[0]);
    });
    assert.equal(told.shops, SHOPS);
    return { ...seen, s: told.s, cpu_s: told.cpu_s };
  });
  row({ name: `order by another half-life, ${named} aged rows read, for ten million`, unit: 's',
    ours: each('s').map(tenMillion), theirs: 60, yardstick: 'asked for', most: 1, aim: 40 / 60 });
  row({ name: 'the same, Redis’ CPU', unit: 's', ours: each('redis_s').map(tenMillion), theirs: 9,
    yardstick: 'what the design saw', more: false });
  row({ name: 'the same, CPU of who reads', unit: 's', ours: each('cpu_s').map(tenMillion),
    theirs: 60, yardstick: 'asked for', more: false });
  waits('while their rows are read', each('extra_ms'));
}

async function previewOf(t, kind, what, influence) {
  const { site, operator } = await many(t, kind);
  const { body } = await operator.get('/operator/policy').expect(200);
  const proposed = merge(body, { influence });
  const each = await repeat(() =>
    beside(site, async () => {
      const asked = await operator.post('/operator/policy/preview', proposed).expect(202);
      assert.equal((await ended(operator, asked)).done, SHOPS);
    }),
  );
  row({ name: `preview of ${what}, ${named} shops, for ten million`, unit: 's',
    ours: each('s').map(tenMillion), theirs: each('redis_s').map(tenMillion),
    yardstick: 'Redis’ CPU for it', more: false });
  row({ name: `preview of ${what}, ${named} shops, Redis’ share of a core`, unit: 'of a core',
    ours: each('redis_s').map((s, i) => s / each('s')[i]), theirs: 0.25,
    yardstick: 'asked for', most: 1 });
  waits(`during a preview of ${what} for ${named} shops`, each('extra_ms'));
}

const preview = (t) => previewOf(t, 'quiet', 'another half-life', { half_life_days: 90 });

// All sales that are still known are credited anew.
const previewBrackets = (t) =>
  previewOf(t, 'busy', 'other brackets', {
    sales_brackets: [{ up_to_fen: 10_000, permille: 1000 }, { up_to_fen: 100_000, permille: 250 }],
  });

// The most memory that a process has had.
const peakMb = (pid) =>
  Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)[1]) / 1024;

async function release(t) {
  const { site, operator } = await many(t, 'quiet');
  const make = async () =>
    ended(operator, await operator.post('/operator/releases', {}).expect(202));
  await make(); // the one that the loader began
  const each = await repeat(() => beside(site, make));
  row({ name: `release, ${named} shops, a tenth of them changed at first`, unit: 's',
    ours: each('s'), theirs: each('redis_s'), yardstick: 'Redis’ CPU for it', more: false });
  waits(`during a release of ${named} shops`, each('extra_ms'));
  row({ name: `release, ${named} shops, most that the worker held`, unit: 'MB',
    ours: [peakMb(site.workers[0].pid)], theirs: WORKER_CACHE_MB + (24 * SHOPS) / 2 ** 20,
    yardstick: 'its cache and 24 bytes a shop', most: 1 });
}

// When the store in this directory has read all of it: it says LOADING until then.
async function loadedAt(dir) {
  const [service] = readFileSync(path.join(dir, 'redis.auth'), 'utf8').trim().split('\n');
  const ask = (socket, words) => {
    socket.write(`${words.join(' ')}\r\n`);
    return once(socket, 'data').then(([bytes]) => bytes.toString());
  };
  const connect = async () => {
    const socket = net.connect(path.join(dir, 'redis.sock'));
    return once(socket, 'connect').then(() => socket, () => undefined);
  };
  const socket = await until('the store listens', connect, { ms: 60_000, every_ms: 2 });
  const said = await ask(socket, ['AUTH', 'service', service]);
  assert.match(said, /^\+OK/);
  const answers = async () => (await ask(socket, ['PING'])).startsWith('+PONG');
  await until('the store has loaded', answers, { ms: 600_000, every_ms: 2 });
  socket.destroy();
  return performance.now();
}

// From the command to the line that says `ready`, without what the store took to load.
async function startOnce(dir) {
  const began = performance.now();
  const words = ['run', '--data', dir, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const service = new Service(words, { quiet: true });
  const ready = until('it is ready', () => {
    assert.ok(service.alive);
    return /^ready /m.test(service.stdout) && performance.now();
  }, { ms: 600_000, every_ms: 2 });
  await until('the store is started', () => existsSync(path.join(dir, 'redis.sock')), {
    every_ms: 1,
  });
  const listens = performance.now();
  const loaded = await loadedAt(dir);
  const s = (listens - began + Math.max(0, (await ready) - loaded)) / 1000;
  assert.equal(await service.stop(), 0);
  return { s, loading: (loaded - listens) / 1000 };
}

async function start(t) {
  const { site } = await many(t, 'quiet');
  const dir = path.join(makeDir(t), 'data');
  const file = path.join(site.dir, 'dump.rdb'); // all that a backup is
  await site.redisSays(['SAVE']);
  const words = ['restore', file, '--data', dir, '--keys', path.join(site.dir, 'keys')];
  const { status, stderr } = await command(BINARY, words);
  assert.equal(status, 0, stderr);
  await command('cp', [path.join(site.dir, 'keys'), path.join(dir, 'xiaopu.keys')]);
  const each = await repeat(() => startOnce(dir));
  console.log(`  Redis loads it in ${median(each('loading')).toFixed(2)} s`);
  row({ name: `start of xiaopu run on ${named} shops, without Redis’ loading`, unit: 's',
    ours: each('s'), theirs: 2, yardstick: 'asked for', most: 1, aim: 0.25 });
}

export const rows = {
  'scale-order': order,
  'scale-series': series,
  'scale-preview': preview,
  'scale-brackets': previewBrackets,
  'scale-release': release,
  'scale-start': start,
};
