import { describe, expect, it } from 'vitest';
import type { Prices, TariffShape } from '../api/shapes';
import { pricesOf, typedPrices, versionAt } from './tariffs';

const PRICES: Prices = {
  unlock_minor: 100,
  per_minute_minor: 19,
  free_minutes: 2,
  day_cap_minor: 2400,
  per_kwh_minor: 0,
  deposit_minor: 2500,
  tax_pct: 7.5,
  per_km_minor: 0,
  ride_kwh_minor: 0,
  late_grace_minutes: 10,
  late_hour_minor: 300,
  windows: [{ per_minute_minor: 9, from_minute: 0, to_minute: 360, weekdays: [] }],
};

describe('prices that are typed', () => {
  it.each(['EUR', 'VND', 'KWD'])('come back as they went in %s', (currency) => {
    expect(pricesOf(typedPrices(PRICES, currency), PRICES, currency)).toEqual({ prices: PRICES, wrong: [] });
  });

  it('are named when they are none', () => {
    const typed = { ...typedPrices(PRICES, 'EUR'), unlock_minor: '1.234', free_minutes: '1.5', tax_pct: 'x' };
    expect(pricesOf(typed, PRICES, 'EUR').wrong).toEqual(['unlock_minor', 'free_minutes', 'tax_pct']);
  });

  it('may leave the cap away, and take nothing for nothing', () => {
    const typed = { ...typedPrices(PRICES, 'EUR'), day_cap_minor: '', deposit_minor: '' };
    const { prices, wrong } = pricesOf(typed, PRICES, 'EUR');
    expect([prices.day_cap_minor, prices.deposit_minor, wrong]).toEqual([null, 0, []]);
  });

  it('keep what the form does not show', () => {
    expect(pricesOf(typedPrices(PRICES, 'EUR'), PRICES, 'EUR').prices.windows).toEqual(PRICES.windows);
  });
});

describe('versionAt', () => {
  const version = (number: number, valid_from: string) => {
    return { version: number, valid_from, valid_to: null, prices: PRICES };
  };
  const tariff: TariffShape = {
    id: 't',
    name: 'City',
    use: 'rental',
    currency: 'EUR',
    versions: [version(2, '2026-06-01T00:00:00Z'), version(1, '2026-01-01T00:00:00Z')], // as the hub lists them
  };

  it('is the last that has begun', () => {
    const at = (text: string) => versionAt(tariff, Date.parse(text))?.version;
    expect([at('2025-12-31T00:00:00Z'), at('2026-05-31T00:00:00Z'), at('2026-06-01T00:00:00Z')]).toEqual([
      undefined,
      1,
      2,
    ]);
  });
});
