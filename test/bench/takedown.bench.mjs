// test/bench/takedown.bench.mjs - from the call that takes a product down to the first answer of
// another server's cached page without it.
import { send } from '../support/client.mjs';
import { RUNS, row } from './measure.mjs';
import { TITLE, stage } from './stage.mjs';

const TARGET_MS = 100;

async function once({ site, shop, merchant }, handle, title) {
  const where = `/s/${shop.number}`;
  const shows = async () => (await send(site.servers[1].base, 'GET', where)).text.includes(title);
  while (!(await shows()));
  await shows(); // now from the cache
  const began = performance.now();
  const down = merchant.patch(`/merchant/products/${handle}`, { status: 'unlisted' }).expect(200);
  while (await shows());
  const took = performance.now() - began;
  await down;
  await merchant.patch(`/merchant/products/${handle}`, { status: 'listed' }).expect(200);
  return took;
}

async function takeDown(t) {
  const scene = await stage(t, { servers: 2 });
  const took = [];
  for (let i = 0; i < RUNS * 4; i++) took.push(await once(scene, 'tea', TITLE));
  row({
    name: 'take-down, to another server’s page',
    unit: 'ms',
    ours: took,
    theirs: TARGET_MS,
    yardstick: 'allowed',
    most: 1,
    aim: 0.05,
  });
}

export const rows = { takedown: takeDown };
