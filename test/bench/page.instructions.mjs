// test/bench/page.instructions.mjs - a shop's page from the cache: from the bytes of a
// request to those of its answer, visit, log and counters with it.
import http from 'node:http';
import { send } from '../support/client.mjs';
import { freePort, until } from '../support/process.mjs';
import { countInstructions } from './callgrind.mjs';
import { stage } from './stage.mjs';

const REQUESTS = 1000;
const PATH = ['read_requests', 'send_ready']; // not what makes a page: that is a task's
const HEADERS = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language': 'zh-CN,zh;q=0.8,en;q=0.5',
  'Accept-Encoding': 'gzip, deflate, br',
};

async function cachedPage(t) {
  const { site, shop } = await stage(t);
  const [listen, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const words = ['server', ...site.storeWords, '--listen', listen, '--admin', admin];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const page = () =>
    send(`http://${listen}`, 'GET', `/s/${shop.number}`, { headers: HEADERS, agent });

  const sum = await countInstructions(t, [...words, '--loops', '1'], PATH, async ({ zero }) => {
    await until('the server is ready', async () => {
      const answer = await send(`http://${admin}`, 'GET', '/readyz').catch(() => undefined);
      return answer?.status === 200;
    });
    await page(); // makes it, and packs it
    await page();
    await zero();
    for (let i = 0; i < REQUESTS; i++) await page();
    agent.destroy();
  });
  return { unit: 'request', instructions: sum / REQUESTS };
}

export const counts = { 'cached-page': cachedPage };
