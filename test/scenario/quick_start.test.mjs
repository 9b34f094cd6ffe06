// README's quick start, word for word: what a newcomer types does what the text says.
// has a store of its own
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BINARY, command } from '../support/process.mjs';
import { embeddedOnly, makeDir, start } from '../support/xiaopu.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

// Each block prints what stands between its marker and the next.
function script(xiaopu) {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n([^]*?)^```/gm)].map((found) => found[1]);
  assert.ok(blocks.length >= 7);
  return blocks
    .map((block, i) => `echo "### ${i}"\n${block}`)
    .join('\n')
    .replaceAll('http://127.0.0.1:8080', xiaopu.base);
}

test('the quick start does what it says', { skip: embeddedOnly }, async (t) => {
  const dir = makeDir(t);
  const xiaopu = await start(t, { dir: path.join(dir, 'data') });
  symlinkSync(path.dirname(BINARY), path.join(dir, 'build'));
  symlinkSync(path.join(root, 'docs'), path.join(dir, 'docs'));

  const done = await command('bash', ['-s'], { input: script(xiaopu), cwd: dir });
  const said = done.stdout.split(/### \d+\n/).slice(1);
  const show = `${done.stdout}\n${done.stderr}`;
  const [, catalogue, slots, , sale, board, fifth, gone] = said;
  assert.equal(done.status, 0, show);

  assert.match(catalogue, /6 products new/, show);
  assert.match(catalogue, /茉莉花茶/, show);
  assert.match(slots, /"code": *"slot_limit"/, show);
  assert.match(slots, /"code": *"cooldown"/, show);
  assert.equal(slots.match(/"placed_at"/g).length, 4, show);
  const live = sale.match(/"live": *\{[^}]*"influence": *(\d+)/);
  assert.ok(Number(live[1]) > 0, show);
  assert.match(sale, /"receipt"/, show);
  assert.match(board, /"rank": *1\b/, show);
  assert.match(fifth, /"slot": *5\b/, show);
  assert.match(gone, /"code": *"product_unlisted"/, show);
  assert.doesNotMatch(gone.split('product_unlisted').at(-1), /茉莉花茶/, show);
});
