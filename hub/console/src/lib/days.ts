/** Days as forms take them (`2026-11-26`, the reader's own calendar) and instants as the hub takes them. */

const DAY_MS = 86_400_000;

/** The day so many days from now. */
export function dayIn(days: number, now: number = Date.now()): string {
  return dayOf(new Date(now + days * DAY_MS).toISOString());
}

/** The reader's day of an instant; empty for none. */
export function dayOf(instant: string | null): string {
  if (instant === null) return '';
  const at = new Date(instant);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The last second of a day; null for none. */
export function endOf(day: string): string | null {
  return day === '' ? null : new Date(`${day}T23:59:59`).toISOString();
}

/** The first second of a day; null for none. */
export function startOf(day: string): string | null {
  return day === '' ? null : new Date(`${day}T00:00:00`).toISOString();
}
