// test/support/island.mjs - a network namespace of its own for a server, with a link to each
// node of its store that can be cut.
//
//     const island = await makeIsland(t, 6);      links 1 to 6 to nodes, and one to us
//     island.here(1)                              "10.213.1.1": a node listens there
//     island.there                                where a server on the island listens
//     new Service(island.words(words), { binary: 'nsenter' });
//     await island.lose(3);                       what is sent to node 3 vanishes
//     await island.down(3);                       the link is gone, and the server told so
//     await island.mend(3);
//
// The test itself runs in a namespace, so that nothing of this machine's network changes.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BINARY, command, until } from './process.mjs';
import { atEnd } from './xiaopu.mjs';

const NOBODY = '02:00:00:00:00:01'; // no link has this address

async function run(program, ...words) {
  const { status, stderr } = await command(program, words);
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
}

// Why there are no namespaces here; false when there are.
export async function noNamespaces() {
  const words = ['--net', 'ip', 'link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there'];
  const { status, stderr } = await command('unshare', words).catch((error) =>
    ({ status: 1, stderr: error.message }));
  return status !== 0 && `no network namespaces with links here: ${stderr.trim()}`;
}

export const isInside = process.env.XIAOPU_TEST_INSIDE === '1';

// Runs a test file once more, in a namespace of its own.
export async function runInside(url) {
  const env = { XIAOPU_TEST_INSIDE: '1', NODE_TEST_CONTEXT: undefined };
  const file = fileURLToPath(url);
  return command('unshare', ['--net', process.execPath, file], { env });
}

class Island {
  constructor(links) {
    this.links = links;
    this.there = '10.213.0.2';
    this.holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  }

  here(i) {
    return `10.213.${i}.1`;
  }

  words(words) {
    return ['-t', this.holder.pid, '-n', BINARY, ...words].map(String);
  }

  inside(...words) {
    return run('nsenter', '-t', String(this.holder.pid), '-n', ...words);
  }

  async link(i) {
    const [near, far] = [`near${i}`, `far${i}`];
    await run('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far);
    await run('ip', 'link', 'set', far, 'netns', String(this.holder.pid));
    await run('ip', 'addr', 'add', `${this.here(i)}/30`, 'dev', near);
    await run('ip', 'link', 'set', near, 'up');
    await this.inside('ip', 'addr', 'add', `10.213.${i}.2/30`, 'dev', far);
    await this.inside('ip', 'link', 'set', far, 'up');
  }

  async make() {
    const networkOf = (who) => readlinkSync(`/proc/${who}/ns/net`);
    await until('there is another namespace', () =>
      networkOf(this.holder.pid) !== networkOf('self'));
    await this.inside('ip', 'link', 'set', 'lo', 'up');
    for (let i = 0; i <= this.links; i++) await this.link(i);
    return this;
  }

  lose(i) {
    const words = ['lladdr', NOBODY, 'nud', 'permanent', 'dev', `far${i}`];
    return this.inside('ip', 'neigh', 'replace', this.here(i), ...words);
  }

  down(i) {
    return this.inside('ip', 'link', 'set', `far${i}`, 'down');
  }

  async mend(i) {
    await this.inside('ip', 'link', 'set', `far${i}`, 'up');
    await this.inside('ip', 'neigh', 'flush', 'dev', `far${i}`, 'nud', 'permanent');
  }

  async end() {
    const ended = once(this.holder, 'close');
    this.holder.kill('SIGKILL');
    await ended;
    // Links go with their far ends' namespace, but that takes a moment; some may never have
    // been made.
    for (let i = 0; i <= this.links; i++) await command('ip', ['link', 'del', `near${i}`]);
  }
}

export async function makeIsland(t, links) {
  await run('ip', 'link', 'set', 'lo', 'up');
  const island = new Island(links);
  atEnd(t, () => island.end());
  return island.make();
}
