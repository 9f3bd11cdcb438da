"""The bodies of the facts that stations report, by (type, version). Past tense; never changed once sent.

A new field gets a default, so that old records still parse; a change of meaning gets a new version. Instants
are Unix milliseconds on the station's clock, money is integer minor units with `currency`, energy is Wh.
"""

import uuid
from typing import Final

import msgspec

from protocols.errors import Malformed
from protocols.sync.changes import Holder
from protocols.sync.envelope import Fact, Lane
from protocols.values import BatteryReading


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of every body."""


class Renter(Body, frozen=True, kw_only=True):
    """By what right somebody rents or charges: `by` is voucher, reservation, card or staff (by hand).

    `lease_id`: what was kept.
    """

    by: str
    account_id: uuid.UUID | None = None
    voucher_id: uuid.UUID | None = None
    reservation_id: uuid.UUID | None = None
    card_uid: str | None = None
    lease_id: uuid.UUID | None = None
    staff_id: uuid.UUID | None = None


class BillLine(Body, frozen=True, kw_only=True):
    """One line of a bill. `key` is a message key (unlock, minutes, day_cap, distance, energy, late).

    `tax_minor` is the tax inside; an older agent does not say.
    """

    key: str
    quantity: float
    unit: str
    unit_price_minor: int
    amount_minor: int
    tax_minor: int | None = None


class Bill(Body, frozen=True, kw_only=True):
    """What a rental or a charge costs by the tariff version it was begun with."""

    tariff_id: uuid.UUID
    tariff_version: int
    currency: str
    total_minor: int
    tax_minor: int
    lines: list[BillLine]


class OfflineLeft(Body, frozen=True, kw_only=True):
    """What a station may still give out without the hub, after this rental: in all, to this account, in money.

    `since_contact_s`: how long the hub had not been reached (None: never).
    """

    rentals: int
    account: int
    amount_minor: int | None = None
    since_contact_s: float | None = None


class RentalStarted(Body, frozen=True, kw_only=True):
    """A rental was decided; committed before the lock opens.

    `odometer_m`: what the vehicle had run, where its dock tells it. `due_ms`: when it is to be back, where it was
    booked until then; what the station knew.
    """

    rental_id: uuid.UUID
    vehicle_id: uuid.UUID
    dock_no: int
    started_ms: int
    renter: Renter
    tariff_id: uuid.UUID
    tariff_version: int
    offline: bool
    battery: BatteryReading | None = None
    offline_left: OfflineLeft | None = None
    odometer_m: int | None = None
    due_ms: int | None = None


class RentalActivated(Body, frozen=True, kw_only=True):
    """The vehicle left the dock: the ride is on. Billing counts from `undocked_ms`."""

    rental_id: uuid.UUID
    undocked_ms: int


class RentalVoided(Body, frozen=True, kw_only=True):
    """No ride came of it and nothing is charged. `reason`: unlock_failed, not_taken, restart, expired."""

    rental_id: uuid.UUID
    reason: str
    voided_ms: int


class RentalEnded(Body, frozen=True, kw_only=True):
    """The vehicle stands in a dock again. `duration_s` is by the monotonic clock where one boot saw it all.

    `distance_m`, `energy_wh`: what the ride took, where something measured it; `late_s` after it was due. The bill
    counts them by the same numbers. `by_staff`: somebody took the vehicle in by hand; `parked`: its renter left it
    beside full docks and said so at the kiosk. Then `dock_no` is 0 where it stands in none.
    """

    rental_id: uuid.UUID
    vehicle_id: uuid.UUID
    dock_no: int
    ended_ms: int
    duration_s: float
    duration_by: str  # monotonic | wall
    bill: Bill
    battery: BatteryReading | None = None
    by_staff: uuid.UUID | None = None
    distance_m: int | None = None
    energy_wh: int | None = None
    late_s: float = 0.0
    parked: bool = False
    odometer_m: int | None = None


class VehicleDocked(Body, frozen=True, kw_only=True):
    """A vehicle was pushed into a dock (with or without a rental that this station knows)."""

    vehicle_id: uuid.UUID
    dock_no: int
    docked_ms: int
    rental_id: uuid.UUID | None = None
    battery: BatteryReading | None = None
    odometer_m: int | None = None


class VehicleUndocked(Body, frozen=True, kw_only=True):
    """A vehicle left a dock."""

    vehicle_id: uuid.UUID
    dock_no: int
    undocked_ms: int
    rental_id: uuid.UUID | None = None


class ChargingStarted(Body, frozen=True, kw_only=True):
    """A charging session began. `verdict`: accepted, or why the card was refused (kept all the same)."""

    session_id: uuid.UUID
    charger_id: str
    connector_no: int
    transaction_id: int
    id_token: str
    verdict: str
    meter_start_wh: int
    started_ms: int
    tariff_id: uuid.UUID | None = None
    tariff_version: int | None = None
    account_id: uuid.UUID | None = None
    offline: bool = False


class ChargingMetered(Body, frozen=True, kw_only=True):
    """One meter sample of a session (lane tel). Energy is the meter's register."""

    session_id: uuid.UUID
    sampled_ms: int
    energy_wh: int | None = None
    power_w: float | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    soc_pct: float | None = None


