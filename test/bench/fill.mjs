// test/bench/fill.mjs - a site with very many shops, and what its visitors notice.
import assert from 'node:assert/strict';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { command, until } from '../support/process.mjs';

const program = (name) => fileURLToPath(new URL(`../../build/test/bench/${name}`, import.meta.url));

// The first number that an empty store gives, and the i-th of `fill`.
export const shopNumber = (i) => (39063 + Math.floor(i / 256)) * 256 + (i % 256);

// One of our C programs beside this file; its lines of JSON.
export async function bench(name, words) {
  const { status, stdout, stderr } = await command(program(name), words.map(String));
  assert.equal(status, 0, `${name}: ${stderr}`);
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

// Adds shops to a site of startMachines() whose workers have not been started yet. Its Redis
// writes no AOF meanwhile: 10 times as fast.
export async function fill(site, count, kind, products = []) {
  assert.equal(site.workers.length, 0);
  await site.redisSays(['CONFIG', 'SET', 'appendonly', 'no']);
  await bench('fill', [count, kind, ...(products.length > 0 ? [products.join(',')] : []),
    ...site.storeWords]);
  await site.redisSays(['CONFIG', 'SET', 'appendonly', 'yes']);
  await until('the AOF is written', async () => {
    const info = await site.redisSays(['INFO', 'persistence']);
    return /aof_rewrite_in_progress:0/.test(info) && /aof_rewrite_scheduled:0/.test(info);
  }, { ms: 600_000, every_ms: 200 });
}

// One visitor on one connection, with a page after each `every_ms`, each another shop's of
// the first `shops`, so that most ask the store: stop() gives { p50, p99, max } in ms. No
// visit counts: each would wait for the disk, whatever else is done.
export function visit(base, shops, every_ms = 4) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'Sec-Purpose': 'prefetch' };
  const took = [];
  let going = true;
  let seen = 0;
  const one = () =>
    new Promise((resolve, reject) => {
      const number = shopNumber((seen++ * 7919) % shops);
      const began = performance.now();
      const asked = http.get(`${base}/s/${number}`, { agent, headers }, (answer) => {
        answer.resume();
        answer.on('end', () => {
          took.push(performance.now() - began);
          resolve(answer.statusCode);
        });
      });
      asked.on('error', reject);
    });
  const walk = (async () => {
    while (going) {
      const status = await one();
      assert.equal(status, 200);
      await new Promise((resolve) => setTimeout(resolve, every_ms));
    }
  })();
  return async () => {
    going = false;
    await walk;
    agent.destroy();
    took.sort((a, b) => a - b);
    const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
    return { p50: at(0.5), p99: at(0.99), max: took.at(-1), count: took.length };
  };
}
