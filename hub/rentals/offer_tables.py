"""What a search reads: vehicles and stations as other rooms last told of them, with the indexes that it needs.

Nothing here is anybody's word: it can be made anew from the fleet's and the stations' tables at any time.
"""

import datetime as dt
import uuid

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base


class OfferStation(Base):
    """A station: where it is, below which charge it hands nothing out, when it was last heard of."""

    __tablename__ = "offer_stations"
    __table_args__ = (Index("ix_offer_stations_latitude_longitude", "latitude", "longitude"),)

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    min_soc_pct: Mapped[float]
    heard_at: Mapped[dt.datetime | None]


class OfferVehicle(Base):
    """A vehicle. The registration's columns are empty while nobody has registered it, the place's while never seen."""

    __tablename__ = "offer_vehicles"
    __table_args__ = (Index("ix_offer_vehicles_station_id_docked", "station_id", "docked"),)

    vehicle_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(20))
    model: Mapped[str | None] = mapped_column(String(80))
    type_id: Mapped[uuid.UUID | None]
    tariff_id: Mapped[uuid.UUID | None]
    full_range_km: Mapped[float | None]
    battery_wh: Mapped[float | None]
    wh_per_km: Mapped[float | None]
    charge_w: Mapped[float | None]
    why_not: Mapped[str | None] = mapped_column(String(80))  # empty: for rent, as far as the fleet is concerned
    papers_until: Mapped[dt.datetime | None]
    station_id: Mapped[uuid.UUID | None]
    dock_no: Mapped[int | None]
    docked: Mapped[bool | None]
    soc_pct: Mapped[float | None]
    soh_pct: Mapped[float | None]
    soc_at: Mapped[dt.datetime | None]
    faulty: Mapped[bool | None]
