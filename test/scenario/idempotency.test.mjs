// test/scenario/idempotency.test.mjs - an Idempotency-Key makes a retry safe: done once,
// answered as the first time, whatever has happened since.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, merge, start } from '../support/xiaopu.mjs';

const keyed = (key) => ({ 'Idempotency-Key': key });

// The same answer as before, and marked as such.
function assertRepeats(again, first) {
  assert.equal(first.headers['idempotent-replayed'], undefined);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal(again.status, first.status);
  assert.deepEqual(again.body, first.body);
  assert.equal(again.headers.location, first.headers.location);
  assert.equal(again.headers.etag, first.headers.etag);
}

const audited = async (operator) =>
  (await operator.get('/operator/audit').expect(200)).body.items.map(({ action }) => action);

test('a shop is opened once, and its opening told again as it was', async (t) => {
  const xiaopu = await start(t);
  const merchant = await xiaopu.merchant();
  const tea = await merchant.product('tea');
  const alice = await xiaopu.member('alice');
  const open = (key, body) => alice.post('/shops', body, key && keyed(key));

  const first = await open('"k 1"', { nickname: 'Tea' }).expect(422, 'invalid_field');
  assert.deepEqual(first.body.fields.map(({ path }) => path), ['Idempotency-Key']);
  const made = await open('k-1', { nickname: 'Tea' }).expect(201);
  assertRepeats(await open('"k-1"', { nickname: 'Tea' }), made);
  assert.deepEqual((await alice.get('/me/shop').expect(200)).body, made.body);

  // Whatever happens to the shop, that is how it began.
  await alice.patch('/me/shop', { nickname: 'Coffee', bio: 'b', status: 'resting' }).expect(200);
  await alice.put('/me/shop/slots/1', { product_id: tea.id }).expect(200);
  await xiaopu.setPolicy({ slots: { tiers: [{ influence: 0, slots: 7 }] } });
  await xiaopu.clock.advance(DAY - 1);
  assertRepeats(await open('k-1', { nickname: 'Tea' }), made);
  assert.equal((await alice.get('/me/shop').expect(200)).body.nickname, 'Coffee');

  await open('k-1', { nickname: 'Coffee' }).expect(422, 'idempotency_mismatch');
  await open('k-1').expect(422, 'idempotency_mismatch');
  await open('k-2', { nickname: 'Tea' }).expect(409, 'shop_exists');
  await open(undefined, { nickname: 'Tea' }).expect(409, 'shop_exists');
});

test('a refusal leaves no record, and a key is its caller\'s own', async (t) => {
  const xiaopu = await start(t);
  const [alice, bob] = [await xiaopu.member('alice'), await xiaopu.member('bob')];

  await alice.post('/shops', { nickname: '官方' }, keyed('k')).expect(422, 'reserved_name');
  await alice.post('/shops', { nick: 'x' }, keyed('k')).expect(422, 'unknown_field');
  const hers = await alice.post('/shops', {}, keyed('k')).expect(201);
  await alice.patch('/me', { nickname: 'Other' }).expect(200);
  assertRepeats(await alice.post('/shops', {}, keyed('k')), hers);
  const his = await bob.post('/shops', { nickname: 'B' }, keyed('k')).expect(201);
  assert.equal(his.headers['idempotent-replayed'], undefined);
  assert.notEqual(his.body.number, hers.body.number);
});

test('one key sent many times at once opens one shop', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice');
  const open = () => alice.post('/shops', { nickname: 'A' }, keyed('k'));
  const answers = await Promise.all(Array.from({ length: 50 }, open));

  for (const { status, body, headers } of answers) {
    if (status !== 201) {
      assert.equal(body.code, 'idempotency_in_progress');
      assert.ok(Number(headers['retry-after']) > 0);
    }
  }
  const made = answers.filter(({ status }) => status === 201);
  assert.equal(made.filter(({ headers }) => !headers['idempotent-replayed']).length, 1);
  const again = await open().expect(201);
  for (const { body } of made) assert.deepEqual(body, again.body);
});

test('a rollback is made once and answered with the version it made', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const put = (cooldown_s) => xiaopu.setPolicy({ slots: { cooldown_s } });
  const back = (key, body, headers) =>
    operator.post('/operator/policy/rollback', body, { ...keyed(key), ...headers });
  const newest = async () => (await operator.get('/operator/policy').expect(200)).headers.etag;

  await put(60);
  const etag = await newest();
  const made = await back('k', { version: 1 }, { 'If-Match': etag }).expect(200);
  assert.equal(made.headers.etag, '"policy-3"');
  await put(61);
  assertRepeats(await back('k', { version: 1 }, { 'If-Match': etag }), made);
  assert.equal(await newest(), '"policy-4"');
  await back('k', { version: 2 }).expect(422, 'idempotency_mismatch');
  await back('other', { version: 1 }, { 'If-Match': etag }).expect(412, 'stale_version');
  await back('other', { version: 99 }).expect(404, 'not_found');

  // What is in force already is answered so again when it no longer is.
  const same = await back('other', { version: 4 }).expect(200);
  assert.equal(same.headers.etag, '"policy-4"');
  await put(62);
  assertRepeats(await back('other', { version: 4 }), same);
  assert.equal(await newest(), '"policy-5"');
  assert.equal((await audited(operator)).filter((a) => a === 'policy_rolled_back').length, 1);
});

