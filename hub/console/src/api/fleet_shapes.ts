/** What the console reads of the fleet: vehicles, their types, papers and history. */

export interface VehicleShape {
  readonly id: string;
  readonly label: string;
  readonly type_id: string | null;
  readonly kind: string;
  readonly model: string;
  readonly dock_kind: string;
  readonly full_range_km: number;
  readonly rentable: boolean;
  readonly why_not: string;
  readonly tariff_id: string | null;
  readonly vin: string | null;
  readonly vin_checked: boolean | null;
  readonly plate: string | null;
  readonly service: string;
  readonly papers_until: string | null;
  readonly state: string;
  readonly contact_lost: boolean;
  readonly station_id: string | null;
  readonly dock_no: number | null;
  readonly rental_id: string | null;
  readonly since: string | null;
  readonly soc_pct: number | null;
  readonly soh_pct: number | null;
  readonly battery_at: string | null;
  readonly range_km: number | null;
}

export interface VehicleTypeShape {
  readonly id: string;
  readonly created_at: string;
  readonly kind: string;
  readonly form_factor: string;
  readonly propulsion: string;
  readonly make: string;
  readonly model: string;
  readonly dock_kind: string;
  readonly battery_wh: number;
  readonly wh_per_km: number;
  readonly charge_w: number;
  readonly range_km: number;
  readonly vin_check_digit: boolean;
}

/** A paper of a vehicle; once it is over and `blocks`, the vehicle is not rented out. */
export interface DocumentShape {
  readonly id: string;
  readonly created_at: string;
  readonly kind: string;
  readonly number: string;
  readonly issuer: string;
  readonly valid_from: string;
  readonly valid_until: string | null;
  readonly blocks: boolean;
}

export interface HistoryShape {
  readonly id: string;
  readonly at: string;
  readonly what: string;
  readonly station_id: string | null;
  readonly dock_no: number | null;
  readonly rental_id: string | null;
  readonly soc_pct: number | null;
  readonly by: string | null;
  readonly detail: string;
}
