"""Moves a booking from phase to phase, by the machine's table, and does what must follow beside leases: cases, fees.

Whoever moves a booking does it here. Events tell the other rooms, in the same transaction.
"""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.rentals import fees, machine, repository
from hub.rentals.machine import Effect, Event
from hub.rentals.tables import Reservation
from hub.settings import BookingSettings

BROKEN = "booking_broken"


class Cases(Protocol):
    """What a person must look at. Filled by the wiring."""

    async def see(self, session: AsyncSession, told: Sequence[events.CaseSeen]) -> None:
        """Open these cases, or close those that are explained."""


class Bills(Protocol):
    """Who must know what bookings cost. Filled by the wiring."""

    async def see(self, session: AsyncSession, told: Sequence[events.Billed]) -> None:
        """What these cost now."""


class Moves:
    """Steps of bookings."""

    def __init__(
        self,
        clock: Clock,
        cases: Cases,
        bills: Bills,
        publish: Callable[[AsyncSession, object], Awaitable[None]],
        settings: BookingSettings,
    ) -> None:
        self._clock = clock
        self._cases = cases
        self._bills = bills
        self._publish = publish
        self.settings = settings

    async def move(
        self, session: AsyncSession, booking: Reservation, event: Event, reason: str | None, *, by: uuid.UUID | None
    ) -> frozenset[Effect] | None:
        """One step; None when nothing happens. `reason` None leaves it; `by`: who asked for it, None for nobody."""
        before = booking.phase
        effects = machine.step(booking, event)
        if effects is None:
            return None
        if reason is not None:
            booking.reason = reason
        if booking.phase not in machine.WAITING:
            booking.wanted_until_at = None
        await session.flush()
        if Effect.CASE in effects:
            await self._cases.see(session, [_broken(booking, self._clock.now())])
        await self._fee(session, booking, effects, by)
        if booking.phase != before:
            await self._publish(session, _changed(booking, before))
        return effects

    async def currency(self, session: AsyncSession, booking: Reservation) -> str | None:
        """The currency of the booking's station; None for one that nobody presented."""
        return await repository.currency_of(session, booking.station_id)

    def cancel_fee(self, booking: Reservation) -> int:
        """What it would cost its owner to cancel it now."""
        if booking.phase not in machine.PROMISED:
            return 0
        return fees.cancel_fee(self.settings, booking.from_at, self._clock.now())

    async def _fee(
        self, session: AsyncSession, booking: Reservation, effects: frozenset[Effect], by: uuid.UUID | None
    ) -> None:
        if Effect.CHARGE_NO_SHOW in effects:
            await self._charge(session, booking, self.settings.no_show_fee_minor)
        elif Effect.CHARGE_CANCEL in effects and by == booking.account_id:
            fee_minor = fees.cancel_fee(self.settings, booking.from_at, self._clock.now())
            await self._charge(session, booking, fee_minor)
        elif Effect.FORGIVE in effects and booking.fee_minor:
            await self._charge(session, booking, 0)

    async def _charge(self, session: AsyncSession, booking: Reservation, fee_minor: int) -> None:
        currency = booking.fee_currency or await self.currency(session, booking)
        if currency is None or fee_minor == (booking.fee_minor or 0):
            return
        booking.fee_minor, booking.fee_currency = fee_minor, currency
        await session.flush()
        bill = events.Billed(
            use="booking", subject_id=booking.id, account_id=booking.account_id, station_id=booking.station_id,
            currency=currency, total_minor=fee_minor, tax_minor=0,
        )  # fmt: skip
        await self._bills.see(session, [bill])


def _changed(booking: Reservation, before: str) -> events.BookingChanged:
    return events.BookingChanged(
        reservation_id=booking.id, account_id=booking.account_id, station_id=booking.station_id,
        vehicle_id=booking.vehicle_id, before=before, phase=booking.phase, reason=booking.reason,
        from_at=booking.from_at, until_at=booking.until_at,
    )  # fmt: skip


def _broken(booking: Reservation, now: dt.datetime) -> events.CaseSeen:
    subjects = {"reservation_id": booking.id}
    if booking.lease_id is not None:
        subjects["lease_id"] = booking.lease_id
    if booking.vehicle_id is not None:
        subjects["vehicle_id"] = booking.vehicle_id
    return events.CaseSeen(
        kind=BROKEN,
        about=booking.id,
        seen_at=now,
        station_ids=(booking.station_id,),
        account_id=booking.account_id,
        subjects=subjects,
        seen={"code": booking.code, "reason": booking.reason},
    )
