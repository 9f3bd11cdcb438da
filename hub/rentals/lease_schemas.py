"""Leases, and what is held ahead at a station, as JSON."""

import uuid
from typing import Final, Literal, get_args

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape
from hub.rentals.tables import LeaseStation

LeaseState = Literal["requested", "granted", "assigned", "used", "released", "expired", "refused", "lost"]
Kind = Literal["scooter", "moped", "bicycle", "car"]
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class LeaseQuery(PageQuery):
    """Which leases."""

    station_id: uuid.UUID | None = None
    reservation_id: uuid.UUID | None = None
    state: LeaseState | None = None


class LeaseShape(Shape):
    """A vehicle that a station keeps, or was asked to. `state` is the station's word, `giving_back` the hub's wish."""

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    vehicle_id: uuid.UUID | None
    vehicle_kind: str | None
    kept_vehicle_id: uuid.UUID | None
    reservation_id: uuid.UUID | None
    from_at: Instant
    until_at: Instant
    granted_until_at: Instant | None
    generation: int
    state: str
    reason: str
    giving_back: str
    rental_id: uuid.UUID | None


class LeasePolicy(Shape):
    """What is held ahead at a station for bookings to come, by kind; what stays for walk-ins whatever is booked."""

    ahead: dict[Kind, int] = Field(default={}, description="How many vehicles of each kind; at most 50")
    safe: dict[Kind, int] = Field(
        default={}, description="So many charged vehicles of each kind stay: below that no more is sold"
    )
    walk_in_min: int = Field(default=0, ge=0, le=247)
    walk_in_pct: float = Field(default=0, ge=0, le=100)


class LeasePolicySeen(LeasePolicy):
    """The policy, and whether the station's agent knows leases (null: it has not said yet)."""

    knows_leases: bool | None


def policy_of(station: LeaseStation | None) -> LeasePolicySeen:
    """The policy of a station, or the one that every station begins with."""
    if station is None:
        return LeasePolicySeen(knows_leases=None)
    return LeasePolicySeen(
        ahead={kind: station.ahead[kind] for kind in _KINDS if kind in station.ahead},
        safe={kind: station.safe[kind] for kind in _KINDS if kind in station.safe},
        walk_in_min=station.walk_in_min,
        walk_in_pct=station.walk_in_pct,
        knows_leases=station.knows,
    )
