// Operators: take-downs, suspensions, the overview, and the jobs they ask for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BINARY, command } from '../support/process.mjs';
import { embeddedOnly, expectMetric, makeDir, start, until } from '../support/xiaopu.mjs';

async function withProduct(t) {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const merchant = await xiaopu.merchant();
  const alice = await xiaopu.member('alice').withShop();
  const { body } = await merchant.put('/merchant/products/tea', {
    title: 'tea',
    price_fen: 1000,
  });
  return { xiaopu, operator, merchant, alice, id: body.id };
}

test('a product that is taken down is gone, frees its slot, and comes back', async (t) => {
  const { xiaopu, operator, merchant, alice, id } = await withProduct(t);
  const { nobody } = xiaopu;
  await alice.put('/me/shop/slots/1', { product_id: id }).expect(200);

  const down = await operator
    .post(`/operator/products/${id}/unlist`, { reason: '假货' })
    .expect(200);
  assert.equal(down.body.status, 'unlisted');
  await nobody.get(`/products/${id}`).expect(410, 'product_unlisted');
  assert.deepEqual((await nobody.get(`/shops/${alice.number}`).expect(200)).body.slots, []);
  await alice.put('/me/shop/slots/2', { product_id: id }).expect(409, 'product_unlisted');

  // Its merchant cannot lift what an operator did.
  await merchant.patch('/merchant/products/tea', { status: 'listed' });
  await nobody.get(`/products/${id}`).expect(410, 'product_unlisted');

  const again = await operator
    .post(`/operator/products/${id}/unlist`, { reason: '假货' })
    .expect(200);
  assert.equal(again.body.status, 'unlisted');
  await operator.post(`/operator/products/${id}/relist`, { reason: '误会' }).expect(200);
  await nobody.get(`/products/${id}`).expect(200);

  const { items } = (await operator.get('/operator/audit').expect(200)).body;
  assert.deepEqual(
    items.slice(0, 2).map(({ action, target, from, to, note, author }) => ({
      action,
      target,
      from,
      to,
      note,
      author,
    })),
    [
      {
        action: 'product_relisted',
        target: `product ${id}`,
        from: { status: 'unlisted' },
        to: { status: 'listed' },
        note: '误会',
        author: 'op',
      },
      {
        action: 'product_unlisted',
        target: `product ${id}`,
        from: { status: 'listed' },
        to: { status: 'unlisted' },
        note: '假货',
        author: 'op',
      },
    ],
  );
});

test('a suspended shop says so, takes no change, and is restored', async (t) => {
  const { xiaopu, operator, alice, id } = await withProduct(t);
  const { nobody } = xiaopu;

  const { body } = await operator
    .post(`/operator/shops/${alice.number}/suspend`, { reason: 'spam' })
    .expect(200);
  assert.equal(body.status, 'suspended');
  assert.equal((await nobody.get(`/shops/${alice.number}`).expect(200)).body.status, 'suspended');
  await alice.put('/me/shop/slots/1', { product_id: id }).expect(403, 'suspended');
  await operator.post(`/operator/shops/${alice.number}/restore`, { reason: 'sorry' }).expect(200);
  await alice.put('/me/shop/slots/1', { product_id: id }).expect(200);
});

test('moderation asks for a reason and for something that is there', async (t) => {
  const { operator, alice, id } = await withProduct(t);
  await operator.post(`/operator/products/${id}/unlist`).expect(422, 'invalid_field');
  await operator
    .post(`/operator/products/${id}/unlist`, { reason: '' })
    .expect(422, 'invalid_field');
  await operator
    .post(`/operator/products/${id}/unlist`, { reasons: 'x' })
    .expect(422, 'unknown_field');
  await operator
    .post('/operator/products/999999999/unlist', { reason: 'x' })
    .expect(404, 'no_such_product');
  await operator
    .post('/operator/shops/99999999/suspend', { reason: 'x' })
    .expect(404, 'no_such_shop');
  await alice
    .post(`/operator/products/${id}/unlist`, { reason: 'x' })
    .expect(403, 'forbidden');
  const { items } = (await operator.get('/operator/audit').expect(200)).body;
  assert.ok(items.every(({ action }) => action.endsWith('_created')));
});

