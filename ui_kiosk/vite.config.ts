import react from '@vitejs/plugin-react';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = fileURLToPath(new URL('../edge_agent/kiosk/static', import.meta.url));

/** Puts `x.js.gz` beside `x.js`: the agent hands them out as they are and spends no CPU on packing. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    closeBundle() {
      for (const name of readdirSync(OUT, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|html)$/.test(name)) continue;
        const path = join(OUT, name);
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

// The agent serves this folder and ships it inside the wheel; git knows nothing of it.
export default defineConfig({
  plugins: [react(), fontFirst(), packed()],
  base: '/',
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'chrome120',
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        index: fileURLToPath(new URL('index.html', import.meta.url)),
        staff: fileURLToPath(new URL('staff/index.html', import.meta.url)),
      },
    },
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8090', ws: true } } },
});
