/**
 * What needs a person now, sorted by harm. Pure: lists in, rows out. Harm is a rough order of 0 to 100: money and
 * trust that is being lost stands above what only waits; at equal harm the older one first.
 */
import type { CaseShape, QuarantineShape, StationState, WorkShape } from '../api/shapes';

import { listLink } from './links';

export type Harm = 'fault' | 'attention' | 'information';

export interface Need {
  readonly id: string;
  readonly kind:
    'case' | 'revoked' | 'unseen' | 'never' | 'why' | 'lost' | 'dock' | 'charger' | 'quarantine' | 'work';
  /** The name that says more within the kind: a case's kind, a fault's code. */
  readonly code: string;
  readonly harm: number;
  readonly look: Harm;
  readonly since: string | null;
  readonly station: StationState | null;
  readonly count: number;
  /** Which thing: a dock's number, a charger's name. */
  readonly thing: string;
  readonly to: string;
}

export interface Known {
  readonly stations: readonly StationState[];
  readonly cases: readonly CaseShape[];
  readonly quarantine: readonly QuarantineShape[];
  readonly work: readonly WorkShape[];
}

const CASE_HARM: Readonly<Record<string, number>> = {
  fork: 95,
  hub_behind: 92,
  contradiction: 85,
  over_limit: 80,
  voucher_used_twice: 80,
  booking_broken: 88,
  deposit_not_returned: 78,
  payment_unclear: 76,
  refund_declined: 77,
  payment_declined: 74,
  deposit_declined: 68,
  no_payment_method: 66,
  no_method: 66,
  wrong_bill: 72,
  missing_return: 70,
  corrected_bill_changed: 67,
  checklist_failed: 64,
  overflow_return: 63,
  orphan_return: 62,
  long_ride: 60,
};
/** What the hub says of a station that is heard of; revoked, silent and faulty ones have rows of their own. */
const WHY_HARM: Readonly<Record<string, number>> = {
  store_damaged: 78,
  outbox_late: 57,
  store_low: 48,
  clock_doubtful: 46,
  dock_unseen: 45,
  charger_unseen: 42,
};
const OTHER_CASE = 58;
/** After so long a station's silence costs bookings; before that it may be a short cut of the line. */
const LONG_SILENCE_S = 3600;

export function needsOf(known: Known, now: number): readonly Need[] {
  const station = new Map(known.stations.map((one) => [one.id, one]));
  const all = [
    ...known.cases.filter((one) => one.state === 'open').map((one) => ofCase(one, station)),
    ...ofNew(known.stations),
    ...known.stations.flatMap((one) => ofStation(one, now)),
    ...known.stations.flatMap(ofDevices),
    ...grouped(known.quarantine, station),
    ...ofWork(known.work),
  ];
  return all.sort((a, b) => b.harm - a.harm || (a.since ?? '').localeCompare(b.since ?? ''));
}

function need(given: Partial<Need> & Pick<Need, 'id' | 'kind' | 'harm' | 'to'>): Need {
  const look = given.harm >= 65 ? 'fault' : given.harm >= 30 ? 'attention' : 'information';
  return { code: '', since: null, station: null, count: 1, thing: '', look, ...given };
}

function ofCase(one: CaseShape, station: ReadonlyMap<string, StationState>): Need {
  return need({
    id: `case-${one.id}`,
    kind: 'case',
    code: one.kind,
    harm: CASE_HARM[one.kind] ?? OTHER_CASE,
    since: one.opened_at,
    station: station.get(one.station_id ?? '') ?? null,
    to: `/cases/${one.id}`,
  });
}

