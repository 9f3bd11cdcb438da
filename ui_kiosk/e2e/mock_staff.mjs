// The staff's half of the mock agent: PIN 2468 signs in; acts on docks are asked, then done.
import { inMinutes, uuid } from './fixtures.mjs';
import { CHECKLISTS, fate, rides, STAFF_SCENARIOS, vehicles } from './staff_fixtures.mjs';

/** @typedef {import('../src/api/types').StaffStationView} StaffStationView */
/** @typedef {{ code: string, params?: Record<string, string> }} No */

export class MockStaff {
  /** @type {StaffStationView} */
  station = staffStationOf('good');
  /** The answer to the next question, when it is a no. @type {No | null} */
  no = null;
  /** Whether docks answer. */
  answers = true;

  /** @param {string} method @param {string} path @param {any} body @returns {[number, unknown] | No} */
  act(method, path, body) {
    const what = path.replace('/api/staff/', '');
    if (this.no !== null) return this.no;
    if (what === 'sessions' && method === 'POST')
      return body.pin === '2468' || body.read_id ? [201, session()] : { code: 'staff_unknown' };
    if (what === 'sessions/stay') return [200, session()];
    if (what === 'station') return [200, { ...this.station, at: new Date().toISOString() }];
    if (what === 'rentals' && method === 'GET')
      return [200, { rides: this.station.rides > 0 ? rides() : [] }];
    if (what === 'vehicles') return [200, { vehicles: vehicles(this.station) }];
    if (what === 'checklists') return [200, { checklists: CHECKLISTS }];
    if (what === 'photos') return [201, { photo: 'ab'.repeat(32) }];
    if (what.startsWith('checklists/')) {
      const passed = body.answers.every((/** @type {{ value: string }} */ one) => one.value !== 'no');
      return [201, { act_id: body.act_id, passed, queued: !this.station.hub.online }];
    }
    if (what.startsWith('rentals')) return this.#ride(what.endsWith('/end'), body);
    const dock = /^docks\/(\d+)\/(\w+)$/.exec(what);
    if (dock !== null && method === 'POST') return this.#onDock(Number(dock[1]), String(dock[2]), body);
    return { code: 'not_found' };
  }

  /** @param {boolean} isEnd @param {any} body @returns {[number, unknown]} */
  #ride(isEnd, body) {
    const [ride] = rides();
    const what = isEnd ? 'end_rental' : body.vehicle_id ? 'hand_over' : 'start_rental';
    const bill = isEnd ? ride?.so_far : null;
    return [
      201,
      {
        act_id: body.act_id,
        what,
        dock_no: body.dock_no ?? null,
        rental: ride?.rental,
        bill,
        queued: !this.station.hub.online,
      },
    ];
  }

  /** @param {number} no @param {string} deed @param {any} body @returns {[number, unknown]} */
  #onDock(no, deed, body) {
    const what = /** @type {import('../src/api/types').FateView['what']} */ (deed);
    const act = fate({ act_id: body.act_id, what, state: 'asked', asked_at: inMinutes(0), ended_at: null });
    this.#change(no, { last_act: act });
    if (this.answers)
      setTimeout(
        () =>
          this.#change(no, {
            last_act: { ...act, state: 'done', ended_at: inMinutes(0) },
            ...(deed === 'unlock' ? { lock: /** @type {const} */ ('unlocked') } : {}),
            ...(deed === 'out_of_service' ? { out_of_service: true } : {}),
            ...(deed === 'in_service' ? { out_of_service: false } : {}),
          }),
        900,
      );
    return [202, { act_id: body.act_id, what, dock_no: no, rental: null, bill: null, queued: false }];
  }

  /** @param {number} no @param {Partial<import('../src/api/types').StaffDockView>} change */
  #change(no, change) {
    const docks = this.station.docks.map((one) => (one.dock_no === no ? { ...one, ...change } : one));
    this.station = { ...this.station, docks };
  }
}

const session = () => ({
  token: uuid(77),
  name: 'Mai Nguyen',
  may: ['unlock', 'rent', 'end'],
  expires_at: inMinutes(5),
});

/** @param {string} name @returns {StaffStationView} */
export function staffStationOf(name) {
  const make = STAFF_SCENARIOS[name];
  if (make === undefined) throw new Error(`no such staff scenario: ${name}`);
  return make();
}
