// Restoring: whole or not at all, whatever is restored and whenever it is broken off.
// has a store of its own
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { BINARY, Service, childrenOf, command } from '../support/process.mjs';
import { embeddedOnly, makeDir, start, until } from '../support/xiaopu.mjs';

const ROUNDS = 8;

// A store that takes a while to read.
const FILL = `for i = 1, 300000 do redis.call('SET', '{g}:filler:' .. i, string.rep(i, 20)) end`;

async function fill(xiaopu) {
  const [password] = readFileSync(path.join(xiaopu.dir, 'redis.auth'), 'utf8').split('\n');
  const words = ['-s', path.join(xiaopu.dir, 'redis.sock'), '--user', 'service', '--pass', password];
  const done = await command('redis-cli', [...words, '--no-auth-warning', 'EVAL', FILL, '0']);
  assert.equal(done.stderr, '');
}

const isGone = (pid) => !existsSync(`/proc/${pid}`) ||
  readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');

// A service with one shop, and its backup.
async function world(t, { filled = false } = {}) {
  const xiaopu = await start(t);
  await xiaopu.member('alice').withShop();
  if (filled) await fill(xiaopu);
  const file = path.join(makeDir(t), 'backup');
  await xiaopu.cliDone(['backup', file]);
  const keys = path.join(xiaopu.dir, 'xiaopu.keys');
  const words = (to, what = file) => ['restore', what, '--data', to, '--keys', keys];
  return { file, keys, words, restore: (to, what) => command(BINARY, words(to, what)) };
}

// What lies there is a whole store, and nothing of the restoring.
async function isWhole(to, keys) {
  const said = await command(BINARY, ['verify', '--data', to, '--keys', keys]);
  assert.match(said.stdout, /^ok +readable +1 /m, said.stderr);
  assert.deepEqual(readdirSync(to).filter((name) => /restor|rdb/.test(name)), []);
}

test('a restore that is killed holds nothing, and is done again', { skip: embeddedOnly }, async (t) => {
  const { keys, words, restore } = await world(t, { filled: true });
  const began = Date.now();
  assert.equal((await restore(path.join(makeDir(t), 'once'))).status, 0);
  const whole_ms = Date.now() - began;

  for (let i = 0; i < ROUNDS; i++) {
    const to = path.join(makeDir(t), 'to');
    const restoring = new Service(words(to));
    await until('its store has begun', () => existsSync(path.join(to, 'redis.log')));
    const [store] = childrenOf(restoring.pid);
    await new Promise((resolve) => setTimeout(resolve, (whole_ms * i) / ROUNDS));
    await restoring.stop('SIGKILL');
    await until('its store is gone', () => !store || isGone(store.pid));
    if (!existsSync(path.join(to, 'appendonlydir'))) {
      const again = await restore(to);
      assert.deepEqual([again.status, again.stderr], [0, '']);
    }
    await isWhole(to, keys);
  }
});

test('what is no whole backup of this store is refused, and leaves no trace', { skip: embeddedOnly }, async (t) => {
  const { file, keys, restore } = await world(t);
  const dir = makeDir(t);
  const [to, bad] = [path.join(dir, 'to'), path.join(dir, 'bad')];
  const refused = async (bytes, pattern, otherKeys = keys) => {
    writeFileSync(bad, bytes);
    const done = await command(BINARY, ['restore', bad, '--data', to, '--keys', otherKeys]);
    assert.deepEqual([done.status, done.stdout], [1, '']);
    assert.match(done.stderr, /^xiaopu: [^\n]*\n$/);
    assert.match(done.stderr, pattern);
    const left = existsSync(to) ? readdirSync(to) : [];
    assert.deepEqual(left.filter((name) => /append|restor|rdb/.test(name)), []);
  };
  const whole = readFileSync(file);
  const flipped = Buffer.from(whole);
  flipped[flipped.length >> 1] ^= 1;

  await refused('', /is no backup/);
  await refused('not a backup at all', /is no backup/);
  await refused('REDIS', /cut or damaged/);
  await refused(whole.subarray(0, whole.length - 1), /cut or damaged/);
  await refused(whole.subarray(0, whole.length >> 1), /cut or damaged/);
  await refused(flipped, /cut or damaged/);
  const others = path.join(dir, 'others');
  assert.equal((await command(BINARY, ['keys', 'make', '--keys', others])).status, 0);
  await refused(whole, /is not this store's key file/, others);
  assert.equal((await restore(to)).status, 0);
  await isWhole(to, keys);
});
