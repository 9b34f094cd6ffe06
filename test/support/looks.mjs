// test/support/looks.mjs - what others than owner, buyer and merchant may see, to be compared.
//
// A market has the shops alice, bob and carol, and the products tea and cup.
import assert from 'node:assert/strict';

// Fields that differ between two answers to one and the same question.
const HEADERS_BY_RUN = ['date', 'x-request-id'];
const OVERVIEW_BY_RUN = /"(up_s|used_bytes|events_per_s|events_total|lag_events|lag_s)": ?\d+/g;

// No visit: visits come to scoring in batches by time, and would be counted by time.
export const GLANCE = { 'Sec-Purpose': 'prefetch' };

export function viewsOf({ alice, bob, carol, tea, cup }) {
  const shops = [alice, bob, carol].map(({ number }) => number);
  const pages = shops.flatMap((n) => [`/s/${n}`, `/s/${n}/p/${tea.id}`, `/s/${n}/p/${cup.id}`]);
  return [...pages, ...shops.map((n) => `/api/v1/shops/${n}`)];
}

export function publicPaths(market) {
  const { alice, bob, tea, cup } = market;
  const api = ['/boards/top', '/boards/top?limit=1', '/releases/current', '/categories'];
  api.push('/products');
  api.push('/products?limit=1', '/products?category=health', '/products?query=%E9%BE%99%E4%BA%95');
  api.push('/products?sort=price', '/shops/99999999', '/products/999999', '/nothing', '/me/shop');
  for (const { number } of [alice, bob]) {
    api.push(`/shops/${number}/qr.svg`, `/shops/${number}/qr.png`);
  }
  for (const { id } of [tea, cup]) api.push(`/products/${id}`, `/products/${id}/qr.svg`);
  const pages = ['/rank', '/rank?lang=en', '/problems/slot_limit', '/robots.txt', '/openapi.yaml'];
  pages.push('/receipt-key.pem', '/nothing', '/s/99999999', `/s/${alice.number}/p/999999`);
  for (const { number } of [alice, bob]) {
    for (const { id } of [tea, cup]) pages.push(`/s/${number}/p/${id}/go`);
  }
  return [...viewsOf(market), ...pages, ...api.map((where) => `/api/v1${where}`)];
}

export function seen({ status, headers, bytes }) {
  const kept = Object.entries(headers).filter(([name]) => !HEADERS_BY_RUN.includes(name));
  const text = bytes.toString('latin1').replace(OVERVIEW_BY_RUN, '"$1":0');
  const ofRun = text !== bytes.toString('latin1');
  const fixed = kept.filter(([name]) => !ofRun || !['etag', 'content-length'].includes(name));
  return { status, headers: Object.fromEntries(fixed), text };
}

export function expectSame(one, other, when) {
  assert.deepEqual([...one.keys()], [...other.keys()]);
  for (const [asked, answer] of one) {
    assert.deepEqual(answer, other.get(asked), `${when}: ${asked}`);
  }
}
