"""The look at what is due: answers that did not come, leases and bookings that are over, leases to be held ahead.

One station, one transaction: a keeper of another process waits or finds nothing left to do.
"""

import asyncio
import datetime as dt
import uuid
from collections import Counter

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.db import Database, may_succeed_again
from hub.rentals import lease_repository, lease_rules
from hub.rentals.leases import Leases
from hub.rentals.machine import Event
from hub.rentals.tables import Lease, LeaseStation

_log = structlog.get_logger("hub.rentals")
_LATE = {
    "requested": (Event.SILENCE, "no_answer"),
    "held": (Event.LAPSE, "hold_over"),
    "confirmed": (Event.MISS, "no_show"),
}
_FORGET_AFTER = dt.timedelta(days=7)  # a station that never answers


class LeaseKeeper:
    """Does what time brings."""

    def __init__(self, clock: Clock, leases: Leases) -> None:
        self._clock = clock
        self._leases = leases

    async def run(self, database: Database) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look(database)
            await asyncio.sleep(self._leases.times.every_s)

    async def look(self, database: Database) -> None:
        """Do all that is due now."""
        now = self._clock.now()
        async with database.reading() as session:
            stations = await lease_repository.due_stations(session, now, self._over_before(now))
        for station_id in stations:
            try:
                async with database.transaction() as session:
                    await self.settle(session, station_id)
            except DBAPIError as error:
                if not may_succeed_again(error):
                    raise
                _log.info("leases looked at later", station_id=str(station_id))

    async def settle(self, session: AsyncSession, station_id: uuid.UUID) -> None:
        """What is due at one station."""
        now = self._clock.now()
        station = await lease_repository.station(session, station_id, lock=True)
        before = self._over_before(now)
        for booking in await lease_repository.late_bookings(session, station_id, now, before):
            await self._leases.move(session, booking, *_LATE[booking.state])
        for booking in await lease_repository.bookings_that_come(session, station_id, now):
            await self._leases.move(session, booking, Event.COME)
        for lease in await lease_repository.over(session, station_id, before):
            if lease.until_at < now - _FORGET_AFTER:
                lease.state, lease.reason = "expired", "silent"
                await self._leases.take_off(session, lease)
            else:
                await self._leases.give_back(session, lease, "expired")
        if station is not None and station.knows:
            await self._hold_ahead(session, station, now)

    async def _hold_ahead(self, session: AsyncSession, station: LeaseStation, now: dt.datetime) -> None:
        """Ask for what is to be held for bookings to come; renew what is half over; give back what is too much."""
        held = await lease_repository.held_ahead(session, station.station_id)
        open_ = Counter(lease.vehicle_kind or "" for lease in held)
        lasts = dt.timedelta(seconds=self._leases.times.ahead_s)
        tried = await lease_repository.refused_since(
            session, station.station_id, now - dt.timedelta(seconds=self._leases.times.retry_s)
        )
        for kind, count in lease_rules.missing(station.ahead, open_).items():
            surplus = [lease for lease in held if lease.vehicle_kind == kind][: max(0, -count)]
            for lease in surplus:
                await self._leases.give_back(session, lease, "surplus")
            for _ in range(count if kind not in tried else 0):
                await self._ask(session, station.station_id, kind, now, lasts)
        for lease in held:
            if lease.giving_back == "" and _is_half_over(lease, now, lasts):
                lease.generation, lease.until_at = lease.generation + 1, now + lasts
                await self._leases.publish(session, lease, None)

    async def _ask(
        self, session: AsyncSession, station_id: uuid.UUID, kind: str, now: dt.datetime, lasts: dt.timedelta
    ) -> None:
        lease = self._leases.new_lease(station_id, now, now + lasts, now)
        lease.vehicle_kind = kind
        session.add(lease)
        await self._leases.publish(session, lease, None)

    def _over_before(self, now: dt.datetime) -> dt.datetime:
        """What ended before this is over on every clock."""
        return now - dt.timedelta(seconds=2 * self._leases.times.margin_s)


def _is_half_over(lease: Lease, now: dt.datetime, lasts: dt.timedelta) -> bool:
    return lease.until_at - now < lasts / 2
