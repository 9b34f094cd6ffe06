// test/bench/memory.bench.mjs - what a shop holds of Redis' memory: a quiet one and a busy
// small one, as DESIGN.md describes them, released; without the account of its owner, and
// without the books (books.bench.mjs).
import { startMachines } from '../support/machines.mjs';
import { fill } from './fill.mjs';
import { RUNS, row } from './measure.mjs';

const KINDS = {
  quiet: { name: 'memory of a quiet shop', bytes: 1300, aim: 1100, shops: 100_000 },
  busy: { name: 'memory of a busy small shop', bytes: 3500, aim: 3000, shops: 30_000 },
};
// Each keeps the order of the one before it, and what changed since.
const RELEASES = 3;
const DROP = `local kinds = { 'member', 'username', 'session', 'sessions', 'events', 'audit' }
for _, kind in ipairs(kinds) do
  for _, key in ipairs(redis.call('KEYS', kind .. ':*')) do redis.call('DEL', key) end
end
return redis.call('DBSIZE')`;

// What all keys of each kind take, for whoever wants to know where it goes.
const KEYS = `local sums = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = key:match('^[^:]*')
  sums[kind] = (sums[kind] or 0) + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0)
end
local said = {}
for kind, sum in pairs(sums) do said[#said + 1] = kind .. ' ' .. sum end
return said`;

async function usedBytes(site) {
  await site.redisSays(['MEMORY', 'PURGE']);
  return Number((await site.redisSays(['INFO', 'memory'])).match(/used_memory:(\d+)/)[1]);
}

async function shopBytes(t, kind, shops) {
  const site = await startMachines(t, { workers: 0, quiet: true });
  const merchant = await site.merchant('bench');
  const products = [];
  for (let i = 0; i < 4; i++) products.push((await merchant.product(`p${i}`)).id);
  await site.servers[0].stop();
  await site.redisSays(['CONFIG', 'SET', 'appendonly', 'no']);
  const before = await usedBytes(site);
  await fill(site, shops, kind, products);
  for (let i = 0; i < RELEASES; i++) await site.cliDone(['board', 'release']);
  if (process.env.BENCH_KEYS) console.log(await site.redisSays(['EVAL', KEYS, 0]));
  await site.redisSays(['EVAL', DROP, 0]);
  return ((await usedBytes(site)) - before) / shops;
}

async function memory(t, { name, bytes, aim, shops }, kind) {
  const ours = [];
  for (let run = 0; run < Math.min(RUNS, 2); run++) ours.push(await shopBytes(t, kind, shops));
  row({ name, unit: 'bytes', ours, theirs: bytes, yardstick: 'allowed', most: 1, aim: aim / bytes });
}

export const rows = Object.fromEntries(
  Object.entries(KINDS).map(([kind, how]) => [`memory-${kind}`, (t) => memory(t, how, kind)]));
