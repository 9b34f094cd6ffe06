// test/bench/compare.mjs BASE [WORD] - `make bench-compare`: the same rows with this tree's
// binary and with that of the commit BASE, one build after the other and again.
//
// The bench scripts are this tree's. BASE is built in a worktree of its own in
// build/bench/base, and stays there for the next time. A row's figures of both builds are
// paired round by round, so that whatever the machine does meets both.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BINARY } from '../support/process.mjs';
import { median, ratios, showRatio } from './measure.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const root = fileURLToPath(new URL('../..', import.meta.url));
const dir = path.join(root, 'build/bench');
const tree = path.join(dir, 'base');
const [base, word = ''] = process.argv.slice(2);
const inherit = { cwd: root, stdio: 'inherit' };
const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();

function buildBase() {
  const commit = git('rev-parse', '--verify', `${base}^{commit}`);
  mkdirSync(dir, { recursive: true });
  git('worktree', 'prune');
  if (existsSync(tree)) git('-C', tree, 'checkout', '--quiet', '--detach', commit);
  else git('worktree', 'add', '--quiet', '--detach', tree, commit);
  const env = { ...process.env, MAKEFLAGS: '', MAKELEVEL: '', XIAOPU_BIN: '' };
  execFileSync('make', ['-j2', '-C', tree], { ...inherit, env });
  return { name: commit.slice(0, 12), commit, binary: path.join(tree, 'build/xiaopu') };
}

// One round of one build: the median of each row, by its name.
function measure(build) {
  const file = path.join(dir, 'round.json');
  const env = { ...process.env, XIAOPU_BIN: build.binary, BENCH_RUNS: '1' };
  Object.assign(env, { BENCH_RESULT: file, BENCH_COMMIT: build.commit });
  const script = fileURLToPath(new URL('bench.mjs', import.meta.url));
  writeFileSync(file, '{"rows":[]}');
  const { status, stdout } = spawnSync(process.execPath, [script, word], { env, cwd: root });
  if (status !== 0) console.log(`${build.name}: some rows failed\n${stdout}`);
  return JSON.parse(readFileSync(file, 'utf8')).rows;
}

const builds = [
  { name: 'this tree', commit: git('describe', '--always', '--dirty'), binary: BINARY },
  buildBase(),
];
const rows = new Map();

for (let round = 0; round < ROUNDS; round++) {
  const order = round % 2 === 0 ? [0, 1] : [1, 0];
  for (const side of order) {
    for (const { name, unit, ours, more } of measure(builds[side])) {
      if (!rows.has(name)) rows.set(name, { name, unit, more, sides: [[], []] });
      rows.get(name).sides[side].push(median(ours));
    }
  }
}

const compared = [];
for (const { name, unit, more, sides } of rows.values()) {
  if (sides[0].length !== ROUNDS || sides[1].length !== ROUNDS) {
    console.log(`${name}\n  not measured by both builds`);
    continue;
  }
  const ratio = ratios(...sides);
  const figures = sides.map((side, i) => `${builds[i].name} ${median(side).toPrecision(4)} ${unit}`);
  console.log(`${name}\n  ${figures.join(', ')}`);
  console.log(`  ratio ${showRatio(ratio)}, ${more ? 'more' : 'less'} is better`);
  compared.push({ name, unit, more, new: sides[0], base: sides[1], ratio });
}
const commits = { commit: builds[0].commit, base: builds[1].commit };
writeFileSync(path.join(dir, 'compare.json'), JSON.stringify({ ...commits, rows: compared }, null, 2));
