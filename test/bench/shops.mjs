// test/bench/shops.mjs - shops as far as a sale asks for them: their hashes alone.
import { command } from '../support/process.mjs';

export const FIRST_SHOP = 39063 * 256;

export const shopKey = (number) =>
  `shop:{s${String(number % 256).padStart(3, '0')}}:${number}`;

export async function openShops(site, count) {
  const words = Array.from({ length: count }, (_, i) =>
    `HSET ${shopKey(FIRST_SHOP + i)} status open\r\n`);
  await command('redis-cli', ['-s', site.socket, '--pipe'], { input: words.join('') });
}
