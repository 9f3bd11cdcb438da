/** A rental's whole story, in the order of time: what the station told, what it cost, what was paid, booked and asked. Pure. */
import type { CaseShape, FactShape, PaymentShape, PostingShape, RentalShape } from '../api/shapes';
import { told, type Told } from './happened';

export type Moment =
  | { readonly is: 'fact'; readonly at: number; readonly id: string; readonly told: Told }
  | { readonly is: 'billed'; readonly at: number; readonly id: string }
  | { readonly is: 'payment'; readonly at: number; readonly id: string; readonly payment: PaymentShape }
  | { readonly is: 'posting'; readonly at: number; readonly id: string; readonly posting: PostingShape }
  | { readonly is: 'case'; readonly at: number; readonly id: string; readonly one: CaseShape };

export interface Sources {
  readonly rental: RentalShape;
  readonly facts: readonly FactShape[];
  readonly payments: readonly PaymentShape[];
  readonly postings: readonly PostingShape[];
  readonly cases: readonly CaseShape[];
}

export function storyOf({ rental, facts, payments, postings, cases }: Sources): readonly Moment[] {
  const moments: Moment[] = [
    ...facts
      .filter((fact) => fact.record.includes(rental.id))
      .map((fact): Moment => ({ is: 'fact', at: fact.at_ms, id: `fact-${told(fact).id}`, told: told(fact) })),
    ...payments.map((payment): Moment => {
      return { is: 'payment', at: Date.parse(payment.created_at), id: `payment-${payment.id}`, payment };
    }),
    ...postings.map((posting): Moment => {
      return { is: 'posting', at: Date.parse(posting.created_at), id: `posting-${posting.id}`, posting };
    }),
    ...cases.map((one): Moment => ({ is: 'case', at: Date.parse(one.opened_at), id: `case-${one.id}`, one })),
  ];
  if (rental.total !== null && rental.ended_at !== null) {
    moments.push({ is: 'billed', at: Date.parse(rental.ended_at), id: 'billed' });
  }
  return moments.sort((a, b) => a.at - b.at);
}