test('the overview tells of processes, lag, store and gate', async (t) => {
  const xiaopu = await start(t, { policy: { release: { noise_points: 0 } } });
  const operator = await xiaopu.operator();
  await until('both processes have beaten', async () => {
    const { body } = await operator.get('/operator/overview').expect(200);
    return body.servers === 1 && body.workers === 1;
  });
  const { body } = await operator.get('/operator/overview').expect(200);
  assert.equal(body.gate, 'weakened');
  assert.ok(Number.isInteger(body.lag_s), 'lag_s');
  assert.equal(body.store.durable, true);
  assert.equal(body.store.last_write_ok, true);
  assert.equal(body.verify, null);
});

test('metrics are named and measured as Prometheus asks, and say which version runs', async (t) => {
  const xiaopu = await start(t);
  await xiaopu.nobody.get('/categories').expect(200);
  const metrics = await until('a worker has beaten', async () => {
    const found = await xiaopu.metrics();
    return found.get('xiaopu_workers') === 1 && found;
  });
  const { text } = await xiaopu.adminCall('GET', '/metrics');
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map((m) => [m[1], m[2]]));
  const names = new Set([...metrics.keys()].map((name) => name.replace(/\{.*/, '')));

  assert.deepEqual([...names].sort(), [...types.keys()].sort());
  for (const [name, type] of types) {
    assert.match(name, /^xiaopu_[a-z_]+$/);
    assert.doesNotMatch(name, /(milli|micro|nano|kilo|mega)|_m?s(_|$)/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
  }
  const took_s = metrics.get('xiaopu_http_duration_seconds_total');
  assert.ok(took_s > 0 && took_s < 10, `${took_s}`);
  assert.ok(metrics.get('xiaopu_loop_lag_seconds') < 10);
  assert.ok(metrics.get('xiaopu_score_lag_seconds') < 10);
  const { stdout } = await command(BINARY, ['version']);
  const [, version] = stdout.match(/^xiaopu (\S+)$/m);
  expectMetric(metrics, `xiaopu_build_info{version="${version}"}`, 1);
});

test('a release is a job of the operator who asked for it', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const other = await xiaopu.operator('other');
  const key = { 'Idempotency-Key': 'release-1' };

  const asked = await operator.post('/operator/releases', undefined, key).expect(202);
  assert.equal(asked.body.kind, 'release');
  assert.equal(asked.headers.location, `/api/v1/jobs/${asked.body.id}`);
  const again = await operator.post('/operator/releases', undefined, key).expect(202);
  assert.equal(again.body.id, asked.body.id);
  const done = await until('the release is made', async () => {
    const { body } = await operator.get(`/jobs/${asked.body.id}`).expect(200);
    return body.state !== 'queued' && body.state !== 'running' && body;
  });
  assert.equal(done.state, 'done');
  assert.equal((await xiaopu.nobody.get('/releases/current').expect(200)).body.release, 1);
  await other.get(`/jobs/${asked.body.id}`).expect(404, 'not_found');
  await xiaopu.nobody.get(`/jobs/${asked.body.id}`).expect(401, 'unauthenticated');
  await operator.get('/jobs/nonsense').expect(404, 'not_found');
});

test('the command line makes a release, with a worker and without', { skip: embeddedOnly }, async (t) => {
  const dir = makeDir(t);
  const alone = await command(BINARY, ['board', 'release', '--data', dir]);
  assert.equal(alone.status, 0, alone.stderr);
  assert.equal(JSON.parse(alone.stdout).release, 1);

  const xiaopu = await start(t, { dir });
  assert.equal(JSON.parse(await xiaopu.cliDone(['board', 'release'])).release, 2);
  assert.equal((await xiaopu.nobody.get('/releases/current').expect(200)).body.release, 2);
});
