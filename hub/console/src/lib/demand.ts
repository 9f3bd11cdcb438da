/** A station's expected demand as a week of its own hours: rows are hours, columns days from Monday on. Pure. */
import type { DemandHour } from '../api/shapes';

export const MEASURES = ['out', 'out_high', 'back'] as const;
export type Measure = (typeof MEASURES)[number];
export const DAYS = 7;
const HOURS = 24;
const DAY_NAMES: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Null: the hub says nothing of that hour, such as the one that is left out in spring. */
export type Cell = number | null;

export interface Week {
  /** By hour, then by day. */
  readonly hours: readonly (readonly Cell[])[];
  /** Sums by day. */
  readonly days: readonly number[];
  readonly most: number;
  /** Where it is highest; null where nothing is expected at all. */
  readonly peak: { readonly hour: number; readonly day: number } | null;
  /** Minutes past the hour at which the hub's hours begin there: 30 in zones that are off by a half. */
  readonly minute: number;
}

/** Of one kind; an hour that comes twice in autumn is shown once, for both are expected alike. */
export function weekOf(items: readonly DemandHour[], kind: string, measure: Measure, timeZone: string): Week {
  const hours: Cell[][] = Array.from({ length: HOURS }, () => Array<Cell>(DAYS).fill(null));
  const partsAt = clockOf(timeZone);
  let minute = 0;
  for (const one of items) {
    if (one.kind !== kind) continue;
    const at = partsAt(one.at);
    minute = at.minute;
    const row = hours[at.hour];
    if (row !== undefined) row[at.day] ??= one[measure];
  }
  const most = Math.max(0, ...hours.flat().map((one) => one ?? 0));
  const hour = hours.findIndex((row) => row.includes(most));
  const peak = most > 0 ? { hour, day: hours[hour]?.indexOf(most) ?? 0 } : null;
  return { hours, days: daysOf(hours), most, peak, minute };
}

/** The kinds that anything is known of, the most wanted first. */
export function kindsOf(items: readonly DemandHour[]): readonly string[] {
  const wanted = new Map<string, number>();
  for (const one of items) wanted.set(one.kind, (wanted.get(one.kind) ?? 0) + one.out);
  return [...wanted].sort((a, b) => b[1] - a[1]).map(([kind]) => kind);
}

/** How deep a cell is coloured: 0 (nothing) to 5 (the week's most). */
export function depthOf(value: Cell, most: number): number {
  return value === null || most === 0 ? 0 : Math.ceil((value / most) * 5);
}

/** In how many hours of the week more may be wanted than must stay there. */
export function hoursAbove(items: readonly DemandHour[], kind: string, safe: number): number {
  return items.filter((one) => one.kind === kind && one.out_high > safe).length;
}

function daysOf(hours: readonly (readonly Cell[])[]): readonly number[] {
  return DAY_NAMES.map((_, day) => hours.reduce((sum, row) => sum + (row[day] ?? 0), 0));
}

function clockOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (instant: string) => {
    const parts = new Map(format.formatToParts(new Date(instant)).map((one) => [one.type, one.value]));
    return {
      day: DAY_NAMES.indexOf(parts.get('weekday') ?? ''),
      hour: Number(parts.get('hour')),
      minute: Number(parts.get('minute')),
    };
  };
}
