// test/scenario/following.test.mjs - following shops; friends are two who follow each other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../support/xiaopu.mjs';

test('members follow shops, and friends follow each other', async (t) => {
  const xiaopu = await start(t);
  const alice = await xiaopu.member('alice').withShop();
  const bob = await xiaopu.member('bob');

  await bob.put(`/me/following/${alice.number}`).expect(204);
  await bob.put(`/me/following/${alice.number}`).expect(204);
  const { body: list } = await bob.get('/me/following').expect(200);
  assert.deepEqual(
    list.items.map(({ number, nickname, friend }) => [number, nickname, friend]),
    [[alice.number, 'alice', false]],
  );
  assert.equal(list.next_cursor, null);

  // Bob opens a shop later; Alice follows back.
  await bob.openShop();
  await alice.put(`/me/following/${bob.number}`).expect(204);
  await until('they are friends', async () => {
    const { body } = await alice.get('/me/following').expect(200);
    return body.items[0].friend;
  });
  await bob.delete(`/me/following/${alice.number}`).expect(204);
  await bob.delete(`/me/following/${alice.number}`).expect(204);
  await until('they are friends no longer', async () => {
    const { body } = await alice.get('/me/following').expect(200);
    return !body.items[0].friend;
  });

  await alice.put(`/me/following/${alice.number}`).expect(422, 'invalid_field');
  await alice.put('/me/following/99999999').expect(404, 'no_such_shop');
  await alice.put('/me/following/x').expect(404, 'no_such_shop');
  await xiaopu.nobody.put(`/me/following/${alice.number}`).expect(401, 'unauthenticated');
});

test('the list of followed shops comes in pages', async (t) => {
  const xiaopu = await start(t);
  const bob = await xiaopu.member('bob');
  const numbers = [];
  for (const name of ['one', 'two', 'three', 'four', 'five']) {
    const { number } = await xiaopu.member(name).withShop();
    numbers.push(number);
    await bob.put(`/me/following/${number}`).expect(204);
  }
  const seen = [];
  let cursor = null;
  do {
    const where = `/me/following?limit=2${cursor ? `&cursor=${cursor}` : ''}`;
    const { body } = await bob.get(where).expect(200);
    seen.push(...body.items.map(({ number }) => number));
    cursor = body.next_cursor;
  } while (cursor);
  assert.deepEqual(seen, numbers.sort((a, b) => Number(a) - Number(b)));
  await bob.get('/me/following?limit=0').expect(422, 'invalid_field');
  await bob.get('/me/following?cursor=x').expect(422, 'invalid_field');
  await bob.get('/me/following?page=2').expect(422, 'invalid_field');
});
