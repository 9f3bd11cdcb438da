"""Reservations: made, cancelled, used. Two for one vehicle at one time are refused by the database.

Whether a reservation is promised is the business of `leases`.
"""

import asyncio
import datetime as dt
import secrets
import uuid
from collections.abc import Sequence
from typing import Any, Final, Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.rentals import repository
from hub.rentals.leases import UNBACKED, Leases, Lists
from hub.rentals.schemas import NewReservation
from hub.rentals.tables import Reservation
from protocols.errors import Refused
from protocols.sync.changes import DenialItem
from protocols.voucher.pin import pin_hash

OVERLAP: Final = "reservation_overlap"  # the name of the constraint, and the trigger's text
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that people confuse
_VOUCHERS: Final = uuid.UUID("5d2b9f6a-1e0c-5b8e-9a57-8d0e4a7c2b11")


class Checks(Protocol):
    """Who may begin nothing new."""

    async def check(self, session: AsyncSession, account_id: uuid.UUID) -> None:
        """Raises Refused `account_blocked`."""


class Booking:
    """Reservations."""

    def __init__(self, clock: Clock, lists: Lists, leases: Leases, blocks: Checks) -> None:
        self._clock = clock
        self._lists = lists
        self._leases = leases
        self._blocks = blocks

    async def book(
        self, session: AsyncSession, new: NewReservation, account_id: uuid.UUID, code: str | None = None
    ) -> tuple[Reservation, str]:
        """Promise it, or ask the station for it; and give the PIN.

        Raises Refused `reservation_overlap` or `account_blocked`, or a 422.
        """
        await self._blocks.check(session, account_id)
        if new.until_at <= new.from_at:
            raise invalid("/until_at", "must be after from_at")
        if new.until_at <= self._clock.now():
            raise invalid("/until_at", "is over already")
        if (new.vehicle_id is None) == (new.vehicle_kind is None):
            raise invalid("/vehicle_id", "either a vehicle or a kind of vehicle")
        pin = new.pin or f"{secrets.randbelow(10_000):04d}"
        verifier = await asyncio.to_thread(pin_hash, pin, secrets.token_bytes(16))
        reservation = Reservation(
            id=self._clock.new_id(),
            created_at=self._clock.now(),
            station_id=new.station_id,
            account_id=account_id,
            vehicle_id=new.vehicle_id,
            vehicle_kind=new.vehicle_kind,
            code=code or _fresh_code(),
            pin_hash=verifier,
            from_at=new.from_at,
            until_at=new.until_at,
            trip_km=new.trip_km,
            state="requested",
            reason="",
            answer_by_at=self._answer_by(new),
            lease_id=None,
            rental_id=None,
        )
        await _insert(session, reservation)
        await self._leases.back(session, reservation)
        return reservation, pin

    def _answer_by(self, new: NewReservation) -> dt.datetime:
        """Until when the station may answer: until the time begins, and at least for a while from now."""
        asked = new.answer_by or max(new.from_at, self._clock.now() + dt.timedelta(seconds=self._leases.times.answer_s))
        return min(asked, new.until_at)

    async def cancel(self, session: AsyncSession, reservation: Reservation) -> None:
        """Take the promise back. Raises Refused `reservation_used`. A second time changes nothing."""
        if reservation.state == "used":
            raise Refused("reservation_used")
        if reservation.state in {"requested", "confirmed"}:
            reservation.state, reservation.reason = "cancelled", ""
        await session.flush()
        await self._leases.let_go(session, reservation, "cancelled")
        await self._revoke(session, reservation)

    async def _revoke(self, session: AsyncSession, reservation: Reservation) -> None:
        row = await repository.voucher(session, voucher_id_of(reservation.id))
        if row is not None and row.revoked_at is None:
            row.revoked_at = self._clock.now()
            await session.flush()
            await self._lists.put(session, "voucher_denials", [DenialItem(key=str(row.id))])

    async def settle(self, session: AsyncSession, rentals: Sequence[dict[str, Any]]) -> None:
        """What rentals make of the reservations they were begun with: used, or (nothing came of it) promised again."""
        if not rentals:
            return
        by_id = {row["reservation_id"]: row for row in rentals}
        for reservation in await repository.reservations_by_id(session, by_id):
            rental = by_id[reservation.id]
            ours = reservation.rental_id in (None, rental["id"])
            if reservation.station_id != rental["station_id"] or not ours:
                continue
            if rental["state"] == "voided":
                await self._give_back(session, reservation)
            else:
                await self._use(session, reservation, rental)

    async def _use(self, session: AsyncSession, reservation: Reservation, rental: dict[str, Any]) -> None:
        # While the vehicle is still in the dock the station may have to offer it again: only a ride ends the promise.
        reservation.state, reservation.rental_id = "used", rental["id"]
        await session.flush()
        if rental["state"] != "starting":
            await self._leases.withdraw_plain(session, reservation)

    async def _give_back(self, session: AsyncSession, reservation: Reservation) -> None:
        if reservation.state == "used":
            reservation.state, reservation.rental_id = "confirmed", None
            await session.flush()
            if reservation.reason == UNBACKED:
                await self._leases.publish_plain(session, reservation)


def voucher_id_of(reservation_id: uuid.UUID) -> uuid.UUID:
    """The id of the one voucher that carries this reservation."""
    return uuid.uuid5(_VOUCHERS, str(reservation_id))


async def _insert(session: AsyncSession, reservation: Reservation) -> None:
    if reservation.vehicle_id is not None:
        await repository.line_up(session, reservation.vehicle_id)
    session.add(reservation)
    try:
        await session.flush()
    except DBAPIError as error:
        if OVERLAP in str(error.orig):
            raise Refused("reservation_overlap") from error
        raise


def _fresh_code() -> str:
    return "VD-" + "".join(secrets.choice(_LETTERS) for _ in range(6))
