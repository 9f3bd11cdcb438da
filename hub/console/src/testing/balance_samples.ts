/** Answers of a hub about its balance, for tests. */
import type { ActionShape, FilledShape, PlanShape, StationBalance, TaskShape } from '../api/shapes';

export const MARKET = '01900000-0000-7000-8000-000000000014';
export const HARBOUR = '01900000-0000-7000-8000-000000000015';

export function anAction(given: Partial<ActionShape> = {}): ActionShape {
  return {
    what: 'move',
    vehicle_id: '01900000-0000-7000-8000-000000000118',
    label: 'V-118',
    van: 0,
    from_station_id: MARKET,
    from_name: 'Riverside Market',
    to_station_id: HARBOUR,
    to_name: 'Harbour',
    worth: 0.8,
    ...given,
  };
}

export function aBalance(given: Partial<StationBalance> = {}): StationBalance {
  return {
    station_id: HARBOUR,
    name: 'Harbour',
    out: 4.2,
    back: 1,
    usable: 0,
    empty: 2,
    supply: 0.5,
    added: 1,
    shortage_before: 3.1,
    shortage_after: 2.3,
    ...given,
  };
}

export function aPlan(given: Partial<PlanShape> = {}): PlanShape {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  return {
    id: 'plan-1',
    created_at: '2026-11-26T07:00:00Z',
    kind: 'scooter',
    state: 'proposed',
    engine: 'greedy',
    horizon_h: 12,
    valid_until: until,
    shortage_before: 4.1,
    shortage_after: 2.3,
    body: { actions: [anAction()], routes: [], stations: [aBalance()] },
    made_by: '01900000-0000-7000-8000-00000000000a',
    decided_at: null,
    decided_by: null,
    ...given,
  };
}

export function aTask(given: Partial<TaskShape> = {}): TaskShape {
  return {
    id: 'task-1',
    created_at: '2026-11-26T07:10:00Z',
    what: 'other',
    title: 'Clean the docks',
    state: 'open',
    plan_id: null,
    station_id: MARKET,
    to_station_id: null,
    vehicle_id: null,
    soc_pct: null,
    assigned_to: null,
    due_at: null,
    checklist: [],
    started_at: null,
    picked_at: null,
    ended_at: null,
    ended_by: null,
    reason: '',
    ...given,
  };
}

export function aFilled(given: Partial<FilledShape> = {}): FilledShape {
  const answer = { kind: 'yes_no', value: 'yes', ok: true, note: '', photos: [] };
  return {
    id: '01900000-0000-7000-8000-0000000000f1',
    created_at: '2026-11-26T07:00:00Z',
    station_id: MARKET,
    key: 'inspection',
    version: 0,
    title: 'Vehicle inspection',
    about: 'vehicle',
    staff_id: 'bo',
    staff_name: 'Bo Tran',
    at: '2026-11-26T07:00:00Z',
    dock_no: 4,
    vehicle_id: null,
    passed: false,
    offline: false,
    answers: [
      { ...answer, key: 'brakes', text: 'Both brakes hold.' },
      {
        ...answer,
        key: 'lights',
        text: 'Front and rear light work.',
        value: 'no',
        ok: false,
        note: 'rear light hangs',
      },
    ],
    ...given,
  };
}
