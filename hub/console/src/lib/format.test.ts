import { describe, expect, it } from 'vitest';
import { decimalsOf, formats, minorOf, typedOf } from './format';

const NOW = Date.parse('2026-11-26T08:00:00Z');
const f = formats('en', 'Asia/Ho_Chi_Minh', () => NOW);
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('formats', () => {
  it('gives each currency its own decimals', () => {
    expect([decimalsOf('EUR'), decimalsOf('VND'), decimalsOf('KWD')]).toEqual([2, 0, 3]);
    expect(plain(f.money({ minor: 25_000, currency: 'VND' }))).toBe('₫25,000');
    expect(plain(formats('de', 'Europe/Berlin').money({ minor: 366, currency: 'EUR' }))).toBe('3,66 €');
  });

  it('says the day when it is not today', () => {
    expect(f.when('2026-11-26T07:02:00Z')).toBe('14:02');
    expect(f.when('2026-11-25T07:02:00Z')).toBe('25 Nov, 14:02');
    expect(f.when('2025-11-25T07:02:00Z')).toBe('25 Nov 2025, 14:02');
  });

  it('says a span in its two largest units', () => {
    const spans = [4, 70, 3600, 4000, 90_000, 172_800].map((one) => plain(f.span(one)));
    expect(spans).toEqual(['4 s', '1 min', '1 h', '1 h 6 min', '1 d 1 h', '2 d']);
  });

  it('names the zone', () => {
    expect(f.zone).toBe('GMT+7');
  });
});

describe('amounts that are typed', () => {
  it.each([
    ['1.50', 'EUR', 150],
    ['1,5', 'EUR', 150],
    ['12', 'EUR', 1200],
    ['25000', 'VND', 25_000],
    ['0', 'EUR', 0],
  ])('reads %j in %s', (text, currency, minor) => {
    expect(minorOf(text, currency)).toBe(minor);
  });

  it.each(['', 'a', '1.234', '-1', '1.', '1.2.3'])('refuses %j', (text) => {
    expect(minorOf(text, 'EUR')).toBeNull();
  });

  it('comes back as it went', () => {
    for (const minor of [0, 1, 99, 100, 12_345]) expect(minorOf(typedOf(minor, 'EUR'), 'EUR')).toBe(minor);
  });
});
