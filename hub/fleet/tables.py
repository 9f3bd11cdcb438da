"""Vehicles, and who has them: the registration is the fleet's word, the custody is the stations'."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base, Json
from hub.kernel.pages import Listed


class Vehicle(Listed):
    """A vehicle that may turn up at stations."""

    __tablename__ = "vehicles"

    label: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    model: Mapped[str] = mapped_column(String(80))
    dock_kind: Mapped[str] = mapped_column(String(20))
    full_range_km: Mapped[float]
    rentable: Mapped[bool]
    why_not: Mapped[str] = mapped_column(String(80))
    tariff_id: Mapped[uuid.UUID | None]
    version: Mapped[int]


class Custody(Base):
    """Where a vehicle is by the last fact about it; kept for vehicles that nobody has registered, too."""

    __tablename__ = "vehicle_custody"

    vehicle_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10))  # docked | away
    station_id: Mapped[uuid.UUID] = mapped_column(index=True)  # where it is, or was last
    dock_no: Mapped[int]
    rental_id: Mapped[uuid.UUID | None]
    since: Mapped[dt.datetime]
    hlc: Mapped[int]
    battery: Mapped[dict[str, Any] | None] = mapped_column(Json)
    battery_hlc: Mapped[int]
