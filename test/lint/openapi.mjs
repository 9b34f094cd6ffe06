// test/lint/openapi.mjs FILE - is this a sound OpenAPI document?
//
// Redocly's rules judge the document itself; what else must hold between its parts is
// checked below. Nothing is fetched.
import { readFileSync } from 'node:fs';
import { createConfig, lint } from '@redocly/openapi-core';
import { parse } from 'yaml';

const file = process.argv[2];
const config = await createConfig({
  extends: ['recommended'],
  rules: {
    'operation-4xx-response': 'error', // 4XX counts
    'security-defined': 'error',
    'no-unused-components': 'error',
    'no-identical-paths': 'error',
    'no-ambiguous-paths': 'error',
    'operation-operationId-unique': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-server-example.com': 'off',
    'info-license-url': 'off',
  },
});
const problems = await lint({ ref: file, config });
for (const problem of problems) {
  const at = problem.location[0];
  console.log(`${problem.severity}: ${problem.ruleId}: ${problem.message} (${at?.pointer})`);
}

// Codes of operations are codes of proto/err.h, and general ones are not said twice.
const known = new Set(
  [...readFileSync('proto/err.h', 'utf8').matchAll(/X\([A-Z_]+, "([a-z_]+)"/g)].map((m) => m[1]),
);
const document = parse(readFileSync(file, 'utf8'));
const general = document.components.schemas.Problem.properties.code['x-general-codes'];
const wrong = general.filter((code) => !known.has(code));
for (const [path, item] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    for (const code of operation['x-problem-codes'] ?? []) {
      if (!known.has(code) || general.includes(code)) wrong.push(`${method} ${path}: ${code}`);
    }
  }
}
for (const code of wrong) console.log(`error: not a code of proto/err.h, or said twice: ${code}`);

// It is the contract of this version of the program.
const [, version] = readFileSync('proto/version.h', 'utf8').match(/XIAOPU_VERSION "(.*)"/);
if (document.info.version !== version) {
  wrong.push(version);
  console.log(`error: info.version is ${document.info.version}, proto/version.h says ${version}`);
}

process.exitCode = problems.some((p) => p.severity === 'error') || wrong.length > 0 ? 1 : 0;
