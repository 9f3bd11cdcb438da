// Every staff page in every size, look and language as a picture in build/staff/, each checked by axe and for overflow.
// `npm run staff-screens -- [--only dock,waiting] [--sizes phone] [--looks light] [--langs en,de]`
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { axe, chosen, launch } from './looking.mjs';
import { MockAgent } from './mock_agent.mjs';
import { staffStationOf } from './mock_staff.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ page: Page, agent: MockAgent }} Stage */
/** @typedef {{ on?: string, out?: boolean, play?: (stage: Stage) => Promise<unknown>, ready: string }} Screen */

const OUT = fileURLToPath(new URL('../../build/staff/', import.meta.url));
/** @type {Readonly<Record<string, { width: number, height: number }>>} */
const SIZES = {
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 1024 },
  desk: { width: 1440, height: 1000 },
};

/** @param {Page} page @param {string} id */
const press = (page, id) => page.getByTestId(id).first().click();
/** @param {Page} page */
const type = async (page, pin = '2468') => {
  for (const digit of pin) await press(page, `pin-${digit}`);
  await press(page, 'sign-in');
};
/** @param {string} code @param {Record<string, string>} params @returns {Screen} */
const refused = (code, params = {}) => ({
  out: true,
  ready: 'problem',
  play: async ({ page, agent }) => {
    agent.staff.no = { code, params };
    await type(page);
  },
});
/** @param {number} no @param {string} deed */
const ask =
  (no, deed) =>
  async (/** @type {Stage} */ { page }) => {
    await press(page, `dock-${no}`);
    await press(page, `deed-${deed}`);
  };

/** @type {Readonly<Record<string, Screen>>} */
const SCREENS = {
  'sign-in': { out: true, ready: 'pin' },
  'sign-in-badge': { out: true, ready: 'badge-wait', play: ({ page }) => press(page, 'use-badge') },
  'sign-in-unknown': refused('staff_unknown'),
  'sign-in-expired': refused('staff_expired'),
  'sign-in-locked': refused('staff_locked', { until: new Date(Date.now() + 6e5).toISOString() }),
  station: { ready: 'docks' },
  'station-troubled': { on: 'troubled', ready: 'docks' },
  'station-twelve': { on: 'twelve', ready: 'docks' },
  'station-unsure': { on: 'unsure', ready: 'trouble' },
  'station-empty': { on: 'empty', ready: 'glance' },
  dock: { on: 'troubled', ready: 'one-dock', play: ({ page }) => press(page, 'dock-2') },
  'dock-offline': { on: 'troubled', ready: 'one-dock', play: ({ page }) => press(page, 'dock-6') },
  'dock-busy': { on: 'troubled', ready: 'one-dock', play: ({ page }) => press(page, 'dock-4') },
  'dock-ask': { ready: 'act-form', play: ask(1, 'unlock') },
  'dock-ask-missing': {
    ready: 'act-form',
    play: async (stage) => {
      await ask(2, 'out_of_service')(stage);
      await stage.page.getByTestId('reason-other').check();
      await press(stage.page, 'act-yes');
    },
  },
  'dock-refused': {
    ready: 'problem',
    play: async (stage) => {
      await ask(2, 'restart')(stage);
      await stage.page.getByTestId('reason-maintenance').check();
      stage.agent.staff.no = { code: 'dock_busy' };
      await press(stage.page, 'act-yes');
    },
  },
  rides: { on: 'troubled', ready: 'ride', play: ({ page }) => press(page, 'nav-rides') },
  'rides-none': { ready: 'rides', play: ({ page }) => press(page, 'nav-rides') },
  'check-in': {
    on: 'troubled',
    ready: 'act-form',
    play: async ({ page }) => {
      await press(page, 'nav-rides');
      await press(page, 'check-in');
    },
  },
  'check-in-done': {
    on: 'troubled',
    ready: 'check-in-done',
    play: async (stage) => {
      await SCREENS['check-in']?.play?.(stage);
      await stage.page.getByTestId('reason-dock_broken').check();
      await press(stage.page, 'act-yes');
    },
  },
  'check-out': {
    on: 'troubled',
    ready: 'check-out-page',
    play: async ({ page }) => {
      await press(page, 'nav-rides');
      await press(page, 'check-out');
      await page.getByTestId('give-V-112').waitFor();
    },
  },
  giving: {
    on: 'troubled',
    ready: 'giving',
    play: async (stage) => {
      await SCREENS['check-out']?.play?.(stage);
      await press(stage.page, 'give-V-112');
      await stage.page.getByTestId('whom-code').check();
    },
  },
  lists: {
    ready: 'list-opening',
    play: ({ page }) => press(page, 'nav-lists'),
  },
  fill: {
    ready: 'missing',
    play: async ({ page }) => {
      await press(page, 'nav-lists');
      await press(page, 'list-inspection');
      await page.getByTestId('brakes-yes').check();
      await page.getByTestId('damage-no').check();
      await press(page, 'fill-send');
    },
  },
  waiting: { ready: 'waiting', play: ({ page }) => press(page, 'nav-waiting') },
  'waiting-offline': { on: 'troubled', ready: 'waiting', play: ({ page }) => press(page, 'nav-waiting') },
};

