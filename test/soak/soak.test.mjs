// make soak: an hour (SOAK_MINUTES) of mixed load with faults on a cluster, and all is as it
// was: nothing acknowledged is lost that the mode promises, `xiaopu verify` passes, and
// memory, descriptors and the lag of scoring have not grown.
//
// Two servers, two workers, six nodes behind lines that are bad half of the time. One server
// and one worker are never killed: theirs are the figures, looked at every second, of which
// the median of the last quarter is compared with that of the second. One line a minute.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from '../support/chance.mjs';
import { send } from '../support/client.mjs';
import { startCluster } from '../support/cluster.mjs';
import { Faults } from '../support/faults.mjs';
import { JOURNAL_POLICY, beginJournal } from '../support/journal.mjs';
import { startMachines } from '../support/machines.mjs';
import { badLine } from '../support/proxy.mjs';
import { atEnd, parseMetrics } from '../support/xiaopu.mjs';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 60);
const PACE_MS = 100; // about 40 reports and 60 changes a second
const LOOK_MS = 1000;
const REST_MAX_MS = 4000; // between two faults

// What the last quarter's median may be, when this was the second quarter's.
const MAY_BE = {
  rss_mb: (was) => was * 1.1 + 4,
  fds: (was) => was + 8,
  lag_s: (was) => was + 1,
};

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

function look({ pid }) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    rss_mb: Number(status.match(/^VmRSS:\s+(\d+)/m)[1]) / 1024,
    fds: readdirSync(`/proc/${pid}/fd`).length,
  };
}

// Figures of the spared server and worker, in the order they were taken.
class Watch {
  constructor(site) {
    Object.assign(this, { site, going: true, looks: [] });
  }

  begin() {
    this.all = this.goOn();
    this.all.catch(() => {}); // told by end()
    return this;
  }

  async goOn() {
    while (this.going) {
      const asked = send(this.site.adminBase, 'GET', '/metrics');
      const { text } = await asked.catch(() => ({ text: '' }));
      const lag_s = parseMetrics(text).get('xiaopu_score_lag_seconds');
      const [server, worker] = [this.site.servers[0], this.site.workers[0]].map(look);
      this.looks.push({ server, worker, scoring: lag_s === undefined ? {} : { lag_s } });
      await pause(LOOK_MS);
    }
  }

  async end() {
    this.going = false;
    await this.all;
  }

  of(who, what, from = 0, to = 1) {
    const count = this.looks.length;
    const part = this.looks.slice(Math.floor(from * count), Math.ceil(to * count));
    return median(part.map((one) => one[who][what]).filter((value) => value !== undefined));
  }

  // [who, what, second quarter, last quarter]
  figures() {
    const pairs = ['server', 'worker'].flatMap((who) => [[who, 'rss_mb'], [who, 'fds']]);
    return [...pairs, ['scoring', 'lag_s']].map(([who, what]) =>
      [who, what, this.of(who, what, 0.25, 0.5), this.of(who, what, 0.75, 1)]);
  }

  line(minute, journal, rounds) {
    const { server, worker } = this.looks.at(-1);
    const { acknowledged, counts, slowest_ms } = journal;
    return `minute ${minute}: ${rounds} faults, ${acknowledged} sales and refunds, ` +
      `${counts.changes} changes (${counts.lost} lost), ${counts.visits} visits, ` +
      `${counts.away} 503, ${counts.uncertain} 504, slowest ${slowest_ms} ms; ` +
      `server ${server.rss_mb.toFixed(1)} MB ${server.fds} fds, ` +
      `worker ${worker.rss_mb.toFixed(1)} MB ${worker.fds} fds, ` +
      `lag ${this.of('scoring', 'lag_s', 1 - 60 / this.looks.length)} s`;
  }
}

async function suffer({ faults, journal, line, watch, below }) {
  const began = Date.now();
  let told = 0;
  for (let rounds = 1; Date.now() - began < MINUTES * 60_000; rounds++) {
    if (below(2) === 0) line.trouble();
    else line.calm();
    await faults.round();
    await pause(below(REST_MAX_MS));
    const minute = Math.floor((Date.now() - began) / 60_000);
    if (minute > told) console.log(watch.line(minute, journal, rounds));
    told = minute;
  }
  line.calm();
}

test(`${MINUTES} minutes of load and faults leave everything as it was`, async (t) => {
  const { below } = chance(t);
  const line = badLine(chance(t));
  const settings = ['--min-replicas-to-write', '1'];
  const cluster = await startCluster({ settings, proxied: line.proxy });
  atEnd(t, () => cluster.stop());
  const options = { servers: 2, workers: 2, cluster, policy: JOURNAL_POLICY, quiet: true };
  const site = await startMachines(t, options);
  const journal = await beginJournal(t, site, { pace_ms: PACE_MS });
  const faults = new Faults(t, site, journal, { spared: 1 });
  const watch = new Watch(site).begin();
  t.after(() => (watch.going = false)); // also when the test fails

  await suffer({ faults, journal, line, watch, below });
  await watch.end();
  await journal.end();
  await journal.expectKept();
  await site.cliDone(['verify']);
  console.log(faults.figures());
  console.log(journal.figures());
  for (const [who, what, was, is] of watch.figures()) {
    console.log(`${who} ${what}: median ${was.toFixed(1)} in the second quarter, ` +
      `${is.toFixed(1)} in the last`);
  }
  for (const [who, what, was, is] of watch.figures()) {
    assert.ok(is <= MAY_BE[what](was), `${who} ${what} grew from ${was} to ${is}`);
  }
});
