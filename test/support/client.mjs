// test/support/client.mjs - somebody who speaks to the service over HTTP.
//
//     const shop = await alice.get('/me/shop').expect(200);
//     await alice.put('/me/shop/slots/5', { product_id }).expect(409, 'slot_limit');
//     await nobody.page('/s/10000000').expect(200);
//
// A call is sent when it is awaited. Paths of get, put, ... stand below /api/v1; those of
// page() are whole. Every answer is checked against the contract.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { checkResponse } from './contract.mjs';

function parseBody(type, bytes) {
  return /\bjson\b/.test(type ?? '') && bytes.length > 0 ? JSON.parse(bytes) : undefined;
}

// Sends one request. `body` is an object (JSON), a string or a Buffer.
export function send(base, method, path, { headers = {}, body, agent } = {}) {
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = body === undefined ? undefined : isText ? body : JSON.stringify(body);
  const all = { ...headers };
  if (bytes !== undefined && !isText && !('Content-Type' in all)) {
    all['Content-Type'] = 'application/json';
  }
  if (bytes !== undefined) all['Content-Length'] = Buffer.byteLength(bytes);
  const { request } = base.startsWith('https') ? https : http;

  return new Promise((resolve, reject) => {
    const req = request(base + path, { method, headers: all, agent, rejectUnauthorized: false });
    req.on('error', reject);
    req.on('response', (res) => {
      const chunks = [];
      res.on('error', reject);
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => {
        const content = Buffer.concat(chunks);
        const type = res.headers['content-type'];
        const plain = !res.headers['content-encoding'];
        resolve({
          method,
          path,
          status: res.statusCode,
          headers: res.headers,
          type,
          bytes: content,
          text: content.toString(),
          body: plain && method !== 'HEAD' ? parseBody(type, content) : undefined,
        });
      });
    });
    req.end(bytes);
  });
}

class Call {
  constructor(sender) {
    this.sender = sender;
  }

  // Resolves to the response when its status (and its problem's code) is this one.
  async expect(status, code) {
    const response = await this;
    const { body, text, method, path } = response;
    const said = body?.code ? JSON.stringify(body) : text.slice(0, 300);
    if (response.mayBeKnown && status === 201 && response.status === 200) return response;
    assert.equal(response.status, status, `${method} ${path}: ${response.status} ${said}`);
    if (code !== undefined) assert.equal(response.body?.code, code);
    return response;
  }

  then(resolve, reject) {
    this.sent ??= this.sender();
    return this.sent.then(resolve, reject);
  }

  catch(reject) {
    return this.then(undefined, reject);
  }
}

const PATIENCE_MS = 15_000;

// Tries until the store is there, at the pace that the answers ask for. What was asked
// once more may have happened the first time: a key tells where one is taken, and what
// would have been made (201) may be known by now (200).
async function waitOut(attempt, isPatient) {
  let mayBeKnown = false;
  for (const end = Date.now() + PATIENCE_MS; ;) {
    const response = await attempt();
    response.mayBeKnown = mayBeKnown;
    mayBeKnown ||= response.status === 504;
    const wait_s = Number(response.headers['retry-after']);
    const isAway = [503, 504].includes(response.status) && wait_s >= 1;
    if (!isAway || !isPatient() || Date.now() > end) return response;
    await pause(1000 * wait_s);
  }
}

export class Client {
  // isPatient: whether a store that is away is waited for now; never, unless said.
  constructor(base, { token, headers = {}, agent, isPatient = () => false } = {}) {
    Object.assign(this, { base, token, headers, agent, isPatient });
  }

  // The same person with other header fields.
  with(headers) {
    return Object.assign(Object.create(Object.getPrototypeOf(this)), this, {
      headers: { ...this.headers, ...headers },
    });
  }

  request(method, path, body, headers = {}) {
    const all = { ...this.headers, ...headers };
    if (this.token) all.Authorization ??= `Bearer ${this.token}`;
    return new Call(async () => {
      if (method === 'POST' && this.token && this.isPatient()) {
        all['Idempotency-Key'] ??= randomUUID();
      }
      const attempt = () => send(this.base, method, path, { headers: all, body, agent: this.agent });
      const response = await waitOut(attempt, this.isPatient);
      if (response.body !== undefined || !response.headers['content-encoding']) {
        checkResponse(response);
      }
      return response;
    });
  }

  get(path, headers) {
    return this.request('GET', `/api/v1${path}`, undefined, headers);
  }

  head(path, headers) {
    return this.request('HEAD', `/api/v1${path}`, undefined, headers);
  }

  post(path, body, headers) {
    return this.request('POST', `/api/v1${path}`, body, headers);
  }

  put(path, body, headers) {
    return this.request('PUT', `/api/v1${path}`, body, headers);
  }

  patch(path, body, headers) {
    return this.request('PATCH', `/api/v1${path}`, body, headers);
  }

  delete(path, headers) {
    return this.request('DELETE', `/api/v1${path}`, undefined, headers);
  }

  page(path, headers) {
    return this.request('GET', path, undefined, headers);
  }

  // Opens this member's shop; the client then knows its number.
  async openShop(body = {}) {
    const { body: shop } = await this.post('/shops', body).expect(201);
    this.number = shop.number;
    return shop;
  }
}

// Standard Webhooks: what a merchant signs, and how.
export function sign(secret, body, { id = randomUUID(), at_s = Date.now() / 1000 } = {}) {
  const time = String(Math.floor(at_s));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${mac}` };
}

export class Merchant extends Client {
  constructor(base, { merchant_id, secret, ...rest }) {
    super(base, rest);
    Object.assign(this, { id: merchant_id, secret });
  }

  // A POST with the signature; `how` may set its id and time.
  signed(path, body, how) {
    const text = JSON.stringify(body);
    const headers = { 'Content-Type': 'application/json', ...sign(this.secret, text, how) };
    return this.request('POST', `/api/v1${path}`, text, headers);
  }

  sale(sale) {
    return this.signed('/merchant/sales', sale);
  }

  refund(saleId, refund) {
    return this.signed(`/merchant/sales/${encodeURIComponent(saleId)}/refunds`, refund);
  }

  // Makes or replaces a product and gives its document.
  async product(handle, fields = {}) {
    const call = this.put(`/merchant/products/${encodeURIComponent(handle)}`, {
      title: handle,
      price_fen: 1000,
      ...fields,
    });
    const { status, body, text } = await call;
    assert.ok(status === 200 || status === 201, `PUT ${handle}: ${status} ${text}`);
    return body;
  }
}
