// test/scenario/http_strict.test.mjs - bytes on the wire: what is refused and how, in which
// order answers come, how long one may take, and how connections end.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { BINARY, freePort } from '../support/process.mjs';
import { expectMetric, start, until } from '../support/xiaopu.mjs';

const GET = 'GET /robots.txt HTTP/1.1\r\nHost: a\r\n';
const LAST = `${GET}Connection: close\r\n\r\n`;
const PUT = 'PUT /api/v1/operator/policy HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';

const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map((m) => Number(m[1]));
const codes = (text) => [...text.matchAll(/"code":"(\w+)"/g)].map((m) => m[1]);

// A socket that keeps what came; connect() resolves when it is open.
class Wire {
  constructor(xiaopu) {
    const { hostname, port } = new URL(xiaopu.base);
    this.socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.text = '';
    this.ended = new Promise((resolve) => this.socket.on('close', resolve));
    this.socket.on('data', (data) => (this.text += data.toString('latin1')));
    this.socket.on('error', () => {});
    this.socket.on('end', () => this.socket.end());
  }

  send(bytes) {
    this.socket.write(bytes);
    return this;
  }

  // Waits until that many answers have come.
  answers(count) {
    return until(`${count} answers`, () => statuses(this.text).length >= count);
  }
}

test('what parsers read differently is refused, and nothing behind it is answered', async (t) => {
  const xiaopu = await start(t);
  const bad = [
    `${GET}A: b\r\n folded\r\n\r\n`,
    `${PUT}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
    `${PUT}A: b\r\n Content-Length: 5\r\n\r\nabcde`,
    `${PUT}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`,
    `${PUT}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${PUT}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${PUT}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${PUT}Content-Length: +5\r\n\r\nabcde`,
    `${PUT}Transfer-Encoding: chunked\r\n\r\n5\r\nabcdeX`,
    `${PUT}Transfer-Encoding: chunked\r\n\r\n5\nabcde\r\n0\r\n\r\n`,
    'GET /robots.txt HTTP/1.1\nHost: a\n\n',
    'GET  /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /robots.txt HTTP/1.1\r\nHost : a\r\n\r\n',
    'GET /robots.txt HTTP/1.1\r\n\r\n',
    `${GET}Host: b\r\n\r\n`,
    'GET /robots.txt HTTP/1.1\r\nHost: a/b\r\n\r\n',
    `${GET}: empty\r\n\r\n`,
    `${GET}A: \x01\r\n\r\n`,
    'GET /a/../robots.txt HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /%2e%2e/robots.txt HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /robots.txt%00 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /robots.txt#x HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /\\robots.txt HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET http://u@a/robots.txt HTTP/1.1\r\nHost: a\r\n\r\n',
    '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03',
  ];

  for (const bytes of bad) {
    const text = await xiaopu.raw(Buffer.from(`${bytes}${GET}\r\n`, 'latin1'));
    assert.deepEqual(statuses(text), [400], JSON.stringify(bytes));
    assert.deepEqual(codes(text), ['bad_request'], JSON.stringify(bytes));
    assert.match(text, /\r\nConnection: close\r\n/);
  }
});

test('each other refusal has its own status', async (t) => {
  const xiaopu = await start(t);
  const cases = [
    ['BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 501, 'method_unknown'],
    [`${LAST.replace('GET', 'TRACE')}`, 405, 'method_not_allowed'],
    [`${GET.replace('GET', 'TRACE')}\r\n${GET}\r\n`, 405, 'method_not_allowed'],
    [`${GET.replace('GET', 'PURGE')}\r\n${GET}\r\n`, 405, 'method_not_allowed'],
    ['CONNECT /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'method_not_allowed'],
    ['GET /robots.txt HTTP/2.0\r\nHost: a\r\n\r\n', 505, 'http_version'],
    ['GET /\r\n\r\n', 505, 'http_version'],
    [`GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414, 'uri_too_long'],
    [`${GET}A: ${'x'.repeat(17000)}\r\n\r\n`, 431, 'headers_too_large'],
    [`${GET}${'A: b\r\n'.repeat(100)}\r\n`, 431, 'headers_too_large'],
    [`${PUT}Content-Length: 99999999\r\n\r\n`, 413, 'too_large'],
    [`${PUT}Transfer-Encoding: chunked\r\n\r\nfffffff\r\n`, 413, 'too_large'],
    [`${PUT}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20000)}\r\n`, 413, 'too_large'],
    [`${GET}Content-Length: 1\r\n\r\nx`, 413, 'too_large'],
    [`${PUT.replace('/json', '/xml')}Content-Length: 2\r\n\r\n{}`, 415],
    [`${PUT}Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}`, 417, 'expectation_failed'],
    [`${PUT}Transfer-Encoding: gzip\r\n\r\n`, 501, 'not_implemented'],
  ];

  for (const [bytes, status, code] of cases) {
    const text = await xiaopu.raw(Buffer.from(bytes, 'latin1'));
    assert.deepEqual(statuses(text), [status], JSON.stringify(bytes.slice(0, 80)));
    if (code) assert.deepEqual(codes(text), [code]);
  }
  const methods = await xiaopu.raw(`${LAST.replace('GET', 'DELETE')}`);
  assert.match(methods, /\r\nAllow: GET, HEAD, OPTIONS\r\n/);
  const options = await xiaopu.raw(`${LAST.replace('GET', 'OPTIONS')}`);
  assert.deepEqual(statuses(options), [204]);
  assert.doesNotMatch(options, /Access-Control/i);
});

