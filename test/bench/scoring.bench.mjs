// test/bench/scoring.bench.mjs - one worker on core 0 and Redis on core 1 apply a backlog
// to a million shops that have days behind them. Beside it: Redis' CPU time for an entry of
// one visit. While it runs somebody else asks Redis for a key, again and again.
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { command, until } from '../support/process.mjs';
import { startMachines } from '../support/machines.mjs';
import { append, applied, backlog } from './backlog.mjs';
import { RUNS, cpuMs, pin, row } from './measure.mjs';

const EVENTS = 400_000;
const SHOPS = Number(process.env.BENCH_SHOPS ?? 1_000_000);
const YARDSTICK_CALLS = 100_000;
const [WARM, COLD, WORKER_US, P99_MS] = [250_000, 130_000, 1.5, 5];
const FILL = fileURLToPath(new URL('../../build/test/bench/fill', import.meta.url));

// --- a run ---------------------------------------------------------------------------

// Asks for a key until it is told to stop; how long each answer took, in ms.
function askAllTheWhile(site) {
  const socket = net.connect(site.socket);
  const took = [];
  let began = 0;
  const ask = () => {
    began = performance.now();
    socket.write('*2\r\n$3\r\nGET\r\n$5\r\nnokey\r\n');
  };
  socket.on('data', () => {
    took.push(performance.now() - began);
    setTimeout(ask, 1);
  });
  ask();
  return () => {
    socket.destroy();
    return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)];
  };
}

async function applyBacklog(site, worker) {
  const now_s = Math.floor(Date.now() / 1000);
  const input = backlog(EVENTS, { shops: SHOPS, now_s, random: Math.random });
  const redisBefore = cpuMs(site.redis.pid);
  process.kill(worker.pid, 'SIGSTOP');
  await append(site, input);
  const workerBefore = cpuMs(worker.pid);
  const stop = askAllTheWhile(site);
  const began = performance.now();
  process.kill(worker.pid, 'SIGCONT');
  await applied(site);
  const rate = (EVENTS * 1000) / (performance.now() - began);
  return {
    p99_ms: stop(),
    rate,
    worker_us: ((cpuMs(worker.pid) - workerBefore) * 1000) / EVENTS,
    redis_us: ((cpuMs(site.redis.pid) - redisBefore) * 1000) / EVENTS,
  };
}

async function oneVisitAnEntry(site) {
  const before = cpuMs(site.redis.pid);
  const words = ['-s', site.socket, '-c', '64', '-n', String(YARDSTICK_CALLS), '-q'];
  await command('redis-benchmark', [...words, 'XADD', 'bench', '*', 'e', 'x'.repeat(32)]);
  return ((cpuMs(site.redis.pid) - before) * 1000) / YARDSTICK_CALLS;
}

async function startWorker(site) {
  const worker = site.startWorker();
  await pin(worker.pid, 0);
  await until('the worker is at work', async () =>
    /scoring/.test(await site.redisSays(['HVALS', 'process:{g}'])));
  return worker;
}

// --- the rows ------------------------------------------------------------------------

async function scoring(t) {
  const site = await startMachines(t, { workers: 0, quiet: true });
  await site.servers[0].stop();
  await command(FILL, [String(SHOPS), 'rows', ...site.storeWords]);
  await pin(site.redis.pid, 1);
  const cold = [];
  const warm = [];
  const yardstick = [];
  for (let i = 0; i < RUNS; i++) {
    const worker = await startWorker(site);
    cold.push(await applyBacklog(site, worker));
    warm.push(await applyBacklog(site, worker));
    yardstick.push(await oneVisitAnEntry(site));
    await worker.stop();
  }
  const all = (runs, what) => runs.map((run) => run[what]);
  const wanted = { yardstick: 'wanted', least: 1 };
  const allowed = { yardstick: 'allowed', most: 1 };
  row({ name: 'scoring, one worker core, warm', unit: 'events/s', ours: all(warm, 'rate'),
    theirs: WARM, ...wanted, aim: 1.6 });
  row({ name: 'scoring, one worker core, cold', unit: 'events/s', ours: all(cold, 'rate'),
    theirs: COLD, ...wanted });
  row({ name: 'scoring, Redis’ CPU with intake', unit: 'us/event', ours: all(warm, 'redis_us'),
    theirs: yardstick, yardstick: 'XADD of one visit', most: 0.65, aim: 0.4 });
  row({ name: 'scoring, the worker’s CPU', unit: 'us/event', ours: all(warm, 'worker_us'),
    theirs: WORKER_US, ...allowed, aim: 1 / 1.5 });
  row({ name: 'scoring, others’ GET meanwhile, 99th percentile', unit: 'ms',
    ours: all(warm, 'p99_ms'), theirs: P99_MS, ...allowed });
}

export const rows = { scoring };
