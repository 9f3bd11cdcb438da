// Made by `npm run types` from protocols/kiosk. Do not edit: change the Python and run it again.

/** `POST /api/rentals`: yes to a quote. Safe to repeat: the same quote gives the same rental. */
export interface Agree {
  readonly quote_id: string;
}

/** `POST /api/quotes`. Without `dock_no` the station chooses: what was reserved, else the best vehicle. */
export interface AskQuote {
  readonly who: ByVoucher | ByReservation | ByCard;
  readonly dock_no?: number | null;
}

/** One line: unlock, minutes, day_cap, energy. */
export interface BillLineView {
  readonly key: string;
  readonly quantity: number;
  readonly unit: string;
  readonly unit_price: MoneyView;
  readonly amount: MoneyView;
}

/** The card that was just held to a dock: its `read_id` from the station's view. */
export interface ByCard {
  readonly kind: "card";
  readonly read_id: string;
}

/** A reservation's code and its PIN. */
export interface ByReservation {
  readonly kind: "reservation";
  readonly code: string;
  readonly pin: string;
}

/** A voucher's text, as a scanner types it from the QR code. */
export interface ByVoucher {
  readonly kind: "voucher";
  readonly token: string;
}

/** A card was held to a dock's reader a moment ago; the kiosk may take over. The card's number stays inside. */
export interface CardPrompt {
  readonly read_id: string;
  readonly dock_no: number;
  readonly read_at: string;
}

/** A charger for cars that people bring themselves. */
export interface ChargerView {
  readonly charger_id: string;
  readonly label: string;
  readonly online: boolean;
  readonly connectors: readonly ConnectorView[];
}

/** One connector of a charger; energy and since belong to the session that runs. */
export interface ConnectorView {
  readonly connector_no: number;
  readonly state: "available" | "preparing" | "charging" | "suspended" | "finishing" | "reserved" | "unavailable" | "faulted";
  readonly power_w: number | null;
  readonly energy_wh: number | null;
  readonly since: string | null;
}

/** One dock as it stands. free: push a vehicle in; open: unlocked for somebody; out_of_order: leave it. */
export interface DockView {
  readonly dock_no: number;
  readonly kind: "latch" | "bay";
  readonly state: "free" | "occupied" | "open" | "moving" | "out_of_order" | "unknown";
  readonly fault: string | null;
  readonly vehicle: VehicleView | null;
}

/** What a ride of so many minutes costs. */
export interface Example {
  readonly minutes: number;
  readonly total: MoneyView;
}

/** Which field of the request is wrong (JSON pointer) and why. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * Whether the hub is reachable; `since` is when that last changed.
 *
 * `update_needed`: the two do not understand each other (station_outdated, hub_outdated).
 */
export interface HubView {
  readonly online: boolean;
  readonly since: string | null;
  readonly last_contact: string | null;
  readonly update_needed: string | null;
}

/** Integer minor units of an ISO 4217 currency, with how many decimals it has. */
export interface MoneyView {
  readonly minor: number;
  readonly currency: string;
  readonly decimals: number;
}

/** The start screen's one line: from … + … a minute. */
export interface PriceHint {
  readonly unlock: MoneyView;
  readonly per_minute: MoneyView;
}

/** RFC 9457 problem+json. `code` is stable and keys the message that people read; `params` fill it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly params?: Readonly<Record<string, string | number | number | boolean | null>>;
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
}

/** A price for one vehicle and one person, good until `expires_at`; agreeing to it opens the dock. */
export interface QuoteView {
  readonly quote_id: string;
  readonly dock_no: number;
  readonly vehicle: VehicleView;
  readonly tariff: TariffView;
  readonly examples: readonly Example[];
  readonly identified_by: "voucher" | "reservation" | "card";
  readonly offline: boolean;
  readonly pull_out_s: number;
  readonly expires_at: string;
}

/** The itemised bill of a finished rental. `queued`: the payment is taken when the hub is reachable. */
export interface ReceiptView {
  readonly rental_id: string;
  readonly reference: string;
  readonly vehicle_label: string;
  readonly dock_no: number;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_s: number;
  readonly lines: readonly BillLineView[];
  readonly total: MoneyView;
  readonly tax: MoneyView;
  readonly queued: boolean;
}

