// test/bench/intake.mjs - signed sales over 64 connections, made beforehand, sent by wrk.
//
//     const intake = beginIntake(t, [{ merchant, shop, product }, ...]);   all at one server
//     const { rate, p99_ms, count } = await intake();                      for SECONDS
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sign } from '../support/client.mjs';
import { command } from '../support/process.mjs';
import { SECONDS } from './measure.mjs';

export const CONNECTIONS = 64;
export const unlimited = { limits: { merchant_calls_per_s: 0, sign_ups_per_hour: 0 } };

const MADE_PER_S = 15_000; // more than can be answered
const SCRIPT = new URL('sale.lua', import.meta.url).pathname;

function requestBytes({ merchant, shop, product }, run, i) {
  const body = JSON.stringify({
    sale_id: `bench-${run}-${String(i).padStart(6, '0')}`,
    number: shop.number,
    product_id: product.id,
    quantity: 1,
    amount_fen: 1000,
    buyer_ref: `buyer-${i % 1000}`,
    sold_at: new Date().toISOString(),
  });
  const headers = {
    Host: new URL(merchant.base).host,
    Authorization: `Bearer ${merchant.token}`,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...sign(merchant.secret, body),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = `POST /api/v1/merchant/sales HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
  return `${Buffer.byteLength(bytes)}\n${bytes}`;
}

const inMs = ([, number, unit]) => Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];

async function send(base, file) {
  const words = ['-t', '1', '-c', CONNECTIONS, '-d', `${SECONDS}s`, '--latency', '-s', SCRIPT];
  const { status, stdout, stderr } = await command('wrk', [...words.map(String), base, '--', file]);
  const rate = Number(stdout.match(/Requests\/sec: +([\d.]+)/)?.[1]);
  if (status !== 0 || !rate || /Non-2xx/.test(stdout)) throw new Error(`${stdout} ${stderr}`);
  const count = Number(stdout.match(/(\d+) requests in/)[1]);
  return { rate, count, p99_ms: inMs(stdout.match(/99% +([\d.]+)(us|ms|s)/)) };
}

export function beginIntake(t, sellers) {
  const dir = mkdtempSync('/tmp/xiaopu-bench-');
  const file = path.join(dir, 'requests');
  let run = 0;

  t.after(() => rmSync(dir, { recursive: true }));
  return () => {
    const requests = Array.from({ length: Math.ceil(SECONDS * MADE_PER_S) }, (_, i) =>
      requestBytes(sellers[i % sellers.length], run, i));
    run++;
    writeFileSync(file, requests.join(''));
    return send(sellers[0].merchant.base, file);
  };
}
