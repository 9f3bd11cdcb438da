/** How a station and a dock stand, in one word each. Pure; the words are keys, colours and shapes follow from them. */
import type { DockSample, DockShape, StationState } from '../api/shapes';

export type Standing = 'online' | 'attention' | 'fault' | 'offline' | 'new' | 'revoked';

/** The hub has judged; this only chooses the one word, the worst first. */
export function standingOf(station: StationState): Standing {
  if (station.level === 'new') return 'new';
  if (station.why.includes('revoked')) return 'revoked';
  if (station.why.includes('silent')) return 'offline';
  if (station.level === 'trouble') return 'fault';
  return station.level === 'attention' ? 'attention' : 'online';
}

export type DockState = 'fault' | 'silent' | 'open' | 'moving' | 'charging' | 'docked' | 'free' | 'unknown';

/** What a person who stands before it would see. A fault stands above everything; then a dock that does not answer. */
export function dockState(dock: DockShape, sample: DockSample | undefined): DockState {
  if (dock.faults.length > 0) return 'fault';
  if (sample === undefined) return 'unknown';
  if (sample.online === false) return 'silent';
  if (sample.lock === 'stuck') return 'fault';
  if (sample.lock === 'moving') return 'moving';
  if (sample.vehicle_id === undefined) return sample.lock === 'locked' ? 'docked' : 'free';
  if (sample.lock === 'unlocked') return 'open';
  return (sample.power_w ?? 0) > 0 ? 'charging' : 'docked';
}

/** Telemetry older than this is shown as an old picture. */
export const STALE_S = 60;