test('what was put back is not taken down again by a late repeat', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const merchant = await xiaopu.merchant();
  const { id } = await merchant.product('tea');
  const act = (what, key, reason = 'r') =>
    operator.post(`/operator/products/${id}/${what}`, { reason }, keyed(key));

  const relisted = await act('relist', 'none').expect(200); // it is listed
  const down = await act('unlist', 'k').expect(200);
  assert.equal(down.body.status, 'unlisted');
  const up = await act('relist', 'k').expect(200); // another path, another key
  assert.equal(up.body.status, 'listed');
  assertRepeats(await act('unlist', 'k'), down);
  assertRepeats(await act('relist', 'k'), up);
  await xiaopu.nobody.get(`/products/${id}`).expect(200);
  await act('unlist', 'k', 'other').expect(422, 'idempotency_mismatch');

  await act('unlist', 'k2').expect(200);
  assertRepeats(await act('relist', 'none'), relisted);
  await xiaopu.nobody.get(`/products/${id}`).expect(410, 'product_unlisted');
  assert.deepEqual(
    (await audited(operator)).filter((action) => action.startsWith('product_')),
    ['product_unlisted', 'product_relisted', 'product_unlisted'],
  );

  // Its merchant's own take-down stays when an operator lifts another.
  await merchant.patch('/merchant/products/tea', { status: 'unlisted' }).expect(200);
  const still = await act('relist', 'k3').expect(200);
  assert.equal(still.body.status, 'unlisted');
  await merchant.patch('/merchant/products/tea', { status: 'listed' }).expect(200);
  assert.equal((await act('relist', 'k3').expect(200)).body.status, 'unlisted');
});

test('a shop is suspended and restored once under a key', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const alice = await xiaopu.member('alice').withShop();
  const act = (what, key, reason = 'r') =>
    operator.post(`/operator/shops/${alice.number}/${what}`, { reason }, keyed(key));

  await alice.patch('/me/shop', { status: 'resting' }).expect(200);
  const restored = await act('restore', 'none').expect(200); // it is not suspended
  const suspended = await act('suspend', 'k').expect(200);
  assert.equal(suspended.body.status, 'suspended');
  await act('restore', 'k').expect(200);
  assertRepeats(await act('suspend', 'k'), suspended);
  assert.equal((await alice.get('/me/shop').expect(200)).body.status, 'resting');
  await act('suspend', 'k2').expect(200);
  assertRepeats(await act('restore', 'none'), restored);
  assert.equal((await alice.get('/me/shop').expect(200)).body.status, 'suspended');
  await act('suspend', 'k', 'other').expect(422, 'idempotency_mismatch');
  await operator
    .post('/operator/shops/99999999/suspend', { reason: 'r' }, keyed('k'))
    .expect(404, 'no_such_shop');
});

test('a release is asked for once, and the job told as it was queued', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const ask = (key, body) => operator.post('/operator/releases', body, keyed(key));

  const asked = await ask('k').expect(202);
  assert.equal(asked.body.state, 'queued');
  assertRepeats(await ask('k'), asked);
  await xiaopu.cliDone(['board', 'release']); // behind it
  assertRepeats(await ask('k'), asked);
  await ask('k', { again: true }).expect(422, 'idempotency_mismatch');
  await ask('k2', { again: true }).expect(422, 'unknown_field');
  assert.equal((await audited(operator)).filter((a) => a === 'release_asked').length, 1);
});

test('requests under way together are audited as one', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const merchant = await xiaopu.merchant();
  const { id } = await merchant.product('tea');
  const many = (call) => Promise.all(Array.from({ length: 20 }, call));
  const atOnce = async (path, body) => {
    await many(() => operator.get('/me').expect(200)); // so many connections are open
    return many(() => operator.post(path, body, keyed('k')));
  };

  for (const { status, body } of await atOnce(`/operator/products/${id}/unlist`, { reason: 'r' })) {
    if (status !== 200) assert.equal(body.code, 'idempotency_in_progress');
  }
  const jobs = await atOnce('/operator/releases');
  assert.equal(new Set(jobs.map(({ body }) => body.id)).size, 1);
  assert.deepEqual((await audited(operator)).slice(0, 2), ['release_asked', 'product_unlisted']);
  assert.equal((await audited(operator)).filter((a) => !a.endsWith('_created')).length, 2);
  await xiaopu.cliDone(['verify']);
});

test('a key that is none is refused wherever one counts, and nowhere else', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const merchant = await xiaopu.merchant();
  const alice = await xiaopu.member('alice').withShop();
  const { id } = await merchant.product('tea');
  const bad = ['', '""', 'a b', 'x'.repeat(256), `"${'x'.repeat(256)}"`];
  const calls = [
    [alice, '/shops', {}],
    [operator, '/operator/policy/rollback', { version: 1 }],
    [operator, '/operator/releases', undefined],
    [operator, `/operator/products/${id}/unlist`, { reason: 'r' }],
    [operator, `/operator/shops/${alice.number}/suspend`, { reason: 'r' }],
    [merchant, '/merchant/secret', undefined],
  ];

  for (const [caller, path, body] of calls) {
    for (const key of bad) {
      const refused = await caller.post(path, body, keyed(key)).expect(422, 'invalid_field');
      assert.deepEqual(refused.body.fields.map((field) => field.path), ['Idempotency-Key'], path);
    }
  }
  await operator.post('/operator/releases', undefined, keyed('x'.repeat(255))).expect(202);

  // Secrets are not kept, and these calls have ids of their own or no caller.
  const { nobody } = xiaopu;
  const bob = { username: 'bob', password: 'correct horse', nickname: 'B' };
  await nobody.post('/members', bob, keyed('a b')).expect(201);
  await nobody.post('/members', bob, keyed('k')).expect(409, 'username_taken');
  await nobody.post('/sessions', merge(bob, { nickname: undefined }), keyed('')).expect(201);
  const secrets = [];
  for (let i = 0; i < 2; i++) {
    const { body } = await merchant.post('/merchant/secret', undefined, keyed('k')).expect(201);
    secrets.push(body.secret);
  }
  assert.notEqual(secrets[0], secrets[1]);
});
