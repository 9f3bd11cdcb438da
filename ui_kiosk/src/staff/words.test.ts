import { namesIn } from '@voltdock/theme';
import { describe, expect, it } from 'vitest';
import { keyFor, sayer } from './words';
import { de } from './words/de';
import { en, type StaffKey, type StaffWords } from './words/en';
import { vi } from './words/vi';

const KEYS = Object.keys(en) as StaffKey[];
const OTHERS: readonly (readonly [string, StaffWords])[] = [
  ['de', de],
  ['vi', vi],
];
/** Words that are the same in both languages on purpose. */
const SAME = /^(station_line|at_time|nav_station|dock|pin|online|fate_by|problem_code)$/;

describe.each(OTHERS)('%s', (_name, catalogue) => {
  it('says everything that English says, and nothing else', () => {
    expect(Object.keys(catalogue).sort()).toEqual([...KEYS].sort());
  });
  it('asks for the same values in every message', () => {
    const names = (words: StaffWords) =>
      KEYS.map((key) => `${key}: ${[...namesIn(words[key])].sort().join(' ')}`);
    expect(names(catalogue)).toEqual(names(en));
  });
  it('is translated', () => {
    expect(KEYS.filter((key) => catalogue[key] === en[key] && !SAME.test(key))).toEqual([]);
  });
});

it('has an advice for every problem it names, and the one for all others', () => {
  const problems = KEYS.filter((key) => key.startsWith('problem_') && !/_(do|code)$/.test(key));
  expect(problems.filter((key) => !(`${key}_do` in en))).toEqual([]);
  expect(keyFor('problem', 'from_the_future')).toBe('problem_other');
});

it('says when PINs are taken again, also when it does not know when', () => {
  const t = sayer('en', en);
  expect(t('problem_staff_locked_do', { until: '14:42' })).toBe(
    'PINs are taken again at 14:42. A badge works now.',
  );
  expect(t('problem_staff_locked_do', { until: null })).toBe('Wait a while. A badge works now.');
});
