// test/support/proxy.mjs - stands between a service and a node of its store and is a bad
// line: it delays, splits and resets, at moments that follow from a seed.
//
//     const line = badLine(chance(t));
//     const cluster = await startCluster({ proxied: line.proxy });
//     line.trouble();      from now on; it is a good line before
//     line.calm();
//     line.counts          { delays, splits, resets }
//
// Bytes keep their order and none is lost but by a reset, which may fall into the middle of
// a command or an answer. What replicas and their primary say to each other passes as it
// is: the nodes shall stay well, and their services suffer. But a node's own proxy can
// leave its replicas behind:
//
//     node.proxy.loseReplicas();      what they are told is lost from now on,
//     node.proxy.keepReplicas();      and from here they may connect again
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

// Of so many pieces of data one is treated so.
const ONE_IN = { delay: 8, split: 6, reset: 400 };
const DELAY_MAX_MS = 60;
const PARTS_MAX = 4;
const SNIFF_BYTES = 300; // a replica says what it is among its first words

class Line {
  constructor({ below }) {
    Object.assign(this, { below, troubled: false });
    this.counts = { delays: 0, splits: 0, resets: 0 };
    this.proxy = async (port) => new Proxy(this, port).listen();
  }

  trouble() {
    this.troubled = true;
  }

  calm() {
    this.troubled = false;
  }

  happens(what) {
    return this.below(ONE_IN[what]) === 0;
  }

  // What becomes of a piece: its parts, each with how long it is held.
  treat(bytes) {
    const parts = [];
    let rest = bytes;
    if (bytes.length > 1 && this.happens('split')) {
      this.counts.splits++;
      while (rest.length > 1 && parts.length + 1 < PARTS_MAX) {
        const length = 1 + this.below(rest.length - 1);
        parts.push(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
    }
    parts.push(rest);
    return parts.map((part) => ({ part, delay_ms: this.delay() }));
  }

  delay() {
    if (!this.happens('delay')) return 0;
    this.counts.delays++;
    return 1 + this.below(DELAY_MAX_MS);
  }
}

// A connection through the line.
class Pair {
  constructor(proxy, near, far) {
    Object.assign(this, { proxy, line: proxy.line, near, far, isReplica: false, sniffed: '' });
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('error', () => {}); // told by close
      from.on('close', () => to.destroy());
      this.carry(from, to).catch(() => to.destroy());
    }
  }

  sniff(bytes) {
    if (this.isReplica || this.sniffed.length > SNIFF_BYTES) return;
    this.sniffed += bytes.toString('latin1', 0, SNIFF_BYTES);
    this.isReplica = /REPLCONF/i.test(this.sniffed);
  }

  // Reads on when what was read has been passed on.
  async carry(from, to) {
    for await (const bytes of from) {
      if (from === this.near) this.sniff(bytes);
      if (this.isReplica && this.proxy.losing) continue;
      if (!this.line.troubled || this.isReplica) {
        await write(to, bytes);
        continue;
      }
      const cut = this.line.happens('reset');
      for (const { part, delay_ms } of this.line.treat(bytes)) {
        if (delay_ms > 0) await pause(delay_ms);
        await write(to, part);
        if (cut) return this.reset();
      }
    }
    to.end();
  }

  reset() {
    this.line.counts.resets++;
    this.near.resetAndDestroy();
    this.far.resetAndDestroy();
  }
}

async function write(socket, bytes) {
  if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
}

class Proxy {
  constructor(line, port) {
    Object.assign(this, { line, pairs: new Set(), losing: false });
    this.server = net.createServer({ noDelay: true }, (near) => {
      const far = net.connect({ host: '127.0.0.1', port, noDelay: true });
      const pair = new Pair(this, near, far);
      this.pairs.add(pair);
      near.on('close', () => this.pairs.delete(pair));
    });
  }

  async listen() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    return this;
  }

  loseReplicas() {
    this.losing = true;
  }

  keepReplicas() {
    this.losing = false;
    this.end([...this.pairs].filter(({ isReplica }) => isReplica));
  }

  end(pairs) {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  }

  close() {
    this.server.close();
    this.end(this.pairs);
  }
}

export const badLine = (random) => new Line(random);
