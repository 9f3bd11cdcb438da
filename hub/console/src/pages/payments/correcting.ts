/** What is being typed into the sheet that corrects a bill, and what of it can be asked of the hub. */
import { useState } from 'react';
import type { AdjustmentShape, BillShape } from '../../api/shapes';
import { CHARGES, CREDITS, leftOf, rateOf, taxOf, type What } from '../../lib/corrections';
import { minorOf } from '../../lib/format';

export type Asked = Readonly<Record<string, unknown>>;

export interface Correction {
  readonly bill: BillShape;
  readonly lines: readonly AdjustmentShape[];
  /** The further charge that is taken back; the bill itself where there is none. */
  readonly of?: AdjustmentShape | undefined;
  readonly cause?: string | undefined;
}

export interface Typed {
  readonly amount: string;
  readonly tax: string | null;
  readonly reason: string;
  readonly note: string;
}

const SHORTEST = 3;

/** Whether somebody who reads this learns anything. */
export function isWorded(words: string): boolean {
  return words.trim().length >= SHORTEST;
}

export function useCorrecting({ bill, lines, of, cause: wanted }: Correction) {
  const most = of === undefined ? bill.creditable_minor : leftOf(of, lines);
  const [what, setWhat] = useState<What>(firstOf(of !== undefined, most));
  const causes: readonly string[] = what === 'more' ? CHARGES : CREDITS;
  const [chosen, setCause] = useState(wanted ?? (of === undefined ? '' : 'charged_in_error'));
  const cause = causes.find((one) => one === chosen) ?? causes[0] ?? '';
  const [typed, setTyped] = useState<Typed>({ amount: '', tax: null, reason: '', note: '' });
  const tax = typed.tax ?? taxOf(cause, bill);
  const amount = what === 'all' ? most : (minorOf(typed.amount, bill.currency) ?? 0);
  return {
    most, what, setWhat, causes, cause, setCause, typed, tax, amount, rate: rateOf(tax),
    set: (name: keyof Typed) => (value: string) => setTyped({ ...typed, [name]: value }),
    asked: askedOf(bill, of, what, { cause, amount, rate: rateOf(tax) }),
  }; // prettier-ignore
}

export type Correcting = ReturnType<typeof useCorrecting>;

/** A charge that is taken back is only credited; where nothing is left to credit there is only more. */
export function choices(isOfCharge: boolean, most: number): readonly What[] {
  const credits: readonly What[] = most > 0 ? ['all', 'part'] : [];
  return isOfCharge ? credits : [...credits, 'more'];
}

function firstOf(isOfCharge: boolean, most: number): What {
  if (isOfCharge) return 'all';
  return most === 0 ? 'more' : 'part';
}

interface Said {
  readonly cause: string;
  readonly amount: number;
  readonly rate: number | null;
}

function askedOf(bill: BillShape, of: AdjustmentShape | undefined, what: What, said: Said): Asked | null {
  const { cause, amount, rate } = said;
  if (amount === 0 || (what === 'more' && rate === null)) return null;
  const line = { cause, currency: bill.currency, amount_minor: amount };
  if (what === 'more') return { kind: 'charge', ...line, tax_bp: rate };
  return { kind: 'credit', ...line, ...(of === undefined ? {} : { of_id: of.id }) };
}
