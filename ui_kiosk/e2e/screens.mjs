// Every screen in every size, look and language as a picture in build/screens/, each checked by axe and for overflow.
// `npm run screens -- [--only price,open] [--sizes portrait,small] [--looks light] [--langs en,de]`
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { receipt } from './fixtures.mjs';
import { axe, chosen, launch } from './looking.mjs';
import { MockAgent, station } from './mock_agent.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ page: Page, agent: MockAgent }} Stage */
/** @typedef {{ on?: string, play?: (stage: Stage) => Promise<unknown>, ready: string, query?: string }} Screen */

const OUT = fileURLToPath(new URL('../../build/screens/', import.meta.url));
const VOUCHER =
  'VD1:6BF+70790T9WJWG.FKY*4GO0.O1CV2 O5 N2FBBRW1*70HS8WY04AC*WIFN0AHCD8KD97TK0F90KECTHGWJC0FDC:5AIA';

/** @type {Readonly<Record<string, { width: number, height: number }>>} */
const SIZES = {
  portrait: { width: 1080, height: 1920 },
  wide: { width: 1280, height: 800 },
  small: { width: 800, height: 480 },
};

/** @param {Page} page @param {string} id */
const press = (page, id) => page.getByTestId(id).first().click();
/** @param {Stage} stage */
const identify = async ({ page }) => {
  await press(page, 'dock-4');
};
/** @param {Stage} stage */
const price = async (stage) => {
  await stage.page.keyboard.type(VOUCHER);
  await stage.page.keyboard.press('Enter');
  await stage.page.getByTestId('screen-price').waitFor();
};
/** @param {Stage} stage */
const opening = async (stage) => {
  await price(stage);
  await press(stage.page, 'agree');
  await stage.page.getByTestId('screen-opening').waitFor();
};
/** @param {Stage} stage */
const open = async (stage) => {
  await opening(stage);
  stage.agent.open();
};
/** @param {Stage} stage */
const handIn = async ({ page }) => {
  await press(page, 'return');
  await press(page, 'park');
  await page.keyboard.type(VOUCHER);
  await page.keyboard.press('Enter');
};
/** @param {Stage} stage */
const park = async (stage) => {
  await handIn(stage);
  await stage.page.getByTestId('screen-park').waitFor();
};
/** @param {string} code @param {Record<string, string>} params @returns {Screen} */
const refused = (code, params = {}) => ({
  ready: 'screen-refused',
  play: async ({ page, agent }) => {
    agent.no = { code, params };
    await page.keyboard.type(VOUCHER);
    await page.keyboard.press('Enter');
  },
});