test('pipelined requests are answered in their order, the good ones before a bad one', async (t) => {
  const xiaopu = await start(t);
  const put = `${PUT}Content-Length: 2\r\n\r\n{}`;
  const missing = GET.replace('/robots.txt', '/nothing');
  const mixed = `${GET}\r\n${put}${missing}\r\n${put}${GET}\r\n`;

  const text = await xiaopu.raw(`${mixed.repeat(20)}${LAST}`);
  assert.deepEqual(statuses(text), [...Array(20).fill([200, 401, 404, 401, 200]).flat(), 200]);
  const then = await xiaopu.raw(`${GET}\r\n${put}${GET} x\r\n\r\n${GET}\r\n`);
  assert.deepEqual(statuses(then), [200, 401, 400]);
});

test('a request may arrive in any pieces, and the client may close its side', async (t) => {
  const xiaopu = await start(t);
  const wire = new Wire(xiaopu);
  wire.socket.setNoDelay(true);
  for (const byte of `${GET}\r\n${PUT}Content-Length: 2\r\n\r\n{}`) {
    wire.send(byte);
    await new Promise(setImmediate);
  }
  await wire.answers(2);
  assert.deepEqual(statuses(wire.text), [200, 401]);
  wire.socket.destroy();

  const half = await xiaopu.raw(`${GET}\r\n`.repeat(3), { half: true });
  assert.deepEqual(statuses(half), [200, 200, 200]);
  assert.equal(await xiaopu.raw(`${PUT}Content-Length: 2\r\n\r\n{`, { half: true }), '');
});

test('bodies come whole or in chunks, and trailers mean nothing', async (t) => {
  const xiaopu = await start(t);
  const chunked = `${PUT}Transfer-Encoding: chunked\r\n\r\n`;
  const text = await xiaopu.raw(
    `${chunked}1\r\n{\r\n1;a=b\r\n}\r\n0\r\nAuthorization: Bearer x\r\nContent-Length: 9\r\n\r\n${LAST}`,
  );

  assert.deepEqual(statuses(text), [401, 200]);
  assert.deepEqual(codes(text), ['unauthenticated']);
});

test('100 Continue is said only when the body will be read', async (t) => {
  const xiaopu = await start(t);
  const expecting = `${PUT}Expect: 100-continue\r\n`;
  const wire = new Wire(xiaopu).send(`${expecting}Content-Length: 2\r\n\r\n`);

  await wire.answers(1);
  assert.deepEqual(statuses(wire.text), [100]);
  wire.send('{}');
  await wire.answers(2);
  assert.deepEqual(statuses(wire.text), [100, 401]);
  wire.socket.destroy();

  const large = await xiaopu.raw(`${expecting}Content-Length: 9999999\r\n\r\n`);
  assert.deepEqual(statuses(large), [413]);
  const old = expecting.replace('1.1', '1.0');
  assert.deepEqual(statuses(await xiaopu.raw(`${old}Content-Length: 2\r\n\r\n{}`)), [401]);
});

test('whichever coding is asked for first, each form is the same, and kept', async (t) => {
  const xiaopu = await start(t, { args: ['--loops', '1'] });
  const hits = async () => (await xiaopu.metrics()).get('xiaopu_page_cache_hits_total');
  const codings = ['identity', 'gzip', 'br'];
  const ask = async (query, coding) => {
    const path = `/openapi.yaml?${query}`; // each query is a page of its own
    const { headers, bytes } = await xiaopu.nobody
      .page(path, { 'Accept-Encoding': coding })
      .expect(200);
    return { etag: headers.etag, coding: headers['content-encoding'] ?? 'identity', bytes };
  };
  const first = new Map();

  for (const coding of codings) first.set(coding, await ask(`alone=${coding}`, coding));
  for (const begun of codings) {
    assert.deepEqual(await ask(begun, begun), first.get(begun));
    const before = await hits();
    for (const coding of [...codings, ...codings]) {
      assert.deepEqual(await ask(begun, coding), first.get(coding));
      assert.equal(first.get(coding).coding, coding);
    }
    assert.equal((await hits()) - before, 2 * codings.length);
  }
});

