// test/bench/measure.mjs - what the rows of `make bench` share: alternating runs, medians,
// CPU time of processes, and the row itself, printed and kept as JSON.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../support/process.mjs';

export const RUNS = Number(process.env.BENCH_RUNS ?? 5);
export const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const RESULT =
  process.env.BENCH_RESULT ??
  fileURLToPath(new URL('../../build/bench/result.json', import.meta.url));

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// User and system time of a process so far, in ms (100 ticks a second on Linux).
export function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

// Binds a process with all its threads to one core.
export async function pin(pid, core) {
  const words = ['-a', '-c', '-p', String(core), String(pid)];
  const { status, stderr } = await command('taskset', words);
  if (status !== 0) throw new Error(stderr);
}

// wrk from core 1: { rate, cpu_us } of the process that serves. `script` is one of wrk's.
export async function load(url, pid, { connections = 64, headers = {}, script } = {}) {
  const words = ['-c', '1', 'wrk', '-t', '1', '-c', String(connections), '-d', `${SECONDS}s`];
  if (script) words.push('-s', fileURLToPath(new URL(script, import.meta.url)));
  for (const [name, value] of Object.entries(headers)) words.push('-H', `${name}: ${value}`);
  const before = cpuMs(pid);
  const { status, stdout, stderr } = await command('taskset', [...words, url]);
  const cpu = cpuMs(pid) - before;
  const requests = Number(stdout.match(/(\d+) requests in/)?.[1]);
  if (status !== 0 || !requests) throw new Error(`wrk: ${stdout} ${stderr}`);
  const bad = stdout.match(/Non-2xx or 3xx responses: (\d+)/);
  if (bad) throw new Error(`wrk: ${bad[0]}`);
  const rate = Number(stdout.match(/Requests\/sec: +([\d.]+)/)[1]);
  return { rate, cpu_us: (cpu * 1000) / requests };
}

// Runs both sides in turn, so that whatever the machine does meets both.
export async function alternate(ours, theirs) {
  const sides = { ours: [], theirs: [] };
  for (let i = 0; i < RUNS; i++) {
    sides.ours.push(await ours());
    sides.theirs.push(await theirs());
  }
  return sides;
}

// Two rows of what alternate() made of load(): the rate, and the CPU time a request.
export function rateAndCpu(name, { ours, theirs }, { yardstick = 'nginx', rate = {}, cpu = {} }) {
  const each = (key) => ({
    ours: ours.map((run) => run[key]),
    theirs: theirs.map((run) => run[key]),
    yardstick,
  });
  row({ name, unit: 'requests/s', ...each('rate'), ...rate });
  row({ name: `${name}, CPU`, unit: 'us/request', ...each('cpu_us'), more: false, ...cpu });
}

const show = (number) =>
  number >= 100 ? Math.round(number).toLocaleString('en') : number.toPrecision(3);
const fixed = (number) => (number >= 0.1 ? number.toFixed(2) : number.toPrecision(2));

export function ratios(ours, theirs) {
  const all = ours.map((value, i) => value / theirs[i]);
  return { median: median(all), min: Math.min(...all), max: Math.max(...all) };
}

export const showRatio = ({ median: middle, min, max }) =>
  `${fixed(middle)} (${fixed(min)} to ${fixed(max)})`;

const git = (...words) => execFileSync('git', words, { encoding: 'utf8' }).trim();
const made = [];

function keep(row) {
  made.push(row);
  mkdirSync(path.dirname(RESULT), { recursive: true });
  const [cpu] = os.cpus();
  const result = {
    commit: process.env.BENCH_COMMIT ?? git('describe', '--always', '--dirty', '--abbrev=40'),
    date: new Date().toISOString(),
    machine: {
      cores: os.cpus().length,
      model: cpu?.model,
      memory_mb: Math.round(os.totalmem() / 2 ** 20),
      kernel: os.release(),
    },
    rows: made,
  };
  writeFileSync(RESULT, JSON.stringify(result, null, 2) + '\n');
}

// One row: runs of `ours` beside the runs of the yardstick, both in `unit`.
//
//     row({ name: 'cached shop page', unit: 'requests/s', ours: rates, theirs: nginxRates,
//       yardstick: 'nginx', least: 1.4, aim: 2 });
//
// `theirs` is a list as long as `ours`, or one number: a fixed figure that was asked for
// (with target 1). `least`: the ratio must reach the target; `most`: it must not pass it.
// A row of which only an aim is known has neither, and says `more: false` when less is
// better. `aim` may be left out.
export function row({ name, unit, ours, theirs, yardstick, least, most, aim, more }) {
  const beside = typeof theirs === 'number' ? ours.map(() => theirs) : theirs;
  const ratio = ratios(ours, beside);
  const wantsMore = more ?? most === undefined;
  const reaches = (target) => (wantsMore ? ratio.median >= target : ratio.median <= target);
  const target = least ?? most;
  const reached = target === undefined ? undefined : reaches(target);
  const parts = [`ratio ${showRatio(ratio)}`];

  if (target !== undefined) {
    const sense = wantsMore ? 'at least' : 'at most';
    parts.push(`${sense} ${target}: ${reached ? 'reached' : 'NOT REACHED'}`);
  }
  if (aim !== undefined) parts.push(`aim ${aim}${reaches(aim) ? ': reached' : ''}`);
  const sides = [show(median(ours)), show(median(beside))];
  console.log(`${name}\n  ours ${sides[0]} ${unit}, ${yardstick} ${sides[1]} ${unit}`);
  console.log(`  ${parts.join(', ')}`);
  keep({ name, unit, ours, theirs: beside, yardstick, ratio, more: wantsMore, target, aim, reached });
  return reached;
}

// The last words of a run: which rows miss what they must reach.
export function printSum() {
  const missed = made.filter(({ reached }) => reached === false);
  const judged = made.filter(({ reached }) => reached !== undefined);

  console.log(`bench: ${judged.length - missed.length} of ${judged.length} targets reached`);
  for (const { name, ratio, target } of missed) {
    console.log(`  missed: ${name}: ${showRatio(ratio)}, wanted ${target}`);
  }
}
