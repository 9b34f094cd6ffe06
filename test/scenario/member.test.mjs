// test/scenario/member.test.mjs - accounts, sessions, their refusals and limits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE, expectMetric, start } from '../support/xiaopu.mjs';

const password = 'correct horse';

test('a member signs up, is known by the token, and signs out', async (t) => {
  const xiaopu = await start(t);
  const { nobody } = xiaopu;

  const made = await nobody
    .post('/members', { username: 'Alice_1', password, nickname: ' 爱丽丝 ' })
    .expect(201);
  assert.equal(made.body.member.username, 'alice_1');
  assert.equal(made.body.member.nickname, '爱丽丝');
  const alice = xiaopu.client({ token: made.body.token });
  const { body: me } = await alice.get('/me').expect(200);
  assert.deepEqual(me.roles, ['member']);
  assert.equal(me.id, made.body.member.id);
  assert.equal(me.number, null);

  await nobody.get('/me').expect(401, 'unauthenticated');
  await alice.delete('/sessions/current').expect(204);
  await alice.get('/me').expect(401, 'unauthenticated');
});

test('sign-ups that cannot be are refused by field and code', async (t) => {
  const xiaopu = await start(t);
  const { nobody } = xiaopu;
  const good = { username: 'alice', password, nickname: 'A' };
  const bad = async (changes, status, code, path) => {
    const { body } = await nobody.post('/members', { ...good, ...changes }).expect(status, code);
    if (path) assert.deepEqual(body.fields.map((field) => field.path), [path]);
  };

  await bad({ username: 'al' }, 422, 'invalid_field', 'username');
  await bad({ username: 'a'.repeat(33) }, 422, 'invalid_field', 'username');
  await bad({ username: '爱丽丝' }, 422, 'invalid_field', 'username');
  await bad({ username: 7 }, 422, 'invalid_field', 'username');
  await bad({ nickname: '' }, 422, 'invalid_field', 'nickname');
  await bad({ nickname: 'x'.repeat(25) }, 422, 'invalid_field', 'nickname');
  await bad({ nickname: 'a\u0007b' }, 422, 'invalid_field', 'nickname');
  await bad({ nickname: 'a\u202eb' }, 422, 'invalid_field', 'nickname');
  await bad({ password: 'short' }, 422, 'weak_password');
  await bad({ password: 'Password123' }, 422, 'weak_password');
  await bad({ admin: true }, 422, 'unknown_field', 'admin');
  await nobody.post('/members', { username: 'alice', password }).expect(422, 'invalid_field');
  await nobody.post('/members', '{"username":').expect(415);
  await nobody
    .post('/members', '{"username":', { 'Content-Type': 'application/json' })
    .expect(400, 'bad_json');

  await nobody.post('/members', good).expect(201);
  await nobody.post('/members', { ...good, username: 'ALICE' }).expect(409, 'username_taken');
});

test('of many sign-ups at once one gets the name', async (t) => {
  const xiaopu = await start(t);
  const tries = Array.from({ length: 8 }, () =>
    xiaopu.nobody.post('/members', { username: 'bob', password, nickname: 'Bob' }),
  );
  const answers = await Promise.all(tries);
  const codes = answers.map(({ status }) => status).sort();
  assert.deepEqual(codes, [201, ...Array(7).fill(409)]);
});

test('signing in gives a token and a cookie; both are sessions of their own', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice');
  const { nobody } = xiaopu;

  const signedIn = await nobody
    .post('/sessions', { username: 'ALICE', password: alice.password })
    .expect(201);
  const [cookie] = signedIn.headers['set-cookie'];
  assert.match(cookie, /^session=[0-9a-f]{2}[\w-]{43};.*HttpOnly/);
  assert.match(cookie, /SameSite=Lax/);
  const browser = nobody.with({ Cookie: cookie.split(';')[0] });
  await browser.get('/me').expect(200);
  await browser.patch('/me', { nickname: 'B' }).expect(403, 'cross_site');
  await browser
    .with({ 'Sec-Fetch-Site': 'same-origin' })
    .patch('/me', { nickname: 'B' })
    .expect(200);

  const exchanged = await nobody.post('/sessions', { token: alice.token }).expect(201);
  assert.notEqual(exchanged.body.token, alice.token);
  await alice.delete('/sessions/current').expect(204);
  await xiaopu.client({ token: exchanged.body.token }).get('/me').expect(200);
});

