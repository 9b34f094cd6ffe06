// test/support/resp.mjs - a connection to a Redis that tests ask often, at no process a word.
//
//     const redis = new Redis(port);
//     await redis.ask('CLUSTER', 'MYID');      throws what Redis refuses with, or the loss
//     redis.close();
//
// It connects when it is asked and again after a loss. Replies are strings, numbers, null
// and arrays of them.
import net from 'node:net';

const ANSWER_MS = 10_000; // one that is stopped is lost, in the end

// The reply that begins at `at`: [value, where it ends]; undefined while it is not whole.
function parse(bytes, at) {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const text = bytes.toString('utf8', at + 1, end);
  switch (String.fromCharCode(bytes[at])) {
    case '+':
      return [text, end + 2];
    case '-':
      return [new Error(text), end + 2];
    case ':':
      return [Number(text), end + 2];
    case '$':
      return parseBulk(bytes, Number(text), end + 2);
    case '*':
      return parseArray(bytes, Number(text), end + 2);
    default:
      throw new Error(`no reply begins so: ${text}`);
  }
}

function parseBulk(bytes, length, at) {
  if (length < 0) return [null, at];
  if (bytes.length < at + length + 2) return undefined;
  return [bytes.toString('utf8', at, at + length), at + length + 2];
}

function parseArray(bytes, count, at) {
  const values = [];
  for (let i = 0; i < count; i++) {
    const found = parse(bytes, at);
    if (!found) return undefined;
    values.push(found[0]);
    at = found[1];
  }
  return [values, at];
}

export class Redis {
  constructor(port, host = '127.0.0.1') {
    Object.assign(this, { port, host });
  }

  connect() {
    const socket = net.connect({ host: this.host, port: this.port, noDelay: true });
    const waiting = [];
    socket.setTimeout(ANSWER_MS, () => waiting.length > 0 && socket.destroy());
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let found; bytes.length > 0 && (found = parse(bytes, 0));) {
        bytes = bytes.subarray(found[1]);
        const { resolve, reject } = waiting.shift();
        (found[0] instanceof Error ? reject : resolve)(found[0]);
      }
    });
    socket.on('error', () => {}); // told by close
    socket.on('close', () => {
      if (this.open?.socket === socket) this.open = undefined;
      for (const { reject } of waiting) reject(new Error(`lost ${this.host}:${this.port}`));
    });
    socket.unref(); // a test may end first
    return { socket, waiting };
  }

  ask(...words) {
    this.open ??= this.connect();
    const { socket, waiting } = this.open;
    const parts = words.map((word) => Buffer.from(String(word)));
    const bytes = [`*${parts.length}\r\n`];
    for (const part of parts) bytes.push(`$${part.length}\r\n`, part, '\r\n');
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part))));
    });
  }

  close() {
    this.open?.socket.destroy();
  }
}
