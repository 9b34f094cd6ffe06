// The key file's months: rotated by run, or by xiaopu keys rotate, and read anew.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startMachines } from '../support/machines.mjs';
import { BINARY, command } from '../support/process.mjs';
import { DAY, embeddedOnly, makeDir, start, until } from '../support/xiaopu.mjs';

// This month and those before it, as the file names them: "2026-11".
function monthName(ago) {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString().slice(0, 7);
}

const monthNumber = (name) => (Number(name.slice(0, 4)) - 1970) * 12 + Number(name.slice(5)) - 1;
const monthsOf = (file) => readFileSync(file, 'utf8').match(/(?<=^month )\S+/gm);

// Gives the file these months, each [months ago, days since its key was made]; a month that
// is there keeps its key.
function setMonths(file, months) {
  const text = readFileSync(file, 'utf8');
  const known = new Map([...text.matchAll(/^month (\S+) \d+ (\w+)$/gm)].map(([, ...m]) => m));
  const lines = months.map(([ago, days]) => {
    const name = monthName(ago);
    const key = known.get(name) ?? createHash('sha256').update(name).digest('hex');
    return `month ${name} ${Date.now() - days * DAY * 1000} ${key}\n`;
  });
  const above = text.replace(/^(month|check) .*\n/gm, '') + lines.join('');
  const check = createHash('sha256').update(above).digest('hex');
  writeFileSync(file, `${above}check ${check}\n`);
}

const saleOf = (shop, product, id, agoDays = 0) => ({
  sale_id: id,
  number: shop.number,
  product_id: product.id,
  quantity: 1,
  amount_fen: 1000,
  buyer_ref: 'customer-7',
  sold_at: new Date(Math.floor(Date.now() / 1000 - agoDays * DAY - 60) * 1000).toISOString(),
});

test('run rotates the key file by itself, and buyers stay who they are', { skip: embeddedOnly }, async (t) => {
  const dir = makeDir(t);
  const file = path.join(dir, 'xiaopu.keys');
  await command(BINARY, ['keys', 'make', '--keys', file]);
  setMonths(file, [[2, 70]]);
  const xiaopu = await start(t, { dir });
  await until('the month has its key', () => monthsOf(file).includes(monthName(0)));
  assert.deepEqual(monthsOf(file), [monthName(2), monthName(0)]); // one is still in use
  const tea = await xiaopu.merchant();
  const product = await tea.product('green');
  const alice = await xiaopu.member('alice').withShop();
  const sale = saleOf(alice, product, 'A');
  await tea.sale(sale).expect(201);

  await xiaopu.stop();
  setMonths(file, [[2, 70], [1, 40], [0, 0]]);
  await xiaopu.run();
  await until('the oldest is wiped', () => !monthsOf(file).includes(monthName(2)));
  assert.deepEqual(monthsOf(file), [monthName(1), monthName(0)]);
  await tea.sale(sale).expect(200); // by the same pseudonym, or it would be another sale
  await xiaopu.stop();
  await xiaopu.run();
  await tea.sale(sale).expect(200);
  await tea.sale(saleOf(alice, product, 'B')).expect(201);
  await until('the worker goes on', async () => {
    const { body } = await alice.get('/me/shop').expect(200);
    return body.live.pending === 20;
  });

  // SIGHUP to the supervisor reaches both; a file that is no good is not taken over.
  writeFileSync(file, 'xiaopu-keys 1\n');
  xiaopu.service.child.kill('SIGHUP');
  await until('both say so', () =>
    ['server', 'scoring'].every((name) => {
      const said = new RegExp(`"process":"${name}".*the key file was not taken over`);
      return said.test(xiaopu.service.stderr);
    }),
  );
  await tea.sale(sale).expect(200);
});

test('a machine with the file of a month ago goes on, and reads the new one on SIGHUP', async (t) => {
  const site = await startMachines(t);
  const here = path.join(site.dir, 'keys');
  const there = path.join(site.dir, 'keys-there');
  const tea = await site.merchant();
  const product = await tea.product('green');
  const alice = await site.member('alice').withShop();
  await site.servers[0].stop();
  setMonths(here, [[2, 70], [1, 40]]);
  copyFileSync(here, there);
  let first = await site.startServer();
  let second = await site.startServer({ keys: there });
  const at = (server) => Object.assign(Object.create(Object.getPrototypeOf(tea)), tea, server);
  const toFirst = (sale) => at({ base: first.base }).sale(sale);
  const toSecond = (sale) => at({ base: second.base }).sale(sale);
  // The month under whose key the period's buyers' key is wrapped, of each period.
  const wrappedBy = () =>
    site.redisSays([
      'EVAL',
      `local said = {}
       local all = redis.call('HGETALL', KEYS[1])
       for i = 1, #all, 2 do
         if all[i]:sub(1, 1) == 'b' then
           said[#said + 1] = all[i + 1]:byte(1) * 256 + all[i + 1]:byte(2)
         end
       end
       return said`,
      1,
      'period:{g}',
    ]).then((said) => said.split('\n').map(Number).sort());

  const sale = saleOf(alice, product, 'A');
  await toSecond(sale).expect(201);
  assert.deepEqual(await wrappedBy(), [monthNumber(monthName(1))]);
  await site.cliDone(['keys', 'rotate']);
  assert.deepEqual(monthsOf(here), [monthName(1), monthName(0)]);
  const rotated = readFileSync(here);
  await site.cliDone(['keys', 'rotate']);
  assert.deepEqual(readFileSync(here), rotated); // nothing more is due

  // Nothing is left in memory; what one wraps the other reads.
  for (const server of [first, second]) await server.stop();
  first = await site.startServer();
  second = await site.startServer({ keys: there });
  await toSecond(sale).expect(200);
  const former = saleOf(alice, product, 'B', 40);
  await toSecond(former).expect(201);
  await toFirst(former).expect(200);
  await toFirst(sale).expect(200);

  // Four weeks later it has been copied, and is used.
  setMonths(here, [[1, 68], [0, 28]]);
  copyFileSync(here, there);
  for (const server of [first, second, ...site.workers]) server.child.kill('SIGHUP');
  const oldest = saleOf(alice, product, 'C', 100);
  let tries = 0;
  await until('the new key is used', async () => {
    await toSecond(saleOf(alice, product, `C${tries}`, 100 + 28 * tries++)).expect(201);
    return (await wrappedBy()).includes(monthNumber(monthName(0)));
  });
  await toFirst(oldest).expect(201);
  await site.cliDone(['keys', 'rotate']);
  assert.deepEqual(monthsOf(here), [monthName(0)]);
  assert.deepEqual(new Set(await wrappedBy()), new Set([monthNumber(monthName(0))]));

  // A file that is no good is not taken over.
  writeFileSync(there, 'xiaopu-keys 1\n');
  second.child.kill('SIGHUP');
  await until('it says so', () => second.stderr.includes('the key file was not taken over'));
  await toSecond(sale).expect(200);
  assert.ok(site.workers[0].alive);
});
