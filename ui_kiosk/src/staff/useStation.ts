/** The station, asked for every two seconds while somebody looks; faster while something is on its way. */
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import { Refusal } from '../api/client';
import type { StaffStationView } from '../api/types';
import { setClock, stationNow } from '../lib/clock';
import type { SignedIn } from './api';

const EVERY_MS = 2000;
const SOON_MS = 600;
/** An older picture is not shown as if it were fresh. */
const STALE_MS = 7000;

export interface Seen {
  readonly view: StaffStationView | null;
  /** The picture is old: the station does not answer. */
  readonly isStale: boolean;
  readonly look: () => void;
}

export function useStation(api: SignedIn, onOver: () => void): Seen {
  const [view, setView] = useState<StaffStationView | null>(null);
  const [isStale, setStale] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isOn = useRef(true);
  const heardAt = useRef(0);
  const over = useEffectEvent(onOver);
  const take = useEffectEvent((found: StaffStationView) => {
    heardAt.current = performance.now();
    setClock(found.at);
    setView(found);
    setStale(false);
  });
  const turn = useEffectEvent(async (): Promise<void> => {
    clearTimeout(timer.current);
    let wait = EVERY_MS;
    try {
      const found = await api.station();
      if (!isOn.current) return;
      take(found);
      if (found.docks.some((dock) => dock.last_act?.state === 'asked')) wait = SOON_MS;
    } catch (error) {
      if (!isOn.current) return;
      if (error instanceof Refusal && error.problem.code === 'staff_session_over') {
        over();
        return;
      }
      setStale(performance.now() - heardAt.current > STALE_MS);
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void turn(), document.hidden ? 5 * EVERY_MS : wait);
  });
  useEffect(() => {
    isOn.current = true;
    heardAt.current = performance.now();
    void turn();
    const back = () => void turn();
    document.addEventListener('visibilitychange', back);
    return () => {
      isOn.current = false;
      clearTimeout(timer.current);
      document.removeEventListener('visibilitychange', back);
    };
  }, [api]);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (asked > 0) void turn();
  }, [asked]);
  const look = useCallback(() => {
    setAsked((count) => count + 1);
  }, []);
  return { view, isStale, look };
}

/** The station's time, drawn anew every so many milliseconds. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(stationNow);
  useEffect(() => {
    const ticking = setInterval(() => {
      setNow(stationNow());
    }, everyMs);
    return () => {
      clearInterval(ticking);
    };
  }, [everyMs]);
  return now;
}
