import react from '@vitejs/plugin-react';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = fileURLToPath(new URL('static', import.meta.url));

/** Puts `x.js.gz` beside `x.js`: the hub hands them out as they are and spends no CPU on packing. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    closeBundle() {
      const assets = join(OUT, 'assets');
      for (const name of readdirSync(assets)) {
        if (!/\.(js|css|mjs)$/.test(name)) continue;
        const path = join(assets, name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

/** Asks for the Latin letters together with the script, not after the style sheet: the first words are in our type. */
function fontFirst(): Plugin {
  return {
    name: 'font-first',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => {
        const font = Object.keys(bundle ?? {}).find((name) => name.includes('inter-latin-wght'));
        if (font === undefined) throw new Error('the Latin letters are missing from the build');
        const attrs = { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, href: `/${font}` };
        return [{ tag: 'link', attrs, injectTo: 'head' }];
      },
    },
  };
}

const ROUTER = fileURLToPath(new URL('src/plain/router.ts', import.meta.url));

/** Gives react-admin what it needs of the router, and not the half of it that we do not use: 17 kB of the first load. */
function routerOfOurs(): Plugin {
  return {
    name: 'router-of-ours',
    enforce: 'pre',
    resolveId: (wanted, from) =>
      wanted === 'react-router-dom' && from?.includes('/ra-core/') === true ? ROUTER : null,
  };
}

// The hub serves this folder and ships it inside the wheel; git knows nothing of it.
export default defineConfig({
  plugins: [react(), routerOfOurs(), fontFirst(), packed()],
  base: '/',
  worker: { format: 'es' },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'chrome120',
    assetsInlineLimit: 0,
    // The map and the lists of react-admin are fetched when they are wanted; their size is known and accepted.
    chunkSizeWarningLimit: 1400,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/openapi.json': 'http://127.0.0.1:8080' } },
});
