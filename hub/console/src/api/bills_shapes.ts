/** What the console reads of bills and of what people correct them by; see `shapes.ts`, which has the rest. */
export interface BillShape {
  readonly id: string;
  readonly created_at: string;
  readonly use: string;
  readonly account_id: string | null;
  readonly station_id: string | null;
  readonly currency: string;
  readonly total_minor: number;
  readonly tax_minor: number;
  readonly adjusted_minor: number;
  readonly owed_minor: number;
  readonly owed_tax_minor: number;
  readonly creditable_minor: number;
  readonly paid_minor: number;
  readonly state: string;
  readonly revision: number;
}

export interface AdjustmentShape {
  readonly id: string;
  readonly created_at: string;
  readonly bill_id: string;
  readonly kind: 'credit' | 'charge';
  readonly cause: string;
  readonly of_id: string | null;
  readonly currency: string;
  readonly amount_minor: number;
  readonly reason: string;
  readonly note: string | null;
  readonly made_by: string | null;
}

export interface AdjustmentQuote {
  readonly revision: number;
  readonly currency: string;
  readonly amount_minor: number;
  readonly owed_before_minor: number;
  readonly owed_minor: number;
  readonly owed_tax_minor: number;
  readonly paid_minor: number;
  readonly refund_minor: number;
  readonly collect_minor: number;
  readonly collect_from: 'deposit' | 'payment_method' | 'nobody';
}
