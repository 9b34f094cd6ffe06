// xiaopu verify: names what was damaged, and nothing else; holds on a store at work.
// runs under sanitizers too
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMachines } from '../support/machines.mjs';
import { until } from '../support/xiaopu.mjs';

const POLICY = { influence: { settle_after_s: 0 } };
const part = (id) => String(Number(id) % 256).padStart(3, '0');
const bitOf = (shop) => Math.floor(Number(shop.number) / 256) - 39063; // storage/shop/list.h

function saleOf(shop, product, id) {
  return {
    sale_id: id,
    number: shop.number,
    product_id: product.id,
    quantity: 1,
    amount_fen: 2000,
    buyer_ref: `buyer of ${id}`,
    sold_at: new Date(Date.now() - 60_000).toISOString(),
  };
}

// The lines: { code: { bad, count } }.
async function verify(site) {
  const { status, stdout, stderr } = await site.cli(['verify']);
  assert.ok([0, 1].includes(status) && stdout, stderr);
  const lines = stdout.trim().split('\n').map((line) => line.match(/^(ok|BAD)?\s+(\w+)\s+(\d+)/));
  const said = Object.fromEntries(
    lines.map(([, state, code, count]) => [code, { bad: state === 'BAD', count: Number(count) }]),
  );
  const bad = Object.keys(said).filter((code) => said[code].bad);
  assert.equal(status, bad.length > 0 ? 1 : 0);
  return { ...said, bad };
}

async function quiet(site) {
  await until('nothing is on its way', async () => {
    const said = await verify(site);
    return said.bad.length === 0 && said.waiting.count === 0 && said.messages.count === 0;
  });
}

// Two friends with a shop each, goods, sales, and a store that nobody works on any more.
async function stillStore(t) {
  const site = await startMachines(t, { policy: POLICY });
  const tea = await site.merchant();
  const green = await tea.product('green', { title: '青瓷 tea pot', category: 'tea' });
  await tea.product('cup', { category: 'cups' });
  const alice = await site.member('alice').withShop();
  const bob = await site.member('bob').withShop();
  await alice.put(`/me/following/${bob.number}`, {}).expect(204);
  await bob.put(`/me/following/${alice.number}`, {}).expect(204);
  await alice.put('/me/shop/slots/1', { product_id: green.id }).expect(200);
  for (const id of ['A', 'B b']) await tea.sale(saleOf(alice, green, id)).expect(201);
  await quiet(site);
  for (const service of [...site.servers, ...site.workers]) await service.stop();
  return { site, tea, green, alice, bob };
}

test('verify names what was damaged, and nothing else', async (t) => {
  const { site, tea, green, alice, bob } = await stillStore(t);
  const shop = `shop:{s${part(alice.number)}}:${alice.number}`;
  const profile = `profile:{s${part(alice.number)}}:${alice.number}`;
  const member = `member:{m${part(bob.id)}}:${bob.id}`;
  const following = `following:{m${part(alice.id)}}:${alice.id}`;
  const followers = `followers:{s${part(alice.number)}}:${alice.number}`;
  const product = `product:{p${part(green.id)}}:${green.id}`;
  const reports = `reports:{m${part(tea.id)}}:${tea.id}`;
  const found = async (pattern) =>
    (await site.redisSays(['--scan', '--pattern', pattern])).split('\n')[0];
  const claim = await found('claim:*');
  const shops = `shops:{s${part(alice.number)}}`;
  const sale = await found('sale:*');
  const stats = await found(`stats:{s${part(alice.number)}}:*`);
  const score = await found(`score:{s${part(alice.number)}}:*`);
  const sum = (await site.redisSays(['HKEYS', stats])).split('\n').find((name) => name[0] === 's');
  const fill = `local packed = redis.call('HGET', KEYS[1], 'slot:1')
    for slot = 2, 5 do redis.call('HSET', KEYS[1], 'slot:' .. slot, packed) end`;
  const first = "redis.call('HKEYS', KEYS[1])[1]";
  const rot = `redis.call('HSET', KEYS[1], ${first}, 'x')`;
  const other = `redis.call('HSET', KEYS[1], ${first}, ARGV[1])`;
  const drop = `redis.call('HDEL', KEYS[1], ${first})`;

  // What is said, the key that is damaged, and how.
  const damages = [
    ['readable', score, 'EVAL', rot, 1, score],
    ['readable', profile, 'SETRANGE', profile, 0, 'x'],
    ['books', stats, 'HSET', stats, sum, '1 1'],
    ['slots', shop, 'EVAL', fill, 1, shop],
    ['following owners', shop, 'HSET', shop, 'owner', bob.id],
    ['following owners', member, 'HSET', member, 'shop', alice.number],
    ['owners', shops, 'SETBIT', shops, bitOf(alice), 0],
    ['owners readable', shops, 'SETBIT', shops, 9999, 1],
    ['owners', member, 'HSET', member, 'shop', 'no number'],
    ['following', following, 'SADD', following, 'no number'],
    ['following', followers, 'SADD', followers, 'no number'],
    ['following', following, 'SREM', following, bob.number],
    ['following', followers, 'SREM', followers, bob.number],
    ['following', followers, 'SADD', followers, alice.number],
    ['products', product, 'HINCRBY', product, 'version', 1],
    ['products', product, 'HSET', product, 'down', 'o'],
    ['index products', product, 'DEL', product],
    ['index products', 'indexed:{g}', 'HDEL', 'indexed:{g}', green.id],
    ['index', 'gram:{g}:te', 'SREM', 'gram:{g}:te', green.id],
    ['index', 'gram:{g}:zz', 'SADD', 'gram:{g}:zz', green.id],
    ['index', 'list:{g}::order', 'ZREM', 'list:{g}::order', green.id],
    ['index', 'list:{g}:c:tea:price', 'ZADD', 'list:{g}:c:tea:price', 1, green.id],
    ['index', 'list:{g}:c:gone:order', 'ZADD', 'list:{g}:c:gone:order', 1, green.id],
    ['index', `own:{g}:${bob.id}`, 'ZADD', `own:{g}:${bob.id}`, 1, green.id],
    ['index', 'categories:{g}', 'ZINCRBY', 'categories:{g}', 1, 'tea'],
    ['claims', claim, 'EVAL', other, 1, claim, bob.number],
    ['claims', claim, 'EVAL', drop, 1, claim],
    ['claims', sale, 'EVAL', rot, 1, sale],
    ['reports', sale, 'EVAL', drop, 1, sale],
    ['reports', reports, 'XADD', reports, '*', 's', `${alice.number} never sold`],
  ];
  for (const [code, key, ...words] of damages) {
    const was = (await site.redisSays(['COPY', key, 'keep', 'REPLACE'])) === '1';
    await site.redisSays(words);
    const { bad } = await verify(site);
    assert.deepEqual(bad.sort(), code.split(' '), words.join(' '));
    await site.redisSays(was ? ['RENAME', 'keep', key] : ['DEL', key]);
  }
  assert.deepEqual((await verify(site)).bad, []);

  // What cannot be undone.
  await site.redisSays(['XTRIM', `events:{s${part(alice.number)}}`, 'MAXLEN', 0]);
  assert.deepEqual((await verify(site)).bad, ['positions']);
  const [last] = (await site.redisSays(['XREVRANGE', 'audit:{g}', '+', '-', 'COUNT', 1])).split('\n');
  await site.redisSays(['XDEL', 'audit:{g}', last]);
  assert.deepEqual((await verify(site)).bad.sort(), ['audit', 'positions']);
  await site.redisSays(['DEL', 'audit:{g}']);
  assert.deepEqual((await verify(site)).bad.sort(), ['audit', 'positions']);
});

