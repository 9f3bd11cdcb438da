/** What the console reads of the network's balance: plans of moves and swaps, staff's tasks, demand, checklists. */

/** A move, or a swap of the battery where it stands. `worth`: rides not lost by it alone. */
export interface ActionShape {
  readonly what: 'move' | 'swap';
  readonly vehicle_id: string;
  readonly label: string;
  readonly van: number;
  readonly from_station_id: string;
  readonly from_name: string;
  readonly to_station_id: string;
  readonly to_name: string;
  readonly worth: number;
}

/** `after_s` from setting out; vehicles by id. */
export interface StopShape {
  readonly station_id: string;
  readonly name: string;
  readonly after_s: number;
  readonly load: readonly string[];
  readonly unload: readonly string[];
  readonly swap: readonly string[];
}

export interface RouteShape {
  readonly van: number;
  readonly km: number;
  readonly seconds: number;
  readonly stops: readonly StopShape[];
}

/** Rides expected within the horizon, what stands there (an empty vehicle is no supply), rides expected to be lost. */
export interface StationBalance {
  readonly station_id: string;
  readonly name: string;
  readonly out: number;
  readonly back: number;
  readonly usable: number;
  readonly empty: number;
  readonly supply: number;
  readonly added: number;
  readonly shortage_before: number;
  readonly shortage_after: number;
}

export interface PlanBody {
  readonly actions: readonly ActionShape[];
  readonly routes: readonly RouteShape[];
  readonly stations: readonly StationBalance[];
}

export interface PlanShape {
  readonly id: string;
  readonly created_at: string;
  readonly kind: string;
  readonly state: 'proposed' | 'accepted' | 'dismissed';
  readonly engine: string;
  readonly horizon_h: number;
  readonly valid_until: string;
  readonly shortage_before: number;
  readonly shortage_after: number;
  readonly body: PlanBody;
  readonly made_by: string;
  readonly decided_at: string | null;
  readonly decided_by: string | null;
}

export interface LeftOut {
  readonly vehicle_id: string;
  readonly why: string;
}

export interface AcceptedShape {
  readonly tasks: readonly TaskShape[];
  readonly left_out: readonly LeftOut[];
}

/** A line of a task's checklist, and who ticked it when. */
export interface Line {
  readonly key: string;
  readonly text: string;
  readonly at: string | null;
  readonly by: string | null;
}

/** `ended_by` null on one that is over: facts of the stations say so. */
export interface TaskShape {
  readonly id: string;
  readonly created_at: string;
  readonly what: 'move' | 'swap' | 'other';
  readonly title: string;
  readonly state: 'open' | 'assigned' | 'started' | 'done' | 'failed' | 'cancelled';
  readonly plan_id: string | null;
  readonly station_id: string;
  readonly to_station_id: string | null;
  readonly vehicle_id: string | null;
  readonly soc_pct: number | null;
  readonly assigned_to: string | null;
  readonly due_at: string | null;
  readonly checklist: readonly Line[];
  readonly started_at: string | null;
  readonly picked_at: string | null;
  readonly ended_at: string | null;
  readonly ended_by: string | null;
  readonly reason: string;
}

/** Within one hour; `out_high`: with 90 % probability no more rides begin. */
export interface DemandHour {
  readonly at: string;
  readonly kind: string;
  readonly out: number;
  readonly out_high: number;
  readonly back: number;
}

export interface DemandShape {
  readonly station_id: string;
  readonly learnt_at: string | null;
  readonly items: readonly DemandHour[];
}

/** How it stands with a kind at a station: `safe` of the `supply` must stay; `limited`: no more is sold there. */
export interface LimitShape {
  readonly kind: string;
  readonly supply: number;
  readonly safe: number;
  readonly walk_ins: number;
  readonly leased: number;
  readonly limited: boolean;
}

export type VehicleKind = 'scooter' | 'moped' | 'bicycle' | 'car';

type Counts = Readonly<Partial<Record<VehicleKind, number>>>;

/** What is held ahead at a station for bookings to come, and what stays for people without one. */
export interface LeasePolicy {
  readonly ahead: Counts;
  readonly safe: Counts;
  readonly walk_in_min: number;
  readonly walk_in_pct: number;
}

export interface LeasePolicySeen extends LeasePolicy {
  /** Whether the station's agent knows leases; null: it has not said yet. */
  readonly knows_leases: boolean | null;
}

export interface PlaceShape {
  readonly station_id: string;
  readonly limits: readonly LimitShape[];
}

export interface Availability {
  readonly stations: readonly PlaceShape[];
}

/** One thing to look at; texts by language. yes_no: no means that something is wrong. */
export interface QuestionShape {
  readonly key: string;
  readonly text: Readonly<Record<string, string>>;
  readonly kind: 'yes_no' | 'number' | 'text';
  readonly needed: boolean;
  readonly unit: string;
  readonly photo: boolean;
}

/** What a checklist asks, as it is made. */
export interface ChecklistBody {
  readonly key: string;
  readonly title: Readonly<Record<string, string>>;
  readonly about: 'station' | 'dock' | 'vehicle';
  readonly questions: readonly QuestionShape[];
}

export interface ChecklistShape extends ChecklistBody {
  readonly id: string;
  readonly created_at: string;
  readonly version: number;
}

export interface BuiltInChecklists {
  readonly items: readonly ChecklistBody[];
}

/** An answer with its question as it was shown. */
export interface Answer {
  readonly key: string;
  readonly text: string;
  readonly kind: string;
  readonly value: string;
  readonly ok: boolean;
  readonly note: string;
  readonly photos: readonly string[];
}

export interface FilledShape {
  readonly id: string;
  readonly created_at: string;
  readonly station_id: string;
  readonly key: string;
  readonly version: number;
  readonly title: string;
  readonly about: string;
  readonly staff_id: string;
  readonly staff_name: string;
  readonly at: string;
  readonly dock_no: number | null;
  readonly vehicle_id: string | null;
  readonly passed: boolean;
  readonly offline: boolean;
  readonly answers: readonly Answer[];
}

export interface PhotoShape {
  readonly id: string;
  readonly taken_at: string;
  readonly state: 'waiting' | 'here' | 'lost';
}
