/** Answers of a hub, for tests: whole ones, of which a test changes what it is about. */
import type {
  CaseShape,
  FaultShape,
  StationDetail,
  StationShape,
  StationState,
  VehicleShape,
} from '../api/shapes';

export function aStation(given: Partial<StationShape> = {}): StationShape {
  return {
    id: '01900000-0000-7000-8000-000000000014',
    name: 'Riverside Market',
    number: '014',
    timezone: 'Asia/Ho_Chi_Minh',
    currency: 'EUR',
    latitude: 10.7769,
    longitude: 106.7009,
    help_phone: '+84 28 5550 0140',
    agent: '0.1.0',
    agent_started_at: '2026-11-26T06:00:00Z',
    last_seen_at: '2026-11-26T07:59:50Z',
    online: true,
    facts_lost: 0,
    facts_shed: 0,
    last_loss_at: null,
    revoked_at: null,
    created_at: '2026-11-01T00:00:00Z',
    ...given,
  };
}

export function aState(given: Partial<StationState> = {}): StationState {
  const { id, created_at, name, number, timezone, latitude, longitude, last_seen_at, online } = aStation();
  const agent = {
    version: '0.1.0',
    started_at: '2026-11-26T06:00:00Z',
    unclean_start: false,
    store_low: false,
    store_damaged: false,
  };
  return {
    ...{ id, created_at, name, number, timezone, latitude, longitude, last_seen_at, online },
    level: 'ok',
    why: [],
    reported_at: '2026-11-26T07:59:50Z',
    agent,
    clock: { quality: 'synced', trusted: true, uncertainty_ms: 150 },
    outbox: { waiting: 0, oldest_at: null, late: false },
    docks: { total: 2, online: 2, faulty: 0, occupied: 1 },
    vehicles: { present: 1, charged: 1 },
    faults: [],
    facts_lost: 0,
    last_loss_at: null,
    revoked_at: null,
    ...given,
  };
}

export function detailOf(station: StationShape, faults: readonly FaultShape[] = []): StationDetail {
  return {
    ...station,
    state: aState(),
    docks: [
      { dock_no: 1, kind: 'latch', serial: 'L-1', firmware: '1.0.0', faults: [] },
      { dock_no: 6, kind: 'bay', serial: 'B-6', firmware: '1.0.0', faults },
    ],
    chargers: [],
    picture: null,
  };
}

export function aCase(given: Partial<CaseShape> = {}): CaseShape {
  return {
    id: 'case-1',
    kind: 'long_ride',
    about: '01900000-0000-7000-8000-00000000ab01',
    state: 'open',
    standing: true,
    station_id: null,
    account_id: null,
    rental_id: null,
    subjects: {},
    seen: {},
    seen_at: '2026-11-26T07:00:00Z',
    opened_at: '2026-11-26T07:00:00Z',
    resolved_at: null,
    resolved_by: null,
    resolution: null,
    history: [],
    ...given,
  };
}

export function aVehicle(given: Partial<VehicleShape> = {}): VehicleShape {
  return {
    id: '01900000-0000-7000-8000-000000000118',
    label: 'V-118',
    type_id: null,
    kind: 'scooter',
    model: 'Kite 2',
    dock_kind: 'latch',
    full_range_km: 40,
    rentable: true,
    why_not: '',
    tariff_id: null,
    vin: null,
    vin_checked: null,
    plate: null,
    service: 'deployed',
    papers_until: null,
    state: 'docked',
    contact_lost: false,
    station_id: null,
    dock_no: 3,
    rental_id: null,
    since: null,
    soc_pct: 80,
    soh_pct: 98,
    battery_at: null,
    range_km: 31,
    ...given,
  };
}
