/** What a dock's picture says, and how many docks stand side by side: pure. */
import type { DockView, StationView, VehicleView } from '../api/types';
import type { MessageKey } from '../i18n/en';
import { keyFor, type Words } from '../i18n/words';

export type DockLook = 'ready' | 'waiting' | 'free' | 'open' | 'out';

export interface DockWords {
  readonly look: DockLook;
  readonly word: string;
}

const STATES: Readonly<
  Record<Exclude<DockView['state'], 'occupied' | 'free'>, readonly [DockLook, MessageKey]>
> = {
  open: ['open', 'dock_open'],
  moving: ['open', 'dock_moving'],
  out_of_order: ['out', 'dock_out_of_order'],
  unknown: ['out', 'dock_unknown'],
};

/** Shape and word of a dock; `until` is when its vehicle's booking ends, as people read it. */
export function dockWords(dock: DockView, t: Words, until: string | null): DockWords {
  if (dock.state === 'free') return { look: 'free', word: t('dock_free') };
  if (dock.state !== 'occupied') {
    const [look, key] = STATES[dock.state];
    return { look, word: t(key) };
  }
  return dock.vehicle === null
    ? { look: 'out', word: t('dock_unknown') }
    : vehicleWords(dock.vehicle, t, until);
}

function vehicleWords(vehicle: VehicleView, t: Words, until: string | null): DockWords {
  if (!vehicle.rentable) return { look: 'waiting', word: t(keyFor('why', vehicle.why_not ?? ''), { until }) };
  if (vehicle.best) return { look: 'ready', word: t('vehicle_best') };
  return { look: 'ready', word: t(vehicle.charging ? 'vehicle_charging' : 'vehicle_ready') };
}

export function canRent(dock: DockView): boolean {
  return dock.state === 'occupied' && dock.vehicle?.rentable === true;
}

export function rentable(view: StationView): readonly DockView[] {
  return view.docks.filter(canRent);
}

export function freeDocks(view: StationView): readonly DockView[] {
  return view.docks.filter((dock) => dock.state === 'free');
}

/** The vehicle that the station recommends, else the fullest. */
export function bestDock(view: StationView): DockView | undefined {
  const fit = [...rentable(view)];
  const charge = (dock: DockView) => (dock.vehicle?.best === true ? 1000 : (dock.vehicle?.soc_pct ?? 0));
  return fit.sort((one, other) => charge(other) - charge(one))[0];
}

/** How many docks a row holds, so that rows are even: 12 docks in a tall window make 6 + 6, not 8 + 4. */
export function perRow(count: number, most: number): number {
  const rows = Math.max(1, Math.ceil(count / most));
  return Math.max(1, Math.ceil(count / rows));
}
