/** Numbers, money and times as people read them: in their language, with their unit, and with the day when it is not today. */

export type Lang = 'en' | 'de' | 'vi';

/** English here is the international one: 24 hours, day before month. */
const LOCALES: Readonly<Record<Lang, string>> = { en: 'en-GB', de: 'de-DE', vi: 'vi-VN' };

export function localeOf(lang: Lang): string {
  return LOCALES[lang];
}

export interface Money {
  readonly minor: number;
  readonly currency: string;
}

export interface Formats {
  readonly money: (money: Money) => string;
  readonly number: (value: number, digits?: number) => string;
  readonly percent: (value: number) => string;
  readonly celsius: (value: number) => string;
  readonly kw: (watts: number) => string;
  readonly kwh: (wattHours: number) => string;
  readonly km: (value: number) => string;
  /** The two largest units of a span, such as `3 h 12 min`. */
  readonly span: (seconds: number) => string;
  readonly time: (instant: string | number) => string;
  /** The time alone today, with its day on any other. */
  readonly when: (instant: string | number) => string;
  readonly exact: (instant: string | number) => string;
  readonly day: (instant: string | number) => string;
  readonly weekday: (instant: string | number) => string;
  /** The zone's short name, such as `CET` or `GMT+7`. */
  readonly zone: string;
  readonly timeZone: string;
}

const NARROW = '\u202f';

const decimals = new Map<string, number>();

/** How many decimals a currency has; two where the browser does not know it. */
export function decimalsOf(currency: string): number {
  const found = decimals.get(currency) ?? askedDecimals(currency);
  decimals.set(currency, found);
  return found;
}

function askedDecimals(currency: string): number {
  try {
    return (
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2
    );
  } catch {
    return 2;
  }
}

/** Each formatter of the browser is made when it is first wanted: one takes milliseconds, and a page wants a few of them. */
export function formats(lang: Lang, timeZone: string, now: () => number = Date.now): Formats {
  const locale = localeOf(lang);
  const numbers = kept((digits: number) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }));
  const number = (value: number, digits = 0) => numbers(digits).format(value);
  const unit = (value: number, name: string, digits = 0) => `${number(value, digits)}${NARROW}${name}`;
  const at = (options: Intl.DateTimeFormatOptions) => {
    const format = kept(() => new Intl.DateTimeFormat(locale, { timeZone, ...options }));
    return (instant: string | number) => format('').format(new Date(instant));
  };
  const money = kept((currency: string) => new Intl.NumberFormat(locale, { style: 'currency', currency }));
  const zone = kept(() => zoneName(locale, timeZone, now()));
  const clock = at({ hour: '2-digit', minute: '2-digit', hour12: false });
  const dated = at({ day: 'numeric', month: 'short' });
  const full = at({ day: 'numeric', month: 'short', year: 'numeric' });
  const sameDay = at({ year: 'numeric', month: 'numeric', day: 'numeric' });
  const sameYear = at({ year: 'numeric' });
  const day = (instant: string | number) =>
    sameYear(instant) === sameYear(now()) ? dated(instant) : full(instant);
  return {
    money: ({ minor, currency }) => money(currency).format(minor / 10 ** decimalsOf(currency)),
    number,
    percent: (value) => unit(value, '%'),
    celsius: (value) => unit(value, '°C'),
    kw: (watts) => unit(watts / 1000, 'kW', Math.abs(watts) < 10_000 ? 1 : 0),
    kwh: (wattHours) => unit(wattHours / 1000, 'kWh', 2),
    km: (value) => unit(value, 'km'),
    span: (seconds) => span(seconds, unit),
    time: clock,
    when: (instant) =>
      sameDay(instant) === sameDay(now()) ? clock(instant) : `${day(instant)}, ${clock(instant)}`,
    exact: at({ dateStyle: 'medium', timeStyle: 'long' }),
    day,
    weekday: at({ weekday: 'short', day: 'numeric', month: 'short' }),
    get zone() {
      return zone('');
    },
    timeZone,
  };
}

/** Makes one thing for each key, once. */
function kept<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    const found = made.get(key) ?? make(key);
    made.set(key, found);
    return found;
  };
}

function zoneName(locale: string, timeZone: string, now: number): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' }).formatToParts(now);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? timeZone;
}

function span(seconds: number, unit: (value: number, name: string) => string): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return unit(whole, 's');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return unit(minutes, 'min');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(unit(hours, 'h'), minutes % 60, 'min', unit);
  return pair(unit(Math.floor(hours / 24), 'd'), hours % 24, 'h', unit);
}

function pair(
  first: string,
  rest: number,
  name: string,
  unit: (value: number, name: string) => string,
): string {
  return rest === 0 ? first : `${first} ${unit(rest, name)}`;
}

/** Minor units of what was typed, such as `1,50`; null when it is no amount. Both comma and point divide. */
export function minorOf(text: string, currency: string): number | null {
  const decimals = decimalsOf(currency);
  const match = /^(\d{1,10})(?:[.,](\d+))?$/.exec(text.trim());
  if (match === null || (match[2] ?? '').length > decimals) return null;
  return Number(match[1]) * 10 ** decimals + Number((match[2] ?? '').padEnd(decimals, '0') || '0');
}

/** How an amount is typed: plain digits with a point. */
export function typedOf(minor: number, currency: string): string {
  return (minor / 10 ** decimalsOf(currency)).toFixed(decimalsOf(currency));
}
