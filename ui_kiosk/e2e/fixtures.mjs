// Stations to draw: typed by the types that are made from the agent's own schema, so that they cannot drift.

/** @typedef {import('../src/api/types').StationView} StationView */
/** @typedef {import('../src/api/types').DockView} DockView */
/** @typedef {import('../src/api/types').VehicleView} VehicleView */
/** @typedef {import('../src/api/types').QuoteView} QuoteView */
/** @typedef {import('../src/api/types').RentalView} RentalView */
/** @typedef {import('../src/api/types').ReceiptView} ReceiptView */
/** @typedef {import('../src/api/types').HandbackView} HandbackView */

/** @param {number} minor */
export const eur = (minor) => ({ minor, currency: 'EUR', decimals: 2 });
/** @param {number} minutes */
export const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
/** @param {number} n */
export const uuid = (n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** @param {number} n @param {Partial<VehicleView>} over @returns {VehicleView} */
export function vehicle(n, over = {}) {
  return {
    vehicle_id: uuid(n),
    label: `V-${110 + n}`,
    kind: 'scooter',
    model: 'Urban S',
    soc_pct: 92,
    soh_pct: 93,
    range_km: 64,
    charging: false,
    rentable: true,
    why_not: null,
    reserved_until: null,
    best: false,
    ...over,
  };
}

/** @param {number} no @param {Partial<DockView>} over @returns {DockView} */
export function dock(no, over = {}) {
  const standing = over.vehicle === undefined ? null : over.vehicle;
  return {
    dock_no: no,
    kind: 'latch',
    state: standing ? 'occupied' : 'free',
    fault: null,
    ...over,
    vehicle: standing,
  };
}

/** @returns {readonly DockView[]} */
export const sixDocks = () => [
  dock(1, { vehicle: vehicle(1, { kind: 'moped' }) }),
  dock(2, { vehicle: vehicle(2, { soc_pct: 78, range_km: 54, charging: true }) }),
  dock(3),
  dock(4, { vehicle: vehicle(8, { kind: 'moped', soc_pct: 96, range_km: 67, best: true }) }),
  dock(5, {
    vehicle: vehicle(5, {
      kind: 'bicycle',
      soc_pct: 24,
      range_km: 16,
      charging: true,
      rentable: false,
      why_not: 'low_charge',
    }),
  }),
  dock(6, {
    kind: 'bay',
    vehicle: vehicle(6, {
      kind: 'car',
      label: 'V-204',
      soc_pct: 55,
      range_km: 180,
      rentable: false,
      why_not: 'reserved',
      reserved_until: inMinutes(52),
    }),
  }),
];

/** @returns {readonly DockView[]} */
const twelveDocks = () => [
  ...sixDocks(),
  dock(7, { vehicle: vehicle(17, { soc_pct: 100, range_km: 71 }) }),
  dock(8, {
    state: 'out_of_order',
    fault: 'lock_stuck',
    vehicle: vehicle(18, { rentable: false, why_not: 'fault' }),
  }),
  dock(9),
  dock(10, { state: 'unknown', fault: 'no_answer' }),
  dock(11, { vehicle: vehicle(21, { kind: 'bicycle', soc_pct: 61, range_km: 38 }) }),
  dock(12, {
    vehicle: vehicle(22, { soc_pct: null, range_km: null, rentable: false, why_not: 'unknown_vehicle' }),
  }),
];

/** @param {Partial<StationView>} over @returns {StationView} */
export function station(over = {}) {
  return {
    seq: 1,
    at: new Date().toISOString(),
    station: {
      name: 'Riverside Market',
      number: '014',
      timezone: 'Europe/Berlin',
      help_phone: '+49 30 555 0199',
    },
    hub: { online: true, since: inMinutes(-900), last_contact: inMinutes(0), update_needed: null },
    docks: sixDocks(),
    chargers: [
      {
        charger_id: 'CP-1',
        label: 'Charger A',
        online: true,
        connectors: [
          { connector_no: 1, state: 'available', power_w: null, energy_wh: null, since: null },
          { connector_no: 2, state: 'charging', power_w: 10_800, energy_wh: 7420, since: inMinutes(-48) },
        ],
      },
      {
        charger_id: 'CP-2',
        label: 'Charger B',
        online: true,
        connectors: [
          { connector_no: 1, state: 'finishing', power_w: 0, energy_wh: 22_310, since: inMinutes(-190) },
        ],
      },
    ],
    price_hint: { unlock: eur(100), per_minute: eur(19) },
    charge_price: eur(49),
    card: null,
    returns: [],
    not_accepting: null,
    clock_trusted: true,
    ...over,
  };
}

const offline = () => ({
  online: false,
  since: inMinutes(-35),
  last_contact: inMinutes(-35),
  update_needed: null,
});
/** @param {readonly DockView[]} docks @param {string} why */
const without = (docks, why) =>
  docks.map((one) =>
    one.vehicle
      ? {
          ...one,
          vehicle: {
            ...one.vehicle,
            rentable: false,
            best: false,
            why_not: why,
            charging: why === 'low_charge',
          },
        }
      : one,
  );

/** @type {Readonly<Record<string, () => StationView>>} */
export const SCENARIOS = {
  six: () => station(),
  offline: () => station({ hub: offline() }),
  twelve: () => station({ docks: twelveDocks() }),
  twelve_offline: () => station({ docks: twelveDocks(), hub: offline() }),
  three: () => station({ docks: sixDocks().slice(1, 4), chargers: [] }),
  full: () =>
    station({
      docks: sixDocks().map((one) =>
        one.vehicle ? one : dock(3, { vehicle: vehicle(3, { soc_pct: 81, range_km: 56 }) }),
      ),
    }),
  empty: () => station({ docks: sixDocks().map((one) => dock(one.dock_no, { kind: one.kind })) }),
  none_ready: () => station({ docks: without(sixDocks(), 'low_charge') }),
  all_out: () =>
    station({
      docks: sixDocks().map((one) => ({ ...dock(one.dock_no), state: 'out_of_order', fault: 'supply_low' })),
      hub: offline(),
    }),
  store_full: () => station({ not_accepting: 'store_full' }),
  starting: () =>
    station({
      not_accepting: 'starting',
      docks: sixDocks().map((one) => ({ ...dock(one.dock_no), state: 'unknown' })),
    }),
};

/** @param {StationView} view @param {number} dockNo @param {QuoteView['identified_by']} by @returns {QuoteView} */
export function quote(view, dockNo, by) {
  const standing = view.docks.find((one) => one.dock_no === dockNo)?.vehicle ?? vehicle(8);
  return {
    quote_id: uuid(700 + dockNo),
    dock_no: dockNo,
    vehicle: standing,
    tariff: {
      tariff_id: uuid(800),
      version: 3,
      name: 'Standard',
      unlock: eur(100),
      per_minute: eur(19),
      free_minutes: 2,
      day_cap: eur(2400),
      per_kwh: null,
      deposit: eur(2500),
      tax_pct: 19,
      per_km: eur(12),
      late_hour: by === 'reservation' ? eur(500) : null,
      late_grace_minutes: 15,
    },
    examples: [
      { minutes: 20, total: eur(442) },
      { minutes: 60, total: eur(1202) },
    ],
    identified_by: by,
    offline: !view.hub.online,
    pull_out_s: 60,
    expires_at: inMinutes(5),
    counts_km: dockNo !== 2,
    due_at: by === 'reservation' ? inMinutes(95) : null,
  };
}

/** @param {QuoteView} of @returns {RentalView} */
export function rental(of) {
  return {
    rental_id: uuid(900 + of.dock_no),
    reference: 'VD-R-0193',
    state: 'starting',
    dock_no: of.dock_no,
    vehicle_label: of.vehicle.label,
    vehicle_kind: of.vehicle.kind,
    started_at: new Date().toISOString(),
    pull_until: null,
    void_reason: null,
    receipt: null,
  };
}

/** @param {StationView} view @returns {HandbackView} */
export function handback(view) {
  return {
    handback_id: uuid(970),
    vehicle_label: 'V-113',
    vehicle_kind: 'scooter',
    started_at: inMinutes(-47),
    duration_s: 47 * 60,
    lines: [
      { key: 'unlock', quantity: 1, unit: 'piece', unit_price: eur(100), amount: eur(100) },
      { key: 'minutes', quantity: 45, unit: 'min', unit_price: eur(19), amount: eur(855) },
    ],
    total: eur(955),
    offline: !view.hub.online,
  };
}

/** @param {boolean} queued @param {number} n @returns {ReceiptView} */
export function receipt(queued, n = 1) {
  return {
    rental_id: uuid(950 + n),
    reference: 'VD-R-0187',
    vehicle_label: 'V-113',
    dock_no: 3,
    started_at: inMinutes(-47),
    ended_at: inMinutes(0),
    duration_s: 47 * 60,
    lines: [
      { key: 'unlock', quantity: 1, unit: 'piece', unit_price: eur(100), amount: eur(100) },
      { key: 'minutes', quantity: 45, unit: 'min', unit_price: eur(19), amount: eur(855) },
      { key: 'distance', quantity: 11.84, unit: 'km', unit_price: eur(12), amount: eur(142) },
      { key: 'late', quantity: 1, unit: 'h', unit_price: eur(500), amount: eur(500) },
    ],
    total: eur(1597),
    tax: eur(255),
    queued,
  };
}
