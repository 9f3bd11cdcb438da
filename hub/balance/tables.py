"""The balance's own copies of rides and vehicles, and what was learnt from them."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base


class DemandRide(Base):
    """A ride as the rentals' room last told it: where it began and ended. One that came to nothing has no row."""

    __tablename__ = "demand_rides"

    rental_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    vehicle_id: Mapped[uuid.UUID | None]
    from_station_id: Mapped[uuid.UUID]
    started_at: Mapped[dt.datetime] = mapped_column(index=True)
    to_station_id: Mapped[uuid.UUID | None]
    ended_at: Mapped[dt.datetime | None]


class DemandRate(Base):
    """What was learnt of one station and kind of vehicle: rides an hour, by the station's own hour of the week.

    `out`, `back`: 168 figures, from Monday 00 h on. `kind` empty: vehicles that nobody has registered.
    """

    __tablename__ = "demand_rates"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    out: Mapped[list[Any]]
    back: Mapped[list[Any]]
    since: Mapped[dt.datetime]
    learnt_at: Mapped[dt.datetime]


class BalanceVehicle(Base):
    """A vehicle as the fleet last told it; columns are None until it has."""

    __tablename__ = "balance_vehicles"

    vehicle_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(20))
    battery_wh: Mapped[float | None]
    charge_w: Mapped[float | None]
    why_not: Mapped[str | None] = mapped_column(String(80))
    papers_until: Mapped[dt.datetime | None]
    station_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    dock_no: Mapped[int | None]
    docked: Mapped[bool | None]
    soc_pct: Mapped[float | None]
    faulty: Mapped[bool | None]
