// What the first load of each page weighs over the wire: the page, what it names, and the letters that it needs.
// Everything that the kiosk's start screen fetches ahead (the other screens) is counted too. Fails above the budgets.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../../edge_agent/kiosk/static/', import.meta.url));
const PAGES = [
  {
    name: 'kiosk',
    page: 'index.html',
    budget: 200_000,
    ahead: /^(rest-.*\.js|inter-(latin-wght|vietnamese).*)$/,
  },
  { name: 'staff', page: 'staff/index.html', budget: 180_000, ahead: /^inter-(latin-wght|vietnamese)/ },
];

/** @param {string} path */
function weight(path) {
  const bytes = readFileSync(ROOT + path);
  return path.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
}

const assets = readdirSync(`${ROOT}assets`).filter((name) => !name.endsWith('.gz'));
for (const { name, page, budget, ahead } of PAGES) {
  const named = [...readFileSync(ROOT + page, 'utf8').matchAll(/\/assets\/([\w.-]+)/g)].map(
    (found) => found[1],
  );
  const first = assets.filter((asset) => named.includes(asset) || ahead.test(asset));
  const total = [page, ...first.map((asset) => `assets/${asset}`)].reduce(
    (sum, path) => sum + weight(path),
    0,
  );
  for (const asset of first)
    console.log(`${name}  ${String(weight(`assets/${asset}`)).padStart(7)}  ${asset}`);
  console.log(`${name}: ${(total / 1000).toFixed(1)} kB gzip of ${budget / 1000} kB`);
  if (total > budget) process.exitCode = 1;
}
