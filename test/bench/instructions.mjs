// test/bench/instructions.mjs [WORD] - `make instructions`: how many instructions a unit of
// work takes, counted by callgrind, beside what it took when the figure was written down in
// instructions.json. The count does not depend on what else the machine does, so a step in it
// is ours; on a processor of another kind libc and OpenSSL take other ways, and nothing is
// compared. WRITE=1 writes the figures anew.
//
// A subject is a file *.instructions.mjs beside this one. It exports `counts`:
//
//     export const counts = { 'cached-page': async (t) => ({ unit: 'request', instructions }) };
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { arch } from 'node:process';
import { fileURLToPath } from 'node:url';

// As far as it makes a difference under callgrind.
const PROCESSOR = `${arch} ${/ avx2 /.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'avx2' : ''}`.trim();
const MARGIN = 0.03;
const FIGURES = fileURLToPath(new URL('instructions.json', import.meta.url));

function judge(name, { unit, instructions }, known) {
  const now = Math.round(instructions);
  const ratio = now / known;
  console.log(`${name}: ${now} instructions a ${unit}, written down ${known ?? 'none'}`);
  assert.ok(known, `${name} has no figure: make instructions WRITE=1`);
  assert.ok(ratio < 1 + MARGIN, `${name} takes ${((ratio - 1) * 100).toFixed(1)} % more than before`);
  if (ratio < 1 - MARGIN) console.log(`# it takes less than before: make instructions WRITE=1`);
}

const word = process.argv[2] ?? '';
const known = JSON.parse(readFileSync(FIGURES, 'utf8'));
const figures = { ...known, processor: PROCESSOR };
const skip = !process.env.WRITE && known.processor !== PROCESSOR &&
  `the figures are of another processor: ${known.processor}, not ${PROCESSOR}`;
const files = readdirSync(new URL('.', import.meta.url));

for (const file of files.filter((name) => name.endsWith('.instructions.mjs')).sort()) {
  const { counts } = await import(new URL(file, import.meta.url));
  for (const [name, count] of Object.entries(counts)) {
    if (!name.includes(word)) continue;
    test(`${name} takes no more instructions than before`, { skip }, async (t) => {
      const counted = await count(t);
      figures[name] = Math.round(counted.instructions);
      if (!process.env.WRITE) judge(name, counted, known[name]);
    });
  }
}
after(() => {
  if (process.env.WRITE) writeFileSync(FIGURES, JSON.stringify(figures, null, 2) + '\n');
});