test('what is still on its way is no fault', async (t) => {
  const { site, tea, green, alice, bob } = await stillStore(t);
  const product = `product:{p${part(green.id)}}:${green.id}`;
  const followers = `followers:{s${part(alice.number)}}:${alice.number}`;
  const reports = `reports:{m${part(tea.id)}}:${tea.id}`;

  await site.redisSays(['HINCRBY', product, 'version', 1]);
  await site.redisSays(['XADD', `outbox:{p${part(green.id)}}`, '*', 'kind', 'product', 'id', green.id]);
  await site.redisSays(['SREM', followers, bob.number]);
  const follow = ['kind', 'follow', 'shop', alice.number, 'follower', bob.number, 'on', 1];
  await site.redisSays(['XADD', `outbox:{m${part(bob.id)}}`, '*', ...follow]);
  const claim = (await site.redisSays(['--scan', '--pattern', 'claim:*'])).split('\n')[0];
  const asBefore = "redis.call('HSET', KEYS[1], redis.call('HKEYS', KEYS[1])[1], ARGV[1])";
  await site.redisSays(['EVAL', asBefore, 1, claim, alice.number]);
  const [last] = (await site.redisSays(['XREVRANGE', reports, '+', '-', 'COUNT', 1])).split('\n');
  await site.redisSays(['XDEL', reports, last]);
  const said = await verify(site);
  assert.deepEqual(said.bad, []);
  assert.ok(said.messages.count >= 2); // a follow is looked at from both sides
  assert.equal(said.unlisted.count, 1);

  await site.startServer(); // whose relay delivers it all
  await until('all is delivered', async () => (await verify(site)).messages.count === 0);
});

test('verify holds while everybody is at work', async (t) => {
  const site = await startMachines(t, { policy: POLICY });
  const tea = await site.merchant();
  const products = [];
  for (let i = 0; i < 20; i++) products.push(await tea.product(`p${i}`));
  const shops = [];
  for (const who of ['alice', 'bob', 'carol', 'dave']) {
    shops.push(await site.member(who).withShop());
  }
  let going = true;
  const loop = async (step) => {
    for (let i = 0; going; i++) await step(i);
  };
  const all = Promise.all([
    loop((i) => tea.product(`p${i % 20}`, { price_fen: 1000 + i, category: `c${i % 3}` })),
    loop((i) => {
      const status = i % 2 ? 'unlisted' : 'listed';
      return tea.patch(`/merchant/products/p${i % 7}`, { status }).expect(200);
    }),
    loop((i) => {
      const path = `/me/following/${shops[(i + 1 + (i >> 2)) % 4].number}`;
      const who = shops[i % 4];
      return i % 3 ? who.put(path, {}) : who.delete(path);
    }),
    loop((i) => tea.sale(saleOf(shops[i % 4], products[i % 20], `S${i}`)).expect(201)),
    loop(() => site.cliDone(['board', 'release'])),
  ]);
  t.after(() => (going = false)); // also when a round fails
  for (let round = 0; round < 5; round++) {
    const said = await Promise.race([verify(site), all]);
    assert.deepEqual(said.bad, []);
  }
  going = false;
  await all;
  await quiet(site);
});
