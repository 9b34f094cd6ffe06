// test/bench/bench.mjs [WORD] - `make bench`: each row beside its yardstick, measured in
// the same run (DESIGN.md, What it must reach). WORD keeps the rows whose name holds it.
//
// A subject is a file *.bench.mjs beside this one, found by itself. It exports `rows`:
//
//     export const rows = { 'page-cached': async (t) => { ... row({ ... }); } };
//
// measure.mjs says what a row is. The figures also go to build/bench/result.json.
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { printSum } from './measure.mjs';

const word = process.argv[2] ?? '';
const files = readdirSync(new URL('.', import.meta.url));

for (const file of files.filter((name) => name.endsWith('.bench.mjs')).sort()) {
  const { rows } = await import(new URL(file, import.meta.url));
  for (const [name, measure] of Object.entries(rows)) {
    if (name.includes(word)) test(name, measure);
  }
}
after(printSum);