/** @type {Readonly<Record<string, Screen>>} */
const SCREENS = {
  start: { ready: 'screen-start' },
  'start-offline': { on: 'offline', ready: 'offline-strip' },
  'start-twelve': { on: 'twelve_offline', ready: 'screen-start' },
  'start-three': { on: 'three', ready: 'screen-start' },
  'start-empty': { on: 'empty', ready: 'screen-start' },
  'start-none-ready': { on: 'none_ready', ready: 'screen-start' },
  'start-all-out': { on: 'all_out', ready: 'screen-start' },
  'start-store-full': { on: 'store_full', ready: 'paused-strip' },
  'start-starting': { on: 'starting', ready: 'paused-strip' },
  'start-high-contrast': { ready: 'screen-start', query: '&contrast=high' },
  'start-large': { on: 'offline', ready: 'screen-start', query: '&type=large' },
  'start-low': { on: 'offline', ready: 'screen-start', query: '&controls=low' },
  choose: { ready: 'screen-choose', play: ({ page }) => press(page, 'rent') },
  'choose-twelve': { on: 'twelve', ready: 'screen-choose', play: ({ page }) => press(page, 'rent') },
  'choose-none': { on: 'none_ready', ready: 'screen-choose', play: ({ page }) => press(page, 'rent') },
  identify: { ready: 'screen-identify', play: identify },
  code: {
    ready: 'screen-code',
    play: async (stage) => {
      await identify(stage);
      await press(stage.page, 'by-reservation');
      await stage.page.getByTestId('code-input').fill('vd7k2m');
    },
  },
  pin: {
    ready: 'screen-pin',
    play: async (stage) => {
      await SCREENS['code']?.play?.(stage);
      await press(stage.page, 'code-next');
      for (const digit of '2468') await press(stage.page, `pin-${digit}`);
    },
  },
  price: { ready: 'screen-price', play: price },
  'price-booked': {
    ready: 'screen-price',
    play: async (stage) => {
      await SCREENS['pin']?.play?.(stage);
      await press(stage.page, 'identify-reservation');
    },
  },
  'price-offline': { on: 'offline', ready: 'screen-price', play: price },
  'price-large': { ready: 'screen-price', play: price, query: '&type=large' },
  contract: {
    ready: 'contract-close',
    play: async (stage) => {
      await price(stage);
      await press(stage.page, 'contract');
    },
  },
  opening: { ready: 'screen-opening', play: opening, query: '&at=2' },
  open: { ready: 'open-now', play: open, query: '&at=2' },
  'open-twelve': { on: 'twelve_offline', ready: 'open-now', play: open },
  'ride-on': {
    ready: 'ride-on',
    play: async (stage) => {
      await open(stage);
      stage.agent.change({ state: 'active', pull_until: null });
      await stage.page.locator('svg.qr').waitFor();
    },
  },
  voided: {
    ready: 'void-reason',
    play: async (stage) => {
      await open(stage);
      await press(stage.page, 'not-open');
    },
  },
  return: { ready: 'screen-return', play: ({ page }) => press(page, 'return') },
  'return-twelve': { on: 'twelve', ready: 'screen-return', play: ({ page }) => press(page, 'return') },
  'park-identify': {
    on: 'full',
    ready: 'screen-identify',
    play: async ({ page }) => {
      await press(page, 'return');
      await press(page, 'park');
    },
  },
  park: { on: 'full', ready: 'screen-park', play: park },
  'park-bill': {
    on: 'full',
    ready: 'screen-bill',
    play: async (stage) => {
      await park(stage);
      await press(stage.page, 'parked');
    },
  },
  'park-no-ride': {
    on: 'full',
    ready: 'screen-refused',
    play: async (stage) => {
      stage.agent.no = { code: 'no_ride' };
      await handIn(stage);
    },
  },
  'return-full': { on: 'full', ready: 'screen-return', play: ({ page }) => press(page, 'return') },
  bill: {
    ready: 'receipt-total',
    play: async ({ agent }) => agent.show({ ...agent.view, returns: [receipt(false)] }),
  },
  'bill-queued': {
    on: 'offline',
    ready: 'receipt-total',
    play: async ({ agent }) => agent.show({ ...agent.view, returns: [receipt(true)] }),
  },
  notice: {
    ready: 'notice-strip',
    play: async ({ page, agent }) => {
      await identify({ page, agent });
      agent.show({ ...agent.view, returns: [receipt(false)] });
    },
  },
  charge: { ready: 'screen-charge', play: ({ page }) => press(page, 'charge') },
  help: { ready: 'screen-help', play: ({ page }) => press(page, 'help') },
  'refused-used': refused('voucher_used'),
  'refused-locked': refused('reservation_locked', { until: new Date(Date.now() + 9e5).toISOString() }),
  idle: {
    ready: 'idle-warning',
    play: async ({ page }) => {
      await page.clock.install();
      await page.reload();
      await press(page, 'return');
      await page.getByTestId('screen-return').waitFor();
      // In small steps: the answers of the agent come in real time between them.
      for (let second = 0; second < 46; second += 1) await page.clock.runFor(1000);
    },
  },
  down: {
    ready: 'down',
    play: async ({ page, agent }) => {
      await page.route('**/api/**', (route) => route.abort());
      await page
        .evaluate(() =>
          Object.assign(window, {
            WebSocket: class {
              constructor() {
                throw new Error('cut');
              }
            },
          }),
        )
        .catch(() => null);
      agent.drop();
    },
  },
};

