// test/scenario/tls.test.mjs - HTTPS: versions, resumption on every loop, a new certificate
// without a restart, and ends that are no ends.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { makeDir, start, until } from '../support/xiaopu.mjs';

const GET = 'GET /robots.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

// A pair for `name` at dir/name.cert and dir/name.key.
function makePair(dir, name) {
  const [cert, key] = [path.join(dir, `${name}.cert`), path.join(dir, `${name}.key`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const words = ['req', '-x509', ...curve, '-nodes', '-days', '2', '-subj', `/CN=${name}`];
  execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

async function startTls(t) {
  const dir = makeDir(t);
  const { cert, key } = makePair(dir, 'first');
  const args = ['--tls-cert', cert, '--tls-key', key, '--loops', '2'];
  const xiaopu = await start(t, { args });
  return { xiaopu, dir, cert, key };
}

// One GET on a connection of its own: who answered, how, and the session to resume with.
async function ask(xiaopu, options = {}, bytes = GET) {
  const { port } = new URL(xiaopu.base);
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  const said = { text: '', session: undefined };

  socket.on('session', (session) => (said.session = session));
  socket.on('data', (data) => (said.text += data));
  await once(socket, 'secureConnect');
  said.name = socket.getPeerCertificate().subject?.CN;
  said.reused = socket.isSessionReused();
  said.protocol = socket.getProtocol();
  said.alpn = socket.alpnProtocol;
  socket.write(bytes);
  await once(socket, 'close');
  return said;
}

test('TLS 1.2 and 1.3 are spoken, older ones and other protocols are not', async (t) => {
  const { xiaopu } = await startTls(t);

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const said = await ask(xiaopu, { minVersion: version, maxVersion: version });
    assert.equal(said.protocol, version);
    assert.match(said.text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(said.text, /\r\nStrict-Transport-Security: max-age=\d{8}\r\n/);
  }
  const offered = await ask(xiaopu, { ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal(offered.alpn, 'http/1.1');
  await assert.rejects(ask(xiaopu, { ALPNProtocols: ['h2'] }));
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
  await assert.rejects(ask(xiaopu, old));
  const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' };
  await assert.rejects(ask(xiaopu, cbc));
});

test('a session is resumed by whichever loop takes the next connection', async (t) => {
  const { xiaopu } = await startTls(t);

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    const first = await ask(xiaopu, { maxVersion });
    assert.equal(first.reused, false);
    for (let i = 0; i < 12; i++) {
      const { reused } = await ask(xiaopu, { maxVersion, session: first.session });
      assert.equal(reused, true, `${maxVersion}, connection ${i}`);
    }
  }
});

test('a new certificate serves new connections, a bad one changes nothing', async (t) => {
  const { xiaopu, dir, cert, key } = await startTls(t);
  const before = await ask(xiaopu, { maxVersion: 'TLSv1.2' });
  const next = makePair(dir, 'second');
  const reload = () => process.kill(xiaopu.process('server').pid, 'SIGHUP');

  assert.equal(before.name, 'first');
  copyFileSync(next.cert, cert);
  copyFileSync(next.key, key);
  reload();
  await until('the second certificate', async () => (await ask(xiaopu)).name === 'second');
  const resumed = await ask(xiaopu, { maxVersion: 'TLSv1.2', session: before.session });
  assert.equal(resumed.reused, true);

  writeFileSync(cert, 'no certificate');
  reload();
  for (let i = 0; i < 5; i++) assert.equal((await ask(xiaopu)).name, 'second');
});

test('large answers and pipelined requests pass through whole', async (t) => {
  const { xiaopu } = await startTls(t);
  const large = GET.replace('/robots.txt', '/openapi.yaml');
  const more = large.replace('Connection: close\r\n', '');
  const one = await ask(xiaopu, {}, large);
  const many = await ask(xiaopu, {}, `${more.repeat(15)}${large}`);
  const body = one.text.slice(one.text.indexOf('\r\n\r\n') + 4);

  assert.ok(body.length > 50_000);
  assert.equal(many.text.split(body).length, 17);
});

test('a connection that is cut in the middle of a message sends no message', async (t) => {
  const { xiaopu } = await startTls(t);
  const { port } = new URL(xiaopu.base);
  const raw = net.connect({ host: '127.0.0.1', port });
  const socket = tls.connect({ socket: raw, rejectUnauthorized: false });
  let text = '';

  socket.on('data', (data) => (text += data));
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write('PUT /api/v1/operator/policy HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n');
  await new Promise((sent) => socket.write('Content-Type: application/json\r\n\r\n{"a"', sent));
  raw.end(); // a FIN without close_notify
  await once(raw, 'close');
  assert.equal(text, '');
  assert.match((await ask(xiaopu)).text, /^HTTP\/1\.1 200 OK/);
});

test('plain HTTP on the TLS port, and noise, end at once', async (t) => {
  const { xiaopu } = await startTls(t);

  assert.doesNotMatch(await xiaopu.raw(GET), /HTTP\/1\.1 200/);
  assert.doesNotMatch(await xiaopu.raw(Buffer.alloc(300, 0xff)), /HTTP/);
  assert.match((await ask(xiaopu)).text, /^HTTP\/1\.1 200 OK/);
});
