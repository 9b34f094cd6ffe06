// A preview over HTTP: asked for as a job, one at a time, made by whichever worker there is,
// and nothing changes by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMachines } from '../support/machines.mjs';
import { merge, start, until } from '../support/xiaopu.mjs';

const policyOf = async (operator) => (await operator.get('/operator/policy').expect(200)).body;

const ended = (operator, { headers }) =>
  until('the preview has ended', async () => {
    const where = headers.location.replace('/api/v1', '');
    const { body } = await operator.get(where).expect(200);
    return (body.state === 'done' || body.state === 'failed') && body;
  });

test('an operator sees who gains and who loses before anything changes', async (t) => {
  const xiaopu = await start(t, { policy: { influence: { settle_after_s: 0 } } });
  const operator = await xiaopu.operator();
  const merchant = await xiaopu.merchant();
  const product = await merchant.product('tea', { url: 'https://a.example/tea' });
  const shops = [];
  for (const [name, amount_fen] of [['alice', 9000], ['bob', 7000], ['carol', 0]]) {
    const owner = await xiaopu.member(name).withShop();
    shops.push(owner);
    // Told to the worker before the sale that is waited for.
    if (name === 'bob') await owner.patch('/me/shop', { on_boards: false }).expect(200);
    if (amount_fen === 0) continue;
    await merchant.sale({ sale_id: name, number: owner.number, product_id: product.id, amount_fen,
      quantity: 1, buyer_ref: name, sold_at: new Date(await xiaopu.clock.now()).toISOString(),
    }).expect(201);
    await until('the sale counts', async () => {
      const { live } = (await owner.get('/me/shop').expect(200)).body;
      return live.influence === amount_fen / 100;
    });
  }
  await shops[2].put('/me/shop/slots/4', { product_id: product.id }).expect(200);

  const policy = await policyOf(operator);
  const proposed = merge(policy, {
    slots: { tiers: [{ influence: 0, slots: 0 }, { influence: 80, slots: 9 }] },
    influence: { sales_brackets: [{ up_to_fen: 1000, permille: 1000 }] },
  });
  proposed.slots.tiers[0].slots = 1;
  const asked = await operator.post('/operator/policy/preview', proposed).expect(202);
  assert.equal(asked.body.kind, 'preview');
  const { state, done, total, result } = await ended(operator, asked);
  assert.deepEqual([state, done, total], ['done', 3, 3]);
  assert.deepEqual(result.tiers, [
    { slots: 1, now: 0, then: 3, gain: 0, lose: 0 },
    { slots: 4, now: 3, then: 0, gain: 0, lose: 3 },
  ]);
  assert.deepEqual([result.gain, result.lose, result.over_limit], [0, 3, 0]);
  assert.deepEqual(result.top300, { in: 0, out: 0, kendall_tau: 1 });
  assert.deepEqual(
    result.sample.map(({ number, from, to }) => [number, from, to]),
    [
      [shops[0].number, 90, 10],
      [shops[1].number, 70, 10],
      [shops[2].number, 0, 0],
    ],
  );
  const count = (bins) => bins.filter((bin) => bin.shops > 0).map((bin) => [bin.from, bin.shops]);
  assert.deepEqual(count(result.histogram.now), [[0, 1], [10, 2]]);
  assert.deepEqual(count(result.histogram.then), [[0, 1], [10, 2]]);

  assert.deepEqual(await policyOf(operator), policy);
  assert.equal((await shops[0].get('/me/shop').expect(200)).body.live.influence, 90);
  const { items } = (await operator.get('/operator/audit').expect(200)).body;
  assert.ok(items.every(({ action }) => !action.includes('preview')));
  await xiaopu.cliDone(['verify']);
});

test('only an operator may ask, for a document within its bounds', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const other = await xiaopu.operator('other');
  const alice = await xiaopu.member('alice');
  const policy = await policyOf(operator);
  const ask = (client, document, headers) =>
    client.post('/operator/policy/preview', document, headers);

  await ask(xiaopu.nobody, policy).expect(401, 'unauthenticated');
  await ask(alice, policy).expect(403, 'forbidden');
  const wrong = merge(policy, { influence: { half_life_days: 31 }, slots: { cooldown_s: -1 } });
  const { body } = await ask(operator, wrong).expect(422, 'invalid_field');
  assert.deepEqual(body.fields.map((field) => field.path).sort(), [
    'influence.half_life_days',
    'slots.cooldown_s',
  ]);
  await ask(operator, merge(policy, { slots: { cooldwon_s: 1 } })).expect(422, 'unknown_field');
  await ask(operator, '{"slots":', { 'Content-Type': 'application/json' }).expect(400, 'bad_json');

  const key = { 'Idempotency-Key': 'preview-1' };
  const first = await ask(operator, policy, key).expect(202);
  assert.equal((await ended(operator, first)).state, 'done');
  const again = await ask(operator, policy, key).expect(202);
  assert.equal(again.headers.location, first.headers.location);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  const changed = merge(policy, { slots: { cooldown_s: 1 } });
  await ask(operator, changed, key).expect(422, 'idempotency_mismatch');
  await other.get(first.headers.location.replace('/api/v1', '')).expect(404, 'not_found');
});

test('there is one preview at a time, and a worker that hangs is followed by another', async (t) => {
  const site = await startMachines(t);
  const operator = await site.operator();
  await site.member('alice').withShop();
  const policy = await policyOf(operator);
  const proposed = merge(policy, { influence: { half_life_days: 90 } });
  const ask = () => operator.post('/operator/policy/preview', proposed);
  assert.equal((await ended(operator, await ask().expect(202))).state, 'done');

  const [first] = site.workers;
  first.child.kill('SIGSTOP');
  const asked = await ask().expect(202);
  await ask().expect(409, 'preview_running');
  const release = await operator.post('/operator/releases', {}).expect(202);
  site.startWorker();
  const { state, result } = await ended(operator, asked);
  assert.equal(state, 'done');
  assert.equal(result.tiers[0].now, 1);
  assert.equal((await ended(operator, release)).state, 'done');
  first.child.kill('SIGCONT');
  assert.equal((await ended(operator, await ask().expect(202))).state, 'done');
});
