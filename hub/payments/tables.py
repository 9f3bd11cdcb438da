"""Tariffs and their versions; a version never changes once it is written."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.belonging import HOUSE
from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class TariffRow(Listed):
    """A tariff: what its versions have in common."""

    __tablename__ = "tariffs"

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True, server_default=HOUSE.hex)
    name: Mapped[str] = mapped_column(String(80))
    use: Mapped[str] = mapped_column(String(10))  # rental | charging
    currency: Mapped[str] = mapped_column(String(3))
    version: Mapped[int]  # the last one


class TariffVersion(Listed):
    """One version: prices in minor units, gross. It holds until the next version's `valid_from`."""

    __tablename__ = "tariff_versions"
    __table_args__ = (UniqueConstraint("tariff_id", "version"),)

    tariff_id: Mapped[uuid.UUID]
    version: Mapped[int]
    valid_from: Mapped[dt.datetime]
    unlock_minor: Mapped[int]
    per_minute_minor: Mapped[int]
    free_minutes: Mapped[int]
    day_cap_minor: Mapped[int | None]
    per_kwh_minor: Mapped[int]
    deposit_minor: Mapped[int]
    tax_pct: Mapped[float]
    per_km_minor: Mapped[int] = mapped_column(server_default="0")
    ride_kwh_minor: Mapped[int] = mapped_column(server_default="0")
    late_grace_minutes: Mapped[int] = mapped_column(server_default="0")
    late_hour_minor: Mapped[int] = mapped_column(server_default="0")
    windows: Mapped[list[Any]] = mapped_column(server_default="[]")
    tax_pcts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    kinds: Mapped[list[Any]] = mapped_column(server_default="[]")
    station_ids: Mapped[list[Any]] = mapped_column(server_default="[]")


class TariffReader(Base):
    """Whether a station's agent can price what agents of 0.1.0 could not; by the agent's own word, or not."""

    __tablename__ = "tariff_readers"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    reads_rich: Mapped[bool]
    agent_hlc: Mapped[int]  # of that word; -1: none yet
