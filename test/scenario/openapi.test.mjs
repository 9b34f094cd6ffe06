// The contract for machines and the route table say the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compileAll, openapi, paths } from '../support/contract.mjs';

const source = readFileSync(new URL('../../server/routes.c', import.meta.url), 'utf8');
const rows = [...source.matchAll(/\{ *METHOD_(\w+), *"([^"]+)", *ROLE_(\w+)/g)].map((found) => ({
  method: found[1].toLowerCase(),
  path: found[2].replace(/:(\w+)/g, '{$1}'),
  role: found[3],
}));
const documented = new Map(
  paths.flatMap(({ full, item }) =>
    Object.keys(item)
      .filter((method) => ['get', 'put', 'post', 'patch', 'delete'].includes(method))
      .map((method) => [`${method} ${full}`, item[method]]),
  ),
);

test('every schema of every response can be used', () => {
  compileAll();
});

test('every route is documented', () => {
  assert.ok(rows.length > 0);
  for (const { method, path } of rows) {
    assert.ok(documented.has(`${method} ${path}`), `${method} ${path} is not in openapi.yaml`);
  }
});

test('the document says who may ask, as the route table does', () => {
  for (const { method, path, role } of rows) {
    const { security = openapi.security } = documented.get(`${method} ${path}`);
    const schemes = new Set(security.flatMap((one) => Object.keys(one)));
    assert.equal(schemes.size === 0, role === 'ANYONE', `${method} ${path}: who may ask`);
    assert.equal(schemes.has('signature'), role === 'SIGNED', `${method} ${path}: signed`);
  }
});

test('the document says which calls take a key: POSTs of a caller whom a token names', () => {
  for (const { method, path, role } of rows) {
    const { parameters = [] } = documented.get(`${method} ${path}`);
    const named = parameters.some(({ $ref }) => $ref === '#/components/parameters/IdempotencyKey');
    const takes = method === 'post' && role !== 'ANYONE' && role !== 'SIGNED';
    assert.equal(named, takes, `${method} ${path}: Idempotency-Key`);
  }
});
