import { namesIn } from '@voltdock/theme';
import { describe, expect, it } from 'vitest';
import { pagesOf, roomsOfKeys, saidBy } from '../testing/said';
import { lexicon } from './lexicon';
import { ROOMS, type Catalogue, type MessageKey } from './rooms';
import { named, wordsOf } from './words';

await lexicon.need(...ROOMS);
await lexicon.speak('vi');
await lexicon.speak('de');
const en = lexicon.messages('en');
const keys = await roomsOfKeys();
const KEYS = Object.keys(en) as MessageKey[];
/** Words that are the same in two languages on purpose: names of things, and messages that only carry values. */
const SAME =
  /^(live|nav_system|need_case|need_why|need_dock|station_online|station_number|dock|dock_title|order_failed|fact_DockFaultRaised|agent_version|col_station|col_person|col_round|unit_km|unit_kWh|by_.*|form_moped|staff_pin|field_(name|display_name|code|pin|vin|id)|kind_moped|gateway_(vnpay|stripe|simulated)|line_.*|actor_station|.*_same)$/;

describe.each(['de', 'vi'] as const)('%s', (lang) => {
  const catalogue = lexicon.messages(lang);

  it('says everything that English says, and nothing else', () => {
    expect(Object.keys(catalogue).sort()).toEqual([...KEYS].sort());
  });

  it('asks for the same values in every message', () => {
    const names = (words: Catalogue) =>
      KEYS.map((key) => `${key}: ${[...namesIn(words[key] ?? '')].sort().join(' ')}`);
    expect(names(catalogue)).toEqual(names(en));
  });

  it('is translated', () => {
    expect(KEYS.filter((key) => catalogue[key] === en[key] && !SAME.test(key))).toEqual([]);
  });
});

describe('named', () => {
  const t = wordsOf('de', () => lexicon.messages('de'));

  it('says what it knows by code', () => {
    expect(named(t, 'fault', 'lock_stuck')).toBe('Schloss klemmt');
  });

  it('shows a code that a newer hub has, readable', () => {
    expect(named(t, 'fault', 'from_the_future')).toBe('from the future');
  });
});

describe('rooms', () => {
  const roomsSaid = (...entries: string[]) =>
    [...new Set([...saidBy(entries, keys)].map((key) => keys.get(key)))]
      .filter((one) => one !== 'first')
      .sort();
  // Refusals may be told anywhere; the first page says those that it can meet, and the others come a little later.
  const unforeseen = (key: MessageKey) => /^(field|rule|problem)_/.test(key);

  it('has in the first room what the frame, the palette and the network page say', () => {
    const said = saidBy(['main.tsx', 'app/Shell.tsx', 'pages/network/Network.tsx'], keys);
    expect([...said].filter((key) => keys.get(key) !== 'first' && !unforeseen(key))).toEqual([]);
  });

  it('has nothing in the first room that is said later only', () => {
    const said = saidBy(['main.tsx', 'app/Shell.tsx', 'pages/network/Network.tsx'], keys);
    const first = [...keys].filter(([, room]) => room === 'first').map(([key]) => key as MessageKey);
    const byCode = /^(need|why|problem)_/;
    expect(first.filter((key) => !said.has(key) && !byCode.test(key))).toEqual([]);
  });

  const pages = [...pagesOf('app/App.tsx'), ...pagesOf('app/Pages.tsx')];
  const later = pages.filter(({ path }) => !['app/Shell.tsx', 'pages/network/Network.tsx'].includes(path));

  it.each(later)('$path asks for the rooms whose words it says', ({ path, rooms }) => {
    expect([...rooms].sort()).toEqual(roomsSaid(path));
  });
});
