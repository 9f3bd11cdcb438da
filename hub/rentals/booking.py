"""Reservations: held, made, extended, cancelled, used. Two for one vehicle at one time are refused by the database.

Whether a reservation is promised is the business of `leases`; which step may follow which, of `machine`.
"""

import contextlib
import datetime as dt
import secrets
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.rentals import machine, repository
from hub.rentals.leases import UNBACKED, Leases, Lists
from hub.rentals.machine import Event, Phase
from hub.rentals.pins import Pins, Secret
from hub.rentals.schemas import NewReservation
from hub.rentals.supply import Supply
from hub.rentals.tables import Reservation
from hub.settings import BookingSettings
from protocols.errors import Refused
from protocols.sync.changes import ExtendRental, OrderBody
from protocols.values import to_ms

OVERLAP: Final = "reservation_overlap"  # the name of the constraint, and the trigger's text
LONGEST: Final = dt.timedelta(days=90)
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that people confuse
_EVENTS: Final = {"starting": Event.START, "active": Event.LEAVE, "ended": Event.RETURN, "voided": Event.VOID}
_EXTEND_LIFE_S: Final = 30 * 86_400.0  # a late word is harmless: what was billed before it came, the hub puts right
_EXTENDABLE: Final = machine.PROMISED | machine.RIDING


class Down(Lists, Protocol):
    """The way down to the stations. Filled by the wiring."""

    async def send_order(
        self, session: AsyncSession, station_id: uuid.UUID, body: OrderBody, *, life_s: float, by: uuid.UUID | None
    ) -> object:
        """Send an order. Raises Refused `not_found` for a station that does not exist."""


