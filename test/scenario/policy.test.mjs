// The policy: bounds, history, rollback, the audit's chain, and a change that is in force
// within a second.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { makeDir, merge, start, until } from '../support/xiaopu.mjs';

const policyOf = (operator) => operator.get('/operator/policy').expect(200);

async function put(operator, changes, note) {
  const now = await policyOf(operator);
  const where = note ? `/operator/policy?note=${encodeURIComponent(note)}` : '/operator/policy';
  return operator
    .put(where, merge(now.body, changes), { 'If-Match': now.headers.etag })
    .expect(200);
}

test('a document that was given out is taken back, changed, as the next version', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const first = await policyOf(operator);
  assert.equal(first.body.slots.cooldown_s, 259200);

  const second = await put(operator, { slots: { cooldown_s: 60 } }, '试一试');
  assert.equal(second.body.slots.cooldown_s, 60);
  assert.notEqual(second.headers.etag, first.headers.etag);
  assert.deepEqual((await policyOf(operator)).body, second.body);

  const { body } = await operator.get('/operator/policy/versions').expect(200);
  assert.deepEqual(
    body.items.map(({ version, author, note }) => [version, author, note]),
    [
      [2, 'op', '试一试'],
      [1, 'command line', ''],
    ],
  );
  const former = await operator.get('/operator/policy/versions/1').expect(200);
  assert.deepEqual(former.body.policy, first.body);
  await operator.get('/operator/policy/versions/9').expect(404, 'not_found');
  await operator.get('/operator/policy/versions/x').expect(404, 'not_found');
});

test('whoever has not seen the newest version changes nothing', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const { body, headers } = await policyOf(operator);
  await put(operator, { slots: { cooldown_s: 60 } });

  await operator.put('/operator/policy', body).expect(428, 'if_match_required');
  await operator
    .put('/operator/policy', body, { 'If-Match': headers.etag })
    .expect(412, 'stale_version');
  assert.equal((await policyOf(operator)).body.slots.cooldown_s, 60);
});

test('only operators see and change it', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice');
  for (const where of ['', '/schema', '/versions', '/versions/1']) {
    await xiaopu.nobody.get(`/operator/policy${where}`).expect(401, 'unauthenticated');
    await alice.get(`/operator/policy${where}`).expect(403, 'forbidden');
  }
  await alice.put('/operator/policy', {}).expect(403, 'forbidden');
  await alice.post('/operator/policy/rollback', { version: 1 }).expect(403, 'forbidden');
  await alice.get('/operator/audit').expect(403, 'forbidden');
});

test('each field out of its bounds is named, and nothing changes', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const { body, headers } = await policyOf(operator);
  const refused = (changes, code) =>
    operator
      .put('/operator/policy', merge(body, changes), { 'If-Match': headers.etag })
      .expect(422, code);

  const problem = await refused(
    {
      slots: { cooldown_s: -1, tiers: [{ influence: 5, slots: 99 }] },
      influence: { half_life_days: 31 },
      release: { k_min: 0 },
    },
    'invalid_field',
  );
  assert.deepEqual(problem.body.fields.map((field) => field.path).sort(), [
    'influence.half_life_days',
    'release.k_min',
    'slots.cooldown_s',
    'slots.tiers[0].slots',
  ]);
  const typo = await refused({ slots: { cooldwon_s: 1 } }, 'unknown_field');
  assert.equal(typo.body.fields[0].path, 'slots.cooldwon_s');
  await refused({ slots: { tiers: [] } }, 'invalid_field');
  await refused({ release: { k_min: 9, k_max: 8 } }, 'invalid_field');
  await operator
    .put('/operator/policy', { slots: {} }, { 'If-Match': headers.etag })
    .expect(422, 'invalid_field');
  await operator
    .put('/operator/policy', '{"slots":', {
      'If-Match': headers.etag,
      'Content-Type': 'application/json',
    })
    .expect(400, 'bad_json');
  assert.equal((await policyOf(operator)).headers.etag, headers.etag);
});

test('the schema tells bounds, default and meaning of every field', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const { body } = await operator.get('/operator/policy/schema').expect(200);
  const cooldown = body.fields.find((field) => field.path === 'slots.cooldown_s');
  assert.deepEqual(
    [cooldown.type, cooldown.min, cooldown.max, cooldown.unit, cooldown.default],
    ['integer', 0, 31536000, 's', 259200],
  );
  for (const { meaning } of body.fields) assert.ok(meaning.zh && meaning.en);
});

