// test/bench/books.bench.mjs - what a reported sale costs in memory for as long as it is
// on the books: its record, its claim, its place in the merchant's list. Events, which
// go when they are applied, and the owners' sums are taken out before we look.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startMachines } from '../support/machines.mjs';
import { RUNS, row } from './measure.mjs';
import { FIRST_SHOP, openShops } from './shops.mjs';

const [LINES, SHOPS, BUYERS] = [100_000, 10_000, 5_000];
const [WANTED_BYTES, AIM_BYTES] = [300, 75];
const DAY_MS = 86_400_000;
const DROP = `local n = 0
for _, kind in ipairs({ 'events', 'stats' }) do
  for _, key in ipairs(redis.call('KEYS', kind .. ':*')) do n = n + redis.call('DEL', key) end
end
return n`;

// Ids of 12 bytes, as shops number their orders.
function history(run) {
  const lines = ['sale_id,number,product_handle,buyer_ref,quantity,amount_fen,sold_at'];
  const now = Date.now();
  for (let i = 0; i < LINES; i++) {
    const id = `A-${1_000_000_000 + run * LINES + i}`;
    const shop = FIRST_SHOP + Math.floor(Math.random() * SHOPS);
    const at = new Date(now - Math.random() * 28 * DAY_MS).toISOString();
    lines.push(`${id},${shop},tea,b${i % BUYERS},1,${1000 + (i % 9000)},${at}`);
  }
  return [...lines, ''].join('\n');
}

async function usedBytes(site) {
  await site.redisSays(['EVAL', DROP, 0]);
  await site.redisSays(['MEMORY', 'PURGE']);
  return Number((await site.redisSays(['INFO', 'memory'])).match(/used_memory:(\d+)/)[1]);
}

async function books(t) {
  const site = await startMachines(t, { workers: 0, quiet: true });
  const merchant = await site.merchant('bench');
  const file = path.join(site.dir, 'sales.csv');
  const bytes = [];

  await openShops(site, SHOPS);
  await merchant.product('tea');
  for (let run = 0; run <= RUNS; run++) {
    const before = await usedBytes(site);
    writeFileSync(file, history(run));
    await site.cliDone(['sales', 'import', file, '--merchant', merchant.id]);
    if (run > 0) bytes.push(((await usedBytes(site)) - before) / LINES);
  }
  row({
    name: 'a reported sale on the books, with its claim and its place in the list',
    unit: 'bytes',
    ours: bytes,
    theirs: WANTED_BYTES,
    yardstick: 'allowed',
    most: 1,
    aim: AIM_BYTES / WANTED_BYTES,
  });
}

export const rows = { books };
