// TypeScript types of what the kiosk and the agent exchange, made from the JSON Schema of protocols/kiosk.
// `node types.mjs` writes src/api/types.ts; with --stdin it reads the schema from stdin and prints instead.
// Knows exactly the subset of JSON Schema that pydantic writes for us, and stops at anything else.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {{ [key: string]: unknown }} Schema */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TARGET = fileURLToPath(new URL('../src/api/types.ts', import.meta.url));
const EXPORT =
  'import json; from protocols.kiosk.schema import json_schema; print(json.dumps(json_schema()))';

/** @returns {Schema} */
function schemaFromPython() {
  const own = `${ROOT}.venv/bin/python`;
  const python = process.env['VOLTDOCK_PYTHON'] ?? (existsSync(own) ? own : 'python3');
  return JSON.parse(execFileSync(python, ['-c', EXPORT], { cwd: ROOT, encoding: 'utf8' }));
}

/** @param {unknown} text @param {string} indent */
function comment(text, indent) {
  if (typeof text !== 'string') return '';
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().replaceAll('``', '`'));
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

/** @param {Schema} schema @returns {string} */
function typeOf(schema) {
  if (typeof schema['$ref'] === 'string') return schema['$ref'].replace('#/$defs/', '');
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' | ');
  const either = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(either)) return either.map(typeOf).join(' | ');
  switch (schema['type']) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array': {
      const item = typeOf(/** @type {Schema} */ (schema['items']));
      return `readonly ${item.includes('|') ? `(${item})` : item}[]`;
    }
    case 'object':
      if (schema['additionalProperties'] && !schema['properties']) {
        return `Readonly<Record<string, ${typeOf(/** @type {Schema} */ (schema['additionalProperties']))}>>`;
      }
  }
  throw new Error(`types.mjs does not know this schema: ${JSON.stringify(schema)}`);
}

/** @param {string} name @param {Schema} schema */
function declaration(name, schema) {
  const head = comment(schema['description'], '');
  if (schema['type'] !== 'object') return `${head}export type ${name} = ${typeOf(schema)};\n`;
  const required = new Set(/** @type {string[]} */ (schema['required'] ?? []));
  const fields = Object.entries(/** @type {Record<string, Schema>} */ (schema['properties'] ?? {})).map(
    ([key, field]) =>
      `${comment(field['description'], '  ')}  readonly ${key}${required.has(key) ? '' : '?'}: ${typeOf(field)};\n`,
  );
  return `${head}export interface ${name} {\n${fields.join('')}}\n`;
}

/** @param {Schema} document */
function typescript(document) {
  const defs = /** @type {Record<string, Schema>} */ (document['$defs']);
  const head =
    '// Made by `npm run types` from protocols/kiosk. Do not edit: change the Python and run it again.\n\n';
  return (
    head +
    Object.keys(defs)
      .sort()
      .map((name) => declaration(name, defs[name] ?? {}))
      .join('\n')
  );
}

if (process.argv.includes('--stdin')) {
  process.stdout.write(typescript(JSON.parse(readFileSync(0, 'utf8'))));
} else {
  writeFileSync(TARGET, typescript(schemaFromPython()));
  console.log(`wrote ${TARGET}`);
}
