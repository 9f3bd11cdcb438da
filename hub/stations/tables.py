"""Stations and what stands in them: docks, chargers, connectors, as their stations last told."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.belonging import HOUSE
from hub.kernel.columns import Base, Json
from hub.kernel.pages import Listed


class Station(Listed):
    """A station: how it presents itself, and when it was last heard of."""

    __tablename__ = "stations"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True, server_default=HOUSE.hex)
    name: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(20))
    timezone: Mapped[str] = mapped_column(String(64))  # IANA
    currency: Mapped[str] = mapped_column(String(3))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    help_phone: Mapped[str] = mapped_column(String(40))
    pull_out_s: Mapped[int]
    min_soc_pct: Mapped[float]
    version: Mapped[int]
    agent: Mapped[str | None] = mapped_column(String(80))
    agent_hlc: Mapped[int]
    agent_started_at: Mapped[dt.datetime | None]
    unclean_start: Mapped[bool]
    last_seen_at: Mapped[dt.datetime | None]
    last_left_at: Mapped[dt.datetime | None]
    facts_lost: Mapped[int]
    facts_shed: Mapped[int]
    last_loss_at: Mapped[dt.datetime | None]
    picture: Mapped[dict[str, Any] | None] = mapped_column(Json)
    picture_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]  # its key is revoked: nothing is heard of it until it is enrolled anew
    offline_rentals: Mapped[int]  # without contact: how many rentals may start in all,
    offline_rentals_per_account: Mapped[int]  # for one account,
    offline_amount_minor: Mapped[int | None]  # and what they may come to together
    stale_after_s: Mapped[int]  # after so long without contact the station gives less
    report: Mapped[dict[str, Any] | None] = mapped_column(Json)  # what its last sync said of clock, outbox, health
    reported_at: Mapped[dt.datetime | None]
    counts: Mapped[dict[str, Any] | None] = mapped_column(Json)  # its last written picture in numbers
    devices: Mapped[dict[str, Any] | None] = mapped_column(Json)  # its docks and chargers in numbers, and their faults
    changed_at: Mapped[dt.datetime | None]  # when something worth seeing did


class StaffMember(Listed):
    """Who may act by hand at the stations, and how he proves there who he is."""

    __tablename__ = "station_staff"

    account_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(120))
    may: Mapped[list[Any]]
    pin_hash: Mapped[str] = mapped_column(String(120))  # empty: no PIN
    badge: Mapped[str] = mapped_column(String(40))  # a card's UID, empty: none
    valid_to: Mapped[dt.datetime]


class Checklist(Listed):
    """What staff fill in at the stations; texts by language."""

    __tablename__ = "checklists"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True, server_default=HOUSE.hex)
    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    title: Mapped[dict[str, Any]]
    about: Mapped[str] = mapped_column(String(20))
    questions: Mapped[list[Any]]


class FilledChecklist(Listed):
    """What somebody found at a station; `id` is the act's."""

    __tablename__ = "filled_checklists"

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(String(20))
    staff_id: Mapped[uuid.UUID]
    staff_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[dt.datetime]
    dock_no: Mapped[int | None]
    vehicle_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    passed: Mapped[bool]
    offline: Mapped[bool]
    answers: Mapped[list[Any]]


class Dock(Base):
    """A dock. `faults` holds for each code the last word on it: {code: {raised, hlc, at_ms, detail}}."""

    __tablename__ = "docks"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    dock_no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    serial: Mapped[str] = mapped_column(String(80))
    firmware: Mapped[str] = mapped_column(String(80))
    seen_hlc: Mapped[int]
    faults: Mapped[dict[str, Any]]


class Charger(Base):
    """A charger. `connectors` holds for each number its last state: {no: {state, error_code, hlc, at_ms}}."""

    __tablename__ = "chargers"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    charger_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    vendor: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(80))
    firmware: Mapped[str] = mapped_column(String(80))
    seen_hlc: Mapped[int]
    connectors: Mapped[dict[str, Any]]
