// test/bench/stage.mjs - what rows are played on: a site with a merchant, a shop and a
// product in each of its four slots, a page of 6 KB; a server on core 0, all else on core 1.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { startMachines } from '../support/machines.mjs';
import { pin } from './measure.mjs';

const BIO = '喝了十年的茶，每一款都自己买过、泡过，好喝才推荐。'.repeat(8);
export const TITLE = '快要下架的茶';

export async function stage(t, options) {
  const site = await startMachines(t, { ...options, quiet: true });
  const merchant = await site.merchant('bench');
  const shop = await site.member('bench').withShop();
  await shop.patch('/me/shop', { bio: BIO }).expect(200);
  const product = await merchant.product('tea', { title: TITLE, url: 'https://a.example/tea' });
  const note = '我每天都喝的茶，送人也合适。'.repeat(5);
  await shop.put('/me/shop/slots/1', { product_id: product.id, note }).expect(200);
  for (const slot of [2, 3, 4]) {
    const more = await merchant.product(`more-${slot}`, {
      title: `正山小种红茶 特级 礼盒装 ${slot} 号 `.repeat(12).trim(),
      exclusive_price_fen: 900,
      url: `https://a.example/tea/${slot}`,
    });
    await shop.put(`/me/shop/slots/${slot}`, { product_id: more.id, note }).expect(200);
  }
  return { site, merchant, shop, product };
}

// A pair for both sides, and the cipher that both then speak.
export function makePair(dir) {
  const [cert, key] = [path.join(dir, 'bench.cert'), path.join(dir, 'bench.key')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const words = ['req', '-x509', ...curve, '-nodes', '-days', '2', '-subj', '/CN=bench'];
  execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key, cipher: 'TLS_AES_256_GCM_SHA384' };
}

// One more server of the site, of one loop, over TLS when there is a pair.
export async function oneLoop(site, pair) {
  const tls = pair ? ['--tls-cert', pair.cert, '--tls-key', pair.key] : [];
  site.options.args = ['--loops', '1', ...tls];
  const server = await site.startServer();
  if (pair) server.base = server.base.replace('http:', 'https:');
  return server;
}

// The one that is measured has core 0 for itself and its yardstick.
export async function pinSite(site, ...measured) {
  for (const { pid } of [...site.servers, ...site.workers, site.redis]) await pin(pid, 1);
  for (const { pid } of measured) await pin(pid, 0);
}
