// test/support/machines.mjs - one Redis or a cluster, several servers and workers, as on
// several machines.
//
//     const site = await startMachines(t, { servers: 2, workers: 2 });
//     await site.at(1).get('/me').expect(401);       speaks to the second server
//     site.workers[0].child.kill('SIGKILL');
//
// What xiaopu.mjs offers goes to the first server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { send } from './client.mjs';
import { Service, command, freePort, until } from './process.mjs';
import { Xiaopu, atEnd, makeDir, takeCluster } from './xiaopu.mjs';

class Machines extends Xiaopu {
  constructor(t, dir, options) {
    super(t, dir, options);
    this.socket = path.join(dir, 'redis.sock');
    this.cluster = options.cluster;
    const url = this.cluster?.url ?? `unix:${this.socket}`;
    this.storeWords = ['--redis', url, '--keys', path.join(dir, 'keys')];
    this.servers = [];
    this.workers = [];
  }

  async startRedis() {
    const words = ['--port', '0', '--unixsocket', this.socket, '--dir', this.dir, '--save', ''];
    words.push('--appendonly', 'yes', '--appendfsync', 'always', '--loglevel', 'warning');
    words.push('--auto-aof-rewrite-min-size', '1gb');
    this.redis = spawn('redis-server', words, { stdio: 'ignore' });
    this.redisEnded = once(this.redis, 'close');
  }

  // What Redis answers to these words, the last of which may be bytes for redis-cli's -x.
  async redisSays(words, input) {
    const args = ['-e', '-s', this.socket, ...(input === undefined ? [] : ['-x']), ...words.map(String)];
    const { status, stdout } = await command('redis-cli', args, { input });
    assert.equal(status, 0, stdout);
    return stdout.trim();
  }

  // Its service has `base`, `adminBase` and the child. `keys` names another key file,
  // `binary` another program.
  async startServer({ keys, binary } = {}) {
    const listen = `127.0.0.1:${await freePort()}`;
    const admin = `127.0.0.1:${await freePort()}`;
    const store = keys ? [...this.storeWords.slice(0, -1), keys] : this.storeWords;
    const words = ['server', ...store, '--listen', listen, '--admin', admin];
    const { args = [], quiet } = this.options;
    const server = new Service([...words, '--test-clock', ...args], { quiet, binary });
    Object.assign(server, { base: `http://${listen}`, adminBase: `http://${admin}` });
    this.servers.push(server);
    await until('server is ready', async () => {
      const answer = await send(server.adminBase, 'GET', '/readyz').catch(() => undefined);
      if (!answer && !server.alive) throw new Error(`server ended: ${server.stderr}`);
      return answer?.status === 200;
    });
    return server;
  }

  // Another process in the place of one that has ended, as its supervisor would start it.
  again(list, index) {
    const { args, base, adminBase } = list[index];
    list[index] = new Service(args, { quiet: this.options.quiet });
    return Object.assign(list[index], { base, adminBase });
  }

  startWorker({ binary } = {}) {
    const worker = new Service(['scoring', ...this.storeWords, '--test-clock'], {
      quiet: this.options.quiet,
      binary,
    });
    this.workers.push(worker);
    return worker;
  }

  async run() {
    const { servers = 1, workers = 1 } = this.options;
    if (!this.cluster) await this.startRedis();
    for (let i = 0; i < servers; i++) await this.startServer();
    for (let i = 0; i < workers; i++) this.startWorker();
    this.base = this.servers[0]?.base;
    this.adminBase = this.servers[0]?.adminBase;
    this.nobody = this.base && this.client();
    return this;
  }

  // Somebody (nobody, unless said) at another server.
  at(index, client = this.nobody) {
    return Object.assign(Object.create(Object.getPrototypeOf(client)), client, {
      base: this.servers[index].base,
    });
  }

  async stop() {
    this.agent.destroy();
    const reports = [];
    for (const service of [...this.servers, ...this.workers]) {
      const killed = service.child.signalCode;
      const status = await service.stop();
      if (status !== 0 && !killed) reports.push(`${service.args[0]}: ${status} ${service.stderr}`);
      reports.push(service.sanitizerReport());
    }
    this.redis?.kill('SIGTERM');
    await this.redisEnded;
    const said = reports.join('').slice(0, 4000);
    if (said) throw new Error(said);
  }
}

// options: servers (1), workers (1), policy, args, cluster (true, or one that was started)
export async function startMachines(t, options = {}) {
  const cluster = options.cluster === true ? await takeCluster(t) : options.cluster;
  const site = new Machines(t, makeDir(t), { ...options, cluster });
  atEnd(t, () => site.stop());
  await site.run();
  if (options.policy) await site.setPolicy(options.policy);
  return site;
}
