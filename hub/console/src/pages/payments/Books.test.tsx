import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InvoiceShape } from '../../api/shapes';
import { aMe, CannedHub, page, refused, show } from '../../testing/hub';
import { BillPapers } from './BillPapers';
import { HoldOf } from './HoldOf';
import { Invoice } from './Invoice';
import { NewPayout } from './NewPayout';

const FINANCE = aMe({ permissions: ['payments:read', 'ledger:read', 'payouts:ask'] });
const BILL = '01900000-0000-7000-8000-0000000000c1';

const PAPER: InvoiceShape = {
  id: '01900000-0000-7000-8000-0000000000a1',
  created_at: '2026-11-20T09:00:00Z',
  name: 'VD-2026-000001',
  kind: 'invoice',
  corrects_id: null,
  bill_id: BILL,
  account_id: null,
  currency: 'EUR',
  total_minor: 670,
  tax_minor: 107,
  body: {
    use: 'rental',
    seller: { name: 'Harbour Rides', address: 'Quay 1', tax: 'DE 1' },
    began_at: '2026-11-20T08:00:00Z',
    ended_at: '2026-11-20T08:30:00Z',
    lines: [{ key: 'minutes', quantity: 30, unit: 'min', unit_price_minor: 19, amount_minor: 670 }],
    payments: [{ at: '2026-11-20T08:40:00Z', gateway: 'stripe', ref: 'pi_1', amount_minor: 670 }],
  },
};
const NOTE: InvoiceShape = {
  ...PAPER,
  id: 'n1',
  name: 'VD-2026-000002',
  kind: 'credit_note',
  corrects_id: PAPER.id,
};

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = vi.fn();
});
afterEach(cleanup);

describe('Invoice', () => {
  it('shows lines, payments and who took it back', async () => {
    const hub = new CannedHub({
      [`GET /api/v1/invoices/${PAPER.id}`]: () => PAPER,
      'GET /api/v1/invoices': page(NOTE, PAPER),
    });
    show(<Invoice id={PAPER.id} />, hub, { me: FINANCE });
    expect((await screen.findByTestId('line-minutes')).textContent).toContain('€6.70');
    expect(screen.getByTestId('paper-paid').textContent).toContain('pi_1');
    expect(screen.getByTestId('paper-about').textContent).toContain('Harbour Rides, Quay 1');
    const taken = await screen.findByRole('link', { name: 'taken back by VD-2026-000002' });
    expect(taken.getAttribute('href')).toBe('/payments/invoices/n1');
    const ride = screen.getByRole('link', { name: /^Ride/ });
    expect(ride.getAttribute('href')).toBe(`/rentals/${BILL}`);
  });

  it('leads from a credit note to what it takes back', async () => {
    const note: InvoiceShape = { ...NOTE, body: { ...NOTE.body, payments: [], corrects: PAPER.name } };
    const hub = new CannedHub({
      'GET /api/v1/invoices/n1': () => note,
      'GET /api/v1/invoices': page(note, PAPER),
    });
    show(<Invoice id="n1" />, hub, { me: FINANCE });
    const link = await screen.findByRole('link', { name: 'VD-2026-000001' });
    expect(link.getAttribute('href')).toBe(`/payments/invoices/${PAPER.id}`);
    expect(screen.getByText('Nothing.')).toBeTruthy();
  });

  it('says that there is none', async () => {
    show(<Invoice id="nowhere" />, new CannedHub({}), { me: FINANCE });
    expect((await screen.findByRole('alert')).textContent).toContain('not_found');
  });
});

describe('BillPapers', () => {
  it('lists what was written for the bill, and writes one', async () => {
    const hub = new CannedHub({ 'GET /api/v1/invoices': page(NOTE, PAPER) });
    show(<BillPapers billId={BILL} />, hub, { me: FINANCE });
    await screen.findByRole('link', { name: 'VD-2026-000002' });
    expect(hub.sent[0]?.path).toContain(`bill_id=${BILL}`);
    fireEvent.click(screen.getByRole('button', { name: 'Invoice (PDF)' }));
    await waitFor(() => expect(hub.deeds[0]?.path).toBe(`/api/v1/bills/${BILL}/invoice`));
  });

  it('asks nothing and shows nothing to who may not see money', () => {
    const hub = new CannedHub({});
    const { container } = show(<BillPapers billId={BILL} />, hub, { me: aMe({ permissions: [] }) });
    expect(container.textContent).toBe('');
    expect(hub.sent).toEqual([]);
  });
});

