import { describe, expect, it } from 'vitest';
import {
  bodyOf,
  draftOf,
  EMPTY,
  isWhole,
  keyFrom,
  moved,
  newQuestion,
  nextRow,
  type Draft,
} from './checklist_form';

const DRAFT: Draft = {
  key: 'opening',
  title: { en: 'Opening', fr: 'Ouverture' },
  about: 'station',
  questions: [
    { ...newQuestion(1), key: 'way', text: { en: 'The way is free.' } },
    { ...newQuestion(2), text: { en: 'The way is free.', de: ' Der Weg ist frei. ', vi: ' ' }, unit: 'km' },
    { ...newQuestion(3), text: { en: 'Odometer' }, kind: 'number', unit: ' km ' },
  ],
};

describe('keyFrom', () => {
  it('makes a name that the hub takes of any words', () => {
    for (const words of [
      'Brakes hold.',
      '  ',
      '42 bolts?',
      'Đèn trước sáng',
      '検査',
      'x'.repeat(200),
      '__a__',
    ]) {
      expect(keyFrom(words)).toMatch(/^[a-z][a-z0-9_]{0,59}$/);
    }
    expect(keyFrom('Brakes hold.')).toBe('brakes_hold');
    expect(keyFrom('Đèn trước sáng')).toBe('den_truoc_sang');
  });

  it('numbers a name that is taken', () => {
    expect(keyFrom('Note', new Set(['note', 'note_2']))).toBe('note_3');
    expect(keyFrom('x'.repeat(200), new Set([keyFrom('x'.repeat(200))])).length).toBeLessThanOrEqual(60);
  });
});

describe('bodyOf', () => {
  it('keeps names that are there, and gives each new question one of its own', () => {
    expect(bodyOf(DRAFT).questions.map((one) => one.key)).toEqual(['way', 'the_way_is_free', 'odometer']);
    const twice = { ...DRAFT, questions: [DRAFT.questions[1], { ...DRAFT.questions[1], row: 9 }] } as Draft;
    expect(bodyOf(twice).questions.map((one) => one.key)).toEqual(['the_way_is_free', 'the_way_is_free_2']);
  });

  it('leaves out empty languages, keeps those that are not shown, and a unit only of a number', () => {
    const body = bodyOf(DRAFT);
    expect(body.title).toEqual({ en: 'Opening', fr: 'Ouverture' });
    expect(body.questions[1]?.text).toEqual({ en: 'The way is free.', de: 'Der Weg ist frei.' });
    expect(body.questions.map((one) => one.unit)).toEqual(['', '', 'km']);
    expect(Object.keys(body.questions[0] ?? {})).not.toContain('row');
  });

  it('sends back what was read, where nothing was typed', () => {
    const read = { key: 'opening', ...bodyOf(DRAFT) };
    expect({ key: 'opening', ...bodyOf(draftOf(read)) }).toEqual(read);
  });
});

describe('a draft', () => {
  it('moves a question within its ends', () => {
    const rows = (by: -1 | 1, row: number) => moved(DRAFT.questions, row, by).map((one) => one.row);
    expect(rows(1, 1)).toEqual([2, 1, 3]);
    expect(rows(-1, 3)).toEqual([1, 3, 2]);
    expect(rows(-1, 1)).toEqual([1, 2, 3]);
    expect(rows(1, 3)).toEqual([1, 2, 3]);
  });

  it('is whole with English words everywhere', () => {
    expect(isWhole(DRAFT)).toBe(true);
    expect(isWhole(EMPTY)).toBe(false);
    expect(isWhole({ ...DRAFT, questions: [] })).toBe(false);
    expect(isWhole({ ...DRAFT, title: { de: 'Öffnen', en: ' ' } })).toBe(false);
    expect(nextRow([])).toBe(1);
    expect(nextRow(DRAFT.questions)).toBe(4);
  });
});
