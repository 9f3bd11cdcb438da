/** What every staff page needs: who is signed in, the station as it was last seen, words and formats. */
import { createContext, useContext } from 'react';
import type { StaffSessionView, StaffStationView } from '../api/types';
import type { Prefs } from '../app/prefs';
import type { Formats } from '../lib/format';
import type { SignedIn } from './api';
import type { Say } from './words';

export interface Speaking {
  readonly t: Say;
  readonly f: Formats;
  readonly prefs: Prefs;
  readonly prefer: (change: Partial<Prefs>) => void;
}

export interface Staff extends Speaking {
  readonly session: StaffSessionView;
  readonly api: SignedIn;
  readonly view: StaffStationView;
  /** Ask for the station now: something was done. */
  readonly look: () => void;
  /** An answer said that the session is over. */
  readonly over: () => void;
}

export const SpeakingContext = createContext<Speaking | null>(null);
export const StaffContext = createContext<Staff | null>(null);

export function useSpeaking(): Speaking {
  const found = useContext(SpeakingContext);
  if (found === null) throw new Error('a page stands outside of the staff pages');
  return found;
}

export function useStaff(): Staff {
  const found = useContext(StaffContext);
  if (found === null) throw new Error('nobody is signed in here');
  return found;
}
