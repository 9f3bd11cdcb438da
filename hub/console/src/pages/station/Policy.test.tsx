import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeasePolicySeen, LimitShape, StationDetail } from '../../api/shapes';
import { aMe, CannedHub, refused, show } from '../../testing/hub';
import { Policy } from './Policy';

const STATION = { id: 'station-1', name: 'Riverside Market' } as StationDetail;
const PATH = '/api/v1/stations/station-1/lease-policy';
const OPERATOR = aMe({ permissions: ['reservations:read', 'vehicles:read', 'stations:write'] });
const SET: LeasePolicySeen = {
  ahead: {},
  safe: { scooter: 2 },
  walk_in_min: 3,
  walk_in_pct: 25,
  knows_leases: true,
};
const SHORT: LimitShape = { kind: 'scooter', supply: 2, safe: 2, walk_ins: 3, leased: 0, limited: true };

function opened(policy: LeasePolicySeen, me = OPERATOR, put: () => unknown = () => policy) {
  const hub = new CannedHub({
    [`GET ${PATH}`]: () => policy,
    'GET /api/v1/availability': () => ({ stations: [{ station_id: 'station-1', limits: [SHORT] }] }),
    [`PUT ${PATH}`]: put,
  });
  show(<Policy station={STATION} />, hub, { me });
  return hub;
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('Policy', () => {
  it('says what is set, what is limited now, and why', async () => {
    opened(SET);
    const card = await screen.findByTestId('policy');
    await screen.findByText('scooter 2');
    expect(card.textContent).toContain('3, at least 25');
    const row = await screen.findByTestId('limit-scooter');
    expect(row.textContent).toContain('bookings limited');
    expect(row.textContent).toContain('One more booking would leave 1; 2 must stay.');
  });

  it('says that nothing is set, and that an old agent holds nothing ahead', async () => {
    opened({ ahead: {}, safe: {}, walk_in_min: 0, walk_in_pct: 0, knows_leases: false });
    await screen.findByText('Nothing is set for this station: every charged vehicle may be booked.');
    expect(screen.getByText(/knows no leases yet/)).toBeTruthy();
  });

  it('is changed as a whole, and what was typed stays when the hub says no', async () => {
    const hub = opened(SET, OPERATOR, () => {
      throw refused('invalid', {}, [{ pointer: '/walk_in_min', message: 'too many', type: 'odd' }]);
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Change' }));
    const named = (name: string) => document.querySelector<HTMLInputElement>(`input[name=${name}]`);
    const type = (name: string, value: string) =>
      fireEvent.change(named(name) ?? document.body, { target: { value } });
    expect(named('safe_scooter')?.value).toBe('2');
    type('safe_scooter', '');
    type('safe_car', '1');
    type('ahead_moped', '4');
    type('walk_in_min', '5');
    fireEvent.submit(screen.getByTestId('policy-form'));
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    expect(hub.deeds[0]?.body).toEqual({
      safe: { car: 1 },
      ahead: { moped: 4 },
      walk_in_min: 5,
      walk_in_pct: 25,
    });
    await screen.findAllByText(/too many/);
    expect(named('walk_in_min')?.value).toBe('5');
  });

  it('is changed as it was read: what somebody else has set meanwhile is not overwritten', async () => {
    const hub = opened(SET, OPERATOR, () => {
      throw refused('changed_meanwhile');
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Change' }));
    fireEvent.submit(screen.getByTestId('policy-form'));
    await screen.findByText('Somebody else has changed this meanwhile. Look at it again.');
    expect(hub.deeds[0]?.headers).toMatchObject({ 'If-Match': '"1"' });
    const asked = () => hub.sent.filter((one) => one.method === 'GET' && one.path === PATH).length;
    await waitFor(() => expect(asked()).toBe(2));
  });

  it('is only read by whoever may not change stations', async () => {
    opened(SET, aMe({ permissions: ['reservations:read'] }));
    await screen.findByText('scooter 2');
    expect(screen.queryByRole('button')).toBeNull();
    expect(screen.queryByTestId('limit-scooter')).toBeNull();
  });
});