test('HEAD, conditional requests and codings tell of the same document', async (t) => {
  const { nobody } = await start(t);
  const plain = await nobody.page('/openapi.yaml').expect(200);
  const gzip = await nobody.page('/openapi.yaml', { 'Accept-Encoding': 'gzip' }).expect(200);
  const br = await nobody.page('/openapi.yaml', { 'Accept-Encoding': 'gzip, br' }).expect(200);

  assert.equal(gunzipSync(gzip.bytes).toString(), plain.text);
  assert.equal(brotliDecompressSync(br.bytes).toString(), plain.text);
  assert.equal(new Set([plain, gzip, br].map((r) => r.headers.etag)).size, 3);
  for (const { headers, bytes } of [plain, gzip, br]) {
    assert.equal(headers['content-length'], String(bytes.length));
    assert.equal(headers.vary, 'Accept, Accept-Encoding, Accept-Language');
    assert.equal(headers['cache-control'], 'public, no-cache');
  }
  const head = await nobody.request('HEAD', '/openapi.yaml').expect(200);
  assert.equal(head.bytes.length, 0);
  assert.equal(head.headers['content-length'], plain.headers['content-length']);
  assert.equal(head.headers.etag, plain.headers.etag);

  for (const list of [plain.headers.etag, `"x", W/${plain.headers.etag}`, '*']) {
    const same = await nobody.page('/openapi.yaml', { 'If-None-Match': list }).expect(304);
    assert.equal(same.bytes.length, 0);
    for (const name of ['etag', 'vary', 'cache-control', 'content-security-policy']) {
      assert.equal(same.headers[name], plain.headers[name], name);
    }
  }
  await nobody.page('/openapi.yaml', { 'If-None-Match': '"x"' }).expect(200);
  await nobody.page('/openapi.yaml', { Range: 'bytes=0-1' }).expect(200);
});

test('every answer has its headers, also a refusal', async (t) => {
  const xiaopu = await start(t);
  const ids = new Set();

  for (const bytes of [LAST, LAST.replace('/robots.txt', '/nothing'), 'nonsense\r\n\r\n']) {
    const text = await xiaopu.raw(bytes);
    assert.match(text, /\r\nX-Content-Type-Options: nosniff\r\n/);
    assert.match(text, /\r\nContent-Security-Policy: default-src 'none'; /);
    assert.match(text, /\r\nReferrer-Policy: /);
    assert.match(text, /\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/);
    assert.doesNotMatch(text, /\r\nServer: .*\d/);
    assert.doesNotMatch(text, /unsafe-(inline|eval)/);
    ids.add(text.match(/\r\nX-Request-Id: ([0-9a-f]{32})\r\n/)[1]);
  }
  assert.equal(ids.size, 3);
});

test('every page keeps other windows away, also one that says that there is none', async (t) => {
  const { nobody } = await start(t);
  const opener = async (path, status, headers) => {
    const answer = await nobody.page(path, headers).expect(status);
    return [answer.type.split(';')[0], answer.headers['cross-origin-opener-policy']];
  };
  const html = { Accept: 'text/html' };

  assert.deepEqual(await opener('/rank', 200, html), ['text/html', 'same-origin']);
  assert.deepEqual(await opener('/nothing', 404, html), ['text/html', 'same-origin']);
  assert.deepEqual(await opener('/s/99999999', 404, html), ['text/html', 'same-origin']);
  assert.deepEqual(await opener('/nothing', 404), ['application/problem+json', undefined]);
  assert.deepEqual(await opener('/api/v1/products', 200), ['application/json', undefined]);
});

test('who bears a cookie must come from our own site', async (t) => {
  const { base, nobody } = await start(t);
  const put = (headers) =>
    nobody.put('/operator/policy', {}, { Cookie: 'session=x', ...headers });

  await put({}).expect(403, 'cross_site');
  await put({ 'Sec-Fetch-Site': 'cross-site' }).expect(403, 'cross_site');
  await put({ 'Sec-Fetch-Site': 'same-site' }).expect(403, 'cross_site');
  await put({ 'Sec-Fetch-Site': 'cross-site', Origin: base }).expect(403, 'cross_site');
  await put({ Origin: 'http://evil.example' }).expect(403, 'cross_site');
  await put({ Origin: 'null' }).expect(403, 'cross_site');
  await put({ 'Sec-Fetch-Site': 'same-origin' }).expect(401, 'unauthenticated');
  await put({ Origin: base }).expect(401, 'unauthenticated');
});

