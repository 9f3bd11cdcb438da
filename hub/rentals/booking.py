"""Reservations: made, cancelled, used. Two for one vehicle at one time are refused by the database."""

import asyncio
import secrets
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.rentals import repository
from hub.rentals.schemas import NewReservation
from hub.rentals.tables import Reservation
from protocols.errors import Refused
from protocols.sync.changes import Item, ReservationItem
from protocols.values import to_ms
from protocols.voucher.pin import pin_hash

LIST: Final = "reservations"
OVERLAP: Final = "reservation_overlap"  # the name of the constraint, and the trigger's text
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that people confuse


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(
        self, session: AsyncSession, name: str, items: Sequence[Item], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Add or replace items, for one station or for all."""

    async def withdraw(
        self, session: AsyncSession, name: str, keys: Iterable[str], *, station_id: uuid.UUID | None = None
    ) -> None:
        """Take items out, for one station or for all."""


class Booking:
    """Reservations."""

    def __init__(self, clock: Clock, lists: Lists) -> None:
        self._clock = clock
        self._lists = lists

    async def book(
        self, session: AsyncSession, new: NewReservation, account_id: uuid.UUID, code: str | None = None
    ) -> tuple[Reservation, str]:
        """Promise it, tell the station, and give the PIN. Raises Refused `reservation_overlap`, or a 422."""
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
            state="booked",
            rental_id=None,
        )
        await _insert(session, reservation)
        await self._publish(session, reservation)
        return reservation, pin

    async def cancel(self, session: AsyncSession, reservation: Reservation) -> None:
        """Take the promise back. Raises Refused `reservation_used`. A second time changes nothing."""
        if reservation.state == "used":
            raise Refused("reservation_used")
        reservation.state = "cancelled"
        await session.flush()
        await self._withdraw(session, reservation)

    async def settle(self, session: AsyncSession, rentals: Sequence[dict[str, Any]]) -> None:
        """What rentals make of the reservations they were begun with: used, or (nothing came of it) booked again."""
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
            await self._withdraw(session, reservation)

    async def _give_back(self, session: AsyncSession, reservation: Reservation) -> None:
        if reservation.state == "used":
            reservation.state, reservation.rental_id = "booked", None
            await session.flush()
            await self._publish(session, reservation)

    async def _publish(self, session: AsyncSession, reservation: Reservation) -> None:
        item = ReservationItem(
            key=str(reservation.id),
            code=reservation.code,
            pin_hash=reservation.pin_hash,
            account_id=reservation.account_id,
            from_ms=to_ms(reservation.from_at),
            until_ms=to_ms(reservation.until_at),
            vehicle_id=reservation.vehicle_id,
            vehicle_kind=reservation.vehicle_kind,
        )
        await self._lists.put(session, LIST, [item], station_id=reservation.station_id)

    async def _withdraw(self, session: AsyncSession, reservation: Reservation) -> None:
        await self._lists.withdraw(session, LIST, [str(reservation.id)], station_id=reservation.station_id)


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
