/**
 * What the console reads of the hub's answers, by the names of the API document. Fields that it does not read are left
 * out; `tests/house/test_console.py` fails when a field that stands here is not in the document any more.
 */
import type { Money } from '../lib/format';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface Me {
  readonly id: string;
  readonly email: string;
  readonly display_name: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

export interface AccountShape {
  readonly id: string;
  readonly email: string;
  readonly display_name: string;
  readonly roles: readonly string[];
  readonly active: boolean;
  readonly created_at: string;
}

export interface StationShape {
  readonly id: string;
  readonly name: string;
  readonly number: string;
  readonly timezone: string;
  readonly currency: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly help_phone: string;
  readonly agent: string | null;
  readonly agent_started_at: string | null;
  readonly last_seen_at: string | null;
  readonly online: boolean;
  readonly facts_lost: number;
  readonly facts_shed: number;
  readonly last_loss_at: string | null;
  readonly revoked_at: string | null;
  readonly created_at: string;
}

export interface FaultShape {
  readonly code: string;
  readonly at: string;
  readonly detail: string;
}

export interface DockShape {
  readonly dock_no: number;
  readonly kind: string;
  readonly serial: string;
  readonly firmware: string;
  readonly faults: readonly FaultShape[];
}

export interface ConnectorShape {
  readonly connector_no: number;
  readonly state: string;
  readonly error_code: string;
  readonly at: string;
}

export interface ChargerShape {
  readonly charger_id: string;
  readonly vendor: string;
  readonly model: string;
  readonly firmware: string;
  readonly connectors: readonly ConnectorShape[];
}

/** A dock in the station's telemetry; whatever the station does not know is left out. */
export interface DockSample {
  readonly dock_no: number;
  readonly online?: boolean;
  readonly vehicle_id?: string;
  readonly lock?: string;
  readonly contactor_closed?: boolean;
  readonly temperature_c?: number;
  readonly soc_pct?: number;
  readonly soh_pct?: number;
  readonly power_w?: number;
}

export interface ConnectorSample {
  readonly connector_no: number;
  readonly state?: string;
  readonly power_w?: number;
  readonly soc_pct?: number;
  readonly energy_wh?: number;
}

export interface ChargerSample {
  readonly charger_id: string;
  readonly online?: boolean;
  readonly connectors?: readonly ConnectorSample[];
}

export interface MeterSample {
  readonly meter_id: string;
  readonly power_w?: number;
  readonly current_l1_a?: number;
  readonly current_l2_a?: number;
  readonly current_l3_a?: number;
}

export interface PictureShape {
  readonly at: string;
  readonly age_s: number;
  readonly docks: readonly DockSample[];
  readonly chargers: readonly ChargerSample[];
  readonly meters: readonly MeterSample[];
}

export interface OpenFault {
  readonly thing: string;
  readonly thing_id: string;
  readonly code: string;
  readonly at: string;
  readonly detail: string;
}

export interface AgentState {
  readonly version: string | null;
  readonly started_at: string | null;
  readonly unclean_start: boolean;
  readonly store_low: boolean | null;
  readonly store_damaged: boolean | null;
}

export interface ClockState {
  readonly quality: string;
  readonly trusted: boolean;
  readonly uncertainty_ms: number | null;
}

export interface OutboxState {
  readonly waiting: number;
  readonly oldest_at: string | null;
  readonly late: boolean;
}

export interface DockCounts {
  readonly total: number;
  readonly online: number;
  readonly faulty: number;
  readonly occupied: number;
}

export interface VehicleCounts {
  readonly present: number;
  readonly charged: number;
}

/** How a station is now; `level` and `why` are the hub's judgement, worst first. */
export interface StationState {
  readonly id: string;
  readonly created_at: string;
  readonly name: string;
  readonly number: string;
  readonly timezone: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly level: 'ok' | 'attention' | 'trouble' | 'new';
  readonly why: readonly string[];
  readonly online: boolean;
  readonly last_seen_at: string | null;
  readonly reported_at: string | null;
  readonly agent: AgentState;
  readonly clock: ClockState | null;
  readonly outbox: OutboxState | null;
  readonly docks: DockCounts;
  readonly vehicles: VehicleCounts;
  readonly faults: readonly OpenFault[];
  readonly facts_lost: number;
  readonly last_loss_at: string | null;
  readonly revoked_at: string | null;
}

export interface StationDetail extends StationShape {
  readonly state: StationState;
  readonly docks: readonly DockShape[];
  readonly chargers: readonly ChargerShape[];
  readonly picture: PictureShape | null;
}

export interface VehicleShape {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly model: string;
  readonly full_range_km: number;
  readonly rentable: boolean;
  readonly why_not: string;
  readonly tariff_id: string | null;
  readonly state: string;
  readonly station_id: string | null;
  readonly dock_no: number | null;
  readonly rental_id: string | null;
  readonly since: string | null;
  readonly soc_pct: number | null;
  readonly soh_pct: number | null;
}

export interface CaseShape {
  readonly id: string;
  readonly kind: string;
  readonly state: 'open' | 'acknowledged' | 'resolved';
  readonly standing: boolean;
  readonly station_id: string | null;
  readonly account_id: string | null;
  readonly rental_id: string | null;
  readonly subjects: Readonly<Record<string, string>>;
  readonly seen: Readonly<Record<string, unknown>>;
  readonly seen_at: string;
  readonly opened_at: string;
  readonly resolved_at: string | null;
  readonly resolved_by: string | null;
  readonly resolution: string | null;
  readonly history: readonly NoteShape[];
}

export interface NoteShape {
  readonly at: string;
  readonly what: string;
  readonly by: string | null;
  readonly why: string;
}

export interface OrderShape {
  readonly id: string;
  readonly created_at: string;
  readonly station_id: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly not_after: string;
  readonly ordered_by: string | null;
  readonly outcome: string | null;
  readonly detail: string;
  readonly ended_at: string | null;
}

export interface FactShape {
  readonly station_id: string;
  readonly lane: string;
  readonly epoch: number;
  readonly seq: number;
  readonly type: string;
  readonly at_ms: number;
  readonly received_at: string;
  readonly record: string;
}

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

export interface BillShape {
  readonly id: string;
  readonly created_at: string;
  readonly use: string;
  readonly account_id: string | null;
  readonly currency: string;
  readonly total_minor: number;
  readonly paid_minor: number;
  readonly state: string;
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
