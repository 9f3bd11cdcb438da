"""Vehicles, and who has them: the registration is the fleet's word, the custody is the stations'."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.belonging import HOUSE
from hub.kernel.columns import Base, Json
from hub.kernel.pages import Listed


class VehicleType(Listed):
    """What is the same for many vehicles. Energy and power are those of a new vehicle."""

    __tablename__ = "vehicle_types"

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True, server_default=HOUSE.hex)
    kind: Mapped[str] = mapped_column(String(20))
    form_factor: Mapped[str] = mapped_column(String(20))  # GBFS 3.0
    propulsion: Mapped[str] = mapped_column(String(20))  # GBFS 3.0: electric | electric_assist
    make: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(80))
    dock_kind: Mapped[str] = mapped_column(String(20))
    battery_wh: Mapped[float]  # usable
    wh_per_km: Mapped[float]
    charge_w: Mapped[float]
    range_km: Mapped[float]
    vin_check_digit: Mapped[bool]  # its maker must put one (North America)
    version: Mapped[int]


class Vehicle(Listed):
    """A vehicle that may turn up at stations. `service`: deployed | removed | missing."""

    __tablename__ = "vehicles"
    __table_args__ = (UniqueConstraint("organisation_id", "label"), Index("ix_vehicles_type_id", "type_id"))

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True, server_default=HOUSE.hex)

    label: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    model: Mapped[str] = mapped_column(String(80))
    dock_kind: Mapped[str] = mapped_column(String(20))
    full_range_km: Mapped[float]
    rentable: Mapped[bool]
    why_not: Mapped[str] = mapped_column(String(80))
    tariff_id: Mapped[uuid.UUID | None]
    type_id: Mapped[uuid.UUID | None]
    vin: Mapped[str | None] = mapped_column(String(17), unique=True)
    plate: Mapped[str | None] = mapped_column(String(20), unique=True)
    service: Mapped[str] = mapped_column(String(10), server_default="deployed")
    papers_until: Mapped[dt.datetime | None] = mapped_column(index=True)  # from then on its papers do not cover it
    version: Mapped[int]


class VehicleDocument(Listed):
    """A paper of a vehicle. `valid_until` None: for good. `blocks`: once it is over, the vehicle is not rented out."""

    __tablename__ = "vehicle_documents"

    vehicle_id: Mapped[uuid.UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))  # registration | insurance | inspection | other
    number: Mapped[str] = mapped_column(String(80))
    issuer: Mapped[str] = mapped_column(String(120))
    valid_from: Mapped[dt.datetime]
    valid_until: Mapped[dt.datetime | None]
    blocks: Mapped[bool]


class VehicleEvent(Listed):
    """What happened to a vehicle; `created_at` is when. A station's fact keeps its id, so it stands here once."""

    __tablename__ = "vehicle_events"
    __table_args__ = (Index("ix_vehicle_events_vehicle_id_created_at", "vehicle_id", "created_at"),)

    vehicle_id: Mapped[uuid.UUID]
    what: Mapped[str] = mapped_column(String(20))
    station_id: Mapped[uuid.UUID | None]
    dock_no: Mapped[int | None]
    rental_id: Mapped[uuid.UUID | None]
    soc_pct: Mapped[float | None]
    by: Mapped[uuid.UUID | None]
    detail: Mapped[str] = mapped_column(Text)


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
