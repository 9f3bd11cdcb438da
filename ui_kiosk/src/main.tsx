/** Start of the kiosk in the browser: the one place that touches globals. */
import '@voltdock/theme/fonts.css';
import './ui/styles/index.css';
import { createRoot } from 'react-dom/client';
import { httpApi } from './api/client';
import { LiveLine } from './api/live';
import { App } from './app/App';
import { Kiosk } from './app/kiosk';
import { readPrefs, wear } from './app/prefs';
import { setClock } from './lib/clock';

const prefs = readPrefs(window.location.search, window.matchMedia('(prefers-color-scheme: dark)').matches);
wear(document.documentElement, prefs);

const api = httpApi();
const kiosk = new Kiosk(api, window.sessionStorage);

let isLive = false;
const listeners = new Set<() => void>();
const line = new LiveLine(
  {
    view: (view) => {
      setClock(view.at);
      kiosk.tell({ on: 'view', view });
    },
    rental: (rental) => {
      kiosk.tell({ on: 'rental', rental });
    },
    link: (live) => {
      isLive = live;
      listeners.forEach((listener) => {
        listener();
      });
    },
  },
  {
    open: () => new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/api/live`),
    ask: () => api.view(),
    chance: Math.random,
  },
);

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
line.start();
void kiosk.resume();
createRoot(root).render(
  <App
    kiosk={kiosk}
    first={prefs}
    link={{
      now: () => isLive,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    }}
  />,
);
