import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaseShape } from '../../api/shapes';
import { aMe, CannedHub, page, show } from '../../testing/hub';
import { Case } from './Case';
import { Cases } from './Cases';
import { OpenCases } from './OpenCases';

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

describe('Open cases of something', () => {
  const TAKEN = { ...LEFT, id: 'case-2', kind: 'checklist_failed', state: 'acknowledged' as const };

  it('are those that nobody has resolved, each led to; all of them are one press away', async () => {
    const hub = new CannedHub({ 'GET /api/v1/cases': page(LEFT, TAKEN) });
    show(<OpenCases of="vehicle-7" />, hub, { me: LOOKER });
    const link = await screen.findByRole('link', { name: /A checklist found something wrong/ });
    expect(link.getAttribute('href')).toBe('/cases/case-2');
    expect(hub.sent[0]?.path).toContain('naming=vehicle-7&unresolved=true');
    expect(screen.getByRole('link', { name: 'All of them' }).getAttribute('href')).toBe(
      '/cases?state=all&naming=vehicle-7',
    );
  });

  it('are said to be none, and asked for by nobody who may not read them', async () => {
    show(<OpenCases of="vehicle-7" />, new CannedHub({ 'GET /api/v1/cases': page() }), { me: LOOKER });
    await screen.findByText('No case is open.');
    cleanup();
    const hub = new CannedHub({});
    show(<OpenCases of="vehicle-7" />, hub, { me: aMe({ permissions: [] }) });
    expect(hub.sent).toEqual([]);
  });

  it('filter the list by its address, and stay filtered by state too', async () => {
    const hub = new CannedHub({ 'GET /api/v1/cases': page() });
    show(<Cases />, hub, { me: LOOKER, at: '/cases?state=all&naming=vehicle-7' });
    await screen.findByText('Nothing fits these filters.');
    fireEvent.click(screen.getByRole('button', { name: 'resolved' }));
    await waitFor(() => expect(hub.sent.at(-1)?.path).toContain('state=resolved&naming=vehicle-7'));
    fireEvent.click(screen.getByRole('button', { name: 'Show all cases' }));
    await waitFor(() => expect(hub.sent.at(-1)?.path).not.toContain('naming'));
  });
});
