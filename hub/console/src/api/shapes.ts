/**
 * What the console reads of the hub's answers, by the names of the API document. Fields that it does not read are left
 * out; `tests/house/test_console.py` fails when a field that stands here is not in the document any more.
 */
export type * from './account_shapes';
export type * from './balance_shapes';
export type * from './bills_shapes';
export type * from './books_shapes';
export type * from './fleet_shapes';
export type * from './money_shapes';
export type * from './watch_shapes';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
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

export interface CaseShape {
  readonly id: string;
  readonly kind: string;
  /** What it is about, such as the act of staff. */
  readonly about: string;
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
