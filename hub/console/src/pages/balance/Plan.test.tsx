import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Unreachable } from '../../api/client';
import type { PlanShape } from '../../api/shapes';
import { aBalance, anAction, aPlan, aTask, HARBOUR } from '../../testing/balance_samples';
import { aMe, CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { aStation } from '../../testing/samples';
import { NewPlan } from './NewPlan';
import { Plan } from './Plan';
import { Plans } from './Plans';

const PLANS = '/api/v1/restocking/plans';
const ME = aMe({ permissions: ['plans:read', 'tasks:read', 'balance:write', 'stations:write'] });
const STAFF = {
  id: 's1',
  created_at: '',
  account_id: 'bo',
  name: 'Bo Tran',
  may: [],
  badge: '',
  has_pin: true,
  valid_to: '',
};
const LISTS: Answers = {
  'GET /api/v1/station-staff': page(STAFF),
  'GET /api/v1/stations': page(aStation(), aStation({ id: HARBOUR, name: 'Harbour', number: '015' })),
  'GET /api/v1/vehicles': page(),
};

function opened(plan: PlanShape, answers: Answers = {}, me = ME) {
  const hub = new CannedHub({ ...LISTS, [`GET ${PLANS}/${plan.id}`]: () => plan, ...answers });
  show(
    <Routes>
      <Route path="/balance/plans/:planId" element={<Plan />} />
    </Routes>,
    hub,
    { me, at: `/balance/plans/${plan.id}` },
  );
  return hub;
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('Plan', () => {
  it('says from where to where, and why; an empty vehicle there counts as none', async () => {
    opened(aPlan());
    const row = await screen.findByTestId('action-V-118');
    expect(row.textContent).toContain('Riverside Market');
    expect(row.textContent).toContain('Harbour expects 4.2 rides; no charged vehicle stands there.');
    expect(row.textContent).toContain('2 empty ones count as none.');
  });

  it('says of a swap that the vehicle stands there empty', async () => {
    const swap = anAction({ what: 'swap', from_station_id: HARBOUR, from_name: 'Harbour' });
    opened(aPlan({ body: { actions: [swap], routes: [], stations: [aBalance({ usable: 1 })] } }));
    const row = await screen.findByTestId('action-V-118');
    expect(row.textContent).toContain('It stands there empty and counts as no vehicle.');
    expect(row.textContent).toContain('1 charged vehicle stands there.');
  });

  it('gives each van its driver and tells what was left out', async () => {
    const actions = [anAction(), anAction({ van: 2, vehicle_id: 'v2', label: 'V-2' })];
    const hub = opened(aPlan({ body: { actions, routes: [], stations: [] } }), {
      [`POST ${PLANS}/plan-1/accept`]: () => ({
        tasks: [aTask()],
        left_out: [{ vehicle_id: 'v2', why: 'promised' }],
      }),
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Accept' }));
    await screen.findAllByRole('option', { name: 'Bo Tran' });
    fireEvent.change(screen.getByLabelText('Who drives van 3'), { target: { value: 'bo' } });
    fireEvent.submit(screen.getByTestId('accept-form'));
    const said = await screen.findByTestId('accepted');
    expect(hub.deeds[0]?.body).toEqual({ assigned_to: [null, null, 'bo'] });
    expect(said.textContent).toContain('1 task was made.');
    expect(said.textContent).toContain('V-2: is promised to somebody');
  });

  it('offers nobody to accept what is too old', async () => {
    opened(aPlan({ valid_until: '2020-01-01T00:00:00Z' }));
    await screen.findByText('too old');
    expect(screen.queryByRole('button', { name: 'Accept' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Dismiss' })).toBeTruthy();
  });

  it('offers nothing to who may only read', async () => {
    opened(aPlan(), {}, aMe({ permissions: ['plans:read'] }));
    await screen.findByTestId('gain');
    expect(screen.queryByRole('button', { name: 'Accept' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Dismiss' })).toBeNull();
  });

  it('says in the sheet that somebody was quicker, and stays open', async () => {
    opened(aPlan(), {
      [`POST ${PLANS}/plan-1/dismiss`]: () => {
        throw refused('plan_over');
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Dismiss' }));
    fireEvent.submit(screen.getByTestId('dismiss-form'));
    await screen.findByText('This plan can be accepted no more.');
    expect(screen.getByTestId('dismiss-form')).toBeTruthy();
  });

  it('says why nothing is to be moved', async () => {
    opened(aPlan({ body: { actions: [], routes: [], stations: [] } }));
    await screen.findByText('Nothing to move.');
    expect(screen.queryByRole('button', { name: 'Accept' })).toBeNull();
  });

  it('tells that it may not be read, without asking', () => {
    const hub = opened(aPlan(), {}, aMe({ permissions: [] }));
    expect(screen.getByText('Your role does not permit this.')).toBeTruthy();
    expect(hub.sent).toEqual([]);
  });
});

describe('Plans', () => {
  const list = (answers: Answers, me = ME) => {
    const hub = new CannedHub({ ...LISTS, ...answers });
    show(
      <Routes>
        <Route path="/balance" element={<Plans />} />
        <Route path="/balance/tasks" element={<p>the tasks</p>} />
      </Routes>,
      hub,
      { me, at: '/balance' },
    );
    return hub;
  };

  it('tells what each would gain', async () => {
    list({ [`GET ${PLANS}`]: page(aPlan()) });
    const link = await screen.findByRole('link', { name: '1 move, no swap' });
    expect(link.getAttribute('href')).toBe('/balance/plans/plan-1');
    expect(screen.getByTestId('plans').textContent).toContain('rides lost 4.1 → 2.3');
  });

  it('says what a plan is where there is none', async () => {
    list({ [`GET ${PLANS}`]: page() });
    await screen.findByText('No plan yet.');
  });

  it('says that the hub does not answer, and asks again when told', async () => {
    const answer = vi.fn(() => {
      throw new Unreachable('gone');
    });
    list({ [`GET ${PLANS}`]: answer });
    fireEvent.click(within(await screen.findByRole('alert')).getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(answer).toHaveBeenCalledTimes(2));
  });

  it('leads who only does tasks to the tasks', async () => {
    list({}, aMe({ permissions: ['tasks:read'] }));
    await screen.findByText('the tasks');
  });
});

describe('NewPlan', () => {
  function typing(answer: () => unknown) {
    const hub = new CannedHub({ ...LISTS, [`POST ${PLANS}`]: answer });
    show(<NewPlan close={vi.fn()} />, hub, { me: ME });
    return hub;
  }

  it('sends each van with where it sets out', async () => {
    const hub = typing(() => aPlan());
    fireEvent.click(screen.getByRole('button', { name: 'Another van' }));
    const second = within(screen.getByTestId('van-2'));
    await second.findByRole('option', { name: '015 Harbour' });
    fireEvent.change(second.getByLabelText('Sets out from'), { target: { value: HARBOUR } });
    fireEvent.change(second.getByLabelText('Shift'), { target: { value: '2,5' } });
    fireEvent.submit(screen.getByTestId('plan-form'));
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    expect(hub.deeds[0]?.body).toEqual({
      kind: 'scooter',
      horizon_h: 12,
      most_moves: 40,
      most_swaps: 40,
      vans: [
        { capacity: 6, batteries: 0, shift_h: 4, start: null },
        { capacity: 6, batteries: 0, shift_h: 2.5, start: [10.7769, 106.7009] },
      ],
    });
  });

  it("shows the hub's word at the field of the van that it is about, and keeps what was typed", async () => {
    typing(() => {
      const wrong = { pointer: '/vans/0/capacity', message: 'at most 50', type: 'less_than_equal' };
      throw refused('invalid', {}, [wrong]);
    });
    const field = screen.getByLabelText<HTMLInputElement>('Vehicles at once');
    fireEvent.change(field, { target: { value: '99' } });
    fireEvent.submit(screen.getByTestId('plan-form'));
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'));
    expect(field.value).toBe('99');
  });
});
