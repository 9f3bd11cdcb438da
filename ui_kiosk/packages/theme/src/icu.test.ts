import { describe, expect, it } from 'vitest';
import { formatMessage, MessageError, namesIn, pseudo } from './icu';

const READY =
  '{count, plural, =0 {No vehicle is ready.} one {# vehicle is ready.} other {# vehicles are ready.}}';

describe('formatMessage', () => {
  it('puts values in', () => {
    expect(formatMessage('Dock {dock} is open.', { dock: 4 }, 'en')).toBe('Dock 4 is open.');
  });

  it('chooses the plural case of the language', () => {
    expect(formatMessage(READY, { count: 0 }, 'en')).toBe('No vehicle is ready.');
    expect(formatMessage(READY, { count: 1 }, 'en')).toBe('1 vehicle is ready.');
    expect(formatMessage(READY, { count: 1200 }, 'de')).toBe('1.200 vehicles are ready.');
  });

  it('chooses a select case, with none for what is not there', () => {
    const message = '{until, select, none {Later.} other {Until {until}.}}';
    expect(formatMessage(message, {}, 'en')).toBe('Later.');
    expect(formatMessage(message, { until: '15:30' }, 'en')).toBe('Until 15:30.');
  });

  it('keeps quoted signs and apostrophes', () => {
    expect(formatMessage("it''s '{'here'}' # 1", {}, 'en')).toBe("it's {here} # 1");
  });

  it.each(['{', '{a', '{a, plural, one {x}}', '}', '{a, date, short}', '{a, plural, other {x}'])(
    'refuses the malformed %j',
    (message) => {
      expect(() => formatMessage(message, {}, 'en')).toThrow(MessageError);
    },
  );
});

describe('namesIn and pseudo', () => {
  it('finds every name, also inside cases', () => {
    expect([...namesIn('{a, plural, other {{b} {c, select, other {{d}}}}}')].sort()).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });

  it('changes words but not values', () => {
    expect(formatMessage('Dock {dock} is open', { dock: 'A1' }, 'en', pseudo)).toMatch(
      /^Dóçk.* A1 ís ópéñ·+$/,
    );
  });
});