describe('HoldOf', () => {
  const hold = {
    id: 'h', currency: 'EUR', wanted_minor: 5000, held_minor: 5000, state: 'held', gateway: 'stripe',
    expires_at: '2030-01-01T00:00:00Z',
  }; // prettier-ignore

  it('says how much is held, by whom and until when', async () => {
    show(<HoldOf subjectId="b" />, new CannedHub({ 'GET /api/v1/holds': page(hold) }), { me: FINANCE });
    const said = (await screen.findByTestId('hold')).textContent;
    expect(said).toMatch(/Deposit: €50\.00 held Stripe held until 1 Jan/);
  });

  it('says what was wanted while nothing is held', async () => {
    const declined = { ...hold, held_minor: 0, state: 'declined', gateway: null };
    show(<HoldOf subjectId="b" />, new CannedHub({ 'GET /api/v1/holds': page(declined) }), { me: FINANCE });
    expect((await screen.findByTestId('hold')).textContent).toBe('Deposit: €50.00 declined');
  });
});

describe('NewPayout', () => {
  const BALANCES = 'GET /api/v1/ledger/balances';
  const pots = (...accounts: readonly unknown[]) => ({ [BALANCES]: () => ({ balanced: true, accounts }) });
  const STRIPE = { account: 'clearing:stripe', currency: 'EUR', amount_minor: 123400 };

  function fill(amount: string): void {
    fireEvent.change(screen.getByLabelText('Amount'), { target: { value: amount } });
    fireEvent.change(screen.getByLabelText('Reason'), { target: { value: "Month's end" } });
    fireEvent.submit(screen.getByTestId('new-payout'));
  }

  it('asks once for what was typed, out of what the gateway has taken', async () => {
    const close = vi.fn();
    const hub = new CannedHub({ ...pots(STRIPE), 'POST /api/v1/payouts': () => ({ id: 'p' }) });
    show(<NewPayout close={close} />, hub, { me: FINANCE });
    await screen.findByText('€1,234.00 stands there by the ledger.');
    fill('1200.50');
    await waitFor(() => expect(close).toHaveBeenCalled());
    expect(hub.deeds[0]?.body).toEqual({
      gateway: 'stripe', currency: 'EUR', amount_minor: 120050, why: "Month's end",
    }); // prettier-ignore
    expect(hub.deeds[0]?.headers['Idempotency-Key']).toBeTruthy();
  });

  it.each(['', '0', '1,2.3', '10.505'])('does not ask for %j', async (amount) => {
    const hub = new CannedHub(pots(STRIPE));
    show(<NewPayout close={vi.fn()} />, hub, { me: FINANCE });
    await screen.findByTestId('new-payout');
    fill(amount);
    expect(screen.getByText('This is not a number that fits here.')).toBeTruthy();
    expect(hub.deeds).toEqual([]);
  });

  it('says that there is nothing to pay out, where only VNPay has taken something', async () => {
    const hub = new CannedHub(pots({ account: 'clearing:vnpay', currency: 'VND', amount_minor: 5 }));
    show(<NewPayout close={vi.fn()} />, hub, { me: FINANCE });
    await screen.findByText(/no gateway holds anything/);
    expect(screen.queryByTestId('new-payout')).toBeNull();
  });

  it('keeps what was typed beside the refusal', async () => {
    const no = () => {
      throw refused('invalid', {}, [{ pointer: '/why', type: 'string_too_short', message: 'at least 3' }]);
    };
    show(<NewPayout close={vi.fn()} />, new CannedHub({ ...pots(STRIPE), 'POST /api/v1/payouts': no }), {
      me: FINANCE,
    });
    await screen.findByTestId('new-payout');
    fill('5');
    await screen.findAllByText(/At least 3 characters/);
    expect(screen.getByLabelText<HTMLInputElement>('Amount').value).toBe('5');
  });
});
