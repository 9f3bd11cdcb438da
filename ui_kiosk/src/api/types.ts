// Made by `npm run types` from protocols/kiosk. Do not edit: change the Python and run it again.

/** `POST /api/rentals`: yes to a quote. Safe to repeat: the same quote gives the same rental. */
export interface Agree {
  readonly quote_id: string;
}

/** `POST /api/handbacks`: no dock is free; whose ride is it? `POST /api/handbacks/{id}/parked` then ends it. */
export interface AskHandback {
  readonly who: ByVoucher | ByReservation | ByCard;
}

/** `POST /api/quotes`. Without `dock_no` the station chooses: what was reserved, else the best vehicle. */
export interface AskQuote {
  readonly who: ByVoucher | ByReservation | ByCard;
  readonly dock_no?: number | null;
}

/** One line: unlock, minutes, day_cap, distance, energy, late. */
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

/** It is kept. `passed`: nothing is wrong; `queued`: the hub hears of it later. */
export interface ChecklistDoneView {
  readonly act_id: string;
  readonly passed: boolean;
  readonly queued: boolean;
}

/** A checklist in the asked language. */
export interface ChecklistView {
  readonly key: string;
  readonly title: string;
  readonly about: "station" | "dock" | "vehicle";
  readonly questions: readonly QuestionView[];
}

/** `GET /api/staff/checklists?lang=`. */
export interface ChecklistsView {
  readonly checklists: readonly ChecklistView[];
}

