/** What every screen needs: the state, a way to tell what happened, words and formats. */
import type { Words } from '../i18n/words';
import type { Formats } from '../lib/format';
import { createContext, useContext, useEffect, useState } from 'react';
import type { StationView } from '../api/types';
import { stationNow } from '../lib/clock';
import type { Prefs } from './prefs';
import type { Event, Plain, State } from './state';

export interface Surroundings {
  readonly state: State;
  readonly view: StationView;
  readonly tell: (event: Event) => void;
  /** A handler that tells one plain event. */
  readonly press: (on: Plain) => () => void;
  readonly t: Words;
  readonly f: Formats;
  readonly prefs: Prefs;
  readonly prefer: (change: Partial<Prefs>) => void;
}

export const SurroundingsContext = createContext<Surroundings | null>(null);

export function useKiosk(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (found === null) throw new Error('a screen stands outside of the kiosk');
  return found;
}

/** The station's time, drawn anew every so many milliseconds. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(stationNow);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(stationNow());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
  return now;
}
