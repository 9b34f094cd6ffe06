// kill -9 under load: nothing acknowledged is lost, and nothing counts twice.
//
// Sales and visits come in while one process after another is killed at random moments.
// A reporter repeats what got no answer until it has one, as a merchant would, and keeps
// a journal of what was acknowledged. KILL_ROUNDS (20) rounds for each process; the seed
// is printed, and SEED repeats it.
import { test } from 'node:test';
import { beginLoad, expectAll, numbers } from '../support/load.mjs';
import { start } from '../support/xiaopu.mjs';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 20);
const SEED = Number(process.env.SEED ?? Date.now() % 1e9);
const POLICY = { influence: { settle_after_s: 0 } };

for (const name of ['server', 'scoring', 'store']) {
  test(`${ROUNDS} times kill -9 of the ${name} under load (SEED=${SEED})`, async (t) => {
    const random = numbers(SEED);
    const xiaopu = await start(t, { policy: POLICY });
    const load = await beginLoad(t, xiaopu);

    for (let round = 0; round < ROUNDS; round++) {
      await load.more(1 + random(60));
      await xiaopu.back(name, xiaopu.kill(name));
    }
    await load.more(20);
    await load.end();
    await expectAll(load);
    await xiaopu.cliDone(['verify']);
  });
}
