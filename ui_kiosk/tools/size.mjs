// What the first load weighs over the wire: the page, what it names, and the letters that the start screen needs.
// Everything that the start screen fetches ahead (the other screens) is counted too. Fails above the budget.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET = 200_000;
const ROOT = fileURLToPath(new URL('../../edge_agent/kiosk/static/', import.meta.url));
const FIRST = [/^index-.*\.(js|css)$/, /^rest-.*\.js$/, /^inter-latin-wght/, /^inter-vietnamese/];

/** @param {string} path */
function weight(path) {
  const bytes = readFileSync(path);
  return path.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
}

const assets = readdirSync(`${ROOT}assets`).filter((name) => !name.endsWith('.gz'));
const rows = [['index.html', weight(`${ROOT}index.html`), true]].concat(
  assets.map((name) => [name, weight(`${ROOT}assets/${name}`), FIRST.some((one) => one.test(name))]),
);
let total = 0;
for (const [name, bytes, isFirst] of rows) {
  if (isFirst) total += Number(bytes);
  console.log(`${isFirst ? 'first' : 'later'}  ${String(bytes).padStart(7)}  ${name}`);
}
console.log(`first load: ${(total / 1000).toFixed(1)} kB gzip of ${BUDGET / 1000} kB`);
if (total > BUDGET) process.exit(1);
