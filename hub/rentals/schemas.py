"""Rentals, reservations, vouchers and cards as JSON."""

import uuid
from typing import Annotated, Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, MoneyShape, Shape

State = Literal["starting", "active", "ended", "voided"]
Flag = Literal[
    "clocks_disagree", "contradiction", "late_forgiven", "missing_return", "orphan_return", "other_station",
    "over_limit", "overflow", "parked", "parked_unconfirmed", "sighting", "station_bill_replaced", "time_uncertain",
    "two_clocks", "unpriced", "voucher_used_twice",
]  # fmt: skip
Parking = Literal["waiting", "confirmed", "not_there"]
ReservationState = Literal["held", "requested", "confirmed", "used", "cancelled", "refused", "expired", "broken"]
May = Annotated[list[Literal["rent", "charge"]], Field(min_length=1, max_length=2)]
Pin = Annotated[str, Field(pattern="^[0-9]{4,8}$", examples=["4711"])]


class RentalQuery(PageQuery):
    """Which rentals."""

    station_id: uuid.UUID | None = None
    vehicle_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    state: State | None = None
    flag: Flag | None = None


class BillLineShape(Shape):
    """A line of a bill."""

    key: str
    quantity: float
    unit: str
    unit_price_minor: int
    amount_minor: int
    tax_minor: int | None = None


class RentalShape(Shape):
    """A rental as the stations told it. `price_checked`: whether the hub's own sum agrees (null: not ended yet).

    `ended_by` says who saw the end: the station itself, other_station, sighting, the renter's own scan at a full
    station (overflow), or nobody (missing_return); all but the first are billed by the hub. `flags` are what a person
    should look at. `uncertainty_s`: by so much its instants may be off, because a station did not know the time;
    `time_uncertain` when that matters to people.
    """

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    state: str
    vehicle_id: uuid.UUID | None
    dock_no: int | None
    account_id: uuid.UUID | None
    renter_by: str | None
    voucher_id: uuid.UUID | None
    reservation_id: uuid.UUID | None
    card_uid: str | None
    tariff_id: uuid.UUID | None
    tariff_version: int | None
    offline: bool | None
    started_at: Instant | None
    undocked_at: Instant | None
    ended_at: Instant | None
    ended_dock_no: int | None
    ended_by: str | None
    ended_station_id: uuid.UUID | None
    flags: list[str]
    uncertainty_s: float
    time_uncertain: bool
    voided_at: Instant | None
    void_reason: str | None
    duration_s: float | None
    duration_by: str | None
    total: MoneyShape | None
    tax: MoneyShape | None
    bill: list[BillLineShape] | None
    price_checked: bool | None
    soc_start_pct: float | None
    soc_end_pct: float | None
    distance_m: int | None = Field(description="By the vehicle's own odometer; null where nobody told it")
    late_s: float | None = Field(description="After its booking's end, as it is billed")
    parking: Parking | None = Field(
        description="Left beside full docks, by its renter's word: waiting to be seen there, confirmed, or not_there"
    )


class RentalPhoto(Shape):
    """A picture that staff took with this rental. waiting: still at its station; lost: it will not come.

    deleted: its time was over.
    """

    id: uuid.UUID
    taken_at: Instant
    what: str = Field(description="The act that names it: start_rental, hand_over, end_rental")
    state: Literal["waiting", "here", "lost", "deleted"]
    deleted_at: Instant | None


class RentalStory(RentalShape):
    """A rental with all that is kept of it."""

    photos: list[RentalPhoto]


class OverflowReturn(Shape):
    """What the renter scanned where all docks are taken."""

    station_id: uuid.UUID
    vehicle_id: uuid.UUID


class NewReservation(Shape):
    """A wish: either one vehicle or a kind. `pin` is made up when left out; `account_id` is the caller by default."""

    station_id: uuid.UUID
    account_id: uuid.UUID | None = None
    vehicle_id: uuid.UUID | None = None
    vehicle_kind: Literal["scooter", "moped", "bicycle", "car"] | None = None
    from_at: Instant
    until_at: Instant
    trip_km: float | None = Field(default=None, ge=0, le=2000, description="How far the trip goes in all")
    hold: bool = Field(default=False, description="Hold it for some minutes, to be confirmed or to lapse")
    pin: Pin | None = None
    answer_by: Instant | None = Field(default=None, description="How long to wait for the station's answer")


