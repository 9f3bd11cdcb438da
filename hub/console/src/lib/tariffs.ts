/** Versions of a tariff in time, and prices as they are typed. Pure; what a ride costs is reckoned by the hub alone. */
import type { Prices, TariffShape, VersionShape } from '../api/shapes';
import { minorOf, typedOf } from './format';

/** The versions from the first to the newest, however the hub lists them. */
export function versionsOf(tariff: TariffShape): readonly VersionShape[] {
  return [...tariff.versions].sort((a, b) => a.version - b.version);
}

/** The version in force at an instant; none before the first. */
export function versionAt(tariff: TariffShape, at: number): VersionShape | undefined {
  return versionsOf(tariff).findLast((one) => Date.parse(one.valid_from) <= at);
}

/** Prices that are amounts, in the order of the form. */
export const AMOUNTS = [
  'unlock_minor',
  'per_minute_minor',
  'per_km_minor',
  'ride_kwh_minor',
  'per_kwh_minor',
  'day_cap_minor',
  'deposit_minor',
  'late_hour_minor',
] as const;
/** Prices that are plain numbers. */
export const NUMBERS = ['free_minutes', 'late_grace_minutes', 'tax_pct'] as const;

export type AmountKey = (typeof AMOUNTS)[number];
export type NumberKey = (typeof NUMBERS)[number];
export type Typed = Readonly<Record<AmountKey | NumberKey, string>>;

export function typedPrices(prices: Prices, currency: string): Typed {
  const amounts = AMOUNTS.map((key) => [key, prices[key] === null ? '' : typedOf(prices[key], currency)]);
  const numbers = NUMBERS.map((key) => [key, String(prices[key])]);
  return Object.fromEntries([...amounts, ...numbers]) as Typed;
}

export interface Read {
  readonly prices: Prices;
  /** Fields that hold no amount or number. */
  readonly wrong: readonly (AmountKey | NumberKey)[];
}

/** The typed prices over those that they began with: what the form does not show (windows, scope) stays as it was. */
export function pricesOf(typed: Typed, before: Prices, currency: string): Read {
  const wrong: (AmountKey | NumberKey)[] = [];
  const read: Record<string, number | null> = {};
  for (const key of AMOUNTS) {
    const text = typed[key].trim();
    const isOff = text === '' && key === 'day_cap_minor';
    read[key] = isOff ? null : minorOf(text === '' ? '0' : text, currency);
    if (read[key] === null && !isOff) wrong.push(key);
  }
  for (const key of NUMBERS) {
    const value = Number(typed[key].trim().replace(',', '.') || '0');
    if (!Number.isFinite(value) || value < 0 || (key !== 'tax_pct' && !Number.isInteger(value)))
      wrong.push(key);
    read[key] = value;
  }
  return { prices: { ...before, ...(read as Partial<Prices>) }, wrong };
}
