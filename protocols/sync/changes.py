"""What travels down: the items of the versioned lists, and the bodies of the orders.

Every list item is an object with a string `key`, unique in its list. A station keeps items it does not
understand as they came.
"""

import uuid
from typing import Final

import msgspec

from protocols.errors import Malformed
from protocols.sync.checklists import Question
from protocols.sync.envelope import OrderChange


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of every list item."""

    key: str


class StationItem(Item, frozen=True, kw_only=True):
    """List `station` (one item, key "self"): how the station presents itself, and what it may do without the hub.

    `offline_rentals`, `offline_rentals_per_account`, `offline_amount_minor` (None: any): how many rentals may start
    since the last contact, and what they may come to together. After `stale_after_s` without contact: see core.
    """

    name: str
    number: str
    timezone: str
    currency: str
    help_phone: str = ""
    pull_out_s: int = 60
    min_soc_pct: float = 20.0
    offline_rentals: int = 50
    offline_rentals_per_account: int = 3
    offline_amount_minor: int | None = None
    stale_after_s: int = 7 * 86_400


class VehicleItem(Item, frozen=True, kw_only=True):
    """List `vehicles` (key = the vehicle's id): every vehicle that may turn up here.

    `papers_until_ms`: from then on its papers (insurance, inspection …) do not cover it, and it is not rented out.
    """

    label: str  # painted on it, e.g. "V-118"
    kind: str  # scooter | moped | bicycle | car: the picture that people see
    model: str
    dock_kind: str  # latch | bay
    full_range_km: float
    rentable: bool = True
    why_not: str = ""  # message key when not rentable
    tariff_id: uuid.UUID | None = None
    papers_until_ms: int | None = None


class WindowItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Minutes of the station's local time that have a price of their own: see protocols.tariff.windows."""

    per_minute_minor: int
    from_minute: int = 0
    to_minute: int = 1440
    weekdays: tuple[int, ...] = ()


class TariffItem(Item, frozen=True, kw_only=True):
    """Lists `tariffs` and `rich_tariffs` (key = "<tariff_id>/<version>"); protocols.tariff says what the numbers mean.

    What follows `tax_pct` stands in `rich_tariffs` alone, which an agent without the feature `rich_tariffs` does not
    read: it would leave these out and make another price without a word.
    """

    tariff_id: uuid.UUID
    version: int
    name: str
    use: str  # rental | charging
    currency: str
    valid_from_ms: int
    valid_to_ms: int | None = None
    unlock_minor: int = 0
    per_minute_minor: int = 0
    free_minutes: int = 0
    day_cap_minor: int | None = None
    per_kwh_minor: int = 0
    deposit_minor: int = 0
    tax_pct: float = 0.0
    per_km_minor: int = 0
    ride_kwh_minor: int = 0
    late_grace_minutes: int = 0
    late_hour_minor: int = 0
    windows: tuple[WindowItem, ...] = ()
    tax_pcts: dict[str, float] = {}
    kinds: tuple[str, ...] = ()
    station_ids: tuple[uuid.UUID, ...] = ()


class OpenRentalItem(Item, frozen=True, kw_only=True):
    """List `open_rentals` (key = the rental's id): a ride that began here, for a station whose store is new.

    The tariff is in it: the version that the ride began with may not be in `tariffs` any more. `by` and what
    follows say by whose right, as in `facts.Renter`.
    """

    vehicle_id: uuid.UUID
    dock_no: int
    started_ms: int
    undocked_ms: int
    tariff: TariffItem
    by: str
    account_id: uuid.UUID | None = None
    voucher_id: uuid.UUID | None = None
    reservation_id: uuid.UUID | None = None
    card_uid: str | None = None
    odometer_m: int | None = None
    due_ms: int | None = None


class CardItem(Item, frozen=True, kw_only=True):
    """List `cards` (key = UID in upper-case hex): who a card or RFID tag is and what it may do."""

    account_id: uuid.UUID
    may: list[str]  # rent, charge
    valid_to_ms: int | None = None
    blocked: bool = False


class ReservationItem(Item, frozen=True, kw_only=True):
    """List `reservations` (key = the reservation's id): promises to an agent that knows no leases."""

    code: str
    pin_hash: str  # protocols.voucher.pin
    account_id: uuid.UUID
    from_ms: int
    until_ms: int
    vehicle_id: uuid.UUID | None = None
    vehicle_kind: str | None = None


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose booking a lease backs, and when it may be fetched: [from_ms, until_ms) on the hub's time."""

    reservation_id: uuid.UUID
    code: str
    pin_hash: str  # protocols.voucher.pin
    account_id: uuid.UUID
    from_ms: int
    until_ms: int


class LeaseItem(Item, frozen=True, kw_only=True):
    """List `leases` (key = the lease's id): one vehicle that the hub asks the station to keep for it.

    A vehicle of its own, or (`vehicle_kind`) any of a kind. From `from_ms` on the station keeps it from walk-ins
    until `until_ms` on its own clock plus the margin. It answers each `generation` once, by `LeaseGranted` or
    `LeaseRefused`; while none fits it may wait until `answer_by_ms`. `ended` says why the hub gives it back. An item
    that is missing says nothing: what was granted stays granted.
    """

    generation: int
    from_ms: int
    until_ms: int
    margin_ms: int  # how far the station's clock and the hub's may be apart
    answer_by_ms: int = 0
    vehicle_id: uuid.UUID | None = None
    vehicle_kind: str | None = None
    holder: Holder | None = None
    ended: str = ""


class LeasePolicyItem(Item, frozen=True, kw_only=True):
    """List `lease_policy` (one item, key "self"): what a station keeps for walk-ins whatever the hub asks for.

    The greater of so many vehicles and this share of those that stand here fit to ride.
    """

    walk_in_min: int = 0
    walk_in_pct: float = 0.0


class VoucherKeyItem(Item, frozen=True, kw_only=True):
    """List `voucher_keys` (key = kid in hex): an Ed25519 public key that signs vouchers."""

    public_key: str  # 64 hex digits
    valid_from_ms: int
    valid_to_ms: int


class DenialItem(Item, frozen=True, kw_only=True):
    """List `voucher_denials` (key = the voucher's id): a voucher that is revoked."""


class StatusItem(Item, frozen=True, kw_only=True):
    """List `voucher_status` (key = the chunk's number): revoked vouchers as bits; see protocols.voucher.status."""

    bits: str


class StaffItem(Item, frozen=True, kw_only=True):
    """List `staff` (key = the account's id): who may act at the station by hand, and how he proves who he is.

    `may`: unlock, rent, end. `pin_hash` empty: no PIN; `badge` is a card's UID in upper-case hex, empty: none.
    """

    name: str
    may: list[str]
    expires_ms: int
    pin_hash: str = ""  # protocols.voucher.pin
    badge: str = ""


class BlockItem(Item, frozen=True, kw_only=True):
    """List `blocked_accounts` (key = the account's id): may begin nothing new; what is under way goes on."""

    since_ms: int


class ChecklistItem(Item, frozen=True, kw_only=True):
    """List `checklists`: what staff may fill in; while it is empty the built-in ones (protocols.sync.checklists) hold.

    `about` says what it is about: station, dock, vehicle. Texts are by language; `version` rises with each change.
    """

    title: dict[str, str]
    about: str
    questions: tuple[Question, ...]
    version: int = 1


LISTS: Final[dict[str, type[Item]]] = {
    "station": StationItem,
    "vehicles": VehicleItem,
    "tariffs": TariffItem,
    "rich_tariffs": TariffItem,
    "open_rentals": OpenRentalItem,
    "cards": CardItem,
    "reservations": ReservationItem,
    "leases": LeaseItem,
    "lease_policy": LeasePolicyItem,
    "voucher_keys": VoucherKeyItem,
    "voucher_denials": DenialItem,
    "voucher_status": StatusItem,
    "blocked_accounts": BlockItem,
    "staff": StaffItem,
    "checklists": ChecklistItem,
}


class OrderBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of every order's body."""


class UnlockDock(OrderBody, frozen=True, kw_only=True):
    """Staff open a dock from the hub; `reason` is kept with the result."""

    dock_no: int
    duration_s: float
    reason: str


class StartCharge(OrderBody, frozen=True, kw_only=True):
    """Start charging remotely."""

    charger_id: str
    connector_no: int
    id_token: str


class StopCharge(OrderBody, frozen=True, kw_only=True):
    """End a charging session remotely."""

    session_id: uuid.UUID


class RestartDock(OrderBody, frozen=True, kw_only=True):
    """Restart a dock's controller."""

    dock_no: int


class CloseRental(OrderBody, frozen=True, kw_only=True):
    """A rental that began at this station ended at another place; its bill is the hub's. `where` is for people.

    `reason`: other_station (pushed in there), missing_return (nobody saw it come back), sighting, overflow (left
    beside full docks).
    """

    rental_id: uuid.UUID
    ended_ms: int
    where: str
    reason: str


class ExtendRental(OrderBody, frozen=True, kw_only=True):
    """A ride from here has more time: it is due at `until_ms`, by the hub's clock. It never has less."""

    rental_id: uuid.UUID
    until_ms: int


ORDERS: Final[dict[tuple[str, int], type[OrderBody]]] = {
    (body.__name__, 1): body for body in (UnlockDock, StartCharge, StopCharge, RestartDock, CloseRental, ExtendRental)
}


def item_of(list_name: str, raw: bytes | msgspec.Raw) -> Item | None:
    """The item of a known list, or None for a list that this code does not know. Raises Malformed."""
    shape = LISTS.get(list_name)
    if shape is None:
        return None
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_list_item", f"{list_name}: {error}") from error


def order_body_of(change: OrderChange) -> OrderBody | None:
    """The order's body, or None for a type or version that this code does not know. Raises Malformed."""
    shape = ORDERS.get((change.type, change.v))
    if shape is None:
        return None
    try:
        return msgspec.json.decode(change.body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_order_body", f"{change.type}: {error}") from error
