/** Listens to the stations while the console is open: states come as they change, and alarms are asked for anew then. */
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { STATES_PATH, wholeQuery } from '../api/queries';
import { listen } from '../api/stream';
import type { Session } from '../api/session';
import type { StationState } from '../api/shapes';
import { withStates } from '../lib/states';
import type { StreamEvent } from '../lib/sse';
import { useAround, useMay } from './context';

/** What needs a person comes first; the stream may begin when it stands. */
const BEGIN_MS = 1_500;
const AGAIN_MS = 2_000;
/** A hub with no room for more listeners is asked ever more rarely; the list is asked for meanwhile. */
const SELDOM_MS = 60_000;
/** Changes that come together are drawn together. */
const TOGETHER_MS = 200;

let isLive = false;
const listeners = new Set<() => void>();

function say(value: boolean): void {
  if (isLive === value) return;
  isLive = value;
  listeners.forEach((one) => {
    one();
  });
}

/** Whether states come by the stream just now; where they do not, they are asked for. */
export function useIsLive(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isLive,
  );
}

/** Keeps listening; for the frame round all pages, once. */
export function useLive(): void {
  const { session } = useAround();
  const client = useQueryClient();
  const may = useMay()('telemetry:read');
  useEffect(() => {
    if (!may) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => void keepListening(session, client, stop.signal), BEGIN_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
      say(false);
    };
  }, [session, client, may]);
}

async function keepListening(session: Session, client: QueryClient, signal: AbortSignal): Promise<void> {
  const put = new Putting(session, client);
  let after: string | null = null;
  const heard = (event: StreamEvent) => {
    after = event.id ?? after;
    put.take(event);
  };
  let wait = AGAIN_MS;
  const opened = () => {
    wait = AGAIN_MS;
    say(true);
  };
  while (!signal.aborted) {
    const listening = { signal, opened, heard };
    await session
      .as((token) => listen(`${STATES_PATH}/stream`, token, { ...listening, after }))
      .catch(() => {
        wait = Math.min(wait * 2, SELDOM_MS);
      });
    say(false);
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
}

/** Puts what came into the list that the pages look at, a few times a second at the most. */
class Putting {
  private came = new Map<string, StationState>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly session: Session,
    private readonly client: QueryClient,
  ) {}

  take({ type, data }: StreamEvent): void {
    if (type === 'station') {
      const state = JSON.parse(data) as StationState;
      this.came.set(state.id, state);
    } else if (type !== 'level') return;
    this.timer ??= setTimeout(() => this.flush(), TOGETHER_MS);
  }

  private flush(): void {
    this.timer = undefined;
    const came = this.came;
    this.came = new Map();
    const { queryKey } = wholeQuery<StationState>(this.session, STATES_PATH, {});
    // Also with nothing new: a level says that what is there is as of now.
    this.client.setQueryData(queryKey, (before: Parameters<typeof withStates>[0]) =>
      withStates(before, came),
    );
    if (came.size === 0) return;
    void this.client.invalidateQueries({ queryKey: ['whole', '/api/v1/alarms'] });
    for (const id of came.keys()) {
      void this.client.invalidateQueries({ queryKey: ['one', `/api/v1/stations/${id}`] });
    }
  }
}
