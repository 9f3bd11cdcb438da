"""What demand is expected: the port, and the seasonal baseline behind it, learnt anew every night as durable work."""

import asyncio
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.balance import demand, repository
from hub.balance.demand import Seen
from hub.balance.repository import Ride
from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.wishes import Task

LEARN: Final = "learn_demand"
WINDOW: Final = dt.timedelta(weeks=12)
_HOUR: Final = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Rides expected to begin (`out`) and to end (`back`) at a station with one kind of vehicle."""

    station_id: uuid.UUID
    kind: str
    since: dt.datetime
    until: dt.datetime
    out: float
    back: float


class DemandForecast(Protocol):
    """Expects demand. The baseline is one; a better model takes its place in the wiring."""

    async def expected(
        self,
        session: AsyncSession,
        spans: Sequence[tuple[dt.datetime, dt.datetime]],
        *,
        station_id: uuid.UUID | None = None,
        kind: str | None = None,
    ) -> Sequence[Expected]:
        """For each span, station and kind that anything is known of; None for all."""


class Zones(Protocol):
    """The stations' time zones. Filled by the wiring."""

    async def zones_of(self, session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dt.tzinfo]:
        """Of these stations, as far as they exist."""


class Baseline:
    """`DemandForecast` by hour of the week."""

    def __init__(self, clock: Clock, zones: Zones) -> None:
        self._clock = clock
        self._zones = zones

    async def expected(
        self,
        session: AsyncSession,
        spans: Sequence[tuple[dt.datetime, dt.datetime]],
        *,
        station_id: uuid.UUID | None = None,
        kind: str | None = None,
    ) -> Sequence[Expected]:
        rows = await repository.rates(session, station_id, kind)
        zones = await self._zones.zones_of(session, {row.station_id for row in rows})
        return [
            Expected(
                station_id=row.station_id, kind=row.kind, since=since, until=until,
                out=demand.expected_in(row.out, since, until, zones[row.station_id]),
                back=demand.expected_in(row.back, since, until, zones[row.station_id]),
            )
            for row in rows
            if row.station_id in zones
            for since, until in spans
        ]  # fmt: skip

    async def wish(self, session: AsyncSession, now: dt.datetime) -> None:
        """Once a day: learn anew. Whichever process is first."""
        key = f"{LEARN}:{now:%Y-%m-%d}"
        await wishes.wish(session, self._clock, LEARN, {"until_ms": int(now.timestamp()) * 1000}, key=key)

    def handler(self, database: Database) -> wishes.Handler:
        """Carries the wish out; twice does no harm."""

        async def learn(_task: Task) -> None:
            await self.learn(database)

        return learn

    async def learn(self, database: Database) -> int:
        """Learn from the last twelve weeks; how many stations and kinds."""
        until = self._clock.now().replace(minute=0, second=0, microsecond=0)
        since = until - WINDOW
        async with database.reading() as session:
            rides = await repository.rides(session, since, until)
            ids = {row.from_station_id for row in rides} | {row.to_station_id for row in rides if row.to_station_id}
            zones = await self._zones.zones_of(session, ids)
        rows = await asyncio.to_thread(_learnt, rides, zones, since, until)
        async with database.transaction() as session:
            await repository.put_rates(session, [row | {"learnt_at": self._clock.now()} for row in rows])
        return len(rows)


def _learnt(
    rides: Sequence[Ride], zones: Mapping[uuid.UUID, dt.tzinfo], since: dt.datetime, until: dt.datetime
) -> list[dict[str, Any]]:
    """The rates' rows of every kind and station."""
    out: dict[str, dict[uuid.UUID, list[dt.datetime]]] = defaultdict(lambda: defaultdict(list))
    back: dict[str, dict[uuid.UUID, list[dt.datetime]]] = defaultdict(lambda: defaultdict(list))
    first: dict[uuid.UUID, dt.datetime] = {}
    for one in rides:
        out[one.kind][one.from_station_id].append(one.started_at)
        first[one.from_station_id] = min(one.started_at, first.get(one.from_station_id, until))
        if one.to_station_id is not None and one.ended_at is not None and one.ended_at < until:
            back[one.kind][one.to_station_id].append(one.ended_at)
            first[one.to_station_id] = min(one.ended_at, first.get(one.to_station_id, until))
    passed = _Passed(until)
    found = []
    for kind in sorted(out):
        there = {one for one in {*out[kind], *back[kind]} if one in zones}
        hours = {one: passed.since(_began(first[one], since), zones[one]) for one in there}
        leaving, coming = (
            demand.learnt(
                {one: Seen(rides=demand.counted(some[kind][one], zones[one]), hours=hours[one]) for one in there}
            )
            for some in (out, back)
        )
        found += [
            {"station_id": one, "kind": kind, "out": _short(leaving[one]), "back": _short(coming[one]), "since": since}
            for one in sorted(there)
        ]
    return found


class _Passed:
    """How many hours of each hour of the week have passed, counted once for each zone and beginning."""

    def __init__(self, until: dt.datetime) -> None:
        self._until = until
        self._known: dict[tuple[dt.datetime, str], list[float]] = {}

    def since(self, since: dt.datetime, zone: dt.tzinfo) -> list[float]:
        key = (since, str(zone))
        if key not in self._known:
            self._known[key] = demand.hours_between(since, self._until, zone)
        return self._known[key]


def _began(first: dt.datetime, since: dt.datetime) -> dt.datetime:
    """A station counts from the week of its first ride on: before, it may not have been there."""
    days = (first - since) // dt.timedelta(weeks=1) * 7
    return since + dt.timedelta(days=max(0, days))


def _short(rates: Sequence[float]) -> list[float]:
    return [round(one, 6) for one in rates]
