/** Numbers, money, distances and times as people read them: in their language, in the station's time zone. */
import type { MoneyView } from '../api/types';

export type Lang = 'en' | 'de' | 'vi';

/** English here is the international one: 24 hours, day before month. */
const LOCALES: Readonly<Record<Lang, string>> = { en: 'en-GB', de: 'de-DE', vi: 'vi-VN' };

export function localeOf(lang: Lang): string {
  return LOCALES[lang];
}

export interface Formats {
  readonly money: (money: MoneyView) => string;
  readonly number: (value: number, digits?: number) => string;
  readonly percent: (value: number) => string;
  readonly km: (value: number) => string;
  /** What was ridden, as a bill says it. */
  readonly distance: (km: number) => string;
  readonly kw: (watts: number) => string;
  readonly kwh: (wattHours: number) => string;
  readonly minutes: (seconds: number) => string;
  readonly time: (instant: string | number) => string;
  /** The time alone today, with its day on any other. */
  readonly when: (instant: string, now: number) => string;
  /** The time alone today, the day alone on any other: as short as a dock's card is narrow. */
  readonly soon: (instant: string, now: number) => string;
  readonly date: (instant: number) => string;
}

export function formats(lang: Lang, timeZone: string): Formats {
  const locale = localeOf(lang);
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
  const unit = (value: number, name: string, digits = 0) => `${number(value, digits)}\u00a0${name}`;
  const at = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const clock = at({ hour: '2-digit', minute: '2-digit', hour12: false });
  const day = at({ weekday: 'short', day: 'numeric', month: 'short' });
  const brief = at({ day: 'numeric', month: 'short' });
  const sameDay = at({ year: 'numeric', month: 'numeric', day: 'numeric' });
  const dated = at({ weekday: 'long', day: 'numeric', month: 'long' });
  return {
    money: (money) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency: money.currency,
        minimumFractionDigits: money.decimals,
        maximumFractionDigits: money.decimals,
      }).format(money.minor / 10 ** money.decimals),
    number,
    percent: (value) => unit(value, '%'),
    km: (value) => unit(value, 'km', value < 10 ? 1 : 0),
    distance: (value) => unit(value, 'km', 2),
    kw: (watts) => unit(watts / 1000, 'kW', 1),
    kwh: (wattHours) => unit(wattHours / 1000, 'kWh', 2),
    minutes: (seconds) => duration(seconds, unit, TIMES[lang]),
    time: (instant) => clock.format(new Date(instant)),
    when: (instant, now) => {
      const date = new Date(instant);
      const isToday = sameDay.format(date) === sameDay.format(now);
      return isToday ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
    },
    soon: (instant, now) => {
      const date = new Date(instant);
      return sameDay.format(date) === sameDay.format(now) ? clock.format(date) : brief.format(date);
    },
    date: (instant) => dated.format(instant),
  };
}

/** A label that is never broken at its hyphen (U+2060, word joiner). */
export function whole(label: string): string {
  return label.replaceAll('-', '-\u2060');
}

/** Seconds, minutes, hours: their signs, or the words where nobody says the signs. */
const TIMES: Readonly<Record<Lang, readonly [s: string, min: string, h: string]>> = {
  en: ['s', 'min', 'h'],
  de: ['s', 'min', 'h'],
  vi: ['giây', 'phút', 'giờ'],
};

function duration(
  seconds: number,
  unit: (value: number, name: string) => string,
  [s, min, h]: (typeof TIMES)[Lang],
): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return unit(Math.floor(seconds), s);
  if (minutes < 60) return unit(minutes, min);
  const hours = unit(Math.floor(minutes / 60), h);
  return minutes % 60 === 0 ? hours : `${hours} ${unit(minutes % 60, min)}`;
}
