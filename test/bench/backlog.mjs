// test/bench/backlog.mjs - events that wait for a worker: 98 % visits (Zipf 1.0), 16 to an
// entry as servers write them, 2 % sales with an entry each, over all partitions.
import { command, until } from '../support/process.mjs';
import { FIRST_SHOP } from './shops.mjs';

const PER_ENTRY = 16;
const SALES_PER_100 = 2;
const PARTITIONS = 256;
const DAY_S = 86_400;
const UTC8_S = 28_800;

const bytes = (size, write) => {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
};
const uint = (value) =>
  value < 128
    ? Buffer.from([value])
    : bytes(9, (b) => b.writeUInt8(0xcf) && b.writeBigUInt64BE(BigInt(value), 1));

class Drawer {
  constructor({ shops, now_s, random }) {
    Object.assign(this, { shops, now_s, random, day: Math.floor((now_s + UTC8_S) / DAY_S) });
  }

  below(bound) {
    return Math.floor(this.random() * bound);
  }

  shop(partition) {
    const nth = Math.floor(this.shops ** this.random()) - 1;
    return FIRST_SHOP + Math.floor(nth / PARTITIONS) * PARTITIONS + partition;
  }

  visit(partition) {
    const who = [uint(this.below(2 ** 40)), uint(1 + this.below(65535)), Buffer.from([1])];
    const head = [Buffer.from([0x96, 1]), uint(this.shop(partition)), uint(this.day)];
    return Buffer.concat([...head, ...who]);
  }

  sale(partition) {
    const ids = [uint(this.below(2 ** 53)), uint(this.below(2 ** 48))];
    const what = [uint(this.now_s - this.below(3600)), uint(1000 + this.below(9000))];
    const head = [Buffer.from([0x97, 2]), uint(this.shop(partition))];
    return Buffer.concat([...head, ...ids, ...what, Buffer.from([1])]);
  }

  entries(partition, count) {
    const sales = Math.round((count * SALES_PER_100) / 100);
    const made = Array.from({ length: sales }, () =>
      Buffer.concat([Buffer.from([0x92, 1]), this.sale(partition)]));
    for (let left = count - sales; left > 0; left -= PER_ENTRY) {
      const visits = Array.from({ length: Math.min(PER_ENTRY, left) }, () => this.visit(partition));
      const head = bytes(4, (b) => b.writeUInt8(0xdc) && b.writeUInt16BE(visits.length + 1, 1));
      head[3] = 1;
      made.splice(this.below(made.length + 1), 0, Buffer.concat([head, ...visits]));
    }
    return made;
  }
}

// `count` events as Redis' protocol. `how`: { shops, now_s, random }.
export function backlog(count, how) {
  const drawer = new Drawer(how);
  const parts = [];
  const put = (word) => parts.push(`$${word.length}\r\n`, word, '\r\n');
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const key = `events:{s${String(partition).padStart(3, '0')}}`;
    for (const entry of drawer.entries(partition, Math.floor(count / PARTITIONS))) {
      parts.push('*5\r\n');
      for (const word of ['XADD', key, '*', 'e', entry]) put(word);
    }
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

export const append = (site, input) =>
  command('redis-cli', ['-s', site.socket, '--pipe'], { input });

// How many partitions have something left to apply.
const LEFT = `local left = 0
for p = 0, 255 do
  local tag = string.format('{s%03d}', p)
  local last = redis.call('XREVRANGE', 'events:' .. tag, '+', '-', 'COUNT', 1)[1]
  local at = redis.call('HGET', 'applied:' .. tag, 'at') or ''
  if last and at:sub(1, #last[1]) ~= last[1] then left = left + 1 end
end
return left`;

export const applied = (site) =>
  until('the backlog is applied', async () => (await site.redisSays(['EVAL', LEFT, 0])) === '0', {
    every_ms: 50,
    ms: 300_000,
  });