/** A rental that began at this station. open: the dock is unlocked until `pull_until`. */
export interface RentalView {
  readonly rental_id: string;
  readonly reference: string;
  readonly state: "starting" | "open" | "active" | "voided" | "ended";
  readonly dock_no: number;
  readonly vehicle_label: string;
  readonly vehicle_kind: "scooter" | "moped" | "bicycle" | "car";
  readonly started_at: string;
  readonly pull_until: string | null;
  readonly void_reason: string | null;
  readonly receipt: ReceiptView | null;
}

/** `POST /api/staff/sessions`: by PIN, or by the badge that was just held to a dock (its `read_id`). */
export interface SignIn {
  readonly pin?: string | null;
  readonly read_id?: string | null;
}

/** An act that is done (an unlock: on its way to the dock). */
export interface StaffActView {
  readonly act_id: string;
  readonly what: "unlock" | "start_rental" | "end_rental";
  readonly dock_no: number | null;
  readonly rental: RentalView | null;
}

/** `POST /api/staff/rentals/{rental_id}/end`: the vehicle was taken in, into this dock or (None) elsewhere. */
export interface StaffEnd {
  readonly act_id: string;
  readonly reason: "renter_helped" | "dock_broken" | "taken_in_elsewhere" | "vehicle_moved" | "maintenance" | "emergency" | "other";
  readonly note?: string;
  readonly dock_no?: number | null;
}

/** `POST /api/staff/rentals`: start a rental for a person by hand; `note` says for whom where he has no account. */
export interface StaffRent {
  readonly act_id: string;
  readonly reason: "renter_helped" | "dock_broken" | "taken_in_elsewhere" | "vehicle_moved" | "maintenance" | "emergency" | "other";
  readonly note?: string;
  readonly dock_no: number;
  readonly account_id?: string | null;
}

/** The rentals that began here and are not over. */
export interface StaffRentalsView {
  readonly rentals: readonly RentalView[];
}

/** Who is signed in, until when, and what he may do. */
export interface StaffSessionView {
  readonly token: string;
  readonly name: string;
  readonly may: readonly string[];
  readonly expires_at: string;
}

/** `POST /api/staff/docks/{dock_no}/unlock`. */
export interface StaffUnlock {
  readonly act_id: string;
  readonly reason: "renter_helped" | "dock_broken" | "taken_in_elsewhere" | "vehicle_moved" | "maintenance" | "emergency" | "other";
  readonly note?: string;
}

/** Where am I: the header of every screen. */
export interface StationIdentity {
  readonly name: string;
  readonly number: string;
  readonly timezone: string;
  readonly help_phone: string;
}

/** Everything the kiosk draws. `seq` rises with every change in this start of the agent. */
export interface StationView {
  readonly seq: number;
  readonly at: string;
  readonly station: StationIdentity;
  readonly hub: HubView;
  readonly docks: readonly DockView[];
  readonly chargers: readonly ChargerView[];
  readonly price_hint: PriceHint | null;
  readonly charge_price: MoneyView | null;
  readonly card: CardPrompt | null;
  readonly returns: readonly ReceiptView[];
  readonly not_accepting: string | null;
  readonly clock_trusted: boolean;
}

/** A tariff in full, before somebody agrees. */
export interface TariffView {
  readonly tariff_id: string;
  readonly version: number;
  readonly name: string;
  readonly unlock: MoneyView;
  readonly per_minute: MoneyView;
  readonly free_minutes: number;
  readonly day_cap: MoneyView | null;
  readonly per_kwh: MoneyView | null;
  readonly deposit: MoneyView;
  readonly tax_pct: number;
}

/** A vehicle standing in a dock. `why_not` is a message key when it is not for rent now. */
export interface VehicleView {
  readonly vehicle_id: string;
  readonly label: string;
  readonly kind: "scooter" | "moped" | "bicycle" | "car";
  readonly model: string;
  readonly soc_pct: number | null;
  readonly soh_pct: number | null;
  readonly range_km: number | null;
  readonly charging: boolean;
  readonly rentable: boolean;
  readonly why_not: string | null;
  readonly reserved_until: string | null;
  readonly best: boolean;
}
