"""What should not be so for long at stations, for the alarms."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.events import Condition
from hub.stations import glance, repository
from hub.stations.service import fault_at
from hub.stations.tables import Station

LOSS_SHOWN: Final = dt.timedelta(days=1)


async def conditions(session: AsyncSession, now: dt.datetime, /) -> Sequence[Condition]:
    """Of every station that has ever been heard of."""
    every = await repository.every(session)
    return [one for station in every if station.last_seen_at is not None for one in _of(station, now)]


def _of(station: Station, now: dt.datetime) -> Iterator[Condition]:
    if station.revoked_at is not None:
        yield _condition(station, "station_revoked", station.revoked_at)
    elif not glance.is_online(station.last_seen_at, station.last_left_at, now):
        yield _condition(station, "station_silent", station.last_seen_at)
    if station.last_loss_at is not None and now - station.last_loss_at < LOSS_SHOWN:
        yield _condition(station, "facts_lost", station.last_loss_at, lost=station.facts_lost, shed=station.facts_shed)
    yield from _reported(station, now)
    for one in (station.devices or {"faults": []})["faults"]:
        rule = "dock_fault" if one["thing"] == "dock" else "connector_fault"
        subject = f"{one['thing']} {one['thing_id']} {one['code']}"[:120]
        yield _condition(
            station, rule, min(fault_at(one["at_ms"]), now), subject, code=one["code"], detail=one["detail"][:200]
        )


def _reported(station: Station, now: dt.datetime) -> Iterator[Condition]:
    """What it said of itself, as long as it is heard of: of a silent station nobody knows whether it still holds."""
    report = station.report
    if report is None or not glance.is_online(station.last_seen_at, station.last_left_at, now):
        return
    health = report["health"] or {}
    if glance.waits_s(report) > glance.LATE_S:
        yield _condition(station, "outbox_late", None)
    if report["clock"]["quality"] not in glance.TRUSTED:
        yield _condition(station, "clock_doubtful", None, quality=report["clock"]["quality"])
    if health.get("store_low"):
        yield _condition(station, "store_low", None, pressure=health.get("store_pressure"))
    if health.get("store_damaged"):
        yield _condition(station, "store_damaged", None)


def _condition(
    station: Station, rule: str, since: dt.datetime | None, subject: str = "", **seen: str | float | None
) -> Condition:
    return Condition(rule=rule, station_id=station.id, subject=subject, since=since, seen=seen)
