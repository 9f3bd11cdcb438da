/** A station's docks as they stand, with everything known of each: the device, the last telemetry, vehicle and booking. Pure. */
import type { DockSample, DockShape, ReservationShape, StationDetail, VehicleShape } from '../api/shapes';
import { dockState, type DockState } from './station';

export interface DockSeen {
  readonly dock: DockShape;
  readonly sample: DockSample | undefined;
  readonly state: DockState;
  readonly vehicle: VehicleShape | undefined;
  readonly booking: ReservationShape | undefined;
  readonly soc: number | null;
  readonly rangeKm: number | null;
}

export function docksOf(
  station: StationDetail,
  vehicles: readonly VehicleShape[],
  bookings: readonly ReservationShape[],
): readonly DockSeen[] {
  const byId = new Map(vehicles.map((one) => [one.id, one]));
  const samples = new Map(station.picture?.docks.map((one) => [one.dock_no, one]));
  return [...station.docks]
    .sort((a, b) => a.dock_no - b.dock_no)
    .map((dock) => {
      const sample = samples.get(dock.dock_no);
      const vehicle = vehicleIn(dock.dock_no, station.id, sample, byId);
      const soc = sample?.soc_pct ?? vehicle?.soc_pct ?? null;
      return {
        dock,
        sample,
        state: dockState(dock, sample),
        vehicle,
        booking:
          vehicle && bookings.find((one) => one.vehicle_id === vehicle.id && one.state === 'confirmed'),
        soc,
        rangeKm: vehicle === undefined || soc === null ? null : rangeOf(vehicle, soc, sample?.soh_pct ?? 100),
      };
    });
}

/** The dock's own word first; where it says nothing, the last custody that the hub knows. */
function vehicleIn(
  dockNo: number,
  stationId: string,
  sample: DockSample | undefined,
  byId: ReadonlyMap<string, VehicleShape>,
): VehicleShape | undefined {
  if (sample?.vehicle_id !== undefined) return byId.get(sample.vehicle_id);
  if (sample !== undefined && sample.online !== false) return undefined;
  return [...byId.values()].find((one) => one.station_id === stationId && one.dock_no === dockNo);
}

function rangeOf(vehicle: VehicleShape, soc: number, soh: number): number {
  return Math.floor((vehicle.full_range_km * soc * soh) / 10_000);
}
