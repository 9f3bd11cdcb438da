/** Bookings as bars over days: which row, where a bar begins and ends within the shown days, in shares of the whole. Pure. */
import type { ReservationShape } from '../api/shapes';

export interface Bar {
  readonly booking: ReservationShape;
  /** From 0 (the first shown day's beginning) to 1 (the last one's end). */
  readonly from: number;
  readonly until: number;
  /** Bars that overlap stand in lanes below each other. */
  readonly lane: number;
}

export interface Row {
  readonly key: string;
  readonly bars: readonly Bar[];
  readonly lanes: number;
}

export const DAY_MS = 86_400_000;
/** Bookings in these states hold nothing any more. */
const OVER = new Set(['cancelled', 'expired', 'refused', 'broken']);

/** The beginning of the day in which an instant lies, in a zone; correct over a change of the clocks. */
export function dayStart(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Math.floor(at / 1000) * 1000 - ((of('hour') * 60 + of('minute')) * 60 + of('second')) * 1000;
}

/** Which span of days shows a booking, counted from the one that begins at `begin`; `now` if that shows it already. */
export function spanOf(booking: ReservationShape, begin: number, days: number, now: number): number {
  const length = days * DAY_MS;
  const [from, until] = [Date.parse(booking.from_at) - begin, Date.parse(booking.until_at) - begin];
  if (from < (now + 1) * length && until > now * length) return now;
  return Math.floor(from / length);
}

export function rowsOf(
  bookings: readonly ReservationShape[],
  rowKey: (booking: ReservationShape) => string,
  begin: number,
  days: number,
  withOver = false,
): readonly Row[] {
  const end = begin + days * DAY_MS;
  const rows = new Map<string, Bar[]>();
  const shown = bookings
    .filter((one) => withOver || !OVER.has(one.state))
    .filter((one) => Date.parse(one.from_at) < end && Date.parse(one.until_at) > begin)
    .sort((a, b) => a.from_at.localeCompare(b.from_at));
  for (const booking of shown) {
    const share = (at: string) => (Math.min(end, Math.max(begin, Date.parse(at))) - begin) / (end - begin);
    const [from, until] = [share(booking.from_at), share(booking.until_at)];
    const key = rowKey(booking);
    const bars = rows.get(key) ?? [];
    let lane = 0;
    while (bars.some((one) => one.lane === lane && one.from < until && from < one.until)) lane += 1;
    rows.set(key, [...bars, { booking, from, until, lane }]);
  }
  return [...rows].map(([key, bars]) => ({ key, bars, lanes: Math.max(...bars.map((one) => one.lane)) + 1 }));
}