/** How far the station's time can be trusted: synced, holdover, floor, unknown; off by how much at most. */
export interface ClockView {
  readonly quality: "synced" | "holdover" | "floor" | "unknown";
  readonly trusted: boolean;
  readonly uncertainty_s: number | null;
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

/** The last thing that was done by hand to a dock, and what became of it. asked: nobody has answered yet. */
export interface FateView {
  readonly act_id: string;
  readonly what: "unlock" | "lock" | "restart" | "out_of_service" | "in_service";
  readonly by: string;
  readonly reason: string;
  readonly asked_at: string;
  readonly state: "asked" | "done" | "refused" | "no_answer" | "expired";
  readonly ended_at: string | null;
  readonly detail: string;
}

/** Which field of the request is wrong (JSON pointer) and why. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** A ride that its renter wants to end beside full docks, and what it costs so far. */
export interface HandbackView {
  readonly handback_id: string;
  readonly vehicle_label: string;
  readonly vehicle_kind: "scooter" | "moped" | "bicycle" | "car";
  readonly started_at: string;
  readonly duration_s: number;
  readonly lines: readonly BillLineView[];
  readonly total: MoneyView;
  readonly offline: boolean;
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

/** What waits in one lane for the hub, and since when. */
export interface LaneView {
  readonly lane: "biz" | "ops" | "tel";
  readonly waiting: number;
  readonly oldest_at: string | null;
}

/** Integer minor units of an ISO 4217 currency, with how many decimals it has. */
export interface MoneyView {
  readonly minor: number;
  readonly currency: string;
  readonly decimals: number;
}

/** `POST /api/staff/photos`: the picture is kept under this SHA-256. */
export interface PhotoView {
  readonly photo: string;
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

/** One thing to look at. yes_no: no means that something is wrong. */
export interface QuestionView {
  readonly key: string;
  readonly text: string;
  readonly kind: "yes_no" | "number" | "text";
  readonly needed: boolean;
  readonly unit: string;
  readonly photo: boolean;
}

/**
 * A price for one vehicle and one person, good until `expires_at`; agreeing to it opens the dock.
 *
 * `counts_km`: the vehicle tells how far it goes; where it does not, kilometres cost nothing. `due_at`: the booking's
 * end, after which it is late.
 */
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
  readonly counts_km: boolean;
  readonly due_at: string | null;
}

/** The itemised bill of a finished rental. `queued`: the payment is taken when the hub is reachable. */
export interface ReceiptView {
  readonly rental_id: string;
  readonly reference: string;
  readonly vehicle_label: string;
  readonly dock_no: number | null;
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

/** What a ride would cost if it ended now. */
export interface SoFarView {
  readonly duration_s: number;
  readonly total: MoneyView;
  readonly lines: readonly BillLineView[];
}

/**
 * An act that is done (an order to a dock: on its way; its fate stands on the dock).
 *
 * `queued`: final here, and the hub hears of it later.
 */
export interface StaffActView {
  readonly act_id: string;
  readonly what: "unlock" | "lock" | "restart" | "out_of_service" | "in_service" | "start_rental" | "hand_over" | "end_rental";
  readonly dock_no: number | null;
  readonly rental: RentalView | null;
  readonly bill: SoFarView | null;
  readonly queued: boolean;
}

/** One answer: yes or no, a number with a point, or words. */
export interface StaffAnswer {
  readonly key: string;
  readonly value: string;
  readonly note?: string;
  readonly photos?: readonly string[];
}

/** `POST /api/staff/checklists/{key}`: filled in, about this dock or vehicle; `lang` is what it was read in. */
export interface StaffChecklist {
  readonly act_id: string;
  readonly answers: readonly StaffAnswer[];
  readonly lang?: string;
  readonly dock_no?: number | null;
  readonly vehicle_id?: string | null;
}

/** `POST /api/staff/docks/{dock_no}/{unlock|lock|restart|out_of_service|in_service}`. */
export interface StaffDockAct {
  readonly act_id: string;
  readonly reason: "renter_helped" | "dock_broken" | "taken_in_elsewhere" | "vehicle_moved" | "maintenance" | "emergency" | "vehicle_damaged" | "network_down" | "card_lost" | "other";
  readonly note?: string;
  readonly photos?: readonly string[];
}

/** One dock with everything that its sensors say. `lock` and what follows are its last words, also when off line. */
export interface StaffDockView {
  readonly dock_no: number;
  readonly kind: "latch" | "bay";
  readonly state: "free" | "occupied" | "open" | "moving" | "out_of_order" | "unknown";
  readonly online: boolean;
  readonly lock: "locked" | "unlocked" | "moving" | "stuck" | null;
  readonly occupied: boolean | null;
  readonly faults: readonly string[];
  readonly out_of_service: boolean;
  readonly vehicle: VehicleView | null;
  readonly charging: boolean;
  readonly temperature_c: number | null;
  readonly supply_voltage_v: number | null;
  readonly serial: string;
  readonly firmware: string;
  readonly rental: string | null;
  readonly last_act: FateView | null;
}

/**
 * `POST /api/staff/rentals/{rental_id}/end`: the vehicle was taken in, into this dock or (None) elsewhere.
 *
 * `ago_s`: since when it has been standing there; the bill ends then.
 */
export interface StaffEnd {
  readonly act_id: string;
  readonly reason: "renter_helped" | "dock_broken" | "taken_in_elsewhere" | "vehicle_moved" | "maintenance" | "emergency" | "vehicle_damaged" | "network_down" | "card_lost" | "other";
  readonly note?: string;
  readonly photos?: readonly string[];
  readonly dock_no?: number | null;
  readonly ago_s?: number;
}

/**
 * `POST /api/staff/rentals`: start a rental for a person by hand.
 *
 * The vehicle: in `dock_no`, which then opens; or `vehicle_id`, handed over by hand where no dock can open. For whom:
 * the booking with `code`, the card that was just held to a dock (`read_id`), an account, or whom `note` names.
 */
export interface StaffRent {
  readonly act_id: string;
  readonly reason: "renter_helped" | "dock_broken" | "taken_in_elsewhere" | "vehicle_moved" | "maintenance" | "emergency" | "vehicle_damaged" | "network_down" | "card_lost" | "other";
  readonly note?: string;
  readonly photos?: readonly string[];
  readonly dock_no?: number | null;
  readonly vehicle_id?: string | null;
  readonly account_id?: string | null;
  readonly code?: string | null;
  readonly read_id?: string | null;
}

/** A rental that began here and is not over, and what ending it now would bill. */
export interface StaffRideView {
  readonly rental: RentalView;
  readonly vehicle_id: string;
  readonly renter_by: string;
  readonly by_name: string | null;
  readonly so_far: SoFarView | null;
}

/** `GET /api/staff/rentals`. */
export interface StaffRidesView {
  readonly rides: readonly StaffRideView[];
}

/** Who is signed in, until when if he does nothing, and what he may do. */
export interface StaffSessionView {
  readonly token: string;
  readonly name: string;
  readonly may: readonly string[];
  readonly expires_at: string;
}

/** `GET /api/staff/station`: everything on the first page. */
export interface StaffStationView {
  readonly at: string;
  readonly station: StationIdentity;
  readonly hub: HubView;
  readonly docks: readonly StaffDockView[];
  readonly chargers: readonly ChargerView[];
  readonly sync: SyncView;
  readonly clock: ClockView;
  readonly trouble: string | null;
  readonly rides: number;
  readonly pull_out_s: number;
  readonly expires_at: string;
}

/** A vehicle and how it can be given out: its dock opens (dock), by hand (hand), or not now (none) and why. */
export interface StaffVehicleView {
  readonly vehicle: VehicleView;
  readonly dock_no: number | null;
  readonly how: "dock" | "hand" | "none";
  readonly why_not: string | null;
  readonly tariff: TariffView | null;
  readonly examples: readonly Example[];
}

/** `GET /api/staff/vehicles`: those in docks first, then all others that belong here and are not on a ride. */
export interface StaffVehiclesView {
  readonly vehicles: readonly StaffVehicleView[];
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

/**
 * What the hub does not hold yet: facts by lane, and pictures. `waiting` counts the facts.
 *
 * `line`: connecting, online, offline; none where the station is not enrolled.
 */
export interface SyncView {
  readonly line: "none" | "connecting" | "online" | "offline";
  readonly last_success_at: string | null;
  readonly last_failure: string | null;
  readonly waiting: number;
  readonly lanes: readonly LaneView[];
  readonly photos: number;
  readonly photo_bytes: number;
  readonly photos_oldest_at: string | null;
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
  readonly per_km: MoneyView | null;
  readonly late_hour: MoneyView | null;
  readonly late_grace_minutes: number;
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
