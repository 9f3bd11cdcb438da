import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aMe, CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { aStation } from '../../testing/samples';
import { Mine } from './Mine';
import { ToPay } from './ToPay';

const RENTER = aMe({
  id: '01900000-0000-7000-8000-00000000000b',
  display_name: 'Bo',
  roles: ['renter'],
  permissions: ['stations:read', 'vehicles:read', 'payment_methods:own', 'reservations:write_own'],
});

const RIDE = {
  id: '01900000-0000-7000-8000-0000000000c1',
  created_at: '2026-11-20T08:00:00Z',
  station_id: aStation().id,
  state: 'ended',
  vehicle_id: '01900000-0000-7000-8000-0000000000d1',
  account_id: RENTER.id,
  started_at: '2026-11-20T08:00:00Z',
  undocked_at: '2026-11-20T08:01:00Z',
  ended_at: '2026-11-20T08:31:00Z',
  ended_station_id: null,
  duration_s: 1800,
  distance_m: 4200,
  total: { minor: 670, currency: 'EUR' },
  tax: { minor: 107, currency: 'EUR' },
  bill: [{ key: 'minutes', quantity: 30, unit: 'min', unit_price_minor: 19, amount_minor: 670 }],
};

const BOOKING = {
  id: '01900000-0000-7000-8000-0000000000e1',
  account_id: RENTER.id,
  station_id: aStation().id,
  vehicle_id: null,
  vehicle_kind: 'scooter',
  code: 'R7K2',
  from_at: '2026-11-27T08:00:00Z',
  until_at: '2026-11-27T10:00:00Z',
  state: 'confirmed',
  reason: '',
  rental_id: null,
};

const REQUEST = {
  id: '01900000-0000-7000-8000-0000000000f1',
  gateway: 'vnpay',
  purpose: 'deposit',
  currency: 'VND',
  amount_minor: 200000,
  state: 'waiting',
  open_until: '2026-11-27T10:00:00Z',
};

const FULL: Answers = {
  'GET /api/v1/rentals': page(RIDE),
  'GET /api/v1/reservations': page(BOOKING),
  'GET /api/v1/invoices': page(),
  'GET /api/v1/pay-requests': page(),
  'GET /api/v1/payment-methods': () => ({ items: [{ id: 'm', gateway: 'stripe', label: 'Visa ·· 4242' }] }),
  'GET /api/v1/stations': page(aStation()),
  'GET /api/v1/vehicles': page({ id: RIDE.vehicle_id, label: 'V-118' }),
};

afterEach(cleanup);