/** Texts that are cut off, things outside of the window, and a middle that scrolls. */
function overflow() {
  /** @type {string[]} */
  const found = [];
  const main = document.querySelector('main');
  if (main && main.scrollHeight > main.clientHeight + 2)
    found.push(`scrolls by ${main.scrollHeight - main.clientHeight} px`);
  const { innerWidth, innerHeight } = window;
  for (const element of document.querySelectorAll(
    'button, h1, footer, .dock-word, .dock-soc, .dock-km, .answer-title',
  )) {
    if (element.closest('.hero')?.clientHeight === 1) continue;
    const box = element.getBoundingClientRect();
    const name = `${element.className} "${(element.textContent ?? '').slice(0, 30)}"`;
    const isCut =
      element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline';
    if (isCut) found.push(`cut ${name}`);
    if (!main?.contains(element) && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1))
      found.push(`outside ${name}`);
    if (element.tagName === 'BUTTON' && (box.width < 44 || box.height < 43.5))
      found.push(`small target ${name} ${box.width}x${box.height}`);
  }
  for (const tile of document.querySelectorAll('.dock')) {
    const box = tile.getBoundingClientRect();
    for (const part of tile.children) {
      const inner = part.getBoundingClientRect();
      if (inner.bottom > box.bottom + 1 || inner.right > box.right + 1)
        found.push(`spills ${part.className} of ${tile.textContent}`);
    }
  }
  return found;
}

async function shootAll() {
  mkdirSync(OUT, { recursive: true });
  const browser = await launch();
  const names = chosen('only', Object.keys(SCREENS));
  let serious = 0;
  for (const size of chosen('sizes', Object.keys(SIZES))) {
    for (const look of chosen('looks', ['light', 'dark'])) {
      for (const lang of chosen('langs', ['en', 'de', 'vi'])) {
        for (const name of names) serious += await shoot(browser, { name, size, look, lang });
      }
    }
  }
  await browser.close();
  console.log(serious === 0 ? 'no serious findings' : `${serious} serious findings`);
  process.exitCode = serious === 0 ? 0 : 1;
}

/** @param {import('playwright-core').Browser} browser @param {{ name: string, size: string, look: string, lang: string }} what */
async function shoot(browser, { name, size, look, lang }) {
  const screen = SCREENS[name];
  const viewport = SIZES[size];
  if (screen === undefined || viewport === undefined)
    throw new Error(`no such screen or size: ${name}, ${size}`);
  const agent = new MockAgent();
  agent.view = station(screen.on ?? 'six');
  agent.opens = false;
  const origin = await agent.listen();
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const label = `${size}-${look}-${lang}-${name}`;
  try {
    await page.goto(`${origin}/?theme=${look}&lang=${lang}${screen.query ?? ''}`);
    await page.getByTestId('screen-start').waitFor();
    await page.evaluate(() => document.fonts.ready);
    await screen.play?.({ page, agent });
    await page.getByTestId(screen.ready).first().waitFor({ timeout: 8000 });
    await page.waitForFunction(
      (wanted) => document.documentElement.lang === wanted,
      lang === 'pseudo' ? 'en' : lang,
    );
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${OUT}${label}.png` });
    const [findings, spills] = [await axe(page), await page.evaluate(overflow)];
    findings.forEach((finding) => console.log(`AXE  ${label}: ${finding}`));
    spills.forEach((spill) => console.log(`look ${label}: ${spill}`));
    return findings.length;
  } catch (error) {
    console.log(`FAIL ${label}: ${String(error).split('\n')[0]}`);
    await page.screenshot({ path: `${OUT}${label}.png` });
    return 1;
  } finally {
    await context.close();
    agent.close();
  }
}

await shootAll();