test('documents are to be had in MessagePack, and only in what is offered', async (t) => {
  const { nobody } = await start(t);
  const msgpack = await nobody.get('/categories', { Accept: 'application/msgpack' }).expect(200);

  assert.equal(msgpack.type, 'application/msgpack');
  assert.deepEqual([...msgpack.bytes], [0x81, 0xa5, ...Buffer.from('items'), 0x90]);
  await nobody.get('/categories', { Accept: 'image/png' }).expect(406, 'not_acceptable');
  await nobody.get('/categories', { Accept: 'image/png, */*;q=0.1' }).expect(200);
});

test('time is short for those who dawdle, and a byte now and then does not help', async (t) => {
  const xiaopu = await start(t);
  const silent = new Wire(xiaopu);
  const dribbling = new Wire(xiaopu).send('GET /robots.txt HTTP/1.1\r\n');
  const midBody = new Wire(xiaopu).send(`${PUT}Content-Length: 9\r\n\r\n{`);
  const greedy = new Wire(xiaopu);
  const began = Date.now();
  const drops = setInterval(() => dribbling.send('A: b\r\n'), 500);

  greedy.socket.pause(); // asks for much and reads nothing
  greedy.send(`${GET.replace('/robots.txt', '/openapi.yaml')}\r\n`.repeat(400));
  await Promise.all([silent, dribbling, midBody].map((wire) => wire.ended));
  clearInterval(drops);
  assert.equal(silent.text, '');
  assert.deepEqual(statuses(dribbling.text), [408]);
  assert.deepEqual(statuses(midBody.text), [408]);
  assert.ok(Date.now() - began > 9000 && Date.now() - began < 20_000);

  await until('the greedy one was cut off', async () => {
    return (await xiaopu.metrics()).get('xiaopu_http_connections') === 0;
  });
  expectMetric(await xiaopu.metrics(), 'xiaopu_http_queued_bytes', 0);
  greedy.socket.destroy();
});

test('what is under way is finished when we stop, and the connection says so', async (t) => {
  const xiaopu = await start(t);
  const idle = new Wire(xiaopu).send(`${GET}\r\n`);
  const busy = new Wire(xiaopu).send(`${PUT}Content-Length: 2\r\n\r\n{`);

  await idle.answers(1);
  const { pid } = xiaopu.process('server');
  process.kill(pid, 'SIGTERM');
  await idle.ended; // at once: it has had its answer
  busy.send('}');
  await busy.ended;
  assert.deepEqual(statuses(busy.text), [401]);
  assert.match(busy.text, /\r\nConnection: close\r\n/);
  await xiaopu.back('server', pid);
});

test('with few descriptors the one too many is told so, and later ones are served', async (t) => {
  const { storeWords } = await start(t);
  const port = await freePort();
  const words = ['server', ...storeWords, '--loops', '1', '--listen', `127.0.0.1:${port}`];
  const few = ['-c', 'ulimit -n 64 && exec "$0" "$@"', BINARY, ...words];
  const server = spawn('bash', [...few, '--admin', '127.0.0.1:0'], { stdio: 'ignore' });
  t.after(() => server.kill('SIGKILL'));
  const xiaopu = { base: `http://127.0.0.1:${port}` };
  const answers = async () => {
    const wire = new Wire(xiaopu).send(LAST);
    await wire.ended;
    return statuses(wire.text)[0] === 200;
  };
  await until('it answers', answers);

  const wires = Array.from({ length: 60 }, () => new Wire(xiaopu).send(`${GET}\r\n`));
  await Promise.all(wires.map((wire) => wire.answers(1)));
  const said = wires.map((wire) => statuses(wire.text)[0]);
  assert.ok(said.filter((status) => status === 200).length >= 12, said.join(' '));
  assert.ok(said.filter((status) => status === 503).length >= 12, said.join(' '));
  for (const { text } of wires.filter((wire) => statuses(wire.text)[0] === 503)) {
    assert.deepEqual(codes(text), ['overloaded']);
    assert.match(text, /\r\nContent-Type: application\/problem\+json\r\n/);
    assert.match(text, /\r\nRetry-After: 1\r\n/);
    assert.match(text, /\r\nX-Content-Type-Options: nosniff\r\n/);
    assert.match(text, /\r\nConnection: close\r\n/);
  }
  for (const wire of wires) wire.socket.destroy();
  await until('there is room again', answers);
  server.kill('SIGTERM');
  assert.equal((await once(server, 'exit'))[0], 0);
});
