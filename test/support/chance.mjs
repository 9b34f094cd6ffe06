// test/support/chance.mjs - numbers for tests over random events. XIAOPU_SEED repeats a run.
import { randomInt } from 'node:crypto';

const first = BigInt(process.env.XIAOPU_SEED ?? randomInt(2 ** 47));
let made = 0n;

// { below(bound), pick(list) }; the seed is told with the test's output. Each that is made
// in a process goes its own way, and the same way by the same seed.
export function chance(t) {
  let seed = first + (made++ << 48n);
  t.diagnostic(`seed ${first}`);
  const next = () => {
    // splitmix64, as in test/support/chance.h
    seed = BigInt.asUintN(64, seed + 0x9e3779b97f4a7c15n);
    let z = BigInt.asUintN(64, (seed ^ (seed >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  const below = (bound) => Number(next() % BigInt(bound));
  return { below, pick: (list) => list[below(list.length)] };
}
