import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AdjustmentShape, BillShape } from '../../api/shapes';
import { rateOf, taxOf } from '../../lib/corrections';
import { aMe, CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { Bill } from './Bill';
import { Corrections } from './Corrections';

const FINANCE = aMe({ permissions: ['payments:read', 'bills:adjust'] });
const BILL: BillShape = {
  id: '01900000-0000-7000-8000-0000000000c1',
  created_at: '2026-11-20T09:00:00Z',
  use: 'rental',
  account_id: null,
  station_id: null,
  currency: 'EUR',
  total_minor: 1190,
  tax_minor: 190,
  adjusted_minor: 0,
  owed_minor: 1190,
  owed_tax_minor: 190,
  creditable_minor: 1190,
  paid_minor: 1190,
  state: 'paid',
  revision: 3,
};
const DAMAGE: AdjustmentShape = {
  id: '01900000-0000-7000-8000-0000000000d1',
  created_at: '2026-11-20T10:00:00Z',
  bill_id: BILL.id,
  kind: 'charge',
  cause: 'damage',
  of_id: null,
  currency: 'EUR',
  amount_minor: 5000,
  reason: 'The mirror is broken.',
  note: 'picture 12',
  made_by: null,
};
const QUOTE = {
  revision: 3, currency: 'EUR', amount_minor: -300, owed_before_minor: 1190, owed_minor: 890, owed_tax_minor: 142,
  paid_minor: 1190, refund_minor: 300, collect_minor: 0, collect_from: 'payment_method',
}; // prettier-ignore
const HUB: Answers = {
  [`GET /api/v1/bills/${BILL.id}`]: () => BILL,
  'GET /api/v1/adjustments': page(),
  [`POST /api/v1/bills/${BILL.id}/adjustment-quotes`]: () => QUOTE,
  [`POST /api/v1/bills/${BILL.id}/adjustments`]: () => DAMAGE,
};

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = vi.fn(function (this: HTMLDialogElement) {
    this.open = true;
  });
});
afterEach(cleanup);