function ofStation(one: StationState, now: number): Need[] {
  const to = `/stations/${one.id}`;
  const found: Need[] = [];
  if (one.revoked_at !== null) {
    found.push(
      need({ id: `revoked-${one.id}`, kind: 'revoked', harm: 90, since: one.revoked_at, station: one, to }),
    );
  } else if (one.last_seen_at !== null && !one.online) {
    const silent = (now - Date.parse(one.last_seen_at)) / 1000;
    const harm = silent > LONG_SILENCE_S ? 68 : 50;
    found.push(
      need({ id: `unseen-${one.id}`, kind: 'unseen', harm, since: one.last_seen_at, station: one, to }),
    );
  }
  if (one.facts_lost > 0) {
    const count = one.facts_lost;
    found.push(
      need({
        id: `lost-${one.id}`,
        kind: 'lost',
        harm: 40,
        since: one.last_loss_at,
        station: one,
        count,
        to,
      }),
    );
  }
  return found;
}

/** Stations that are only planned: one row, however many. */
function ofNew(all: readonly StationState[]): Need[] {
  const fresh = all.filter((one) => one.last_seen_at === null && one.revoked_at === null);
  const [first] = fresh;
  if (first === undefined) return [];
  const since = fresh.map((one) => one.created_at).sort()[0] ?? null;
  const only = fresh.length === 1;
  const to = only ? `/stations/${first.id}` : '/stations?state=new';
  return [
    need({
      id: 'never',
      kind: 'never',
      harm: 20,
      since,
      station: only ? first : null,
      count: fresh.length,
      to,
    }),
  ];
}

/** What is wrong with single things, and what the hub says of the station beside it. */
function ofDevices(one: StationState): Need[] {
  const to = `/stations/${one.id}`;
  const faults = one.faults.map((fault) => {
    const kind = fault.thing === 'dock' ? 'dock' : 'charger';
    return need({
      id: `${kind}-${one.id}-${fault.thing_id}-${fault.code}`,
      kind,
      code: fault.code,
      harm: kind === 'dock' ? 64 : 52,
      since: fault.at,
      station: one,
      thing: fault.thing_id,
      to: kind === 'dock' ? `${to}?dock=${fault.thing_id}` : to,
    });
  });
  const others = one.why
    .filter((why) => why in WHY_HARM)
    .map((code) => {
      const since = code === 'outbox_late' ? (one.outbox?.oldest_at ?? null) : one.reported_at;
      return need({
        id: `${code}-${one.id}`,
        kind: 'why',
        code,
        harm: WHY_HARM[code] ?? 0,
        since,
        station: one,
        to,
      });
    });
  return [...faults, ...others];
}

/** A hundred facts that failed for one reason are one thing to do. */
function grouped(rows: readonly QuarantineShape[], station: ReadonlyMap<string, StationState>): Need[] {
  const byReason = new Map<string, QuarantineShape[]>();
  for (const row of rows.filter((one) => one.state === 'waiting')) {
    const key = `${row.station_id}-${row.code}`;
    byReason.set(key, [...(byReason.get(key) ?? []), row]);
  }
  return [...byReason].map(([key, found]) => {
    const oldest = found.reduce((a, b) => (a.created_at < b.created_at ? a : b));
    return need({
      id: `quarantine-${key}`,
      kind: 'quarantine',
      code: oldest.code,
      harm: 56,
      since: oldest.created_at,
      station: station.get(oldest.station_id) ?? null,
      count: found.length,
      to: listLink('/system/quarantine', {
        code: oldest.code,
        station_id: oldest.station_id,
        state: 'waiting',
      }),
    });
  });
}

function ofWork(rows: readonly WorkShape[]): Need[] {
  const byKind = new Map<string, WorkShape[]>();
  for (const row of rows.filter((one) => one.state === 'failed')) {
    byKind.set(row.kind, [...(byKind.get(row.kind) ?? []), row]);
  }
  return [...byKind].map(([kind, found]) =>
    need({
      id: `work-${kind}`,
      kind: 'work',
      code: kind,
      harm: kind === 'collect' ? 76 : 54,
      since: found.map((one) => one.settled_at ?? one.created_at).sort()[0] ?? null,
      count: found.length,
      to: listLink('/system/work', { state: 'failed', kind }),
    }),
  );
}