test('a rollback is a new version with an earlier content', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const first = await policyOf(operator);
  await put(operator, { slots: { cooldown_s: 60 } });

  const back = await operator.post('/operator/policy/rollback', { version: 1 }).expect(200);
  assert.deepEqual(back.body, first.body);
  const again = await operator.post('/operator/policy/rollback', { version: 1 }).expect(200);
  assert.equal(again.headers.etag, back.headers.etag); // a repeat changes nothing
  const { body } = await operator.get('/operator/policy/versions?limit=1').expect(200);
  assert.equal(body.items[0].version, 3);
  const rest = await operator
    .get(`/operator/policy/versions?cursor=${body.next_cursor}`)
    .expect(200);
  assert.deepEqual(
    rest.body.items.map(({ version }) => version),
    [2, 1],
  );
  assert.equal(rest.body.next_cursor, null);
  await operator.post('/operator/policy/rollback', { version: 9 }).expect(404, 'not_found');
  await operator.post('/operator/policy/rollback', {}).expect(422, 'invalid_field');
  await operator
    .post('/operator/policy/rollback', { version: 1 }, { 'If-Match': '"policy-1"' })
    .expect(412, 'stale_version');
});

test('every change leaves its line, and the lines are a chain', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  await put(operator, { slots: { cooldown_s: 60 } }, 'shorter');
  await operator.post('/operator/policy/rollback', { version: 1 }).expect(200);

  const { items } = (await operator.get('/operator/audit').expect(200)).body;
  assert.deepEqual(
    items.map(({ action }) => action),
    ['policy_rolled_back', 'policy_changed', 'operator_created'],
  );
  const [, changed, first] = items;
  assert.deepEqual(changed.from, { 'slots.cooldown_s': 259200 });
  assert.deepEqual(changed.to, { 'slots.cooldown_s': 60 });
  assert.equal(changed.author, 'op');
  assert.equal(changed.note, 'shorter');
  for (const [i, line] of items.entries()) {
    assert.equal(line.prev_hash, items[i + 1]?.hash ?? null);
  }
  // The first line's parts are all known here.
  const parts = ['', 1, Date.parse(first.at), 0, first.action, first.target, '', '', ''];
  assert.equal(first.hash, createHash('sha256').update(parts.join('\0')).digest('hex'));
});

test('a shorter cooldown helps within a second', async (t) => {
  const xiaopu = await start(t);
  const operator = await xiaopu.operator();
  const merchant = await xiaopu.merchant();
  const alice = await xiaopu.member('alice').withShop();
  const ids = [];
  for (const handle of ['tea', 'cup']) {
    const made = await merchant.put(`/merchant/products/${handle}`, {
      title: handle,
      price_fen: 1000,
    });
    ids.push(made.body.id);
  }
  await alice.put('/me/shop/slots/1', { product_id: ids[0] }).expect(200);
  await alice.put('/me/shop/slots/1', { product_id: ids[1] }).expect(409, 'cooldown');

  await put(operator, { slots: { cooldown_s: 0 } });
  const changed_at = Date.now();
  await until('the slot can be changed', async () => {
    const answer = await alice.put('/me/shop/slots/1', { product_id: ids[1] });
    return answer.status === 200;
  });
  assert.ok(Date.now() - changed_at < 1000);
});

test('the command line shows, sets and goes back', async (t) => {
  const xiaopu = await start(t);
  const file = path.join(makeDir(t), 'policy.json');
  const shown = await xiaopu.cliDone(['policy', 'show']);
  const policy = JSON.parse(shown);

  writeFileSync(file, JSON.stringify(merge(policy, { slots: { cooldown_s: 60 } })));
  assert.equal(await xiaopu.cliDone(['policy', 'set', file]), 'version 2\n');
  assert.equal(JSON.parse(await xiaopu.cliDone(['policy', 'show'])).slots.cooldown_s, 60);
  assert.equal(await xiaopu.cliDone(['policy', 'rollback', '1']), 'version 3\n');
  assert.equal(await xiaopu.cliDone(['policy', 'show']), shown);

  writeFileSync(file, JSON.stringify(merge(policy, { slots: { cooldown_s: -1, x: 1 } })));
  const wrong = await xiaopu.cli(['policy', 'set', file]);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /slots\.x there is no such field\n$/);
  const missing = await xiaopu.cli(['policy', 'rollback', '9']);
  assert.equal(missing.status, 1);
});