test('wrong and unknown are the same to a guesser', async (t) => {
  const xiaopu = await start(t);
  const { nobody } = xiaopu;
  const alice = await xiaopu.member('alice');
  const wrong = await nobody
    .post('/sessions', { username: 'alice', password: 'not hers at all' })
    .expect(401, 'bad_credentials');
  const unknown = await nobody
    .post('/sessions', { username: 'nobody', password: 'not hers at all' })
    .expect(401, 'bad_credentials');
  assert.deepEqual(wrong.body, unknown.body);
  await nobody.post('/sessions', { token: 'x' }).expect(401, 'bad_credentials');
  await nobody.post('/sessions', { username: 'alice' }).expect(422, 'invalid_field');
  await nobody
    .post('/sessions', { username: 'alice', password: 'x', token: alice.token })
    .expect(422, 'invalid_field');
});

test('ten failed sign-ins of an account shut it for a quarter of an hour', async (t) => {
  const policy = { limits: { failed_sign_ins_per_quarter: 3 } };
  const xiaopu = await start(t, { still: true, policy }); // what is tried again counts again
  const { nobody } = xiaopu;
  const alice = await xiaopu.member('alice');
  const tryTo = (words) => nobody.post('/sessions', { username: 'alice', password: words });

  for (let i = 0; i < 3; i++) await tryTo('wrong password').expect(401, 'bad_credentials');
  const refused = await tryTo(alice.password).expect(429, 'rate_limited');
  const wait_s = Number(refused.headers['retry-after']);
  assert.ok(wait_s > 0 && wait_s <= 15 * MINUTE);
  assert.equal(refused.headers['ratelimit-policy'], '"sign-ins";q=3;w=900');
  assert.equal(refused.headers.ratelimit, `"sign-ins";r=0;t=${wait_s}`);
  await xiaopu.clock.advance(15 * MINUTE);
  await tryTo(alice.password).expect(201);
  for (let i = 0; i < 5; i++) await tryTo(alice.password).expect(201);
});

test('sign-ups of one address are limited by the hour', async (t) => {
  const xiaopu = await start(t, { still: true, policy: { limits: { sign_ups_per_hour: 2 } } });
  const signUp = (username) =>
    xiaopu.nobody.post('/members', { username, password, nickname: 'N' });

  await signUp('one').expect(201);
  await signUp('one').expect(409, 'username_taken');
  await signUp('two').expect(201);
  const { headers } = await signUp('three').expect(429, 'rate_limited');
  assert.equal(headers['ratelimit-policy'], '"sign-ups";q=2;w=3600');
  assert.equal(headers.ratelimit, `"sign-ups";r=0;t=${headers['retry-after']}`);
  await xiaopu.clock.advance(HOUR);
  await signUp('three').expect(201);
});

test('a session slides: thirty days from its last use', async (t) => {
  const xiaopu = await start(t, { still: true });
  const alice = await xiaopu.member('alice');
  for (let i = 0; i < 3; i++) {
    await xiaopu.clock.advance(29 * DAY);
    await alice.get('/me').expect(200);
  }
  await xiaopu.clock.advance(30 * DAY);
  await alice.get('/me').expect(401, 'unauthenticated');
});

