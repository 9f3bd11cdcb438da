import { namesIn } from '@voltdock/theme';
import { describe, expect, it } from 'vitest';
import { de } from './de';
import { en, type Catalogue, type MessageKey } from './en';
import { vi } from './vi';
import { named, wordsOf } from './words';

const KEYS = Object.keys(en) as MessageKey[];
const OTHERS: readonly (readonly [string, Catalogue])[] = [
  ['de', de],
  ['vi', vi],
];
/** Words that are the same in two languages on purpose: names of things, and messages that only carry values. */
const SAME =
  /^(live|nav_system|need_case|need_why|need_dock|station_online|station_number|dock|dock_title|order_failed|fact_DockFaultRaised|agent_version|col_station|col_person|col_round|unit_km|unit_kWh|by_.*|form_moped|staff_pin|field_(name|display_name|code|pin|vin|id)|kind_moped|gateway_(vnpay|stripe|simulated)|line_.*|actor_station|.*_same)$/;

describe.each(OTHERS)('%s', (_name, catalogue) => {
  it('says everything that English says, and nothing else', () => {
    expect(Object.keys(catalogue).sort()).toEqual([...KEYS].sort());
  });

  it('asks for the same values in every message', () => {
    const names = (words: Catalogue) =>
      KEYS.map((key) => `${key}: ${[...namesIn(words[key])].sort().join(' ')}`);
    expect(names(catalogue)).toEqual(names(en));
  });

  it('is translated', () => {
    expect(KEYS.filter((key) => catalogue[key] === en[key] && !SAME.test(key))).toEqual([]);
  });
});

describe('named', () => {
  const t = wordsOf('de', de);

  it('says what it knows by code', () => {
    expect(named(t, 'fault', 'lock_stuck')).toBe('Schloss klemmt');
  });

  it('shows a code that a newer hub has, readable', () => {
    expect(named(t, 'fault', 'from_the_future')).toBe('from the future');
  });
});
