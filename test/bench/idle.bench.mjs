// test/bench/idle.bench.mjs - what a connection holds of the server's memory between two
// requests: some thousands of browsers, each of which has had the shop's page.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { makeDir } from '../support/xiaopu.mjs';
import { RUNS, row } from './measure.mjs';
import { makePair, oneLoop, stage } from './stage.mjs';

const AT_ONCE = 50;

// The process's own memory, in bytes.
function ownBytes({ pid }) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(rollup.match(/^Pss_Anon: +(\d+) kB$/m)[1]) * 1024;
}

// Asks once and stays.
async function browse({ base }, path) {
  const { protocol, port } = new URL(base);
  const secure = protocol === 'https:';
  const where = { host: '127.0.0.1', port, rejectUnauthorized: false };
  const socket = (secure ? tls : net).connect(where);
  await once(socket, secure ? 'secureConnect' : 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
  let left;
  await new Promise((resolve, reject) => {
    socket.on('close', () => reject(new Error('the server closed a connection')));
    socket.on('data', (data) => {
      if (left === undefined) {
        const head = data.indexOf('\r\n\r\n') + 4;
        left = head + Number(data.toString('latin1', 0, head).match(/Content-Length: (\d+)/)[1]);
      }
      left -= data.length;
      if (left === 0) resolve();
    });
  });
  return socket;
}

async function open(server, path, count) {
  const sockets = [];
  while (sockets.length < count) {
    const some = Array.from({ length: AT_ONCE }, () => browse(server, path));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

const close = (sockets) =>
  Promise.all(
    sockets.map((socket) => {
      socket.on('error', () => {});
      socket.destroy();
      return once(socket, 'close');
    }),
  );

// The first ones take what the start has freed; the second ones are measured.
async function onceMore(site, pair, path, count) {
  const server = await oneLoop(site, pair);
  const sockets = await open(server, path, count);
  const before = ownBytes(server);
  sockets.push(...(await open(server, path, count)));
  const each = (ownBytes(server) - before) / count;
  if (sockets.some(({ readyState }) => readyState !== 'open')) throw new Error('too slow: 30 s');
  await close(sockets);
  await server.stop();
  return each;
}

async function idle(t, name, wanted, pair) {
  const { site, shop } = await stage(t);
  const path = `/s/${shop.number}`;
  const ours = [];
  for (let i = 0; i < RUNS; i++) ours.push(await onceMore(site, pair, path, wanted.count));
  row({ name, unit: 'bytes', ours, theirs: wanted.most, yardstick: 'allowed', most: 1,
    aim: wanted.aim / wanted.most });
}

const PLAIN = { most: 1024, aim: 512, count: 4000 };
const TLS = { most: 20 << 10, aim: 12 << 10, count: 1000 };

export const rows = {
  'idle-plain': (t) => idle(t, 'idle connection', PLAIN),
  'idle-tls': (t) => idle(t, 'idle connection, TLS', TLS, makePair(makeDir(t))),
};
