/** Asks for everything from which `lib/needs.ts` tells what needs a person; shared by the home page and the left side. */
import { STATES_PATH, useWhole } from '../api/queries';
import type { AlarmShape, CaseShape, QuarantineShape, StationState, WorkShape } from '../api/shapes';
import { needsOf, type Need } from '../lib/needs';
import { useNow } from '../lib/clock';
import { useLater } from '../lib/later';
import { useMay } from './context';
import { useIsLive } from './live';

const STATES_MS = 5_000;
/** While the stream brings them, the list is asked for now and then only: a lost event does no lasting harm. */
const LIVE_MS = 60_000;
const EVERY_MS = 15_000;

export interface Needs {
  readonly rows: readonly Need[];
  readonly stations: readonly StationState[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  /** When the stations' states were last heard of by this page. */
  readonly at: number;
  readonly again: () => void;
}

export function useNeeds(): Needs {
  const may = useMay();
  const now = useNow(30);
  const everyMs = useIsLive() ? LIVE_MS : STATES_MS;
  const seen = { every: everyMs, enabled: may('telemetry:read') };
  const stations = useWhole<StationState>(STATES_PATH, {}, seen);
  const every = { every: EVERY_MS };
  const open = { state: 'open' };
  const cases = useWhole<CaseShape>('/api/v1/cases', open, {
    ...every,
    enabled: may('cases:read'),
    most: 400,
  });
  const waiting = { ...every, enabled: may('facts:read'), most: 200 };
  const quarantine = useWhole<QuarantineShape>('/api/v1/quarantine', { state: 'waiting' }, waiting);
  const failed = { ...every, enabled: may('work:read'), most: 200 };
  const work = useWhole<WorkShape>('/api/v1/work', { state: 'failed' }, failed);
  const all = stations.data?.items ?? [];
  const rows = needsOf(
    {
      stations: all,
      cases: cases.data?.items ?? [],
      quarantine: quarantine.data?.items ?? [],
      work: work.data?.items ?? [],
    },
    now,
  );
  return {
    rows,
    stations: all,
    isLoading: stations.isLoading,
    error: stations.error ?? cases.error ?? quarantine.error ?? work.error,
    at: stations.dataUpdatedAt,
    again: () => void stations.refetch(),
  };
}

/** Alarms that nobody has seen yet and that are not muted; the left side counts them. */
export function useUnseenAlarms(): number {
  const may = useMay();
  const filter = { state: 'open', acknowledged: false, muted: false };
  const asked = useWhole<AlarmShape>('/api/v1/alarms', filter, {
    enabled: useLater() && may('alarms:read'),
    every: EVERY_MS,
    most: 200,
  });
  return asked.data?.items.length ?? 0;
}
