"""Rentals as the stations told them; reservations, vouchers and cards as the stations are told them."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base, Json
from hub.kernel.pages import Listed


class Rental(Listed):
    """A rental; its id is the station's. All but the id is a fold of `told`, the words as they came in any order.

    `began_hlc`, `ended_hlc`, `settled_hlc`: the hybrid clocks of its start, of its end, and of the last word on it;
    the latter two stand at the end of time while the rental is open.
    """

    __tablename__ = "rentals"
    __table_args__ = (
        Index("ix_rentals_vehicle_id_settled_hlc", "vehicle_id", "settled_hlc"),
        Index("ix_rentals_account_id_ended_hlc", "account_id", "ended_hlc"),
        Index("ix_rentals_voucher_id", "voucher_id"),
    )

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10))  # starting | active | ended | voided
    vehicle_id: Mapped[uuid.UUID | None]
    dock_no: Mapped[int | None]
    account_id: Mapped[uuid.UUID | None]
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
    distance_m: Mapped[int | None]  # by the vehicle's own odometer; None: nobody told it
    late_s: Mapped[float | None]  # after its booking's end, as it is billed
    ended_by: Mapped[str | None] = mapped_column(String(20))  # … | missing_return | overflow
    ended_station_id: Mapped[uuid.UUID | None]
    flags: Mapped[str] = mapped_column(String(200))  # " one other ", empty for none: what a person should look at
    told: Mapped[bytes] = mapped_column(LargeBinary)
    began_hlc: Mapped[int | None]
    uncertainty_s: Mapped[float] = mapped_column(server_default="0")  # by so much its instants may be off
    ended_hlc: Mapped[int]
    settled_hlc: Mapped[int]
    parking: Mapped[str | None] = mapped_column(String(12))  # left beside full docks: waiting | confirmed | not_there
    parking_hlc: Mapped[int | None]  # of what was seen of the vehicle next; the end of time until then
    parking_look: Mapped[dict[str, Any] | None] = mapped_column(Json)  # what a person found who looked; no fold of it
    close_order_id: Mapped[uuid.UUID | None]  # the order that told the station that the ride ended elsewhere


class VehicleSighting(Base):
    """A vehicle was pushed into a dock or left it without a rental that the station knew; kept in any order."""

    __tablename__ = "vehicle_sightings"
    __table_args__ = (Index("ix_vehicle_sightings_vehicle_id_hlc", "vehicle_id", "hlc"),)

    fact_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    vehicle_id: Mapped[uuid.UUID]
    hlc: Mapped[int]
    station_id: Mapped[uuid.UUID]
    what: Mapped[str] = mapped_column(String(10))  # docked | left | parked
    at: Mapped[dt.datetime]
    dock_no: Mapped[int]
    soc_pct: Mapped[float | None]
    uncertainty_ms: Mapped[int] = mapped_column(server_default="0")
    odometer_m: Mapped[int | None]


class AccountBlock(Listed):
    """Why an account may begin nothing new; it may as soon as there is no such row any more."""

    __tablename__ = "account_blocks"

    account_id: Mapped[uuid.UUID] = mapped_column(index=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # ends with the case; None: a person's word
    by: Mapped[uuid.UUID | None]
    why: Mapped[str] = mapped_column(Text)


class Reservation(Listed):
    """A promise at a station; `phase` is the machine's, `state` says less of it.

    Of one vehicle two periods [from_at, kept_until_at) that `blocks` never overlap: the database itself refuses it
    (see the migration). `kept_until_at` is when the vehicle is charged again.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        Index(
            "ix_reservations_station_id_open", "station_id", "until_at", postgresql_where=text("blocks"),
            sqlite_where=text("blocks"),
        ),
        Index("ix_reservations_vehicle_id_kept", "vehicle_id", "kept_until_at"),
    )  # fmt: skip

    station_id: Mapped[uuid.UUID] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(index=True)
    vehicle_id: Mapped[uuid.UUID | None]
    vehicle_kind: Mapped[str | None] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(20), info={"audit": False}, unique=True)
    pin_hash: Mapped[str] = mapped_column(String(120))
    from_at: Mapped[dt.datetime]
    until_at: Mapped[dt.datetime]
    trip_km: Mapped[float | None]  # how far the renter means to go
    phase: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(
        String(10)
    )  # held | requested | confirmed | used | cancelled | refused | expired | broken
    blocks: Mapped[bool]
    kept_until_at: Mapped[dt.datetime]
    hold_until_at: Mapped[dt.datetime | None]  # of one that is held first
    wanted_until_at: Mapped[dt.datetime | None]  # an extension that its station has not granted yet
    fee_minor: Mapped[int | None]  # for a late cancellation, or for not coming
    fee_currency: Mapped[str | None] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(40))
    answer_by_at: Mapped[dt.datetime]
    lease_id: Mapped[uuid.UUID | None]
    rental_id: Mapped[uuid.UUID | None]


class Lease(Listed):
    """One vehicle that a station was asked to keep, and its answer. `reservation_id` None: for bookings to come.

    `state` is the station's word: requested | granted | assigned | used | released | expired | refused | lost.
    `giving_back`: why the hub does not want it any more; the station's answer ends it.
    """

    __tablename__ = "leases"
    __table_args__ = (
        Index("ix_leases_station_id_state", "station_id", "state"),
        Index(
            "ix_leases_free", "granted_until_at",
            postgresql_where=text("state = 'granted' AND reservation_id IS NULL"),
            sqlite_where=text("state = 'granted' AND reservation_id IS NULL"),
        ),
    )  # fmt: skip

    station_id: Mapped[uuid.UUID]
    vehicle_id: Mapped[uuid.UUID | None]
    vehicle_kind: Mapped[str | None] = mapped_column(String(20))
    kept_vehicle_id: Mapped[uuid.UUID | None]  # another than the wished one, where that became unfit
    reservation_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    from_at: Mapped[dt.datetime]
    until_at: Mapped[dt.datetime]
    answer_by_at: Mapped[dt.datetime]
    generation: Mapped[int]
    granted_generation: Mapped[int]  # 0: never
    granted_until_at: Mapped[dt.datetime | None]
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(40))
    giving_back: Mapped[str] = mapped_column(String(20))
    listed: Mapped[bool]  # whether the station's list carries it
    rental_id: Mapped[uuid.UUID | None]
    word_hlc: Mapped[int]  # of the station's last word; -1: none yet


class LeaseStation(Base):
    """What a station knows of leases (None: it has not said), and what is to be held there ahead, for whom."""

    __tablename__ = "lease_stations"

    station_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    knows: Mapped[bool | None]
    extends: Mapped[bool]  # its agent gives a holder more time when the hub asks
    agent_hlc: Mapped[int]
    ahead: Mapped[dict[str, Any]]  # kind → how many vehicles
    safe: Mapped[dict[str, Any]]  # kind → how many charged vehicles stay for people without a booking
    walk_in_min: Mapped[int]
    walk_in_pct: Mapped[float]
    version: Mapped[int]


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
    status: Mapped[int | None] = mapped_column(unique=True)  # its number among the bits of the revoked


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
