// test/support/process.mjs - processes of a test: started, watched, and gone at its end,
// also when a signal ends it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const BINARY =
  process.env.XIAOPU_BIN ?? fileURLToPath(new URL('../../build/xiaopu', import.meta.url));
// The same as another version, whose function libraries are others.
export const OTHER_BINARY = path.join(path.dirname(BINARY), 'other', path.basename(BINARY));
export const LONG_MS = 30_000;

// Looks until `look` gives something true, and gives it. For what has no event of its own.
export async function until(what, look, { ms = LONG_MS, every_ms = 20 } = {}) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < end, `waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every_ms));
  }
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// A command that ends by itself: { status, stdout, stderr }.
export async function command(program, args, { input, env, cwd } = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, cwd });
  const out = [];
  const err = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  child.stdin.on('error', () => {}); // it may end without reading
  child.stdin.end(input ?? '');
  const [code, signal] = await once(child, 'close');
  return {
    status: code ?? signal,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  };
}

// A process that stays until the test has ended, its stderr kept.
export class Service {
  // quiet: what it logs goes nowhere, so that reading it costs nothing.
  constructor(args, { env, quiet = false, binary = BINARY } = {}) {
    this.args = args;
    this.child = spawn(binary, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', quiet ? 'ignore' : 'pipe'],
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
    this.stdout = '';
    this.stderr = '';
    this.child.stdout.on('data', (chunk) => (this.stdout += chunk));
    this.child.stderr?.on('data', (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-1_000_000);
      if (process.env.XIAOPU_LOG) process.stderr.write(chunk);
    });
  }

  get pid() {
    return this.child.pid;
  }

  get alive() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  // The first match of `pattern` in what it printed on stdout.
  async says(pattern) {
    return until(`${this.args[0]} says ${pattern}`, () => {
      const found = this.stdout.match(pattern);
      assert.ok(found || this.alive, `xiaopu ${this.args.join(' ')} ended: ${this.stderr}`);
      return found;
    });
  }

  // Stops it as an operator does; gives the exit code.
  async stop(signal = 'SIGTERM') {
    if (this.alive) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LONG_MS);
    const status = await this.ended;
    clearTimeout(timer);
    return status;
  }

  // What sanitizers had to say, if anything.
  sanitizerReport() {
    const at = this.stderr.search(/ERROR: (Address|Leak)Sanitizer|runtime error:/);
    return at < 0 ? '' : this.stderr.slice(at, at + 6000);
  }
}

// The processes whose parent is `pid`: [{ pid, words }].
export function childrenOf(pid) {
  const children = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      if (parent !== pid) continue;
      readlinkSync(`/proc/${name}/exe`); // fails for one that has ended
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      children.push({ pid: Number(name), words });
    } catch {
      // it ended while we looked
    }
  }
  return children;
}

// A test that is cut short leaves nothing running behind. Parents first: some start again
// what ends.
function killAll(children) {
  for (const { pid } of children) {
    const below = childrenOf(pid);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has just ended
    }
    killAll(below);
  }
}

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    killAll(childrenOf(process.pid));
    process.exit(1);
  });
}
