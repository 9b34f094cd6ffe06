// test/bench/page.bench.mjs - a shop's page beside nginx serving the same bytes as a static
// file: from the cache, its visit counted; the same over TLS; and made anew each time.
import path from 'node:path';
import { send } from '../support/client.mjs';
import { alternate, load, rateAndCpu } from './measure.mjs';
import { startNginx } from './nginx.mjs';
import { makeDir } from '../support/xiaopu.mjs';
import { makePair, oneLoop, pinSite, stage } from './stage.mjs';

async function beside(t, pair) {
  const { site, shop } = await stage(t);
  const server = await oneLoop(site, pair);
  const where = `/s/${shop.number}`;
  const page = await send(server.base, 'GET', where);
  const nginx = await startNginx(t, path.join(site.dir, 'nginx'), page.bytes, pair);
  await pinSite(site, server, nginx);
  console.log(`# the page has ${page.bytes.length} bytes`);
  const sides = ({ script, connections, theirs = '/page' } = {}) =>
    alternate(
      () => load(server.base + where, server.pid, { script, connections }),
      () => load(nginx.base + theirs, nginx.pid, { script, connections }),
    );
  return { server, sides };
}

const STATIC = { rate: { least: 1.4 }, cpu: { most: 0.65 } };

// wrk is one visitor, who is counted once a minute.
async function cached(t) {
  const { sides } = await beside(t);
  rateAndCpu('cached shop page', await sides(), STATIC);
}

async function cachedMemory(t) {
  const { sides } = await beside(t);
  const yardstick = 'nginx, `return`';
  rateAndCpu('cached shop page, from memory both', await sides({ theirs: '/memory' }),
    { yardstick, rate: { aim: 1 }, cpu: { aim: 1 } });
}

// Every request is a visit that is counted.
async function cachedVisits(t) {
  const { sides } = await beside(t);
  rateAndCpu('cached shop page, each visit another’s', await sides({ script: 'visitors.lua' }), STATIC);
}

async function cachedTls(t) {
  const { sides } = await beside(t, makePair(makeDir(t)));
  rateAndCpu('cached shop page, TLS 1.3', await sides(), { rate: { least: 1, aim: 1.3 } });
}

// The objects are in the cache, the page is not: each address is a new one.
async function uncached(t) {
  const { sides } = await beside(t);
  const found = await sides({ script: 'targets.lua', connections: 16 });
  rateAndCpu('uncached shop page', found, { rate: { least: 0.5, aim: 0.75 } });
}

export const rows = {
  'page-cached': cached,
  'page-memory': cachedMemory,
  'page-visits': cachedVisits,
  'page-tls': cachedTls,
  'page-uncached': uncached,
};
