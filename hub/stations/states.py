"""Every station's state: one row holds what is needed, so that hundreds are read at once."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.stations import glance, repository
from hub.stations.glance import Row
from hub.stations.service import fault_at
from hub.stations.states_schemas import (
    AgentState,
    ChargerCounts,
    ClockState,
    DockCounts,
    LaneState,
    OpenFault,
    OutboxState,
    StationState,
    VehicleCounts,
)
from hub.stations.tables import Station

_OWN = (
    "id", "created_at", "name", "number", "timezone", "latitude", "longitude", "last_seen_at", "reported_at",
    "picture_at", "facts_lost", "facts_shed", "last_loss_at", "revoked_at",
)  # fmt: skip
_TROUBLE = frozenset({"revoked", "silent", "store_damaged", "faults"})


async def states(session: AsyncSession, stations: Sequence[Station], now: dt.datetime) -> list[StationState]:
    """These stations' states. A station whose devices have said nothing since an older hub costs two statements."""
    return [
        state_of(one, one.devices or glance.devices_of(*await repository.devices(session, one.id)), now)
        for one in stations
    ]


def state_of(station: Station, devices: Row, now: dt.datetime) -> StationState:
    """One station's state, judged now."""
    counts, faults, report = station.counts or {}, devices["faults"], station.report
    online = glance.is_online(station.last_seen_at, station.last_left_at, now)
    why = _why(station, counts if online else {}, faults, online=online)
    socs = counts.get("socs", [])
    return StationState(
        **{name: getattr(station, name) for name in _OWN},
        level=_level(station, why),
        why=why,
        online=online,
        agent=_agent(station, (report or {}).get("health") or {}),
        clock=None if report is None else _clock(report["clock"]),
        outbox=None if report is None or station.reported_at is None else _outbox(report, station.reported_at),
        docks=DockCounts(
            total=max(devices["docks"], counts.get("docks", 0)),
            online=counts.get("docks_online", 0),
            faulty=len({one["thing_id"] for one in faults if one["thing"] == "dock"}),
            occupied=len(socs),
        ),
        chargers=ChargerCounts(
            total=max(devices["chargers"], counts.get("chargers", 0)),
            online=counts.get("chargers_online", 0),
            faulty=len({one["thing_id"].rpartition("/")[0] for one in faults if one["thing"] == "connector"}),
            connectors=counts.get("connectors", 0),
            charging=counts.get("charging", 0),
        ),
        vehicles=VehicleCounts(
            present=len(socs), charged=sum(one is not None and one >= station.min_soc_pct for one in socs)
        ),
        faults=[_fault(one) for one in faults],
        as_of=now,
    )


def fingerprint(state: StationState) -> tuple[object, ...]:
    """What people want to hear of at once when it changes: not the ages and the figures that move all the time."""
    outbox = None if state.outbox is None else state.outbox.late
    clock = None if state.clock is None else state.clock.quality
    agent = state.agent.model_copy(update={"up_s": None, "disk_free_bytes": None})
    return (
        state.name, state.number, state.timezone, state.latitude, state.longitude, state.level, tuple(state.why),
        state.online, agent, clock, outbox, state.docks, state.chargers, state.vehicles, tuple(state.faults),
        state.facts_lost, state.facts_shed, state.revoked_at,
    )  # fmt: skip


def _fault(one: Row) -> OpenFault:
    return OpenFault(
        thing=one["thing"], thing_id=one["thing_id"], code=one["code"], at=fault_at(one["at_ms"]), detail=one["detail"]
    )


def _why(station: Station, counts: Row, faults: Sequence[Row], *, online: bool) -> list[str]:
    report = station.report or {}
    health, clock = report.get("health") or {}, report.get("clock") or {}
    found = {
        "revoked": station.revoked_at is not None,
        "silent": station.last_seen_at is not None and not online,
        "store_damaged": bool(health.get("store_damaged")),
        "faults": bool(faults),
        "store_low": bool(health.get("store_low")),
        "outbox_late": bool(report) and glance.waits_s(report) > glance.LATE_S,
        "clock_doubtful": bool(clock) and clock["quality"] not in glance.TRUSTED,
        "dock_unseen": counts.get("docks_online", 0) < counts.get("docks", 0),
        "charger_unseen": counts.get("chargers_online", 0) < counts.get("chargers", 0),
    }
    return [name for name, is_so in found.items() if is_so]


def _level(station: Station, why: Sequence[str]) -> Any:
    if station.last_seen_at is None and not why:
        return "new"
    if _TROUBLE.intersection(why):
        return "trouble"
    return "attention" if why else "ok"


def _agent(station: Station, health: Row) -> AgentState:
    return AgentState(
        version=station.agent,
        started_at=station.agent_started_at,
        unclean_start=station.unclean_start,
        up_s=health.get("up_s"),
        store_low=health.get("store_low"),
        store_damaged=health.get("store_damaged"),
        store_pressure=health.get("store_pressure"),
        disk_free_bytes=health.get("disk_free_bytes"),
    )


def _clock(told: Row) -> ClockState:
    return ClockState(
        quality=told["quality"],
        trusted=told["quality"] in glance.TRUSTED,
        uncertainty_ms=told["uncertainty_ms"],
        offset_ms=told["offset_ms"],
    )


def _outbox(report: Row, at: dt.datetime) -> OutboxState:
    lanes = [
        LaneState(lane=one["lane"], waiting=one["waiting"], oldest_at=_before(at, one["age_ms"]))
        for one in report["backlog"]
    ]
    return OutboxState(
        waiting=sum(one.waiting for one in lanes),
        oldest_at=min((one.oldest_at for one in lanes if one.oldest_at is not None), default=None),
        late=glance.waits_s(report) > glance.LATE_S,
        lanes=lanes,
    )


def _before(at: dt.datetime, age_ms: int | None) -> dt.datetime | None:
    """So long before; what no calendar knows is its beginning."""
    if age_ms is None:
        return None
    try:
        return at - dt.timedelta(milliseconds=age_ms)
    except OverflowError:
        return fault_at(0)
