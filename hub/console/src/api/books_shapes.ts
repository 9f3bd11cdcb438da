/** What the console reads of invoices, deposits, payouts and what waits for its payer; see `shapes.ts`. */
import type { BillLineShape } from './money_shapes';

export interface InvoiceShape {
  readonly id: string;
  readonly created_at: string;
  readonly name: string;
  readonly kind: 'invoice' | 'credit_note';
  readonly corrects_id: string | null;
  readonly amends_id?: string | null;
  readonly bill_id: string;
  readonly account_id: string | null;
  readonly currency: string;
  readonly total_minor: number;
  readonly tax_minor: number;
  readonly body: InvoiceBody;
}

/** A line; of a correction with what it says to whoever pays. */
export type PaperLine = BillLineShape & { readonly reason?: string };

/** What is printed on it; the API document calls it an object. */
export interface InvoiceBody {
  readonly use: string;
  readonly seller: { readonly name: string; readonly address: string; readonly tax: string };
  readonly began_at: string | null;
  readonly ended_at: string | null;
  readonly lines: readonly PaperLine[];
  readonly payments: readonly InvoicePayment[];
  readonly corrects?: string;
  readonly amends?: string;
}

export interface InvoicePayment {
  readonly at: string;
  readonly gateway: string;
  readonly ref: string;
  readonly amount_minor: number;
}

export interface HoldShape {
  readonly id: string;
  readonly created_at: string;
  readonly subject_id: string;
  readonly rental_id: string | null;
  readonly account_id: string;
  readonly gateway: string | null;
  readonly currency: string;
  readonly wanted_minor: number;
  readonly held_minor: number;
  readonly state: string;
  readonly expires_at: string | null;
  readonly code: string;
}

export interface PayoutShape {
  readonly id: string;
  readonly created_at: string;
  readonly gateway: string;
  readonly currency: string;
  readonly amount_minor: number;
  readonly why: string;
  readonly state: string;
  readonly code: string;
  readonly ended_at: string | null;
}

export interface PayRequestShape {
  readonly id: string;
  readonly created_at: string;
  readonly gateway: string;
  readonly purpose: string;
  readonly subject_id: string | null;
  readonly currency: string;
  readonly amount_minor: number;
  readonly state: 'waiting' | 'paid' | 'closed';
  readonly open_until: string;
}

export interface PayAttemptShape {
  readonly pay_url: string;
  readonly expires_at: string;
}

export interface MethodShape {
  readonly id: string;
  readonly gateway: string;
  readonly label: string;
}