describe('Mine', () => {
  it('shows a renter his ride with its bill, and no way to what he may not see', async () => {
    show(<Mine />, new CannedHub(FULL), { me: RENTER });
    const ride = await screen.findByTestId('my-ride');
    await waitFor(() => expect(ride.textContent).toContain('V-118'));
    expect(ride.textContent).toContain('Riverside Market');
    expect(ride.textContent).toContain('Bill: €6.70');
    expect(within(ride).getByTestId('line-minutes').textContent).toContain('€6.70');
    expect(within(ride).queryAllByRole('link')).toEqual([]);
  });

  it('shows what his ride was corrected by, with the reason, and what he owes after all', async () => {
    const bill = { id: RIDE.id, owed_minor: 370, currency: 'EUR' };
    const line = {
      id: 'l', created_at: RIDE.created_at, bill_id: RIDE.id, kind: 'credit', cause: 'wrong_end', of_id: null,
      currency: 'EUR', amount_minor: 300, reason: 'You brought it back at noon.', note: null, made_by: null,
    }; // prettier-ignore
    const hub = new CannedHub({
      ...FULL,
      'GET /api/v1/bills': page(bill),
      'GET /api/v1/adjustments': page(line),
    });
    show(<Mine />, hub, { me: RENTER });
    const shown = await screen.findByTestId('my-correction');
    expect(shown.textContent).toContain('-€3.00 Credit: the end was wrong');
    expect(shown.textContent).toContain('You brought it back at noon.');
    await waitFor(() => expect(screen.getByTestId('my-ride').textContent).toContain('Bill: €3.70'));
  });

  it('asks for his own only', async () => {
    const hub = new CannedHub(FULL);
    show(<Mine />, hub, { me: RENTER });
    await screen.findByTestId('my-ride');
    const asked = hub.sent
      .map((one) => one.path)
      .filter((path) => /rentals|reservations|invoices/.test(path));
    expect(asked.length).toBeGreaterThan(2);
    for (const path of asked) expect(path).toContain(`account_id=${RENTER.id}`);
  });

  it('says where to rent when there is nothing yet', async () => {
    const nothing = { ...FULL, 'GET /api/v1/rentals': page(), 'GET /api/v1/reservations': page() };
    show(<Mine />, new CannedHub(nothing), { me: RENTER });
    await screen.findByText('No rentals yet.');
    expect(screen.getAllByText('Vehicles are rented at a station, at its screen.').length).toBeGreaterThan(0);
    expect(await screen.findByText('No bookings.')).toBeTruthy();
  });

  it('cancels his own booking', async () => {
    const hub = new CannedHub({
      ...FULL,
      [`POST /api/v1/reservations/${BOOKING.id}/cancel`]: () => ({ ...BOOKING, state: 'cancelled' }),
    });
    HTMLDialogElement.prototype.showModal = vi.fn();
    show(<Mine />, hub, { me: RENTER });
    fireEvent.click(await screen.findByRole('button', { name: 'Show R7K2' }));
    fireEvent.click(await screen.findByRole('button', { name: 'Cancel the booking', hidden: true }));
    await waitFor(() => expect(hub.deeds[0]?.path).toBe(`/api/v1/reservations/${BOOKING.id}/cancel`));
  });

  it('says why no invoice is written', async () => {
    const hub = new CannedHub({
      ...FULL,
      [`POST /api/v1/bills/${RIDE.id}/invoice`]: () => {
        throw refused('seller_unknown');
      },
    });
    show(<Mine />, hub, { me: RENTER });
    fireEvent.click(await screen.findByRole('button', { name: 'Invoice (PDF)' }));
    expect((await screen.findByRole('alert')).textContent).toBe('The operator writes no invoices yet.');
    expect(hub.deeds[0]?.headers['Idempotency-Key']).toBeTruthy();
  });

  it('says what failed, and keeps the rest', async () => {
    const lost = () => {
      throw refused('not_found');
    };
    show(<Mine />, new CannedHub({ ...FULL, 'GET /api/v1/rentals': lost }), { me: RENTER });
    expect((await screen.findByRole('alert')).textContent).toContain('not_found');
    expect(screen.getByTestId('my-bookings')).toBeTruthy();
  });
});

describe('ToPay', () => {
  it('leads to the page of the gateway for what waits', async () => {
    const went: string[] = [];
    const hub = new CannedHub({
      'GET /api/v1/pay-requests': page(REQUEST),
      [`POST /api/v1/pay-requests/${REQUEST.id}/attempts`]: () => ({
        pay_url: 'https://pay.example/1',
        expires_at: REQUEST.open_until,
      }),
    });
    show(<ToPay go={(url) => went.push(url)} />, hub, { me: RENTER });
    expect((await screen.findByTestId('to-pay')).textContent).toMatch(/Deposit: ₫200,000/);
    fireEvent.click(screen.getByRole('button', { name: 'Pay at VNPay' }));
    await waitFor(() => expect(went).toEqual(['https://pay.example/1']));
  });

  it('asks once more for a bill whose time is over, never for a deposit', async () => {
    const over = { ...REQUEST, state: 'closed' };
    const hub = new CannedHub({
      'GET /api/v1/pay-requests': page(over, { ...over, id: 'b', purpose: 'bill' }),
      'POST /api/v1/pay-requests/b/renewal': () => undefined,
    });
    show(<ToPay />, hub, { me: RENTER });
    const again = await screen.findAllByRole('button', { name: 'Ask for it once more' });
    expect(again).toHaveLength(1);
    again.forEach((one) => fireEvent.click(one));
    await waitFor(() => expect(hub.deeds[0]?.path).toBe('/api/v1/pay-requests/b/renewal'));
  });
});
