// A stream of events that is cut behind the worker's back: what was recorded is told again.
// runs under sanitizers too
import { test } from 'node:test';
import { startMachines } from '../support/machines.mjs';
import { expectMetric, until } from '../support/xiaopu.mjs';

const POLICY = { influence: { settle_after_s: 0 } };

async function market(t) {
  const site = await startMachines(t, { policy: POLICY });
  const tea = await site.merchant();
  const product = await tea.product('green');
  const shops = [];
  for (const who of ['alice', 'bob']) shops.push(await site.member(who).withShop());
  const soldAt = new Date(Date.now() - 60_000).toISOString();
  return Object.assign(site, { tea, product, shops, soldAt, reported: 0 });
}

// Buyers who come again, another shop each time, some of it taken back.
async function report(site, count) {
  for (let i = 0; i < count; i++, site.reported++) {
    const id = `S ${site.reported}:/`;
    const sale = {
      sale_id: id,
      number: site.shops[site.reported % 2].number,
      product_id: site.product.id,
      quantity: 1,
      amount_fen: 4000 + 100 * site.reported,
      buyer_ref: `buyer ${site.reported % 5}`,
      sold_at: site.soldAt,
    };
    await site.tea.sale(sale).expect(201);
    if (site.reported % 4 === 0) {
      await site.tea.refund(id, { refund_id: 'R', amount_fen: 1500 }).expect(201);
    }
  }
}

const scores = (site) =>
  Promise.all(site.shops.map(async (shop) => (await shop.get('/me/shop')).body.live));

const keyOf = (kind, shop) => {
  const partition = String(Number(shop.number) % 256).padStart(3, '0');
  return `${kind}:{s${partition}}`;
};

// Until everything that waits in the shops' streams is applied.
const applied = (site) =>
  until('all is applied', async () => {
    for (const shop of site.shops) {
      const last = await site.redisSays(['XREVRANGE', keyOf('events', shop), '+', '-', 'COUNT', '1']);
      const at = await site.redisSays(['HGET', keyOf('applied', shop), 'at']);
      if (last.split('\n')[0] !== at.split(' ')[0]) return false;
    }
    return true;
  });

async function stopWorker(site) {
  await site.workers.pop().stop();
}

const CUTS = {
  'deleted, and never begun again': (site, key) => site.redisSays(['DEL', key]),
  'emptied': (site, key) => site.redisSays(['XTRIM', key, 'MAXLEN', '0']),
  'cut to its last entry': (site, key) => site.redisSays(['XTRIM', key, 'MAXLEN', '1']),
  'replaced by one whose ids lie before': async (site, key) => {
    await site.redisSays(['DEL', key]);
    await site.redisSays(['XADD', key, '5-0', 'e', 'nothing that can be read']);
  },
};

for (const [how, cut] of Object.entries(CUTS)) {
  test(`a stream that was ${how} is an alarm, and scores are as ever`, async (t) => {
    const [site, twin] = await Promise.all([market(t), market(t)]);
    await Promise.all([report(site, 12), report(twin, 12)]);
    await applied(site);
    await stopWorker(site);
    await Promise.all([report(site, 30), report(twin, 30)]);
    await site.shops[1].patch('/me/shop', { on_boards: false }).expect(200);
    await twin.shops[1].patch('/me/shop', { on_boards: false }).expect(200);
    for (const shop of site.shops) await cut(site, keyOf('events', shop));

    const worker = site.startWorker();
    await until('scores are equal', async () => {
      const [mine, theirs] = [await scores(site), await scores(twin)];
      return JSON.stringify(mine) === JSON.stringify(theirs) && mine[0].sales > 0;
    });
    const partitions = new Set(site.shops.map((shop) => keyOf('events', shop))).size;
    await until('the alarm is told', async () => {
      return (await site.metrics()).get('xiaopu_stream_alarms_total') === partitions;
    });
    await until('and logged, once each', () =>
      worker.stderr.match(/was cut behind our back/g)?.length === partitions);
    await until('it is written down', async () => {
      const at = site.shops.map((shop) => site.redisSays(['HGET', keyOf('applied', shop), 'rebuild']));
      const flags = await Promise.all(at);
      return flags.every((flag) => flag === '0');
    });
    await site.cliDone(['verify']);

    await Promise.all([report(site, 4), report(twin, 4)]); // and it goes on
    await until('they count', async () => {
      const [mine, theirs] = [await scores(site), await scores(twin)];
      return JSON.stringify(mine) === JSON.stringify(theirs);
    });
    expectMetric(await site.metrics(), 'xiaopu_stream_alarms_total', partitions);
  });
}
