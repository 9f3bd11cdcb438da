// The station as staff see it, to draw: typed by what is made from the agent's own schema, so that it cannot drift.
import { dock as kioskDock, eur, inMinutes, quote, sixDocks, station, uuid, vehicle } from './fixtures.mjs';

/** @typedef {import('../src/api/types').StaffStationView} StaffStationView */
/** @typedef {import('../src/api/types').StaffDockView} StaffDockView */
/** @typedef {import('../src/api/types').DockView} DockView */
/** @typedef {import('../src/api/types').FateView} FateView */

/** @param {DockView} of @param {Partial<StaffDockView>} over @returns {StaffDockView} */
function dock(of, over = {}) {
  return {
    dock_no: of.dock_no,
    kind: of.kind,
    state: of.state,
    online: true,
    lock: of.vehicle === null ? 'unlocked' : 'locked',
    occupied: of.vehicle !== null,
    faults: [],
    out_of_service: false,
    vehicle: of.vehicle,
    charging: of.vehicle?.charging ?? false,
    temperature_c: 19.4,
    supply_voltage_v: 12.1,
    serial: `DK-21${of.dock_no}07`,
    firmware: '2.4.1',
    rental: null,
    last_act: null,
    ...over,
  };
}

/** @param {Partial<FateView>} over @returns {FateView} */
function fate(over = {}) {
  return {
    act_id: uuid(1),
    what: 'unlock',
    by: 'Mai Nguyen',
    reason: 'maintenance',
    asked_at: inMinutes(-3),
    state: 'done',
    ended_at: inMinutes(-3),
    detail: '',
    ...over,
  };
}

const good = () => sixDocks().map((one) => dock(one));

/** @returns {StaffDockView[]} */
const troubled = () => [
  ...good().slice(0, 1),
  dock(kioskDock(2, { vehicle: vehicle(2, { rentable: false, why_not: 'fault', soc_pct: 78 }) }), {
    lock: 'stuck',
    faults: ['lock_stuck'],
    last_act: fate({ state: 'refused' }),
  }),
  dock(kioskDock(3), {
    last_act: fate({ what: 'restart', state: 'asked', ended_at: null, asked_at: inMinutes(0) }),
  }),
  dock(kioskDock(4, { vehicle: vehicle(8, { kind: 'moped', soc_pct: 96 }) }), {
    rental: 'VD-R-0193',
    lock: 'unlocked',
  }),
  dock(
    kioskDock(5, {
      vehicle: vehicle(5, { kind: 'bicycle', soc_pct: 18, rentable: false, why_not: 'fault' }),
    }),
    {
      out_of_service: true,
      last_act: fate({ what: 'out_of_service' }),
    },
  ),
  dock(kioskDock(6, { kind: 'bay' }), {
    online: false,
    occupied: null,
    lock: null,
    faults: ['no_answer'],
    last_act: fate({ state: 'no_answer' }),
  }),
];

/** @param {Partial<StaffStationView>} over @returns {StaffStationView} */
function staffStation(over = {}) {
  const { at, station: identity, hub, chargers } = station();
  return {
    at,
    station: identity,
    hub,
    docks: good(),
    chargers,
    sync: {
      line: 'online',
      last_success_at: inMinutes(0),
      last_failure: null,
      waiting: 0,
      lanes: [
        { lane: 'biz', waiting: 0, oldest_at: null },
        { lane: 'ops', waiting: 0, oldest_at: null },
        { lane: 'tel', waiting: 0, oldest_at: null },
      ],
      photos: 0,
      photos_oldest_at: null,
      photo_bytes: 0,
    },
    clock: { quality: 'synced', trusted: true, uncertainty_s: 0.1 },
    trouble: null,
    rides: 0,
    pull_out_s: 60,
    expires_at: inMinutes(5),
    ...over,
  };
}