class Booking:
    """Reservations."""

    def __init__(self, clock: Clock, down: Down, leases: Leases, supply: Supply, settings: BookingSettings) -> None:
        self._clock = clock
        self._down = down
        self._leases = leases
        self._supply = supply
        self._settings = settings
        self.pins = Pins(settings.pins_ahead)

    async def book(
        self,
        session: AsyncSession,
        new: NewReservation,
        account_id: uuid.UUID,
        *,
        secret: Secret | None = None,
        code: str | None = None,
    ) -> tuple[Reservation, str]:
        """Promise it, or ask the station for it; or hold it for a few minutes. And give the PIN.

        `secret` of `secret_for`, made before the transaction began. Raises Refused `reservation_overlap`,
        `account_blocked`, `vehicle_not_fit`, or a 422.
        """
        self._check(new)
        secret = secret or await self.secret_for(new)
        standing = await repository.line_up_to_book(session, account_id, new.station_id, new.vehicle_id)
        if standing.blocked:
            raise Refused("account_blocked")
        buffer = await self._supply.check(session, new)
        reservation = self._made(new, account_id, code or _fresh_code(), secret.verifier)
        reservation.kept_until_at += buffer
        session.add(reservation)
        with _no_overlap():
            # Written together with its lease, where it gets a new one.
            await self._leases.back(session, reservation, standing.knows_leases)
            await session.flush()
        return reservation, secret.pin

    async def secret_for(self, new: NewReservation) -> Secret:
        """The PIN that the wish names, or a new one, with its verifier.

        Whoever makes it within a transaction keeps its locks, and on SQLite all other writers, waiting for it.
        """
        return await self.pins.one(new.pin)

    def _check(self, new: NewReservation) -> None:
        if new.until_at <= new.from_at:
            raise invalid("/until_at", "must be after from_at")
        if new.until_at <= self._clock.now():
            raise invalid("/until_at", "is over already")
        if (new.vehicle_id is None) == (new.vehicle_kind is None):
            raise invalid("/vehicle_id", "either a vehicle or a kind of vehicle")

    def _made(self, new: NewReservation, account_id: uuid.UUID, code: str, verifier: str) -> Reservation:
        now = self._clock.now()
        phase = Phase.HELD if new.hold else Phase.ASKED
        return Reservation(
            id=self._clock.new_id(), created_at=now, station_id=new.station_id, account_id=account_id,
            vehicle_id=new.vehicle_id, vehicle_kind=new.vehicle_kind, code=code, pin_hash=verifier,
            from_at=new.from_at, until_at=new.until_at, trip_km=new.trip_km, phase=phase.value,
            state=machine.STATES[phase], blocks=True, kept_until_at=new.until_at,
            hold_until_at=now + dt.timedelta(seconds=self._settings.hold_s) if new.hold else None,
            wanted_until_at=None, fee_minor=None, fee_currency=None, reason="",
            answer_by_at=self._answer_by(new.answer_by, new.from_at, new.until_at), lease_id=None, rental_id=None,
        )  # fmt: skip

    def _answer_by(self, asked: dt.datetime | None, from_at: dt.datetime, until_at: dt.datetime) -> dt.datetime:
        """Until when the station may answer: until the time begins, and at least for a while from now."""
        patience = dt.timedelta(seconds=self._leases.times.answer_s)
        return min(asked or max(from_at, self._clock.now() + patience), until_at)

    async def confirm(self, session: AsyncSession, reservation: Reservation) -> None:
        """Say yes to what is held. A second time changes nothing. Raises Refused `hold_over`."""
        lapsed = reservation.hold_until_at is not None and self._clock.now() >= reservation.hold_until_at
        if reservation.phase == Phase.HELD and not lapsed:
            reservation.answer_by_at = self._answer_by(None, reservation.from_at, reservation.until_at)
            await self._leases.want(session, reservation)
        elif reservation.phase in {Phase.HELD, Phase.EXPIRED, Phase.CANCELLED}:
            raise Refused("hold_over")

    async def extend(self, session: AsyncSession, reservation: Reservation, until_at: dt.datetime) -> None:
        """Give it more time, if nobody else has booked it for then and its station can be asked.

        Raises Refused `reservation_overlap`, `reservation_not_extendable`, `extension_not_possible`, or a 422.
        """
        if reservation.phase not in _EXTENDABLE:
            raise Refused("reservation_not_extendable", state=reservation.state)
        if until_at <= reservation.until_at or until_at > reservation.from_at + LONGEST:
            raise invalid("/until_at", f"must be later than now, and within {LONGEST.days} days of the beginning")
        if reservation.vehicle_id is not None:
            await repository.line_up(session, reservation.vehicle_id)
        buffer = await self._supply.buffer(session, reservation.vehicle_id, reservation.trip_km)
        reservation.kept_until_at = until_at + buffer
        with _no_overlap():
            await session.flush()
        await self._leases.extend(session, reservation, until_at)
        if reservation.phase in machine.RIDING and reservation.rental_id is not None:
            told = ExtendRental(rental_id=reservation.rental_id, until_ms=to_ms(until_at))
            await self._down.send_order(session, reservation.station_id, told, life_s=_EXTEND_LIFE_S, by=None)

    async def cancel(self, session: AsyncSession, reservation: Reservation, by: uuid.UUID) -> None:
        """Take the promise back. Raises Refused `reservation_used`. A second time changes nothing."""
        if reservation.state == "used":
            raise Refused("reservation_used")
        await self._leases.move(session, reservation, Event.CANCEL, "", by=by)

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
        reservation.rental_id = rental["id"]
        await self._leases.move(session, reservation, _EVENTS[rental["state"]])
        if rental["state"] != "starting":
            await self._leases.withdraw_plain(session, reservation)

    async def _give_back(self, session: AsyncSession, reservation: Reservation) -> None:
        if reservation.phase == Phase.STARTING:
            reservation.rental_id = None
            await self._leases.move(session, reservation, Event.VOID)
            if reservation.reason == UNBACKED and reservation.phase == Phase.CONFIRMED:
                await self._leases.publish_plain(session, reservation)


@contextlib.contextmanager
def _no_overlap() -> Iterator[None]:
    """What the database says of two bookings for one vehicle, in the rules' words."""
    try:
        yield
    except DBAPIError as error:
        if OVERLAP in str(error.orig):
            raise Refused("reservation_overlap") from error
        raise


def _fresh_code() -> str:
    return "VD-" + "".join(secrets.choice(_LETTERS) for _ in range(6))
