import { describe, expect, it } from 'vitest';
import { aFilled } from '../testing/balance_samples';
import { aCase } from '../testing/samples';
import { caseOf, textIn, wrongFirst, wrongOf } from './checklists';

describe('wrongFirst', () => {
  it('puts what is wrong before what is right, and the newest first within both', () => {
    const at = (hour: string) => `2026-11-26T${hour}:00:00Z`;
    const all = [
      aFilled({ id: 'right', passed: true, at: at('09') }),
      aFilled({ id: 'wrong', passed: false, at: at('07') }),
      aFilled({ id: 'wrong, later', passed: false, at: at('08') }),
    ];
    expect(wrongFirst(all).map((one) => one.id)).toEqual(['wrong, later', 'wrong', 'right']);
  });
});

describe('wrongOf', () => {
  it('is what was answered as not right', () => {
    expect(wrongOf(aFilled()).map((one) => one.key)).toEqual(['lights']);
  });
});

describe('caseOf', () => {
  it('is the one that is about this act', () => {
    const cases = [aCase({ id: 'a', about: 'other' }), aCase({ id: 'b', about: aFilled().id })];
    expect(caseOf(aFilled(), cases)?.id).toBe('b');
    expect(caseOf(aFilled(), [])).toBeUndefined();
  });
});

describe('textIn', () => {
  it("takes the reader's language, else English, else what there is", () => {
    expect(textIn({ en: 'Opening', de: 'Öffnen' }, 'de')).toBe('Öffnen');
    expect(textIn({ en: 'Opening', de: 'Öffnen' }, 'vi')).toBe('Opening');
    expect(textIn({ fr: 'Ouverture' }, 'vi')).toBe('Ouverture');
  });
});
