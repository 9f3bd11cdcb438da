"""Rentals as the stations told them; reservations, vouchers and cards as the stations are told them."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base, Json
from hub.kernel.pages import Listed


class Rental(Listed):
    """A rental; its id is the station's. What a fact has not told yet is null: facts may come in any order."""

    __tablename__ = "rentals"

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10))  # starting | active | ended | voided
    vehicle_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    dock_no: Mapped[int | None]
    account_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    renter_by: Mapped[str | None] = mapped_column(Text)
    voucher_id: Mapped[uuid.UUID | None]
    reservation_id: Mapped[uuid.UUID | None]
    card_uid: Mapped[str | None] = mapped_column(Text)
    tariff_id: Mapped[uuid.UUID | None]
    tariff_version: Mapped[int | None]
    offline: Mapped[bool | None]
    started_at: Mapped[dt.datetime | None]
    undocked_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    ended_dock_no: Mapped[int | None]
    voided_at: Mapped[dt.datetime | None]
    void_reason: Mapped[str | None] = mapped_column(Text)
    duration_s: Mapped[float | None]
    duration_by: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str | None] = mapped_column(String(3))
    total_minor: Mapped[int | None]
    tax_minor: Mapped[int | None]
    bill: Mapped[list[Any] | None] = mapped_column(Json)
    price_checked: Mapped[bool | None]  # the hub's own sum agrees; None: not ended, or the tariff is not known
    soc_start_pct: Mapped[float | None]
    soc_end_pct: Mapped[float | None]


class Reservation(Listed):
    """A promise at a station. Overlaps on one vehicle are refused by the database itself (see the migration)."""

    __tablename__ = "reservations"

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(index=True)
    vehicle_id: Mapped[uuid.UUID | None]
    vehicle_kind: Mapped[str | None] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(20), unique=True)
    pin_hash: Mapped[str] = mapped_column(String(120))
    from_at: Mapped[dt.datetime]
    until_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(10))  # booked | used | cancelled
    rental_id: Mapped[uuid.UUID | None]


class VoucherRow(Listed):
    """A voucher that was issued; its text is a bearer's right and is not kept."""

    __tablename__ = "vouchers"

    account_id: Mapped[uuid.UUID] = mapped_column(index=True)
    may: Mapped[list[Any]]
    stations: Mapped[list[Any]]
    not_before: Mapped[dt.datetime]
    expires: Mapped[dt.datetime]
    max_uses: Mapped[int]
    vehicle_id: Mapped[uuid.UUID | None]
    kid: Mapped[str] = mapped_column(String(16))
    revoked_at: Mapped[dt.datetime | None]


class VoucherKeyRow(Base):
    """The public half of a key that signs vouchers."""

    __tablename__ = "voucher_keys"

    kid: Mapped[str] = mapped_column(String(16), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[dt.datetime]
    valid_to: Mapped[dt.datetime]


class Card(Listed):
    """A card or RFID tag and whose it is."""

    __tablename__ = "cards"

    uid: Mapped[str] = mapped_column(String(40), unique=True)
    account_id: Mapped[uuid.UUID] = mapped_column(index=True)
    may: Mapped[list[Any]]
    valid_to: Mapped[dt.datetime | None]
    blocked: Mapped[bool]
    version: Mapped[int]
