// test/support/contract.mjs - every response against proto/openapi.yaml.
//
// By path, method and status: the content type must be one that is written there, a
// document must fit its schema, and a problem's code must be a general one or one that the
// operation names. A path that is not written there may only be refused.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const file = new URL('../../proto/openapi.yaml', import.meta.url);
export const openapi = parse(readFileSync(file, 'utf8'));
const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
addFormats(ajv);
ajv.addSchema(openapi, 'openapi');

const GENERAL_CODES = openapi.components.schemas.Problem.properties.code['x-general-codes'];
const escape = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1');

function follow(pointer) {
  const node = pointer
    .slice(2)
    .split('/')
    .reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], openapi);
  return node?.$ref ? follow(node.$ref) : { node, pointer };
}

// "/api/v1/products/{id}" as a regular expression; those with fewer parameters first.
export const paths = Object.entries(openapi.paths)
  .map(([path, item]) => {
    const base = (item.servers ?? openapi.servers)[0].url.replace(/\/$/, '');
    const pattern = (base + path).replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+');
    const pointer = `#/paths/${escape(path)}`;
    return { full: base + path, item, pointer, regexp: new RegExp(`^${pattern}$`) };
  })
  .sort((a, b) => a.full.split('{').length - b.full.split('{').length);

const validators = new Map();

// Every schema of every response can be used: says which cannot, at once.
export function compileAll() {
  for (const { item, pointer } of paths) {
    for (const [method, operation] of Object.entries(item)) {
      for (const status of Object.keys(operation.responses ?? {})) {
        const found = follow(`${pointer}/${method}/responses/${status}`);
        for (const [type, { schema }] of Object.entries(found.node.content ?? {})) {
          if (schema) validatorOf(`${found.pointer}/content/${escape(type)}/schema`);
        }
      }
    }
  }
}

function validatorOf(pointer) {
  if (!validators.has(pointer)) {
    validators.set(pointer, ajv.compile({ $ref: `openapi${pointer}` }));
  }
  return validators.get(pointer);
}

function checkSchema(what, pointer, doc) {
  const validate = validatorOf(pointer);
  if (!validate(doc)) {
    const faults = validate.errors.map(
      (e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`,
    );
    const shown = JSON.stringify(doc, null, 1);
    assert.fail(`${what} is not as proto/openapi.yaml says:\n${faults.join('\n')}\n${shown}`);
  }
}

function checkProblem(what, response, codes) {
  checkSchema(what, '#/components/schemas/Problem', response.body);
  assert.equal(response.body.status, response.status, `${what}: status in the document`);
  assert.ok(
    GENERAL_CODES.includes(response.body.code) || codes.includes(response.body.code),
    `${what}: proto/openapi.yaml does not name the code ${response.body.code} here`,
  );
}

function checkContent(what, response, { node, pointer }) {
  if (!node.content || response.bytes.length === 0) {
    assert.equal(response.bytes.length, 0, `${what}: a body where none is written`);
    return;
  }
  const type = response.type?.split(';')[0];
  if (type === 'application/msgpack') return;
  assert.ok(type in node.content, `${what}: content type ${type} is not written there`);
  if (node.content[type].schema && response.body !== undefined && type.endsWith('json')) {
    checkSchema(what, `${pointer}/content/${escape(type)}/schema`, response.body);
  }
}

// response: { method, path, status, type, bytes, body }
export function checkResponse(response) {
  const what = `${response.method} ${response.path} -> ${response.status}`;
  const path = paths.find((p) => p.regexp.test(response.path.split('?')[0]));
  const method = response.method === 'HEAD' ? 'get' : response.method.toLowerCase();
  const operation = path?.item[method];

  if (response.method === 'OPTIONS' && response.status < 300) return;
  if (!operation) {
    assert.ok(response.status >= 400, `${what}: proto/openapi.yaml has no such operation`);
    return;
  }
  const { status } = response;
  const keys = [String(status), `${Math.floor(status / 100)}XX`];
  const key = keys.find((k) => k in operation.responses);
  assert.ok(key, `${what}: this status is not written there`);
  if (response.method === 'HEAD' || status === 304) {
    assert.equal(response.bytes.length, 0, `${what}: a body`);
    return;
  }
  const found = follow(`${path.pointer}/${method}/responses/${key}`);
  if (status >= 400 && response.type?.startsWith('application/problem+json')) {
    checkProblem(what, response, operation['x-problem-codes'] ?? []);
  } else {
    checkContent(what, response, found);
  }
}