class ChargingStopped(Body, frozen=True, kw_only=True):
    """A charging session ended."""

    session_id: uuid.UUID
    meter_stop_wh: int
    energy_wh: int
    stopped_ms: int
    reason: str
    bill: Bill | None = None


class ChargingOrphaned(Body, frozen=True, kw_only=True):
    """A charger ended a transaction that this station never began; kept for a person to look at."""

    charger_id: str
    transaction_id: int
    meter_stop_wh: int
    stopped_ms: int
    reason: str
    id_token: str | None = None


class DockFault(Body, frozen=True, kw_only=True):
    """Base of a dock's fault; `code`: no_answer, bad_proof, lock_stuck, tamper, supply_low, overheated, …"""

    dock_no: int
    code: str
    at_ms: int
    detail: str = ""


class DockFaultRaised(DockFault, frozen=True, kw_only=True):
    """A dock has a fault now."""


class DockFaultCleared(DockFault, frozen=True, kw_only=True):
    """A dock's fault is over."""


class DockSeen(Body, frozen=True, kw_only=True):
    """A dock is here: what it is."""

    dock_no: int
    kind: str
    serial: str
    firmware: str


class ChargerSeen(Body, frozen=True, kw_only=True):
    """A charger is here: what it is."""

    charger_id: str
    vendor: str
    model: str
    firmware: str


class ConnectorChanged(Body, frozen=True, kw_only=True):
    """A connector's state changed, at the charger's own time."""

    charger_id: str
    connector_no: int
    state: str
    error_code: str
    at_ms: int


class Picture(Body, frozen=True, kw_only=True):
    """A picture that a fact names: by its SHA-256 (hex), of what type and how many bytes.

    `ago_ms`: so long before the fact's own instant it was handed in. The bytes come by themselves
    (`protocols.photo.upload`). An agent from before names pictures in `photos` only.
    """

    sha256: str
    media_type: str
    size: int
    ago_ms: int = 0


class StaffActed(Body, frozen=True, kw_only=True):
    """A member of staff did something by hand at the station; committed before the lock opens.

    `what`: unlock, lock, restart, out_of_service, in_service (a dock), start_rental, hand_over (a rental whose dock
    does not open), end_rental. `reason` is a code (protocols.kiosk.staff), `note` in his own words, `photos` the
    SHA-256 of pictures, and `pictures` what they are. What became of an order to a dock follows as `OrderEnded` with
    `act_id`.
    """

    act_id: uuid.UUID
    staff_id: uuid.UUID
    staff_name: str
    identified_by: str  # pin | badge
    what: str
    reason: str
    at_ms: int
    note: str = ""
    dock_no: int | None = None
    vehicle_id: uuid.UUID | None = None
    rental_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    offline: bool = False
    photos: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


class ChecklistAnswer(Body, frozen=True, kw_only=True):
    """One answer: the question as it was shown, and what was said. `ok`: nothing is wrong.

    `kind` says what `value` is: yes_no (yes, no), number, text.
    """

    key: str
    text: str
    kind: str
    value: str
    ok: bool
    note: str = ""
    photos: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


class ChecklistFilled(Body, frozen=True, kw_only=True):
    """A member of staff filled in a checklist. `about`: station, dock, vehicle; photos are the SHA-256 of pictures."""

    checklist_id: uuid.UUID
    list_key: str
    list_version: int
    title: str
    about: str
    staff_id: uuid.UUID
    staff_name: str
    identified_by: str  # pin | badge
    at_ms: int
    answers: list[ChecklistAnswer]
    passed: bool
    dock_no: int | None = None
    vehicle_id: uuid.UUID | None = None
    offline: bool = False


class AgentStarted(Body, frozen=True, kw_only=True):
    """The agent started and opened a new epoch."""

    epoch: int
    version: str
    unclean: bool = False
    features: tuple[str, ...] = ()  # what an older agent did not know: leases, rich_tariffs