test('the cookie slides with its session, and of a signed out one nothing is left', async (t) => {
  const xiaopu = await start(t, { still: true }); // an answer that is lost has its cookie
  const alice = await xiaopu.member('alice');
  const { headers, body } = await xiaopu.nobody
    .post('/sessions', { username: 'alice', password: alice.password })
    .expect(201);
  const [given] = headers['set-cookie'];
  const browser = xiaopu.nobody.with({
    Cookie: given.split(';')[0],
    'Sec-Fetch-Site': 'same-origin',
  });
  const cookies = async (call) => (await call).headers['set-cookie'] ?? [];

  assert.deepEqual(await cookies(browser.get('/me').expect(200)), []);
  for (let i = 0; i < 3; i++) {
    await xiaopu.clock.advance(29 * DAY);
    assert.deepEqual(await cookies(browser.get('/me').expect(200)), [given]);
    assert.deepEqual(await cookies(browser.get('/me').expect(200)), []);
  }
  // Whoever bears the token itself has no use for a cookie.
  await xiaopu.clock.advance(HOUR);
  const bearer = xiaopu.client({ token: body.token });
  assert.deepEqual(await cookies(bearer.get('/me').expect(200)), []);
  await xiaopu.clock.advance(HOUR);
  const gone = await cookies(browser.delete('/sessions/current').expect(204));
  assert.match(gone.join('\n'), /^session=; .*Max-Age=0;[^\n]*$/);
  await browser.get('/me').expect(401, 'unauthenticated');
});

test('guesses at the password that is to be changed are counted like sign-ins', async (t) => {
  const xiaopu = await start(t, { policy: { limits: { failed_sign_ins_per_quarter: 2 } } });
  const alice = await xiaopu.member('alice');
  const change = (words) =>
    alice.patch('/me', { password: 'a much newer horse', current_password: words });

  for (let i = 0; i < 2; i++) await change('wrong').expect(401, 'bad_credentials');
  const { headers } = await change(alice.password).expect(429, 'rate_limited');
  assert.equal(headers['ratelimit-policy'], '"sign-ins";q=2;w=900');
  assert.equal(headers.ratelimit, `"sign-ins";r=0;t=${headers['retry-after']}`);
  expectMetric(await xiaopu.metrics(), 'xiaopu_http_limited_total', 1);
});

test('names change; a new password needs the old one and ends other sessions', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice');
  const bob = await xiaopu.member('bob');
  const { body } = await xiaopu.nobody
    .post('/sessions', { username: 'alice', password: alice.password })
    .expect(201);
  const other = xiaopu.client({ token: body.token });

  const { body: me } = await alice
    .patch('/me', { username: 'Alicia', nickname: 'Al' })
    .expect(200);
  assert.equal(me.username, 'alicia');
  await bob.patch('/me', { username: 'alicia' }).expect(409, 'username_taken');
  await bob.patch('/me', { username: 'alice' }).expect(200);

  const fresh = { password: 'a much newer horse' };
  await alice.patch('/me', fresh).expect(422, 'invalid_field');
  await alice
    .patch('/me', { ...fresh, current_password: 'wrong' })
    .expect(401, 'bad_credentials');
  await alice
    .patch('/me', { password: 'short', current_password: alice.password })
    .expect(422, 'weak_password');
  await alice.patch('/me', { ...fresh, current_password: alice.password }).expect(200);
  await alice.get('/me').expect(200);
  await other.get('/me').expect(401, 'unauthenticated');
  await xiaopu.nobody
    .post('/sessions', { username: 'alicia', password: fresh.password })
    .expect(201);
  await xiaopu.nobody
    .post('/sessions', { username: 'alicia', password: alice.password })
    .expect(401, 'bad_credentials');
});

test('a merchant goes by the name the command line gave, as far as a nickname goes', async (t) => {
  const xiaopu = await start(t);
  const nickname = async (name) =>
    (await (await xiaopu.merchant(name)).get('/me').expect(200)).body.nickname;
  assert.equal(await nickname('山间茶社'), '山间茶社');
  assert.equal(await nickname('茶'.repeat(60)), '茶'.repeat(24));
});