class ReservationQuery(PageQuery):
    """Which reservations."""

    station_id: uuid.UUID | None = None
    vehicle_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    state: ReservationState | None = None


class Alternative(Shape):
    """Where a vehicle could be had for the same time: `count` are held there and sold to nobody yet."""

    station_id: uuid.UUID
    vehicle_kind: str | None
    count: int


class ReservationShape(Shape):
    """A reservation. `requested` is not promised yet: the station is asked, and answers until `answer_by_at`.

    `held` is kept until `hold_until_at` for its owner to confirm. `phase` says more than `state`: held, asked,
    confirmed, ready (its time has come), starting, active, closed, cancelled, refused, expired, no_show, broken.
    `reason` says why it is refused, expired or broken; `unbacked`: promised by the hub alone (an older agent).
    `kept_until_at`: until then nobody else has the vehicle, for it charges. `wanted_until_at`: an extension that its
    station has not granted yet. `fee_minor`: what a late cancellation or not coming has cost.
    """

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    account_id: uuid.UUID
    vehicle_id: uuid.UUID | None
    vehicle_kind: str | None
    code: str
    from_at: Instant
    until_at: Instant
    trip_km: float | None
    state: str
    phase: str
    reason: str
    answer_by_at: Instant
    hold_until_at: Instant | None
    wanted_until_at: Instant | None
    kept_until_at: Instant
    fee_minor: int | None
    fee_currency: str | None
    lease_id: uuid.UUID | None
    rental_id: uuid.UUID | None


class ReservationSeen(ReservationShape):
    """One reservation, and what else there is for its time where it is not promised.

    `cancel_fee`: what its owner pays for cancelling it now; null: nothing.
    """

    alternatives: list[Alternative] = Field(default=[])
    cancel_fee: MoneyShape | None = None


class Extension(Shape):
    """Until when it is wanted now."""

    until_at: Instant


class ReservationConfirmed(ReservationSeen):
    """`voucher`: once it is confirmed, what the renter's phone shows at the station, good there without any line."""

    voucher: str | None = None


class ReservationMade(ReservationConfirmed):
    """A new reservation with its PIN, which is shown this once."""

    pin: str


class ReservationVoucher(Shape):
    """What the renter's phone shows at the station."""

    text: str


class NewVoucher(Shape):
    """What a voucher is to allow; `stations` empty means every station."""

    account_id: uuid.UUID
    may: May = Field(default=["rent"])
    stations: list[uuid.UUID] = Field(default=[], max_length=4)
    not_before: Instant | None = None
    expires: Instant
    max_uses: int = Field(default=1, ge=1, le=1000)
    vehicle_id: uuid.UUID | None = None


class VoucherQuery(PageQuery):
    """Whose vouchers."""

    account_id: uuid.UUID | None = None


class VoucherShape(Shape):
    """A voucher without its text."""

    id: uuid.UUID
    created_at: Instant
    account_id: uuid.UUID
    may: list[str]
    stations: list[uuid.UUID]
    not_before: Instant
    expires: Instant
    max_uses: int
    vehicle_id: uuid.UUID | None
    kid: str
    revoked_at: Instant | None


class VoucherIssued(VoucherShape):
    """A new voucher with its signed text (what the QR code holds), which is shown this once."""

    text: str


class NewBlock(Shape):
    """Whom to block, and why."""

    account_id: uuid.UUID
    why: str = Field(min_length=3, max_length=500)


class BlockQuery(PageQuery):
    """Whose blocks."""

    account_id: uuid.UUID | None = None


class BlockShape(Shape):
    """A reason why an account may begin nothing new. `by` null: a case, which it ends with."""

    id: uuid.UUID
    created_at: Instant
    account_id: uuid.UUID
    case_id: uuid.UUID | None
    by: uuid.UUID | None
    why: str


class NewCard(Shape):
    """A card and what its holder may do."""

    uid: str = Field(pattern="^[0-9A-Fa-f]{8,40}$", examples=["04A1B2C3D4E5F6"])
    account_id: uuid.UUID
    may: May
    valid_to: Instant | None = None


class CardEdit(Shape):
    """Block a card, or allow it again."""

    blocked: bool


class CardQuery(PageQuery):
    """Whose cards."""

    account_id: uuid.UUID | None = None


class CardShape(Shape):
    """A card."""

    id: uuid.UUID
    created_at: Instant
    uid: str
    account_id: uuid.UUID
    may: list[str]
    valid_to: Instant | None
    blocked: bool
