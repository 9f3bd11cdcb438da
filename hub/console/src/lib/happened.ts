/** Facts as one tells them: the message's key and its values. Pure; what is not known yet is told by its type. */
import type { FactShape } from '../api/shapes';

export interface Told {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly receivedAt: string;
  /** The station was not heard of within a minute of it: it happened off line. */
  readonly isLate: boolean;
  readonly fact: FactShape;
}

const LATE_MS = 60_000;
/** What fills the log without telling anybody anything: it is left to the page of all facts. */
const QUIET = new Set([
  'ChargingMetered',
  'DockSeen',
  'ChargerSeen',
  'LeaseGranted',
  'VehicleUndocked',
  'ClockStepped',
]);

export function told(fact: FactShape): Told {
  return {
    id: `${fact.station_id}-${fact.lane}-${String(fact.epoch)}-${String(fact.seq)}`,
    at: fact.at_ms,
    type: fact.type,
    body: bodyOf(fact.record),
    receivedAt: fact.received_at,
    isLate: Date.parse(fact.received_at) - fact.at_ms > LATE_MS,
    fact,
  };
}

/** The newest first, without what only fills the log. */
export function happened(facts: readonly FactShape[], most: number): readonly Told[] {
  return facts
    .filter((one) => !QUIET.has(one.type))
    .map(told)
    .sort((a, b) => b.at - a.at)
    .slice(0, most);
}

function bodyOf(record: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(record);
    if (typeof read === 'object' && read !== null && 'body' in read && typeof read.body === 'object') {
      return (read.body ?? {}) as Record<string, unknown>;
    }
  } catch {
    // A record that cannot be read is told by its type alone.
  }
  return {};
}

/** What a fact is about, as text; empty where it says nothing. */
export function textOf(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
