/** What a bill can be corrected by. Pure: no page, no question. */
import type { AdjustmentShape, BillShape } from '../api/shapes';
import { minorOf } from './format';

export type What = 'all' | 'part' | 'more';

export const CREDITS = ['goodwill', 'wrong_end', 'parked_unconfirmed', 'charged_in_error'] as const;
export const CHARGES = ['damage', 'late_fee', 'cleaning', 'parked_unconfirmed'] as const;

/** The amount of a line as it adds to what is owed. */
export function signed(one: Pick<AdjustmentShape, 'kind' | 'amount_minor'>): number {
  return one.kind === 'credit' ? -one.amount_minor : one.amount_minor;
}

/** How much of each further charge has not been taken back. */
export function leftOf(charge: AdjustmentShape, lines: readonly AdjustmentShape[]): number {
  const back = lines.filter((one) => one.of_id === charge.id);
  return charge.amount_minor - back.reduce((sum, one) => sum + one.amount_minor, 0);
}

/** The bill's own rate of tax in whole per cents, to begin with: damages bear none. */
export function taxOf(cause: string, bill: BillShape): string {
  const net = bill.total_minor - bill.tax_minor;
  return cause === 'damage' || net <= 0 ? '0' : String(Math.round((bill.tax_minor * 100) / net));
}

/** Hundredths of a per cent of what was typed, such as `8,1`; null when it is no rate. */
export function rateOf(text: string): number | null {
  const rate = minorOf(text, 'EUR');
  return rate === null || rate > 10_000 ? null : rate;
}