/** A page that scrolls sideways, a word that is cut, a target that is too small. */
function spills() {
  /** @type {string[]} */
  const found = [];
  const { innerWidth } = window;
  if (document.documentElement.scrollWidth > innerWidth + 1)
    found.push(`scrolls sideways to ${document.documentElement.scrollWidth}`);
  for (const element of document.querySelectorAll('button, a, h1, h2, h3, label, dd, th, td')) {
    if (
      element.getClientRects().length === 0 ||
      element.closest('.skip, .unseen') ||
      getComputedStyle(element).display === 'inline'
    )
      continue;
    const box = element.getBoundingClientRect();
    const name = `${element.className} "${(element.textContent ?? '').slice(0, 30)}"`;
    if (element.scrollWidth > element.clientWidth + 1) found.push(`cut ${name}`);
    if (box.right > innerWidth + 1) found.push(`outside ${name}`);
    if (/^(BUTTON|A)$/.test(element.tagName) && (box.width < 44 || box.height < 44))
      found.push(`small ${name}`);
  }
  return found;
}

async function shootAll() {
  mkdirSync(OUT, { recursive: true });
  const browser = await launch();
  let serious = 0;
  for (const size of chosen('sizes', Object.keys(SIZES)))
    for (const look of chosen('looks', ['light', 'dark']))
      for (const lang of chosen('langs', ['en', 'de', 'vi']))
        for (const name of chosen('only', Object.keys(SCREENS)))
          serious += await shoot(browser, { name, size, look, lang });
  await browser.close();
  console.log(serious === 0 ? 'no serious findings' : `${serious} serious findings`);
  process.exitCode = serious === 0 ? 0 : 1;
}

/** @param {import('playwright-core').Browser} browser @param {{ name: string, size: string, look: string, lang: string }} what */
async function shoot(browser, { name, size, look, lang }) {
  const [screen, viewport] = [SCREENS[name], SIZES[size]];
  if (screen === undefined || viewport === undefined)
    throw new Error(`no such screen or size: ${name}, ${size}`);
  const agent = new MockAgent();
  agent.staff.station = staffStationOf(screen.on ?? 'good');
  const origin = await agent.listen();
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const label = `${size}-${look}-${lang}-${name}`;
  try {
    await page.goto(`${origin}/staff?theme=${look}&lang=${lang}`);
    await page.getByTestId('pin').waitFor();
    await page.evaluate(() => document.fonts.ready);
    if (screen.out !== true) await type(page);
    await screen.play?.({ page, agent });
    await page.getByTestId(screen.ready).first().waitFor({ timeout: 8000 });
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${OUT}${label}.png`, fullPage: true });
    const [findings, looks] = [await axe(page), await page.evaluate(spills)];
    findings.forEach((finding) => console.log(`AXE  ${label}: ${finding}`));
    looks.forEach((spill) => console.log(`look ${label}: ${spill}`));
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
