// test/bench/scoring.instructions.mjs - what a batch of events costs the worker between
// reading and writing: decoding, folding, weighing, packing. Redis, tasks and replies are
// not in it. Events are the same in each run, and so is the day.
import { startMachines } from '../support/machines.mjs';
import { append, applied, backlog } from './backlog.mjs';
import { countInstructions } from './callgrind.mjs';

const [EVENTS, SHOPS] = [100_000, 20_000];
const NOW_S = 1_771_200_000;
const BATCH = ['event_read', 'shop_event', 'shop_finish', 'shop_write', 'batch_write_pending'];

// The numbers of Park and Miller, from 0 up to, without, 1.
function sameEachTime() {
  let state = 20_500;
  return () => {
    state = (state * 16807) % 2147483647;
    return (state - 1) / 2147483646;
  };
}

async function scoringBatch(t) {
  const site = await startMachines(t, { workers: 0, quiet: true });
  const how = { shops: SHOPS, now_s: NOW_S, random: sameEachTime() };
  await site.servers[0].stop();
  await site.redisSays(['SET', 'clock:{g}', NOW_S * 1000 - Date.now()]);
  await append(site, backlog(EVENTS, how)); // makes the rows
  const words = ['scoring', ...site.storeWords, '--test-clock'];
  const sum = await countInstructions(t, words, BATCH, async ({ child, zero }) => {
    await applied(site);
    await zero();
    process.kill(child.pid, 'SIGSTOP'); // so that batches are as large each time
    await append(site, backlog(EVENTS, how));
    process.kill(child.pid, 'SIGCONT');
    await applied(site);
  });
  return { unit: 'event', instructions: sum / EVENTS };
}

export const counts = { 'scoring-batch': scoringBatch };
