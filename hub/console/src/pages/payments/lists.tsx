/** Invoices, deposits and payouts as plain lists, as data; `plain/lists.tsx` has the lists of the other businesses. */
import * as cell from '../../plain/cells';
import { PlainList, type PlainListProps } from '../../plain/PlainList';

const CREATED = { source: 'created_at', title: 'col_when', show: cell.instant('created_at') } as const;
const ACCOUNT = { source: 'account_id', title: 'col_person', show: cell.account } as const;

const INVOICES: PlainListProps = {
  resource: 'invoices',
  columns: [
    { source: 'name', title: 'col_paper', show: cell.link('name', (row) => `/payments/invoices/${String(row.id)}`) },
    { source: 'kind', title: 'col_kind', show: cell.code('kind', 'paper') },
    CREATED,
    ACCOUNT,
    { source: 'total_minor', title: 'col_total', show: cell.minor('total_minor'), isNumber: true },
    { source: 'tax_minor', title: 'tax_within', show: cell.minor('tax_minor'), isNumber: true },
  ],
  filters: [
    { source: 'kind', title: 'col_kind', choices: ['invoice', 'credit_note'], family: 'paper' },
    { source: 'account_id', title: 'col_account_id' },
    { source: 'bill_id', title: 'col_bill_id' },
  ],
  to: (row) => `/payments/invoices/${String(row.id)}`,
}; // prettier-ignore

const HOLD_STATES = [
  'wanted', 'asking', 'waiting', 'held', 'capturing', 'captured', 'returning', 'released', 'declined', 'lost',
]; // prettier-ignore

const HOLDS: PlainListProps = {
  resource: 'holds',
  columns: [
    CREATED,
    ACCOUNT,
    { source: 'wanted_minor', title: 'col_wanted', show: cell.minor('wanted_minor'), isNumber: true },
    { source: 'held_minor', title: 'col_held', show: cell.minor('held_minor'), isNumber: true },
    { source: 'state', title: 'col_state', show: cell.state('state', 'hold') },
    { source: 'gateway', title: 'col_gateway', show: cell.code('gateway', 'gateway') },
    { source: 'expires_at', title: 'col_until', show: cell.instant('expires_at') },
    { source: 'code', title: 'col_code' },
  ],
  filters: [
    { source: 'state', title: 'col_state', choices: HOLD_STATES, family: 'hold' },
    { source: 'account_id', title: 'col_account_id' },
    { source: 'subject_id', title: 'col_subject_id' },
  ],
  to: (row) =>
    typeof row['rental_id'] === 'string'
      ? `/rentals/${row['rental_id']}`
      : `/reservations?open=${String(row['subject_id'])}`,
}; // prettier-ignore

const PAYOUTS: PlainListProps = {
  resource: 'payouts',
  columns: [
    CREATED,
    { source: 'gateway', title: 'col_gateway', show: cell.code('gateway', 'gateway') },
    { source: 'amount_minor', title: 'col_amount', show: cell.minor('amount_minor'), isNumber: true },
    { source: 'state', title: 'col_state', show: cell.state('state', 'payout') },
    { source: 'why', title: 'field_why' },
    { source: 'ended_at', title: 'col_settled', show: cell.instant('ended_at') },
    { source: 'code', title: 'col_code' },
  ],
}; // prettier-ignore

export const InvoiceList = () => <PlainList {...INVOICES} />;
export const HoldList = () => <PlainList {...HOLDS} />;
export const PayoutList = () => <PlainList {...PAYOUTS} />;
