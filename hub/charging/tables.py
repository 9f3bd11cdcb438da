"""Charging sessions and their meter values as the stations told them."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base, Json
from hub.kernel.pages import Listed


class ChargingSession(Listed):
    """A session; its id is the station's. What a fact has not told yet is null: facts may come in any order.

    `state`: refused (the card was), running, inferred (the station concluded the end), ended, orphaned (a charger
    ended what this station never began; the id is then the fact's).
    """

    __tablename__ = "charging_sessions"

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10))
    charger_id: Mapped[str | None] = mapped_column(Text)
    connector_no: Mapped[int | None]
    transaction_id: Mapped[int | None]
    id_token: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    offline: Mapped[bool | None]
    tariff_id: Mapped[uuid.UUID | None]
    tariff_version: Mapped[int | None]
    meter_start_wh: Mapped[int | None]
    meter_stop_wh: Mapped[int | None]
    energy_wh: Mapped[int | None]
    started_at: Mapped[dt.datetime | None]
    stopped_at: Mapped[dt.datetime | None]
    started_uncertainty_s: Mapped[float] = mapped_column(server_default="0")
    stopped_uncertainty_s: Mapped[float] = mapped_column(server_default="0")
    stop_reason: Mapped[str | None] = mapped_column(Text)
    stop_hlc: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    total_minor: Mapped[int | None]
    tax_minor: Mapped[int | None]
    bill: Mapped[list[Any] | None] = mapped_column(Json)
    price_checked: Mapped[bool | None]


class MeterValue(Base):
    """One sample of a session. Its fact's id keeps samples of the same millisecond apart."""

    __tablename__ = "meter_values"
    __table_args__ = ({"sqlite_with_rowid": False},)

    session_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sampled_ms: Mapped[int] = mapped_column(primary_key=True)
    fact_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    station_id: Mapped[uuid.UUID]
    energy_wh: Mapped[int | None]
    power_w: Mapped[float | None]
    current_a: Mapped[float | None]
    voltage_v: Mapped[float | None]
    soc_pct: Mapped[float | None]
