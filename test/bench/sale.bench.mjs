// test/bench/sale.bench.mjs - signed sales over 64 connections, each durable before its
// answer, beside the very same calls by redis-benchmark: a look at the shop, and the
// functions that claim, write and list a sale. Arguments are as long as a sale's; what is
// binary there is text here, since redis-benchmark takes no NUL.
import { command } from '../support/process.mjs';
import { CONNECTIONS, beginIntake, unlimited } from './intake.mjs';
import { alternate, row } from './measure.mjs';
import { shopKey } from './shops.mjs';
import { stage } from './stage.mjs';

const P99_MS = 15;
const [CALLS, LISTED] = [40_000, 100_000];
const [RECORD_BYTES, EVENT_BYTES] = [40, 32];
const padded = (number, digits) => String(number).padStart(digits, '0');

// --- the yardstick -------------------------------------------------------------------

const tag = (id, kind) => `{${kind}${padded(Number(id) % 256, 3)}}`;

// The calls of one sale, with a random hash each: redis-benchmark puts 12 digits there.
async function callsOf(site, { merchant, shop, product }) {
  const said = await site.redisSays(['FUNCTION', 'LIST']);
  const name = (word) => said.match(new RegExp(`${word}_[0-9a-f]{8}`))[0];
  const [s, m] = [tag(shop.number, 's'), tag(merchant.id, 'm')];
  const day = Math.floor((Date.now() / 1000 + 28800) / 86400);
  const stats = `stats:${s}:${shop.number}:${Math.floor(day / 28)}`;
  const hash = '__rand_int__';
  const record = 'r'.repeat(RECORD_BYTES);
  const report = [5, `events:${s}`, `book:${s}`, `sale:${s}:`, shopKey(shop.number), stats];
  const sale = [hash, record, 1000, `s${day}:${product.id}`, 1, 1, '', 'e'.repeat(EVENT_BYTES)];
  const claims = [`claims:${m}`, `claim:${m}:`];
  return {
    look: ['HMGET', shopKey(shop.number), 'status', 'suspended'],
    claim: ['FCALL', name('sale_claim'), 2, ...claims, hash, shop.number],
    report: ['FCALL', name('sale_report'), ...report, 1, 1, ...sale],
    list: ['FCALL', name('sale_list'), 3, ...claims, `reports:${m}:${merchant.id}`, Date.now(), hash,
      shop.number, hash],
  };
}

async function callRate(site, words, different) {
  const how = ['-s', site.socket, '-c', CONNECTIONS, '-n', CALLS, '-q', '-r', different];
  const { stdout } = await command('redis-benchmark', [...how, ...words].map(String));
  const rate = Number([...stdout.matchAll(/([\d.]+) requests per second/g)].at(-1)?.[1]);
  if (!rate) throw new Error(stdout);
  return rate;
}

// Claims that the list's calls find: numbers of 12 digits, anew for each run.
async function claimAll(site, { claim }) {
  const put = [...claim.slice(0, 5)];
  const lines = [];
  await site.redisSays(['DEL', claim[3]]);
  for (let i = 0; i < LISTED; i += 50) {
    const sales = Array.from({ length: 50 }, (_, j) => `${padded(i + j, 12)} ${claim.at(-1)}`);
    lines.push(`${put.join(' ')} ${sales.join(' ')}\r\n`);
  }
  const drop = "for _, k in ipairs(redis.call('KEYS', KEYS[1] .. '*')) do redis.call('DEL', k) end";
  await site.redisSays(['EVAL', drop, 1, claim[4]]);
  await command('redis-cli', ['-s', site.socket, '--pipe'], { input: lines.join('') });
}

async function sameCalls(site, calls) {
  const rates = [await callRate(site, calls.look, 1)];
  rates.push(await callRate(site, calls.claim, 1e9));
  rates.push(await callRate(site, calls.report, 1e9));
  await claimAll(site, calls);
  rates.push(await callRate(site, calls.list, LISTED));
  return 1 / rates.reduce((sum, rate) => sum + 1 / rate, 0);
}

// --- the rows ------------------------------------------------------------------------

async function saleIntake(t) {
  const played = await stage(t, { policy: unlimited });
  const other = await stage(t, { workers: 0 }); // a store that the yardstick may fill
  const intake = beginIntake(t, [played]);
  const calls = await callsOf(other.site, other);
  const p99s = [];

  const ours = async () => {
    const { rate, p99_ms } = await intake();
    p99s.push(p99_ms);
    return rate;
  };
  const sides = await alternate(ours, () => sameCalls(other.site, calls));
  const name = `sale intake, ${CONNECTIONS} connections`;
  const yardstick = 'the same calls by redis-benchmark';
  row({ name, unit: 'sales/s', ...sides, yardstick, least: 0.7, aim: 0.85 });
  row({
    name: `${name}, 99th percentile`,
    unit: 'ms',
    ours: p99s,
    theirs: P99_MS,
    yardstick: 'allowed',
    most: 1,
  });
}

export const rows = { sale: saleIntake };
