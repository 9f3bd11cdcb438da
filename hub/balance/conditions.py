"""Stations where too few charged vehicles stand for what is expected, for the alarms."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.balance import demand, task_repository
from hub.balance.forecast import DemandForecast
from hub.balance.planning import Places, Promises
from hub.events import Condition

AHEAD: Final = dt.timedelta(hours=2)
SHARE: Final = 0.8  # with this probability the safe level is enough for what is expected ahead
LOOK_EVERY: Final = dt.timedelta(minutes=1)  # demand does not change within seconds


class SupplyWatch:
    """Compares what may be rented out with the safe level. What it saw last is good for a minute."""

    def __init__(self, forecast: DemandForecast, places: Places, promises: Promises) -> None:
        self._forecast = forecast
        self._places = places
        self._promises = promises
        self._seen: tuple[dt.datetime, Sequence[Condition]] | None = None

    async def conditions(self, session: AsyncSession, now: dt.datetime, /) -> Sequence[Condition]:
        """Of each station and kind of vehicle whose supply is below its safe level."""
        if self._seen is None or not dt.timedelta(0) <= now - self._seen[0] < LOOK_EVERY:
            self._seen = now, await self._look(session, now)
        return self._seen[1]

    async def _look(self, session: AsyncSession, now: dt.datetime) -> Sequence[Condition]:
        expected = await self._forecast.expected(session, [(now, now + AHEAD)])
        safe = {(one.station_id, one.kind): demand.at_most(one.out, SHARE) for one in expected if one.kind}
        if not any(safe.values()):
            return ()
        usable = await self._usable(session, now)
        return [
            Condition(rule="supply_low", station_id=station_id, subject=kind, seen={"safe_level": level})
            for (station_id, kind), level in sorted(safe.items(), key=str)
            if usable[station_id, kind] < level
        ]

    async def _usable(self, session: AsyncSession, now: dt.datetime) -> Counter[tuple[uuid.UUID, str]]:
        least = {one[0]: one[4] for one in await self._places.places(session)}
        promised, reserved = await self._promises.promised_from(session, now)
        usable = Counter(
            (one.station_id, one.kind)
            for one in await task_repository.standing(session, now)
            if one.vehicle_id not in promised and one.soc_pct >= least.get(one.station_id, 100.0)
        )
        usable.subtract(reserved)
        return usable
