import { expect, it } from 'vitest';
import { formats, whole } from './format';

const BERLIN = 'Europe/Berlin';
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

it('writes money in the language, with the decimals of the currency', () => {
  const euro = { minor: 1250, currency: 'EUR', decimals: 2 };
  expect(formats('en', BERLIN).money(euro)).toBe('€12.50');
  expect(plain(formats('de', BERLIN).money(euro))).toBe('12,50 €');
  expect(plain(formats('vi', BERLIN).money({ minor: 25000, currency: 'VND', decimals: 0 }))).toBe('25.000 ₫');
});

it('tells the time of the station, not of the browser', () => {
  const instant = '2026-11-20T13:02:00Z';
  expect(formats('en', BERLIN).time(instant)).toBe('14:02');
  expect(formats('en', 'Asia/Ho_Chi_Minh').time(instant)).toBe('20:02');
});

it('adds the day only when it is not today, by the calendar of the station', () => {
  const f = formats('en', BERLIN);
  const now = Date.parse('2026-11-20T23:30:00Z'); // already the 21st in Berlin
  expect(f.when('2026-11-20T23:10:00Z', now)).toBe('00:10');
  expect(f.when('2026-11-20T13:02:00Z', now)).toMatch(/20 Nov.*14:02/);
  expect(f.soon('2026-11-20T23:10:00Z', now)).toBe('00:10');
  expect(f.soon('2026-12-21T13:02:00Z', now)).toBe('21 Dec');
});

it('writes midnight as 00, never as 24', () => {
  expect(formats('en', 'UTC').time('2026-11-20T00:05:00Z')).toBe('00:05');
});

it('writes durations, distances and energy with their units', () => {
  const f = formats('de', BERLIN);
  expect([50, 47 * 60, 3600, 5460].map((seconds) => plain(f.minutes(seconds)))).toEqual([
    '50 s',
    '47 min',
    '1 h',
    '1 h 31 min',
  ]);
  expect(plain(formats('vi', BERLIN).minutes(5460))).toBe('1 giờ 31 phút');
  expect(plain(f.km(6.54))).toBe('6,5 km');
  expect(plain(f.km(64.4))).toBe('64 km');
  expect(plain(f.kwh(7420))).toBe('7,42 kWh');
  expect(plain(f.percent(92.3))).toBe('92 %');
});

it('keeps a label in one piece and reads the same', () => {
  expect(whole('V-113').replaceAll('\u2060', '')).toBe('V-113');
  expect(whole('V-113')).toContain('-\u2060');
});
