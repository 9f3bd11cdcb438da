"""What a booking must fit: the vehicle it names, and what its station will have."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.rentals import forecast, repository, search_repository, search_rules
from hub.rentals.schemas import NewReservation
from hub.rentals.search_repository import Seen, Window
from hub.rentals.search_rules import Ask, Judged
from hub.settings import LeaseSettings
from protocols.errors import Refused

_NO_MATTER: Final = frozenset({"booked"})  # the database decides that, whoever comes at the same time


class Supply:
    """Judges bookings by what searches read."""

    def __init__(self, clock: Clock, times: LeaseSettings) -> None:
        self._clock = clock
        self._margin = dt.timedelta(seconds=times.margin_s)

    async def check(self, session: AsyncSession, new: NewReservation) -> dt.timedelta:
        """How long the vehicle charges after the trip, as `buffer` says it.

        Raises Refused `vehicle_not_fit` for a named vehicle that stands there and will not do; `station_limited`. Of
        what is not known nothing is said: the station decides.
        """
        ask, seen = await self._look(session, new)
        demands = any(place.policy.demands for place in seen.places.values())
        if demands:
            # Two at once would both see the last one: from here on bookings there come one after the other.
            await repository.line_up_station(session, new.station_id)
            ask, seen = await self._look(session, new)
        # What the others will have matters only where some must stay.
        matter = [one for one in seen.candidates if demands or one.vehicle_id == new.vehicle_id]
        found = [search_rules.judged(one, ask) for one in matter]
        named = next((one for one in found if one.vehicle.vehicle_id == new.vehicle_id), None)
        if named is not None:
            _refuse_unfit(named, new)
        kind = new.vehicle_kind if named is None else named.vehicle.kind
        for by_kind in search_rules.limits_at(found, seen.places, ask).values() if demands else ():
            limit = None if kind is None else by_kind.get(kind)
            if limit is not None and limit.limited:
                raise Refused("station_limited", **search_rules.params_of(limit))
        if named is None:
            return await self.buffer(session, new.vehicle_id, new.trip_km)
        return dt.timedelta(seconds=forecast.buffer_s(named.vehicle.battery, new.trip_km))

    async def buffer(self, session: AsyncSession, vehicle_id: uuid.UUID | None, trip_km: float | None) -> dt.timedelta:
        """How long the vehicle charges after the trip; nothing where that is not known."""
        battery = None if vehicle_id is None else await search_repository.battery(session, vehicle_id)
        return dt.timedelta(seconds=0 if battery is None else forecast.buffer_s(battery, trip_km))

    async def _look(self, session: AsyncSession, new: NewReservation) -> tuple[Ask, Seen]:
        now = self._clock.now()
        from_at = max(now, new.from_at)
        window = Window(now=now, from_at=from_at, until_at=new.until_at, kept_until_at=new.until_at + 2 * self._margin)
        rows = await search_repository.one(session, new.station_id)
        ask = Ask(from_at=from_at, until_at=new.until_at, trip_km=new.trip_km, now=now)
        return ask, await search_repository.seen_in(session, rows, window)


def _refuse_unfit(found: Judged, new: NewReservation) -> None:
    for code, params in found.reasons:
        guessed = code == "low_charge" and new.trip_km is None and found.vehicle.battery.charge_w <= 0
        if code not in _NO_MATTER and not guessed:
            raise Refused("vehicle_not_fit", reason=code, **params)