/** @returns {Partial<StaffStationView>} */
const offline = () => ({
  hub: { online: false, since: inMinutes(-35), last_contact: inMinutes(-35), update_needed: null },
  sync: {
    line: 'offline',
    last_success_at: inMinutes(-35),
    last_failure: 'connect: the hub does not answer',
    waiting: 47,
    lanes: [
      { lane: 'biz', waiting: 12, oldest_at: inMinutes(-34) },
      { lane: 'ops', waiting: 3, oldest_at: inMinutes(-20) },
      { lane: 'tel', waiting: 32, oldest_at: inMinutes(-33) },
    ],
    photos: 2,
    photos_oldest_at: inMinutes(-31),
    photo_bytes: 412_000,
  },
  rides: 2,
});

/** @type {Readonly<Record<string, () => StaffStationView>>} */
export const STAFF_SCENARIOS = {
  good: () => staffStation(),
  troubled: () => staffStation({ docks: troubled(), ...offline() }),
  unsure: () =>
    staffStation({
      ...offline(),
      clock: { quality: 'floor', trusted: false, uncertainty_s: null },
      trouble: 'store_full',
    }),
  twelve: () =>
    staffStation({
      docks: [...troubled(), ...good().map((one) => ({ ...one, dock_no: one.dock_no + 6 }))],
      rides: 3,
    }),
  empty: () => staffStation({ docks: [], chargers: [] }),
};

/** @returns {import('../src/api/types').StaffRideView[]} */
const rides = () =>
  [
    { n: 1, label: 'V-118', minutes: 47, total: 955, by: 'reservation', name: null },
    { n: 2, label: 'V-131', minutes: 8, total: 214, by: 'staff', name: 'Mai Nguyen' },
  ].map(({ n, label, minutes, total, by, name }) => ({
    rental: {
      rental_id: uuid(900 + n),
      reference: `VD-R-019${n}`,
      state: 'active',
      dock_no: 4,
      vehicle_label: label,
      vehicle_kind: 'moped',
      started_at: inMinutes(-minutes),
      pull_until: null,
      void_reason: null,
      receipt: null,
    },
    vehicle_id: uuid(n),
    renter_by: by,
    by_name: name,
    so_far: {
      duration_s: minutes * 60,
      total: eur(total),
      lines: [
        { key: 'unlock', quantity: 1, unit: 'piece', unit_price: eur(100), amount: eur(100) },
        { key: 'minutes', quantity: minutes - 2, unit: 'min', unit_price: eur(19), amount: eur(total - 100) },
      ],
    },
  }));

/** @param {import('../src/api/types').VehicleView} one @returns {'dock' | 'hand' | 'none'} */
const howOf = (one) => (one.rentable ? 'dock' : one.why_not === 'fault' ? 'hand' : 'none');

/** @param {StaffStationView} view @returns {import('../src/api/types').StaffVehicleView[]} */
const vehicles = (view) => {
  const { tariff, examples } = quote(station(), 4, 'card');
  const here = view.docks.flatMap((dock) =>
    dock.vehicle === null
      ? []
      : [
          {
            vehicle: dock.vehicle,
            dock_no: dock.dock_no,
            how: howOf(dock.vehicle),
            why_not: dock.vehicle.why_not,
            tariff,
            examples,
          },
        ],
  );
  return [...here, { vehicle: vehicle(44), dock_no: null, how: 'hand', why_not: null, tariff, examples }];
};

/** @type {import('../src/api/types').ChecklistView[]} */
const CHECKLISTS = [
  ['opening', 'Opening', 'station'],
  ['inspection', 'Vehicle inspection', 'vehicle'],
  ['damage', 'Damage', 'vehicle'],
].map(([key = '', title = '', about]) => ({
  key,
  title,
  about: about === 'vehicle' ? 'vehicle' : 'station',
  questions: [
    { key: 'brakes', text: 'Both brakes hold.', kind: 'yes_no', needed: true, unit: '', photo: false },
    { key: 'damage', text: 'No new damage.', kind: 'yes_no', needed: true, unit: '', photo: true },
    { key: 'km', text: 'Odometer', kind: 'number', needed: false, unit: 'km', photo: false },
    { key: 'note', text: 'Anything else?', kind: 'text', needed: false, unit: '', photo: false },
  ],
}));

export { CHECKLISTS, eur, fate, rides, staffStation, troubled, vehicles };
