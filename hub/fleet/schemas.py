"""Vehicles as JSON."""

import uuid
from typing import Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

Kind = Literal["scooter", "moped", "bicycle", "car"]
DockKind = Literal["latch", "bay"]


class NewVehicle(Shape):
    """A vehicle to be; `id` is what its docks read from it, given where it is known already."""

    id: uuid.UUID | None = None
    label: str = Field(min_length=1, max_length=20, examples=["V-118"])
    kind: Kind
    model: str = Field(min_length=1, max_length=80)
    dock_kind: DockKind = "latch"
    full_range_km: float = Field(gt=0, le=2000)
    rentable: bool = True
    why_not: str = Field(default="", max_length=80, description="Message key when it is not rentable")
    tariff_id: uuid.UUID | None = None


class VehicleEdit(Shape):
    """What to change; what is left out stays."""

    label: str | None = Field(default=None, min_length=1, max_length=20)
    model: str | None = Field(default=None, min_length=1, max_length=80)
    full_range_km: float | None = Field(default=None, gt=0, le=2000)
    rentable: bool | None = None
    why_not: str | None = Field(default=None, max_length=80)
    tariff_id: uuid.UUID | None = None


class VehicleQuery(PageQuery):
    """Vehicles that stand at a station, or of a kind."""

    station_id: uuid.UUID | None = None
    kind: Kind | None = None


class VehicleShape(Shape):
    """A vehicle, where it is, and its battery as the last dock read it. `state`: unknown, docked or away."""

    id: uuid.UUID
    created_at: Instant
    label: str
    kind: str
    model: str
    dock_kind: str
    full_range_km: float
    rentable: bool
    why_not: str
    tariff_id: uuid.UUID | None
    state: str
    station_id: uuid.UUID | None
    dock_no: int | None
    rental_id: uuid.UUID | None
    since: Instant | None
    soc_pct: float | None
    soh_pct: float | None
