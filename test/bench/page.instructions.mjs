// test/bench/page.instructions.mjs - a shop's page from the cache: from the bytes of a
// request to those of its answer, visit, log and counters with it; and what a page made anew
// takes beside, its objects from the cache: from the task's begin to the page that is kept.
import http from 'node:http';
import { send } from '../support/client.mjs';
import { freePort, until } from '../support/process.mjs';
import { countInstructions } from './callgrind.mjs';
import { stage } from './stage.mjs';

const REQUESTS = 1000;
const CACHED = ['read_requests', 'send_ready']; // not what makes a page: that is a task's
const ANEW = ['serve_run']; // it waits for nothing once the objects are there
const HEADERS = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language': 'zh-CN,zh;q=0.8,en;q=0.5',
};
const PACKED = { ...HEADERS, 'Accept-Encoding': 'gzip, deflate, br' };

// `address` gives the i-th request's, made of the shop's path.
async function count(t, { path, headers, address }) {
  const { site, shop } = await stage(t);
  const [listen, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const words = ['server', ...site.storeWords, '--listen', listen, '--admin', admin];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const page = (i) =>
    send(`http://${listen}`, 'GET', address(`/s/${shop.number}`, i), { headers, agent });

  const sum = await countInstructions(t, [...words, '--loops', '1'], path, async ({ zero }) => {
    await until('the server is ready', async () => {
      const answer = await send(`http://${admin}`, 'GET', '/readyz').catch(() => undefined);
      return answer?.status === 200;
    });
    await page(-1); // reads what it is made of, and packs it where that is asked for
    await page(-2);
    await zero();
    for (let i = 0; i < REQUESTS; i++) await page(i);
    agent.destroy();
  });
  return { unit: 'request', instructions: sum / REQUESTS };
}

export const counts = {
  'cached-page': (t) => count(t, { path: CACHED, headers: PACKED, address: (path) => path }),
  'page-anew': (t) =>
    count(t, { path: ANEW, headers: HEADERS, address: (path, i) => `${path}?n=${i}` }),
};
