/** What the console reads of rides and money; see `shapes.ts`, which has the rest. */
import type { Money } from '../lib/format';

export interface BillLineShape {
  readonly key: string;
  readonly quantity: number;
  readonly unit: string;
  readonly unit_price_minor: number;
  readonly amount_minor: number;
}

export interface RentalShape {
  readonly id: string;
  readonly created_at: string;
  readonly station_id: string;
  readonly state: string;
  readonly vehicle_id: string | null;
  readonly dock_no: number | null;
  readonly account_id: string | null;
  readonly renter_by: string | null;
  readonly voucher_id: string | null;
  readonly reservation_id: string | null;
  readonly tariff_id: string | null;
  readonly tariff_version: number | null;
  readonly offline: boolean | null;
  readonly started_at: string | null;
  readonly undocked_at: string | null;
  readonly ended_at: string | null;
  readonly ended_dock_no: number | null;
  readonly ended_by: string | null;
  readonly ended_station_id: string | null;
  readonly flags: readonly string[];
  readonly uncertainty_s: number;
  readonly time_uncertain: boolean;
  readonly voided_at: string | null;
  readonly void_reason: string | null;
  readonly duration_s: number | null;
  readonly total: Money | null;
  readonly tax: Money | null;
  readonly bill: readonly BillLineShape[] | null;
  readonly soc_start_pct: number | null;
  readonly soc_end_pct: number | null;
  readonly distance_m: number | null;
  readonly late_s: number | null;
}

/** One rental alone: what lists do not tell. */
export interface RentalStory extends RentalShape {
  readonly photos: readonly RentalPhoto[];
}

export interface RentalPhoto {
  readonly id: string;
  readonly taken_at: string;
  readonly what: string;
  readonly state: 'waiting' | 'here' | 'lost' | 'deleted';
}

export interface ReservationShape {
  readonly id: string;
  readonly created_at: string;
  readonly station_id: string;
  readonly account_id: string;
  readonly vehicle_id: string | null;
  readonly vehicle_kind: string | null;
  readonly code: string;
  readonly from_at: string;
  readonly until_at: string;
  readonly state: string;
  readonly reason: string;
  readonly rental_id: string | null;
}

export interface ChargingRow {
  readonly id: string;
  readonly created_at: string;
  readonly station_id: string;
  readonly state: string;
  readonly charger_id: string | null;
  readonly connector_no: number | null;
  readonly account_id: string | null;
  readonly energy_wh: number | null;
  readonly started_at: string | null;
  readonly stopped_at: string | null;
  readonly stop_reason: string | null;
  readonly offline: boolean | null;
  readonly total: Money | null;
  readonly bill: readonly BillLineShape[] | null;
}

export interface Prices {
  readonly unlock_minor: number;
  readonly per_minute_minor: number;
  readonly free_minutes: number;
  readonly day_cap_minor: number | null;
  readonly per_kwh_minor: number;
  readonly deposit_minor: number;
  readonly tax_pct: number;
  readonly per_km_minor: number;
  readonly ride_kwh_minor: number;
  readonly late_grace_minutes: number;
  readonly late_hour_minor: number;
  readonly windows?: readonly WindowShape[];
}

export interface VersionShape {
  readonly version: number;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly prices: Prices;
}

export interface TariffShape {
  readonly id: string;
  readonly name: string;
  readonly use: string;
  readonly currency: string;
  readonly versions: readonly VersionShape[];
}

export interface PaymentShape {
  readonly id: string;
  readonly created_at: string;
  readonly bill_id: string;
  readonly gateway: string;
  readonly kind: string;
  readonly outcome: string;
  readonly code: string;
  readonly currency: string;
  readonly amount_minor: number;
  readonly settled_at: string | null;
}

export interface EntryShape {
  readonly account: string;
  readonly currency: string;
  readonly amount_minor: number;
}

export interface PostingShape {
  readonly id: string;
  readonly created_at: string;
  readonly kind: string;
  readonly subject_id: string;
  readonly note: string;
  readonly entries: readonly EntryShape[];
}

export interface BalancesShape {
  readonly balanced: boolean;
  readonly accounts: readonly EntryShape[];
}

export interface QuarantineShape {
  readonly id: string;
  readonly created_at: string;
  readonly station_id: string;
  readonly lane: string;
  readonly type: string;
  readonly code: string;
  readonly detail: string;
  readonly state: string;
}

export interface WorkShape {
  readonly id: string;
  readonly created_at: string;
  readonly kind: string;
  readonly state: string;
  readonly not_before: string;
  readonly round: number;
  readonly settled_at: string | null;
  readonly error: string | null;
}

export interface PointShape {
  readonly at: string;
  readonly thing: string;
  readonly thing_id: string;
  readonly signal: string;
  readonly mean: number | null;
  readonly last: number | null;
  readonly last_text: string | null;
}

export interface SeriesShape {
  readonly since: string;
  readonly until: string;
  readonly step_s: number;
  readonly complete: boolean;
  readonly points: readonly PointShape[];
}

export interface QuoteLineShape {
  readonly key: string;
  readonly quantity: number;
  readonly unit: string;
  readonly unit_price_minor: number;
  readonly amount_minor: number;
}

export interface QuoteShape {
  readonly tariff_version: number;
  readonly from_at: string;
  readonly currency: string;
  readonly total_minor: number;
  readonly tax_minor: number;
  readonly deposit_minor: number;
  readonly lines: readonly QuoteLineShape[];
}

export interface WindowShape {
  readonly per_minute_minor: number;
  readonly from_minute: number;
  readonly to_minute: number;
  readonly weekdays: readonly number[];
}

export interface BreakShape {
  readonly id: string;
  readonly kind: string;
  readonly gateway: string | null;
  readonly subject_id: string | null;
  readonly currency: string | null;
  readonly expected_minor: number | null;
  readonly actual_minor: number | null;
  readonly since_at: string;
}
