import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaseShape } from '../../api/shapes';
import { aMe, CannedHub, show } from '../../testing/hub';
import { Case } from './Case';

const LOOKER = aMe({ permissions: ['cases:read', 'cases:look'] });
const LEFT: CaseShape = {
  id: 'case-1',
  kind: 'overflow_return',
  about: 'rental-1',
  state: 'open',
  standing: true,
  station_id: null,
  account_id: null,
  rental_id: null,
  seen: {},
  opened_at: '2026-11-26T08:00:00Z',
  seen_at: '2026-11-26T08:00:00Z',
  subjects: {},
  resolved_at: null,
  resolved_by: null,
  resolution: null,
  history: [],
};

function opened(one: Partial<CaseShape> = {}, me = LOOKER) {
  const shown = { ...LEFT, ...one };
  const hub = new CannedHub({
    'GET /api/v1/cases/case-1': () => shown,
    'POST /api/v1/cases/case-1/finding': () => shown,
  });
  show(
    <Routes>
      <Route path="/cases/:caseId" element={<Case />} />
    </Routes>,
    hub,
    { me, at: '/cases/case-1' },
  );
  return hub;
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('Case about what somebody pays', () => {
  const FINANCE = aMe({ permissions: ['cases:read', 'payments:read'] });
  const link = () => screen.findByRole('link', { name: 'Look at the bill' });

  it('leads to the bill, where it is corrected for this cause', async () => {
    opened({ rental_id: 'rental-1' }, FINANCE);
    expect((await link()).getAttribute('href')).toBe('/payments/bills/rental-1?cause=parked_unconfirmed');
    cleanup();
    opened({ kind: 'refund_declined', about: 'booking-1' }, FINANCE);
    expect((await link()).getAttribute('href')).toBe('/payments/bills/booking-1');
  });

  it('leads nobody there who may not see money, and from no other case', async () => {
    opened();
    await screen.findByRole('heading', { level: 1 });
    expect(screen.queryByRole('link', { name: 'Look at the bill' })).toBeNull();
    cleanup();
    opened({ kind: 'fork' }, FINANCE);
    await screen.findByRole('heading', { level: 1 });
    expect(screen.queryByRole('link', { name: 'Look at the bill' })).toBeNull();
  });
});

describe('Case of a vehicle left beside full docks', () => {
  it.each([
    ['It stands there', true],
    ['It is not there', false],
  ])('takes what somebody found: %s', async (name, there) => {
    const hub = opened();
    fireEvent.click(await screen.findByRole('button', { name }));
    fireEvent.change(screen.getByLabelText('What did you find?'), { target: { value: 'I looked' } });
    fireEvent.submit(screen.getByLabelText('What did you find?'));
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    expect(hub.deeds[0]?.body).toEqual({ vehicle_there: there, why: 'I looked' });
  });

  it('asks nobody who may not look, of no other case, and not when it is over', async () => {
    opened({}, aMe({ permissions: ['cases:read'] }));
    await screen.findByText('A vehicle was returned beside a full station');
    expect(screen.queryByRole('button', { name: 'It stands there' })).toBeNull();
    cleanup();
    opened({ kind: 'over_limit' });
    await screen.findByRole('heading', { level: 1 });
    expect(screen.queryByRole('button', { name: 'It stands there' })).toBeNull();
    cleanup();
    opened({ state: 'resolved' });
    await screen.findByRole('heading', { level: 1 });
    expect(screen.queryByRole('button', { name: 'It stands there' })).toBeNull();
  });
});
