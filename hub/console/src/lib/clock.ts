/** The present, ticking for whoever looks: one timer for the whole page. */
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((one) => {
      one();
    });
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds since 1970, renewed every `stepS` seconds. */
export function useNow(stepS = 1): number {
  const step = stepS * 1000;
  return useSyncExternalStore(
    subscribe,
    () => Math.floor((timer === undefined ? Date.now() : now) / step) * step,
  );
}