class OrderEnded(Body, frozen=True, kw_only=True):
    """What became of an order from the hub. `outcome`: done, refused, no_answer, expired, unknown."""

    order_id: uuid.UUID
    outcome: str
    detail: str = ""


class LeaseGranted(Body, frozen=True, kw_only=True):
    """The station keeps a vehicle for the hub until `until_ms` and its margin, whatever happens to the line.

    `again`: the hub's list does not show a lease that is held here (it was restored from a backup); then `holder`
    is whose booking it backs.
    """

    lease_id: uuid.UUID
    generation: int
    from_ms: int
    until_ms: int
    margin_ms: int
    granted_ms: int
    vehicle_id: uuid.UUID | None = None
    vehicle_kind: str | None = None
    again: bool = False
    holder: Holder | None = None


class LeaseRefused(Body, frozen=True, kw_only=True):
    """The station keeps nothing for this wish.

    `reason`: no_vehicle, vehicle_gone, walk_ins, over, or why the vehicle is not for rent (low_charge, fault, …).
    """

    lease_id: uuid.UUID
    generation: int
    reason: str
    refused_ms: int


class LeaseMoved(Body, frozen=True, kw_only=True):
    """The vehicle of a lease is unfit and another of its kind is kept instead."""

    lease_id: uuid.UUID
    vehicle_id: uuid.UUID
    to_vehicle_id: uuid.UUID
    reason: str
    moved_ms: int


class LeaseEnded(Body, frozen=True, kw_only=True):
    """The station keeps nothing for this lease any more.

    `how`: used (by `rental_id`), released (the hub gave it back), expired, lost (`reason`: gone, low_charge, fault, …).
    """

    lease_id: uuid.UUID
    generation: int
    how: str
    reason: str
    ended_ms: int
    rental_id: uuid.UUID | None = None


class ClockStepped(Body, frozen=True, kw_only=True):
    """The station's clock was put right, or the machine's clock jumped. The fact's own clock is the one afterwards.

    `reason`: hub (learnt from it), ntp (the machine's clock is set by NTP), jump (the machine's clock was moved
    against the monotonic one; the station's own reading went on as before). `old_ms`, `new_ms`: what the clock that
    moved said before and after, at the same instant. `offset_ms`: the station's reading less the machine's clock.
    """

    reason: str
    old_ms: int
    new_ms: int
    offset_ms: int
    quality: str
    uncertainty_ms: int


LANES: Final[dict[type[Body], Lane]] = {
    RentalStarted: Lane.BUSINESS,
    RentalActivated: Lane.BUSINESS,
    RentalVoided: Lane.BUSINESS,
    RentalEnded: Lane.BUSINESS,
    VehicleDocked: Lane.BUSINESS,
    VehicleUndocked: Lane.BUSINESS,
    ChargingStarted: Lane.BUSINESS,
    ChargingStopped: Lane.BUSINESS,
    ChargingOrphaned: Lane.BUSINESS,
    OrderEnded: Lane.BUSINESS,
    StaffActed: Lane.BUSINESS,
    LeaseGranted: Lane.BUSINESS,
    LeaseRefused: Lane.BUSINESS,
    LeaseMoved: Lane.BUSINESS,
    LeaseEnded: Lane.BUSINESS,
    ClockStepped: Lane.BUSINESS,  # rentals are dated by it
    DockFaultRaised: Lane.OPERATIONS,
    DockFaultCleared: Lane.OPERATIONS,
    DockSeen: Lane.OPERATIONS,
    ChargerSeen: Lane.OPERATIONS,
    ConnectorChanged: Lane.OPERATIONS,
    AgentStarted: Lane.OPERATIONS,
    ChecklistFilled: Lane.OPERATIONS,
    ChargingMetered: Lane.TELEMETRY,
}
VERSION: Final = 1  # of every body above; a changed meaning adds a row to KNOWN
KNOWN: Final[dict[tuple[str, int], type[Body]]] = {(body.__name__, VERSION): body for body in LANES}
_decoders: Final = {key: msgspec.json.Decoder(body) for key, body in KNOWN.items()}


def body_of(fact: Fact) -> Body | None:
    """The fact's body, or None for a type or version that this code does not know. Raises Malformed."""
    decoder = _decoders.get((fact.type, fact.v))
    if decoder is None:
        return None
    try:
        return decoder.decode(fact.body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_fact_body", f"{fact.type} v{fact.v}: {error}") from error