const type = (label: string | RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const corrections = (hub: CannedHub) => hub.deeds.filter((one) => one.path.endsWith('/adjustments'));

describe('Corrections', () => {
  it('shows what a part of the bill comes to before it is credited, and says why to both', async () => {
    const hub = new CannedHub(HUB);
    show(<Corrections billId={BILL.id} />, hub, { me: FINANCE });
    fireEvent.click(await screen.findByRole('button', { name: 'Correct this bill' }));
    type('Amount', '3,00');
    await waitFor(() => expect(screen.getByTestId('effect').textContent).toContain('Goes back€3.00'));
    fireEvent.click(screen.getByRole('button', { name: 'Credit €3.00' }));
    expect(corrections(hub)).toEqual([]);
    type('Reason for the renter', 'You brought it back at noon.');
    type('Note for us', 'ticket 4711');
    fireEvent.click(screen.getByRole('button', { name: 'Credit €3.00' }));
    await waitFor(() => expect(corrections(hub)).toHaveLength(1));
    expect(corrections(hub)[0]?.body).toEqual({
      kind: 'credit', cause: 'goodwill', currency: 'EUR', amount_minor: 300, revision: 3,
      reason: 'You brought it back at noon.', note: 'ticket 4711',
    }); // prettier-ignore
    expect(corrections(hub)[0]?.headers['Idempotency-Key']).toBeTruthy();
  });

  it('credits all that is left without asking how much', async () => {
    const hub = new CannedHub(HUB);
    show(<Corrections billId={BILL.id} />, hub, { me: FINANCE });
    fireEvent.click(await screen.findByRole('button', { name: 'Correct this bill' }));
    type('What to do', 'all');
    expect(screen.queryByLabelText('Amount')).toBeNull();
    expect(await screen.findByRole('button', { name: 'Credit €11.90' })).toBeTruthy();
  });

  it('charges damage without tax, and a cleaning with the rate of the bill', async () => {
    const hub = new CannedHub(HUB);
    show(<Corrections billId={BILL.id} />, hub, { me: FINANCE });
    fireEvent.click(await screen.findByRole('button', { name: 'Correct this bill' }));
    type('What to do', 'more');
    type('Amount', '20');
    await waitFor(() => expect(hub.deeds.at(-1)?.body).toMatchObject({ cause: 'damage', tax_bp: 0 }));
    type('Because', 'cleaning');
    await waitFor(() => expect(hub.deeds.at(-1)?.body).toMatchObject({ cause: 'cleaning', tax_bp: 1900 }));
  });

  it('takes a further charge back, as much of it as is left', async () => {
    const back = { ...DAMAGE, id: 'b', kind: 'credit' as const, of_id: DAMAGE.id, amount_minor: 1000 };
    const hub = new CannedHub({ ...HUB, 'GET /api/v1/adjustments': page(back, DAMAGE) });
    show(<Corrections billId={BILL.id} />, hub, { me: FINANCE });
    fireEvent.click(await screen.findByRole('button', { name: 'Take back' }));
    await waitFor(() =>
      expect(hub.deeds.at(-1)?.body).toMatchObject({ of_id: DAMAGE.id, amount_minor: 4000 }),
    );
    expect(hub.deeds.at(-1)?.body).toMatchObject({ kind: 'credit', cause: 'charged_in_error' });
  });

  it('lists what was corrected, with both reasons', async () => {
    const hub = new CannedHub({ ...HUB, 'GET /api/v1/adjustments': page(DAMAGE) });
    show(<Corrections billId={BILL.id} />, hub, { me: FINANCE });
    const line = await screen.findByTestId('correction');
    expect(line.textContent).toContain('€50.00 Further charge: damage');
    expect(line.textContent).toContain('The mirror is broken.');
    expect(line.textContent).toContain('picture 12');
  });

  it('says in words why the hub refuses', async () => {
    const refuse = () => {
      throw refused('bill_changed');
    };
    const hub = new CannedHub({ ...HUB, [`POST /api/v1/bills/${BILL.id}/adjustments`]: refuse });
    show(<Corrections billId={BILL.id} />, hub, { me: FINANCE });
    fireEvent.click(await screen.findByRole('button', { name: 'Correct this bill' }));
    type('Amount', '3');
    type('Reason for the renter', 'as agreed');
    type('Note for us', 'ticket 4711');
    await waitFor(() => expect(screen.getByTestId('effect').textContent).toContain('Goes back'));
    fireEvent.click(screen.getByRole('button', { name: 'Credit €3.00' }));
    expect((await screen.findByRole('alert')).textContent).toContain(
      'The bill has changed since you looked at it.',
    );
  });

  it('offers to try a refund once more that was declined', async () => {
    const over = { ...BILL, state: 'overpaid', owed_minor: 890 };
    const hub = new CannedHub({
      ...HUB,
      [`GET /api/v1/bills/${BILL.id}`]: () => over,
      [`POST /api/v1/bills/${BILL.id}/collection`]: () => over,
    });
    show(<Corrections billId={BILL.id} />, hub, { me: FINANCE });
    fireEvent.click(await screen.findByRole('button', { name: 'Try it once more' }));
    await waitFor(() => expect(hub.deeds[0]?.path).toBe(`/api/v1/bills/${BILL.id}/collection`));
  });

  it('lets others look and not touch, and asks nothing for who may not see money', async () => {
    const hub = new CannedHub({ ...HUB, 'GET /api/v1/adjustments': page(DAMAGE) });
    show(<Corrections billId={BILL.id} />, hub, { me: aMe({ permissions: ['payments:read'] }) });
    await screen.findByTestId('correction');
    expect(screen.queryAllByRole('button')).toEqual([]);
    cleanup();
    const nobody = new CannedHub(HUB);
    show(<Corrections billId={BILL.id} />, nobody, { me: aMe({ permissions: [] }) });
    expect(nobody.sent).toEqual([]);
  });
});

describe('Bill', () => {
  it('opens the sheet with the cause that a case leads there for', async () => {
    const hub = new CannedHub(HUB);
    show(<Bill id={BILL.id} />, hub, {
      me: FINANCE,
      at: `/payments/bills/${BILL.id}?cause=parked_unconfirmed`,
    });
    const form = await screen.findByTestId('correct-bill');
    expect(within(form).getByLabelText<HTMLSelectElement>('Because').value).toBe('parked_unconfirmed');
  });
});

describe('rates', () => {
  it.each([
    ['8,1', 810],
    ['19', 1900],
    ['100', 10_000],
    ['101', null],
    ['x', null],
  ])('reads %s', (typed, rate) => {
    expect(rateOf(typed)).toBe(rate);
  });

  it('begins with the rate of the bill, and with none for damages or a bill of nothing', () => {
    expect(taxOf('cleaning', BILL)).toBe('19');
    expect(taxOf('damage', BILL)).toBe('0');
    expect(taxOf('cleaning', { ...BILL, total_minor: 0, tax_minor: 0 })).toBe('0');
  });
});
