// test/bench/callgrind.mjs - our binary under callgrind, for the counts of *.instructions.mjs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BINARY, LONG_MS, command } from '../support/process.mjs';
import { makeDir } from '../support/xiaopu.mjs';

async function forget({ pid }) {
  const { status, stdout } = await command('callgrind_control', ['--zero', String(pid)]);
  assert.equal(status, 0, stdout);
}

// Runs the binary with these words under callgrind. What it executes in `functions`, and
// whatever they call, counts; a function must not switch tasks. `drive` gets { child, zero }
// and says by its end that the work is done; zero() forgets what was counted until then.
// Gives the sum.
export async function countInstructions(t, words, functions, drive) {
  const file = path.join(makeDir(t), 'callgrind.out');
  const toggles = functions.map((name) => `--toggle-collect=${name}`);
  const options = ['--tool=callgrind', `--callgrind-out-file=${file}`, '--collect-atstart=no'];
  const child = spawn('valgrind', [...options, ...toggles, BINARY, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => (said = (said + data).slice(-4000)));
  const ended = once(child, 'close');
  const timer = setTimeout(() => child.kill('SIGKILL'), 4 * LONG_MS);
  try {
    await drive({ child, zero: () => forget(child) });
  } finally {
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
  const sum = Number(readFileSync(file, 'utf8').match(/^(?:summary|totals): (\d+)/m)?.[1]);
  assert.ok(sum > 0, `callgrind counted nothing in ${functions}: ${said}`);
  return sum;
}
