import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReservationShape } from '../../api/shapes';
import { DAY_MS } from '../../lib/calendar';
import { aMe, CannedHub, page, show } from '../../testing/hub';
import { Reservations } from './Reservations';

const LATER: ReservationShape = {
  id: '01900000-0000-7000-8000-0000000000b1',
  created_at: '2026-11-01T00:00:00Z',
  station_id: 's',
  account_id: 'a',
  vehicle_id: 'v',
  vehicle_kind: null,
  code: 'LATER9',
  from_at: new Date(Date.now() + 40 * DAY_MS).toISOString(),
  until_at: new Date(Date.now() + 40 * DAY_MS + 7_200_000).toISOString(),
  state: 'confirmed',
  reason: '',
  rental_id: null,
};

const ME = aMe({ permissions: ['reservations:read', 'stations:read', 'vehicles:read'] });

afterEach(cleanup);

function shown(listed: readonly ReservationShape[]) {
  const hub = new CannedHub({
    'GET /api/v1/reservations': page(...listed),
    [`GET /api/v1/reservations/${LATER.id}`]: () => LATER,
    'GET /api/v1/vehicles': page(),
    'GET /api/v1/stations': page(),
    'GET /api/v1/cases': page(),
    'GET /api/v1/deposit-holds': page(),
  });
  show(<Reservations />, hub, { me: ME, at: `/reservations?open=${LATER.id}` });
}

const bar = () => screen.findByRole('button', { name: /^LATER9/ });

describe('a link to a booking', () => {
  it('shows the days in which the booking lies', async () => {
    shown([LATER]);
    expect(await bar()).toBeTruthy();
  });

  it('finds one that the list is too short for', async () => {
    shown([]);
    expect(await bar()).toBeTruthy();
  });

  it('leaves the weeks to whoever turns them afterwards', async () => {
    shown([LATER]);
    await bar();
    fireEvent.click(screen.getByRole('button', { name: 'Today' }));
    expect(screen.queryByRole('button', { name: /^LATER9/ })).toBeNull();
  });
});
