import { namesIn } from '@voltdock/theme';
import { describe, expect, it } from 'vitest';
import { de } from './de';
import { en, type Catalogue, type MessageKey } from './en';
import { vi } from './vi';
import { keyFor, wordsOf } from './words';

const KEYS = Object.keys(en) as MessageKey[];
const OTHERS: readonly (readonly [string, Catalogue])[] = [
  ['de', de],
  ['vi', vi],
];
/** Words that are the same in both languages on purpose. */
const SAME = /^(station_line|dock|open_dock|pin_label|example|problem_code)$/;

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

// protocols/kiosk/actions.py REFUSALS; tests/house/test_kiosk_types.py holds the two in step.
describe('messages by key', () => {
  it('has a message and an advice for every problem it names', () => {
    const problems = KEYS.filter(
      (key) => key.startsWith('problem_') && !key.endsWith('_do') && key !== 'problem_code',
    );
    expect(problems.filter((key) => !(`${key}_do` in en))).toEqual([]);
  });

  it('falls back to the message for all others', () => {
    expect(keyFor('problem', 'voucher_used')).toBe('problem_voucher_used');
    expect(keyFor('problem', 'from_the_future')).toBe('problem_other');
    expect(keyFor('why', 'dock_busy')).toBe('why_dock_busy');
  });
});

describe('wordsOf', () => {
  it('counts vehicles in words up to nine, then in digits', () => {
    const t = wordsOf('de', de);
    expect([1, 3, 12].map((count) => t('ready_to_ride', { count }))).toEqual([
      'Ein Fahrzeug ist startklar.',
      'Drei Fahrzeuge sind startklar.',
      '12 Fahrzeuge sind startklar.',
    ]);
  });

  it('lives with a value that an older agent leaves out', () => {
    const t = wordsOf('en', en);
    expect(t('problem_reservation_locked_do', {})).toBe('Wait a while, or show your QR code or card.');
    expect(t('why_reserved', { until: '15:30' })).toBe('Booked until 15:30');
  });

  it('shows in the pseudo-locale what came from a catalogue', () => {
    expect(wordsOf('en', en, true)('rent')).toMatch(/^Réñt á véhíçlé·+$/);
  });
});
