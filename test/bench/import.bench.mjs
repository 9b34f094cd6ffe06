// test/bench/import.bench.mjs - history from elsewhere: `xiaopu sales import` of sales and
// refunds of a thousand shops in eight months, each line durable, the worker running.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startMachines } from '../support/machines.mjs';
import { RUNS, row } from './measure.mjs';
import { FIRST_SHOP, openShops } from './shops.mjs';

const [LINES, SHOPS, PRODUCTS, BUYERS, DAYS] = [100_000, 1_000, 400, 3_000, 240];
const [WANTED_RATE, REFUND_EVERY] = [20_000, 50];
const DAY_MS = 86_400_000;

const skewed = (count) => Math.floor(count ** Math.random()) - 1;

async function importProducts(site, merchant) {
  const rows = Array.from({ length: PRODUCTS }, (_, i) => `p-${i},Product ${i},${10 + i}.00`);
  const file = path.join(site.dir, 'products.csv');
  writeFileSync(file, ['Handle,Title,Variant Price', ...rows, ''].join('\n'));
  await site.cliDone(['catalog', 'import', file, '--merchant', merchant.id]);
}

function history(run) {
  const lines = [
    'sale_id,number,product_handle,buyer_ref,quantity,amount_fen,sold_at,kind,refund_of',
  ];
  const end = Date.now() - DAY_MS;
  for (let i = 0; i < LINES; i++) {
    const at = new Date(end - (DAYS * DAY_MS * (LINES - i)) / LINES).toISOString();
    if (i % REFUND_EVERY === REFUND_EVERY - 1) {
      lines.push(`${run}-${i},,,,,100,${at},refund,${run}-${i - 7}`);
    } else {
      const shop = FIRST_SHOP + skewed(SHOPS);
      const product = Math.floor(Math.random() * PRODUCTS);
      lines.push(`${run}-${i},${shop},p-${product},b${skewed(BUYERS)},1,${1000 + (i % 9000)},` +
        `${at},sale,`);
    }
  }
  return [...lines, ''].join('\n');
}

async function salesImport(t) {
  const site = await startMachines(t, { quiet: true });
  const merchant = await site.merchant('bench');
  const file = path.join(site.dir, 'sales.csv');
  const rates = [];

  await openShops(site, SHOPS);
  await importProducts(site, merchant);
  for (let run = 0; run < RUNS; run++) {
    writeFileSync(file, history(run));
    const began = performance.now();
    const said = await site.cliDone(['sales', 'import', file, '--merchant', merchant.id]);
    rates.push((LINES * 1000) / (performance.now() - began));
    if (!/ 0 bad rows/.test(said)) throw new Error(said);
  }
  row({
    name: 'sales import',
    unit: 'lines/s',
    ours: rates,
    theirs: WANTED_RATE,
    yardstick: 'wanted',
    least: 1,
  });
}

export const rows = { import: salesImport };
