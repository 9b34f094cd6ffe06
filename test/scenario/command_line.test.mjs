// The command line: wrong usage is one line and exit 2, failure one line and exit 1, and
// neither leaves anything started or made. What there is to try is asked of `help`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startMachines } from '../support/machines.mjs';
import { BINARY, Service, command, freePort } from '../support/process.mjs';
import { makeDir, start, until } from '../support/xiaopu.mjs';

const xiaopu = (...words) => command(BINARY, words);

async function fails(status, pattern, words, options) {
  const done = await command(BINARY, words, options);
  const said = `xiaopu ${words.join(' ')}: ${done.status} ${done.stderr}${done.stdout}`;
  assert.equal(done.status, status, said);
  assert.match(done.stderr, pattern, said);
  assert.match(done.stderr, /^xiaopu: [^\n]*\n$/, said);
  assert.equal(done.stdout, '', said);
}

// Every command with its arguments and options: [{ name: ['policy', 'set'], args: ['FILE'],
// options: [['data', 'DIR'], ['demo', undefined], ...] }].
async function allCommands() {
  const { stdout } = await xiaopu('help');
  const lines = stdout.split('\n\n')[1].split('\n');
  const names = lines.map((line) => line.trim().match(/^[a-z -]+?(?= [A-Z]| {2,})/)[0].split(' '));
  return Promise.all(names.map(async (name) => {
    const help = (await xiaopu(...name, '--help')).stdout;
    const args = help.match(/^usage: xiaopu [a-z -]+(.*?) ?\[options\]$/m)[1].split(' ');
    const options = [...help.matchAll(/^ {2}--([a-z-]+)(?: ([A-Z][A-Z:]*|always\S+)|(\[\S+))? /gm)];
    return {
      name,
      args: args.filter(Boolean),
      options: options.map(([, option, value, optional]) => [option, value ?? optional]),
    };
  }));
}

// One command after the other, all that is tried with it at once.
async function inTurn(commands, tries) {
  for (const each of commands) await Promise.all(tries(each));
}

const takes = (each, option) => each.options.some(([name]) => name === option);

// What a command needs beside what is tried, all of it good.
function needed(each, dir, { but = [] } = {}) {
  const good = { VERSION: '1', NAME: 'me' };
  const words = each.args.map((arg) => good[arg] ?? path.join(dir, 'nothing'));
  if (takes(each, 'merchant') && !but.includes('merchant')) words.push('--merchant', '263');
  if (takes(each, 'data') && !but.includes('data')) words.push('--data', path.join(dir, 'data'));
  if (each.name.join(' ') === 'keys make' && !but.includes('keys')) {
    words.push('--keys', path.join(dir, 'keys'));
  }
  return words;
}

const GARBAGE = {
  redis: ['x', 'http://127.0.0.1', 'redis://', 'redis://127.0.0.1:0', 'redis://h:x', 'unix:'],
  listen: ['8080', ':80', '127.0.0.1', '127.0.0.1:', '127.0.0.1:-1', '127.0.0.1:65536',
    '127.0.0.1:x', 'localhost:80', '::1:80', '[::1:80', '256.0.0.1:80', ' 127.0.0.1:80'],
  'public-url': ['x', 'ftp://a.example', 'https://', 'https://a b', 'https://a.example/shop',
    'https://a.example?x=1', 'https://me@a.example', `https://${'a'.repeat(300)}`],
  loops: ['0', '-1', '65', '9999', '1.5', '1x', 'x', '+1', ' 1'],
  'trust-proxy': ['foo', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/x', '::/129', '10.0.0.1,',
    Array(17).fill('10.0.0.1').join(',')],
  durability: ['never', 'Always', 'always,everysec'],
  'test-clock': ['yesterday', '2011-09-01', '2011-13-01T00:00:00Z', '1'],
  merchant: ['x', '0', '-1', '1.5', '99999999999999999999'],
};
GARBAGE.admin = GARBAGE.listen;

test('wrong words are wrong usage, in every command', async (t) => {
  const dir = makeDir(t);
  const commands = await allCommands();
  assert.equal(commands.length, 20);
  await fails(2, /which command/, []);
  await fails(2, /no such command: fly high/, ['fly', 'high']);
  await fails(2, /no such command: policy$/m, ['policy']);
  await fails(2, /no such command: policy sing/, ['policy', 'sing']);
  await fails(2, /no such command: --data x/, ['--data', 'x', 'run']);
  await fails(2, /no such command: -h/, ['-h']);

  await inTurn(commands, (each) => {
    const usage = new RegExp(`usage: xiaopu ${each.name.join(' ')} ${each.args.join(' ')}`);
    const words = [...each.name, ...needed(each, dir)];
    const without = [...each.name, ...needed(each, dir).slice(each.args.length)];
    return [
      each.args.length > 0 && fails(2, usage, without),
      fails(2, usage, [...words, 'one-more']),
      fails(2, /too many arguments|usage/, [...words, ...'abcdef']),
      fails(2, /no such option here: --colour/, [...words, '--colour', 'red']),
      fails(2, /no such option here: --\n/, [...words, '--']),
    ];
  });
  assert.deepEqual(readdirSync(dir), []);
});

test('wrong options are wrong usage, in every command', async (t) => {
  const dir = makeDir(t);
  const commands = await allCommands();
  const known = new Map(commands.flatMap(({ options }) => options));

  await inTurn(commands, (each) => [...known].flatMap(([option, value]) => {
    const words = [...each.name, ...needed(each, dir, { but: [option] })];
    const flag = `--${option}`;
    if (!takes(each, option)) return fails(2, /no such option here/, [...words, flag]);
    const twice = (...given) => fails(2, /given twice/, [...words, ...given]);
    if (value === undefined) {
      return [fails(2, /takes no value/, [...words, `${flag}=yes`]), twice(flag, flag)];
    }
    const missing = (...given) => fails(2, /needs a value/, [...words, ...given]);
    const optional = value.startsWith('[');
    return [
      twice(`${flag}=a`, `${flag}=b`),
      missing(`${flag}=`),
      ...(optional ? [] : [missing(flag), missing(flag, ''), missing(flag, '--help-me')]),
    ];
  }));
  assert.deepEqual(readdirSync(dir), []);
});

test('garbage in an option is wrong usage, and nothing is started', async (t) => {
  const dir = makeDir(t);
  await inTurn(await allCommands(), (each) => {
    const tried = Object.entries(GARBAGE).filter(([option]) => takes(each, option));
    return tried.flatMap(([option, values]) => {
      const but = option === 'redis' ? ['redis', 'data'] : [option];
      const words = [...each.name, ...needed(each, dir, { but })];
      if (option === 'redis') words.push('--keys', path.join(dir, 'keys'));
      const said = new RegExp(`^xiaopu: --${option} `);
      return values.map((value) => fails(2, said, [...words, `--${option}=${value}`]));
    });
  });
  await fails(2, /--listen is not an ADDR:PORT: 8080/, ['run', '--listen', '8080']);
  await fails(2, /--durability is always or everysec: never/, ['run', '--durability', 'never']);
  const secret = ['verify', '--keys', 'k', '--redis', 'redis://me:secret@h:x'];
  assert.doesNotMatch((await xiaopu(...secret)).stderr, /secret/);
  assert.deepEqual(readdirSync(dir), []);
});

test('options that do not go together are wrong usage', async (t) => {
  const dir = makeDir(t);
  const data = ['--data', path.join(dir, 'data')];
  const redis = ['--redis', 'redis://127.0.0.1:1'];
  const keys = ['--keys', path.join(dir, 'keys')];
  for (const each of await allCommands()) {
    const words = [...each.name, ...needed(each, dir, { but: ['data'] })];
    if (takes(each, 'redis')) {
      await fails(2, /goes with --keys FILE and without --data/, [...words, ...redis]);
      await fails(2, /goes with --keys/, [...words, ...redis, ...keys, ...data]);
    }
    if (takes(each, 'merchant')) {
      const without = needed(each, dir, { but: ['merchant'] });
      await fails(2, /--merchant ID/, [...each.name, ...without]);
    }
    if (takes(each, 'listen')) {
      for (const one of ['--tls-cert', '--tls-key']) {
        await fails(2, /go together/, [...words, ...data, one, 'pem']);
      }
      const same = ['--listen', '127.0.0.1:9000', '--admin', '127.0.0.1:9000'];
      await fails(2, /are one address/, [...words, ...data, ...same]);
    }
  }
  await fails(2, /--keys FILE/, ['keys', 'make']);
  assert.deepEqual(readdirSync(dir), []);
});

test('arguments are judged before a store is started', async (t) => {
  const dir = makeDir(t);
  const data = ['--data', path.join(dir, 'data')];
  for (const version of ['abc', '0', '-1', '1.5', '']) {
    await fails(2, /VERSION is a number/, ['policy', 'rollback', version, ...data]);
  }
  for (const who of ['merchant', 'operator']) {
    for (const name of ['', ' ', 'a\nb', 'a\u200bb', 'x'.repeat(300)]) {
      await fails(2, /name has 1 to/, [who, 'create', name, ...data]);
    }
  }
  assert.deepEqual(readdirSync(dir), []);
});

test('help names every command and option, and exits with 0', async () => {
  const help = await xiaopu('help');
  assert.equal(help.status, 0);
  for (const word of ['run', 'keys rotate', 'backup FILE', '--test-clock[=RFC3339]']) {
    assert.ok(help.stdout.includes(word), word);
  }
  const one = await xiaopu('backup', '--help');
  assert.equal(one.status, 0);
  assert.match(one.stdout, /^usage: xiaopu backup FILE \[options\]/);
});

test('what stands in the way of a start is said in one line', async (t) => {
  const dir = makeDir(t);
  const [data, file] = [path.join(dir, 'data'), path.join(dir, 'file')];
  const pair = ['--tls-cert', file, '--tls-key', file];
  writeFileSync(file, '');
  await fails(1, /file: the certificate cannot be read/, ['run', '--data', data, ...pair]);
  await fails(1, /cannot listen on 192.0.2.1:0/, ['run', '--data', data, '--listen', '192.0.2.1:0']);
  assert.deepEqual(readdirSync(dir), ['file']);
  for (const each of await allCommands()) {
    if (!takes(each, 'data') || each.name[0] === 'doctor') continue;
    const words = [...each.name, ...needed(each, dir, { but: ['data'] })];
    if (each.name[0] === 'restore') continue; // it has its own tests
    await fails(1, /cannot write to .*Not a directory/, [...words, '--data', file]);
    await fails(1, /cannot write to .*No such file/, [...words, '--data', path.join(dir, 'a/b')]);
    if (['server', 'scoring'].includes(each.name[0])) continue; // whose store is another's
    await fails(1, /redis-server is not installed/, [...words, '--data', data], {
      env: { PATH: '/nonexistent' },
    });
  }
  await fails(1, /the store does not answer/, ['policy', 'show', '--redis', 'redis://127.0.0.1:1',
    '--keys', path.join(dir, 'keys')]);
});

test('files that cannot be used are said in one line, by every command', async (t) => {
  const world = await start(t);
  const { id } = await world.merchant();
  const dir = makeDir(t);
  const [none, empty, junk, key] = ['none', 'empty', 'junk', 'key'].map((n) => path.join(dir, n));
  const data = world.storeWords;
  const withoutKeys = data.slice(0, 2);
  writeFileSync(empty, '');
  writeFileSync(junk, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
  writeFileSync(key, '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n');
  const commands = [
    ['catalog', 'import', '--merchant', id, ...data],
    ['sales', 'import', '--merchant', id, ...data],
    ['policy', 'set', ...data],
    ['policy', 'preview', ...data],
    ['verify-score'],
    ['restore', '--data', path.join(dir, 'to'), '--keys', path.join(world.dir, 'xiaopu.keys')],
  ];
  for (const words of commands) {
    for (const file of [none, dir, empty, junk]) {
      await fails(1, new RegExp(`^xiaopu: ${file}\\b`), [...words, file]);
    }
  }
  await fails(1, /cannot write .*No such file/, ['backup', path.join(none, 'file'), ...data]);
  for (const file of [none, dir, empty, key]) {
    await fails(1, /is not a public key/, ['verify-score', empty, '--key', file]);
  }
  for (const words of commands.slice(0, 2)) {
    const other = words.map((word) => (word === id ? '77001' : word));
    await fails(1, /there is no such merchant/, [...other, empty]);
  }
  await fails(1, /there is no version 999/, ['policy', 'rollback', '999', ...data]);
  const others = path.join(dir, 'others');
  assert.equal((await xiaopu('keys', 'make', '--keys', others)).status, 0);
  const show = ['policy', 'show', ...withoutKeys, '--keys'];
  await fails(1, /others is not this store's key file/, [...show, others]);
  for (const file of [dir, empty, junk, path.join(none, 'keys')]) {
    await fails(1, /./, [...show, file]);
    await fails(1, /./, ['keys', 'make', '--keys', file]);
  }
});

test('of several addresses none may be a Redis of its own', async (t) => {
  const dir = makeDir(t);
  const keys = path.join(dir, 'xiaopu.keys');
  const [port, other] = [await freePort(), await freePort()].map(String);
  const say = async (...words) => (await command('redis-cli', ['-p', port, ...words])).stdout.trim();
  const redis = spawn('redis-server', ['--port', port, '--bind', '127.0.0.1', '--dir', dir]);
  t.after(async () => {
    const ended = once(redis, 'close');
    redis.kill('SIGKILL');
    await ended;
  });
  await until('Redis answers', async () => (await say('PING')) === 'PONG');
  assert.equal((await xiaopu('keys', 'make', '--keys', keys)).status, 0);

  const url = `redis://127.0.0.1:${port},127.0.0.1:${other}`;
  const listen = `127.0.0.1:${await freePort()}`;
  const server = new Service(['server', '--redis', url, '--keys', keys, '--listen', listen]);
  await until('it is said', () => /several nodes were named, and one is of no/.test(server.stderr));
  await server.stop();
  assert.equal(await say('DBSIZE'), '0'); // and nothing was written
});

test('a key file is made once, and closed to others', async (t) => {
  const file = path.join(makeDir(t), 'keys');
  assert.equal((await xiaopu('keys', 'make', '--keys', file)).status, 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  chmodSync(file, 0o644);
  await fails(1, /./, ['keys', 'make', '--keys', file]);
});

test('the doctor finds what is wrong with a directory', async (t) => {
  const dir = path.join(makeDir(t), 'data');
  mkdirSync(dir, { mode: 0o755 });
  const open = await xiaopu('doctor', '--data', dir);
  assert.match(open.stdout, /^FAIL data directory, to others: open: chmod 0700$/m);
  assert.match(open.stdout, /^ok {3}store: answers, functions loaded$/m);
  assert.equal(open.status, 1);
  chmodSync(dir, 0o700);
  assert.equal((await xiaopu('doctor', '--data', dir)).status, 0);
});

// A library as another version of ours would have loaded it.
function libraryOf(name) {
  const code = "redis.register_function('old_@VERSION@', function() return { 'ok' } end)";
  const source = `#!lua name=${name}_@VERSION@\n${code}\n`;
  const version = createHash('sha256').update(source).digest('hex').slice(0, 8);
  return source.replaceAll('@VERSION@', version);
}

test('the doctor deletes function libraries of ours that no live process names', async (t) => {
  const site = await startMachines(t);
  const old = await site.redisSays(['FUNCTION', 'LOAD'], libraryOf('old'));
  const theirs = "#!lua name=theirs_0123abcd\nredis.register_function('x', function() end)\n";
  await site.redisSays(['FUNCTION', 'LOAD'], theirs);

  assert.doesNotMatch(await site.cliDone(['doctor']), /function libraries/);
  const said = await site.cliDone(['doctor', '--prune']);
  assert.match(said, /^ok {3}function libraries: 1 deleted, \d\d in use, 1 of other programs$/m);
  const left = await site.redisSays(['FUNCTION', 'LIST']);
  assert.ok(!left.includes(old) && left.includes('theirs_0123abcd'));

  const [seconds] = (await site.redisSays(['TIME'])).split('\n');
  await site.redisSays(['HSET', 'process:{g}', '00ff00ff00ff00ff', `${seconds}999 {"role":"server"}`]);
  const refused = await site.cli(['doctor', '--prune']);
  assert.match(refused.stdout, /^FAIL function libraries: refused: 1 live that do not name theirs/m);
  assert.equal(refused.status, 1);
});

test('a backup is restored with its key file, into an empty directory only', async (t) => {
  const dir = makeDir(t);
  const [from, to, file] = ['from', 'to', 'backup'].map((name) => path.join(dir, name));
  assert.equal((await xiaopu('backup', file, '--data', from)).status, 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await fails(1, /File exists/, ['backup', file, '--data', from]);
  await fails(1, /key file is needed/, ['restore', file, '--data', to]);
  const keys = ['--keys', path.join(from, 'xiaopu.keys')];
  assert.equal((await xiaopu('restore', file, '--data', to, ...keys)).status, 0);
  assert.ok(existsSync(path.join(to, 'appendonlydir')));
  await fails(1, /a store in this directory already/, ['restore', file, '--data', to, ...keys]);
  assert.equal((await xiaopu('doctor', '--data', to, ...keys)).status, 0);
});
