/** What may be done to a dock and why: pure. */
import type { FateView, StaffDockAct, StaffDockView } from '../api/types';

export type Deed = FateView['what'];
export type Reason = StaffDockAct['reason'];

/** The reasons that people have for this, the likely ones first. */
export const REASONS: Readonly<Record<Deed | 'out' | 'in', readonly Reason[]>> = {
  unlock: ['renter_helped', 'vehicle_moved', 'maintenance', 'emergency', 'other'],
  lock: ['maintenance', 'dock_broken', 'emergency', 'other'],
  restart: ['dock_broken', 'maintenance', 'other'],
  out_of_service: ['dock_broken', 'vehicle_damaged', 'maintenance', 'emergency', 'other'],
  in_service: ['maintenance', 'other'],
  out: ['renter_helped', 'card_lost', 'network_down', 'dock_broken', 'other'],
  in: ['dock_broken', 'taken_in_elsewhere', 'vehicle_damaged', 'renter_helped', 'other'],
};

/** What makes sense now. A dock that does not answer takes no order; one that somebody is opening is left alone. */
export function possible(dock: StaffDockView): readonly { readonly deed: Deed; readonly can: boolean }[] {
  const takes = dock.online && dock.rental === null;
  return [
    { deed: 'unlock', can: takes },
    { deed: 'lock', can: takes },
    { deed: 'restart', can: takes },
    { deed: dock.out_of_service ? 'in_service' : 'out_of_service', can: true },
  ];
}

export function needsPerson(dock: StaffDockView): boolean {
  return !dock.online || dock.faults.length > 0 || dock.out_of_service || dock.lock === 'stuck';
}

/** A random UUID (version 4). `crypto.randomUUID` is missing on pages that do not come over HTTPS, as from a station. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
