/** What every page may use: words, formats, who is signed in and what he may do, and how to ask the hub. */
import { createContext, useContext } from 'react';
import type { Mode } from '@voltdock/theme';
import type { Session } from '../api/session';
import type { Me } from '../api/shapes';
import type { Words } from '../i18n/words';
import type { Formats } from '../lib/format';
import type { Prefs } from './prefs';

export interface Around {
  readonly t: Words;
  readonly f: Formats;
  readonly prefs: Prefs;
  readonly mode: Mode;
  readonly setPrefs: (prefs: Prefs) => void;
  readonly session: Session;
}

export const AroundContext = createContext<Around | null>(null);
export const MeContext = createContext<Me | null>(null);

export function useAround(): Around {
  const around = useContext(AroundContext);
  if (around === null) throw new Error('outside of the console');
  return around;
}

export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error('nobody is signed in here');
  return me;
}

/** Whether the one at the screen may do this. The hub decides; this only spares him what would be refused. */
export function useMay(): (permission: string) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}
