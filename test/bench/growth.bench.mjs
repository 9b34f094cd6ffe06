// test/bench/growth.bench.mjs - does a page that is not cached, a slot change, a reported
// sale cost more when there are more shops? CPU time of server and Redis for each, beside
// what it costs among ten thousand: so many that no page is asked for twice.
import http from 'node:http';
import { send } from '../support/client.mjs';
import { startMachines } from '../support/machines.mjs';
import { fill, shopNumber } from './fill.mjs';
import { RUNS, cpuMs, median, row } from './measure.mjs';

const FEW = 10_000;
const MANY = (process.env.BENCH_GROWTH ?? '100000,1000000').split(',').map(Number);
const TIMES = { 'uncached page': 1500, 'slot change': 1000, 'reported sale': 2000 };
const AT_ONCE = 8;
const FLAT = 1.25; // what two measurements of the same differ by
const policy = {
  slots: { cooldown_s: 0 },
  limits: { merchant_calls_per_s: 0, sign_ups_per_hour: 0 },
};

async function startSite(t, shops) {
  const site = await startMachines(t, { workers: 0, quiet: true, policy });
  const merchant = await site.merchant('bench');
  const products = [];
  for (let i = 0; i < 4; i++) products.push((await merchant.product(`p${i}`)).id);
  await fill(site, shops, 'quiet', products);
  const shop = await site.member('grower').withShop();
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  t.after(() => agent.destroy());
  return { site, merchant, products, shop, shops, agent, done: 0 };
}

const steps = {
  'uncached page': ({ site, shops, agent }, i) =>
    send(site.base, 'GET', `/s/${shopNumber((i * 7919) % shops)}`, { agent }),
  'slot change': ({ shop, products }, i) =>
    shop.put('/me/shop/slots/1', { product_id: products[i % 4] }).expect(200),
  'reported sale': ({ merchant, products, shops }, i) =>
    merchant.sale({
      sale_id: `grown-${i}`,
      number: String(shopNumber((i * 7919) % shops)),
      product_id: products[0],
      quantity: 1,
      amount_fen: 1000,
      buyer_ref: `buyer-${i}`,
      sold_at: new Date().toISOString(),
    }).expect(201),
};

// CPU time a request in us: { all, redis }.
async function cost(played, name) {
  const { servers, redis } = played.site;
  const used = () => [servers[0].pid, redis.pid].map(cpuMs);
  const first = played.done;
  const before = used();
  let next = 0;
  const walk = async () => {
    while (next < TIMES[name]) await steps[name](played, first + next++);
  };
  const walkers = name === 'slot change' ? 1 : AT_ONCE; // one shop's changes, in order
  await Promise.all(Array.from({ length: walkers }, walk));
  played.done += TIMES[name];
  const [ours, its] = used().map((ms, i) => ((ms - before[i]) * 1000) / TIMES[name]);
  return { all: ours + its, redis: its };
}

async function growth(t) {
  const few = await startSite(t, FEW);
  for (const shops of MANY) {
    const many = await startSite(t, shops);
    for (const name of Object.keys(steps)) {
      const ours = [];
      const theirs = [];
      for (let i = 0; i < RUNS; i++) {
        ours.push(await cost(many, name));
        theirs.push(await cost(few, name));
      }
      const each = (runs, key) => runs.map((run) => run[key]);
      row({ name: `${name} among ${shops.toLocaleString('en')} shops`, unit: 'us',
        ours: each(ours, 'all'), theirs: each(theirs, 'all'), yardstick: 'among 10,000',
        most: FLAT });
      const [many_us, few_us] = [ours, theirs].map((runs) => median(each(runs, 'redis')));
      console.log(`  of it Redis: ${many_us.toFixed(0)} us, among 10,000 ${few_us.toFixed(0)} us`);
    }
    await many.site.servers[0].stop();
    many.site.redis.kill('SIGKILL'); // its memory is wanted
  }
}

export const rows = { growth };
