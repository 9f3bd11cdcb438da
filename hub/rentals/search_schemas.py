"""A search and what it found as JSON."""

import uuid
from typing import Literal

from pydantic import Field

from hub.kernel.shapes import Instant, Shape

Kind = Literal["scooter", "moped", "bicycle", "car"]
Why = Literal[
    "not_for_rent", "document_over", "fault", "booked", "low_charge", "too_far", "kept_for_bookings", "station_offline",
    "station_limited",
]  # fmt: skip


class AvailabilityQuery(Shape):
    """Where, when and how far. Either a station or a point with a radius; without `from_at` now."""

    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    radius_m: float = Field(
        default=1000, gt=0, le=50_000, description="The twenty nearest stations within are looked at"
    )
    station_id: uuid.UUID | None = None
    from_at: Instant | None = None
    until_at: Instant | None = Field(default=None, description="One hour after `from_at` when left out")
    trip_km: float | None = Field(default=None, ge=0, le=2000, description="How far the trip goes in all")
    kind: Kind | None = None
    only_offered: bool = Field(default=False, description="Leave out what does not fit")
    limit: int = Field(default=30, ge=1, le=200)


class ReasonShape(Shape):
    """Why a vehicle is not offered: a stable code and what fills the message for it.

    `not_for_rent` {why} · `document_over` {at} · `fault` · `booked` {from_at, until_at: free again} · `low_charge`
    {soc_pct at the pick-up, need_pct, minutes from now until it is enough, null: never or not known} · `too_far`
    {range_km of a full battery} · `kept_for_bookings` {count} · `station_offline` {leased} · `station_limited`
    {kind, supply, safe, walk_ins}.
    """

    code: Why
    params: dict[str, str | int | float | bool | None]


class OfferShape(Shape):
    """A vehicle in a dock. `soc_pct` and `range_km` are those at the pick-up, `soc_now_pct` today's."""

    vehicle_id: uuid.UUID
    station_id: uuid.UUID
    dock_no: int | None
    label: str
    kind: str
    model: str
    tariff_id: uuid.UUID | None
    offered: bool
    reasons: list[ReasonShape]
    soc_now_pct: float | None
    soc_pct: float | None
    range_km: float | None


class LimitShape(Shape):
    """How it stands with a kind at a station at that time.

    `supply`: how many will be there charged and free; `safe` of them must stay, and of all kinds together `walk_ins`.
    `limited`: no more is sold there. `leased`: how many the station keeps for bookings, which may be sold all the same.
    """

    kind: str
    supply: int
    safe: int
    walk_ins: int
    leased: int
    limited: bool


class PlaceShape(Shape):
    """A station that was looked at, the nearest first. `offered`: how many of its vehicles fit.

    `limits`: where something must stay for people without a booking, and the time is within a day.
    """

    station_id: uuid.UUID
    name: str
    latitude: float | None
    longitude: float | None
    distance_m: float | None
    online: bool
    offered: int
    limits: list[LimitShape]


class Availability(Shape):
    """What there is: offered vehicles first, by distance and charge; `more`: some were left out."""

    from_at: Instant
    until_at: Instant
    items: list[OfferShape]
    stations: list[PlaceShape]
    more: bool
