// Days on which the store is slow, gone, full or damaged: what answers then, what is
// promised keeps, and all is well again without a hand.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd, embeddedOnly, makeDir, start, until } from '../support/xiaopu.mjs';

async function openShop(xiaopu) {
  const tea = await xiaopu.merchant();
  const product = await tea.product('green', { title: 'green tea' });
  const alice = await xiaopu.member('alice').withShop();
  await alice.put('/me/shop/slots/1', { product_id: product.id }).expect(200);
  return { tea, alice, product };
}

const sale = (alice, product, id) => ({
  sale_id: id,
  number: alice.number,
  product_id: product.id,
  quantity: 1,
  amount_fen: 1000,
  buyer_ref: id,
  sold_at: new Date().toISOString(),
});

function expectAway(answer) {
  assert.ok([503, 504].includes(answer.status), `${answer.status} ${answer.text}`);
  const code = answer.status === 503 ? 'store_unavailable' : 'outcome_unknown';
  assert.equal(answer.body.code, code);
  assert.ok(Number(answer.headers['retry-after']) >= 1);
}

test('a store that stands still is answered for, and nothing is lost', async (t) => {
  const xiaopu = await start(t, { still: true });
  const { tea, alice, product } = await openShop(xiaopu);
  await xiaopu.nobody.page(`/s/${alice.number}`).expect(200);

  xiaopu.kill('store', 'SIGSTOP');
  const wanted = sale(alice, product, 's-1');
  expectAway(await tea.sale(wanted));
  await xiaopu.nobody.page(`/s/${alice.number}`).expect(200); // from the cache
  xiaopu.kill('store', 'SIGCONT');

  await until('the sale is taken', async () => {
    const { status } = await tea.sale(wanted);
    return status === 200 || status === 201;
  });
  const { body } = await tea.get('/merchant/sales').expect(200);
  assert.equal(body.items.length, 1);
  await xiaopu.cliDone(['verify']);
});

test('while the store is down every answer comes at once and says so', async (t) => {
  const xiaopu = await start(t, { still: true });
  const { tea, alice, product } = await openShop(xiaopu);
  const stopped = xiaopu.kill('store');

  let away = 0;
  await until('the store is back', async () => {
    const answer = await tea.sale(sale(alice, product, 's-1'));
    if (answer.status < 300) return true;
    expectAway(answer);
    away++;
    return false;
  });
  assert.ok(away > 0, 'nobody noticed that the store was gone');
  await xiaopu.back('store', stopped);
  await alice.get('/me/shop').expect(200);
});

test('a store without room refuses writes, serves reads, and goes on when it has', async (t) => {
  const xiaopu = await start(t, { still: true });
  const { tea, alice, product } = await openShop(xiaopu);

  xiaopu.asAdmin('CONFIG', 'SET', 'maxmemory', '1');
  expectAway(await tea.sale(sale(alice, product, 's-1')));
  await xiaopu.nobody.get(`/shops/${alice.number}`).expect(200);
  await alice.get('/me/shop').expect(200);
  xiaopu.asAdmin('CONFIG', 'SET', 'maxmemory', '0');
  await until('there is room', async () => {
    const { status } = await tea.sale(sale(alice, product, 's-1'));
    return status < 300;
  });
  await xiaopu.cliDone(['verify']);
});

test('functions that were flushed are loaded again', async (t) => {
  const xiaopu = await start(t, { still: true });
  const { tea, alice, product } = await openShop(xiaopu);

  xiaopu.asAdmin('FUNCTION', 'FLUSH');
  await until('the sale is taken', async () => {
    const { status } = await tea.sale(sale(alice, product, 's-1'));
    return status < 300;
  });
  await until('it counts', async () => {
    const { body } = await alice.get('/me/shop').expect(200);
    return body.live.pending > 0;
  });
});

test('data of a newer version is refused in one line', async (t) => {
  const xiaopu = await start(t, { still: true });
  const format = xiaopu.asAdmin('HGET', 'meta:{g}', 'format').trim();
  assert.match(format, /^\d+$/);
  xiaopu.asAdmin('HSET', 'meta:{g}', 'format', String(Number(format) + 1));
  const { status, stderr } = await xiaopu.cli(['verify']);
  assert.equal(status, 1);
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
  assert.match(stderr, /newer/);
  xiaopu.asAdmin('HSET', 'meta:{g}', 'format', format);
});

// A disk of its own for one test; undefined where none may be mounted.
function smallDisk(t, size) {
  const dir = makeDir(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', dir], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  atEnd(t, () => execFileSync('umount', ['-l', dir]));
  const resize = (to) => execFileSync('mount', ['-o', `remount,size=${to}`, dir]);
  return { dir, resize };
}

test('a full disk loses nothing that was acknowledged', { skip: embeddedOnly }, async (t) => {
  const disk = smallDisk(t, '8m');
  if (!disk) return t.skip('no disk may be mounted here');
  const xiaopu = await start(t, { dir: disk.dir });
  const { tea, alice, product } = await openShop(xiaopu);

  const taken = [];
  writeFileSync(path.join(disk.dir, 'ballast'), Buffer.alloc(5 << 20));
  await until('the disk is full', async () => {
    const ids = Array.from({ length: 64 }, (_, i) => `s-${taken.length}-${i}`);
    const answers = await Promise.all(
      ids.map((id) => tea.sale({ ...sale(alice, product, id), buyer_ref: id.repeat(10) })),
    );
    const good = ids.filter((_, i) => answers[i].status < 300);
    taken.push(...good);
    return good.length < ids.length;
  });
  disk.resize('64m');
  await until('the store is back', async () => {
    const { status } = await tea.get('/merchant/sales?limit=1');
    return status === 200;
  });
  const listed = new Set();
  let cursor = '';
  do {
    const { body } = await tea.get(`/merchant/sales?limit=100${cursor}`).expect(200);
    for (const { sale_id } of body.items) listed.add(sale_id);
    cursor = body.next_cursor && `&cursor=${encodeURIComponent(body.next_cursor)}`;
  } while (cursor);
  for (const id of taken) assert.ok(listed.has(id), `${id} was acknowledged and is gone`);
  await xiaopu.cliDone(['verify']);
});
