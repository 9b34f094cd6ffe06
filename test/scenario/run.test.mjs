// xiaopu run: three processes under one, started again when they die, stopped in order.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { BINARY, Service, childrenOf, command } from '../support/process.mjs';
import { atEnd, embeddedOnly, makeDir, start, until } from '../support/xiaopu.mjs';

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

// Commands that fail say one line; a sanitizer's own warnings do not count.
const linesOf = (stderr) => stderr.split('\n').filter((line) => line && !line.startsWith('=='));

test('what dies is started again, and nothing acknowledged is lost', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice').withShop();
  for (const name of ['server', 'scoring', 'store']) {
    const pid = xiaopu.kill(name, 'SIGKILL');
    await xiaopu.back(name, pid);
    const shop = await until('the shop is served', async () => {
      const answer = await alice.get('/me/shop').catch(() => undefined);
      return answer?.status === 200 && answer.body;
    });
    assert.equal(shop.number, alice.number);
  }
});

test('SIGTERM ends all with 0, and a second start goes on from there', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice').withShop();
  const pids = childrenOf(xiaopu.service.pid).map(({ pid }) => pid);
  assert.equal(pids.length, xiaopu.cluster ? 2 : 3);
  await xiaopu.stop();
  assert.deepEqual(pids.filter(isAlive), []);
  await xiaopu.run();
  await alice.get('/me/shop').expect(200);
});

test('a run whose store is not up yet obeys SIGTERM', async (t) => {
  const bin = makeDir(t);
  writeFileSync(path.join(bin, 'redis-server'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  const service = new Service(['run', '--data', path.join(makeDir(t), 'data'),
    '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'],
  { env: { PATH: `${bin}:${process.env.PATH}` } });
  const store = await until('a store is started', () =>
    childrenOf(service.pid).find(({ words }) => words[0] === 'sleep'));
  assert.equal(await service.stop(), 0);
  assert.deepEqual([service.stdout, linesOf(service.stderr)], ['', []]);
  assert.ok(!isAlive(store.pid));
});

test('when the supervisor is killed its children end', async (t) => {
  const service = new Service(['run', '--data', makeDir(t), '--listen', '127.0.0.1:0',
    '--admin', '127.0.0.1:0']);
  await service.says(/^ready/m);
  const pids = childrenOf(service.pid).map(({ pid }) => pid);
  await service.stop('SIGKILL');
  await until('the children have ended', () => pids.every((pid) => !isAlive(pid)));
});

test('a second run on one directory gives up after 5 s with one line', { skip: embeddedOnly }, async (t) => {
  const xiaopu = await start(t);
  const before = Date.now();
  const second = await command(BINARY, ['run', '--data', xiaopu.dir, '--listen', '127.0.0.1:0',
    '--admin', '127.0.0.1:0']);
  assert.equal(second.status, 1);
  assert.equal(second.stdout, '');
  assert.match(linesOf(second.stderr).join('\n'), /^xiaopu: .* is in use by another xiaopu$/);
  assert.ok(Date.now() - before >= 4900);
  await xiaopu.ready();
});

test('a port in use is one line and exit 1', async (t) => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.after(() => holder.close());
  const taken = `127.0.0.1:${holder.address().port}`;
  const done = await command(BINARY, ['run', '--data', makeDir(t), '--listen', taken,
    '--admin', '127.0.0.1:0']);
  assert.equal(done.status, 1);
  assert.equal(done.stdout, '');
  const plain = linesOf(done.stderr).filter((line) => !line.startsWith('{'));
  assert.equal(plain.length, 1, done.stderr);
  assert.ok(plain[0].includes(taken), plain[0]);
});

test('another service on the same ports is not taken for this one', async (t) => {
  const xiaopu = await start(t);
  const done = await command(BINARY, ['run', '--data', makeDir(t), '--listen', xiaopu.listen,
    '--admin', xiaopu.adminAddress]);
  assert.equal(done.status, 1);
  assert.equal(done.stdout, '');
  assert.deepEqual(linesOf(done.stderr), [`xiaopu: ${xiaopu.listen} is in use`]);
});

test('data of a newer version is refused in one line', { skip: embeddedOnly }, async (t) => {
  const xiaopu = await start(t);
  const [password] = readFileSync(path.join(xiaopu.dir, 'redis.auth'), 'utf8').split('\n');
  const socket = path.join(xiaopu.dir, 'redis.sock');
  const words = ['-s', socket, '--user', 'service', '--pass', password, '--no-auth-warning'];
  const set = await command('redis-cli', [...words, 'HSET', 'meta:{g}', 'format', '999']);
  assert.equal(set.stdout.trim(), '0', set.stderr);
  await xiaopu.stop();
  const done = await command(BINARY, ['run', '--data', xiaopu.dir, '--listen', '127.0.0.1:0',
    '--admin', '127.0.0.1:0']);
  assert.equal(done.status, 1);
  assert.match(done.stderr, /^xiaopu: .*newer version/m);
  delete xiaopu.service; // ended already, and well
});

test('the test clock begins where it is told, and goes on after a stop', async (t) => {
  const xiaopu = await start(t, { clock: '2011-09-01T00:00:00Z' });
  const began = await xiaopu.clock.now();
  assert.ok(Math.abs(began - Date.parse('2011-09-01T00:00:00Z')) < 60_000);
  await xiaopu.clock.advance(86400);
  await xiaopu.stop();
  await xiaopu.run();
  assert.ok((await xiaopu.clock.now()) - began >= 86400_000);
});

test('--demo is ready once filled, and does nothing to a filled store', async (t) => {
  const xiaopu = await start(t, { demo: true });
  assert.match(xiaopu.service.stdout, /"merchant_id"[^]*demo shop \d+, user name demo/);
  const { body } = await xiaopu.nobody.get('/products?limit=100').expect(200);
  assert.ok(body.items.length >= 15);
  const [, number] = xiaopu.service.stdout.match(/demo shop (\d+)/);
  const shop = await xiaopu.nobody.get(`/shops/${number}`).expect(200);
  assert.equal(shop.body.slots.length, 4);
  const board = await xiaopu.nobody.get('/boards/top').expect(200);
  assert.equal(board.body.items.length, 10);
  const signedIn = { username: 'demo', password: 'demo demo demo' };
  const { token } = (await xiaopu.nobody.post('/sessions', signedIn).expect(201)).body;
  const demo = xiaopu.client({ token });
  const { totals, products } = (await demo.get('/me/shop/analytics?days=60').expect(200)).body;
  assert.ok(totals.orders > 0 && totals.visits > totals.visitors && totals.visitors > 0);
  assert.ok(products.some(({ visits }) => visits > 0));
  await xiaopu.stop();
  await xiaopu.run();
  assert.doesNotMatch(xiaopu.service.stdout, /merchant_id/);
});

test('a store that is elsewhere and not there yet is waited for', async (t) => {
  const dir = makeDir(t);
  const socket = path.join(dir, 'redis.sock');
  const words = ['run', '--redis', `unix:${socket}`, '--keys', path.join(dir, 'keys')];
  const run = new Service([...words, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0']);
  atEnd(t, () => run.stop());
  await until('it says so', () => /the store does not answer; waiting for it/.test(run.stderr));

  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', dir], {
    stdio: 'ignore',
  });
  t.after(() => redis.kill('SIGKILL'));
  await run.says(/^ready /m);
  assert.equal(await run.stop(), 0);
});
