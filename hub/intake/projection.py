"""From facts to events: reads each body, groups a batch by business, publishes, and sets aside what fails.

No poison pill: a fact that cannot be applied is quarantined with its reason and acknowledged like any other.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.intake.rules import Framed
from hub.kernel.bulk import BetLostError, bets_on_new
from hub.kernel.bus import Bus
from hub.kernel.db import may_succeed_again
from protocols.errors import Malformed, Refused
from protocols.sync import facts

Group: TypeAlias = (
    type[events.RentalsReported]
    | type[events.CustodyReported]
    | type[events.ChargingReported]
    | type[events.DevicesReported]
    | type[events.OrdersReported]
    | type[events.LeasesReported]
    | type[events.StaffReported]
)

GROUPS: Final[Mapping[type[facts.Body], Group]] = {
    facts.RentalStarted: events.RentalsReported,
    facts.RentalActivated: events.RentalsReported,
    facts.RentalVoided: events.RentalsReported,
    facts.RentalEnded: events.RentalsReported,
    facts.VehicleDocked: events.CustodyReported,
    facts.VehicleUndocked: events.CustodyReported,
    facts.ChargingStarted: events.ChargingReported,
    facts.ChargingMetered: events.ChargingReported,
    facts.ChargingStopped: events.ChargingReported,
    facts.ChargingOrphaned: events.ChargingReported,
    facts.DockFaultRaised: events.DevicesReported,
    facts.DockFaultCleared: events.DevicesReported,
    facts.DockSeen: events.DevicesReported,
    facts.ChargerSeen: events.DevicesReported,
    facts.ConnectorChanged: events.DevicesReported,
    facts.AgentStarted: events.DevicesReported,
    facts.OrderEnded: events.OrdersReported,
    facts.StaffActed: events.StaffReported,
    facts.LeaseGranted: events.LeasesReported,
    facts.LeaseRefused: events.LeasesReported,
    facts.LeaseMoved: events.LeasesReported,
    facts.LeaseEnded: events.LeasesReported,
}

UNKNOWN: Final = "unknown_type"  # the code of a fact that waits for a hub that knows its type and version
_MAX_DETAIL: Final = 500
_log = structlog.get_logger("hub.intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A fact that could not be applied: `code` is stable, `detail` is for the person who looks at it."""

    framed: Framed
    code: str
    detail: str


class Ready(msgspec.Struct, frozen=True, gc=False):
    """A fact whose body is understood, and the event it belongs to."""

    framed: Framed
    group: Group
    reported: events.Reported[facts.Body]


class Understood(msgspec.Struct, frozen=True):
    """A batch's facts, read before its transaction begins: those to apply, and those that cannot be read.

    A type or version that nobody here knows is among the latter, with the code `UNKNOWN`: nobody's failure, but kept
    where a hub that knows it will find it.
    """

    ready: list[Ready]
    failed: list[Failed]


class Projection:
    """Applies facts to every domain that listens."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def apply(self, session: AsyncSession, understood: Understood, first_seq: int) -> list[Failed]:
        """Apply the facts from this number on, in their order; the answer is what was set aside."""
        ready = [one for one in understood.ready if one.framed.seq >= first_seq]
        failed = [one for one in understood.failed if one.framed.seq >= first_seq]
        if not ready:
            return failed
        if bets_on_new(session):
            await self._bet(session, ready)
        elif await self._try(session, ready) is not None:
            # Something in the batch does not fit: one by one, each in a savepoint of its own, finds out what.
            for one in ready:
                problem = await self._try(session, [one])
                if problem is not None:
                    failed.append(_failed(one.framed, problem))
        return failed

    async def _bet(self, session: AsyncSession, ready: Sequence[Ready]) -> None:
        """Without a savepoint, which costs two trips: nearly every batch fits. Raises BetLostError when it does not."""
        try:
            await self._publish(session, ready)
        except DBAPIError as error:
            if error.connection_invalidated or may_succeed_again(error):
                raise
            raise BetLostError from error
        except Exception as error:
            raise BetLostError from error

    async def _publish(self, session: AsyncSession, ready: Sequence[Ready]) -> None:
        for group, of_group in _grouped(ready).items():
            await self._bus.publish(session, group(facts=of_group))

    async def _try(self, session: AsyncSession, ready: Sequence[Ready]) -> Exception | None:
        try:
            async with session.begin_nested():
                await self._publish(session, ready)
        except DBAPIError as error:
            if error.connection_invalidated or may_succeed_again(error):
                raise  # not the fact's fault: the whole request is tried again
            return error
        except Exception as error:  # noqa: BLE001  # a domain's bug must not stop a station's lane
            return error
        return None


def understand(station_id: uuid.UUID, framed: Sequence[Framed], now: dt.datetime) -> Understood:
    """Read every body."""
    ready: list[Ready] = []
    failed: list[Failed] = []
    for one in framed:
        if one.fact is None:
            failed.append(Failed(framed=one, code="bad_frame", detail=_cut(one.why)))
            continue
        try:
            body = facts.body_of(one.fact)
        except Malformed as error:
            failed.append(Failed(framed=one, code=error.reason, detail=_cut(error.detail)))
            continue
        group = None if body is None else GROUPS.get(type(body))
        if body is None or group is None:
            failed.append(Failed(framed=one, code=UNKNOWN, detail=f"{one.fact.type} v{one.fact.v}"))
            continue
        reported = events.Reported(
            station_id=station_id, fact_id=one.fact.id, hlc=one.fact.hlc, received_at=now, body=body
        )
        ready.append(Ready(one, group, reported))
    return Understood(ready, failed)


def is_known(name: str, v: int) -> bool:
    """Whether facts of this type and version can be applied here."""
    body = facts.KNOWN.get((name, v))
    return body is not None and body in GROUPS


def _grouped(ready: Sequence[Ready]) -> dict[Group, list[events.Reported[facts.Body]]]:
    groups: dict[Group, list[events.Reported[facts.Body]]] = {}
    for one in ready:
        groups.setdefault(one.group, []).append(one.reported)
    return groups


def _failed(framed: Framed, problem: Exception) -> Failed:
    match problem:
        case Refused():
            params = ", ".join(f"{name}={value}" for name, value in problem.params.items())
            return Failed(framed=framed, code=problem.code, detail=_cut(params))
        case Malformed():
            return Failed(framed=framed, code=problem.reason, detail=_cut(problem.detail))
        case ValueError() | OverflowError() | DBAPIError():
            text = str(problem.orig) if isinstance(problem, DBAPIError) else str(problem)
            return Failed(framed=framed, code="out_of_range", detail=_cut(text))
        case _:
            _log.error("a fact could not be applied", exc_info=problem)
            return Failed(framed=framed, code="not_applied", detail=_cut(repr(problem)))


def _cut(text: str) -> str:
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()[:_MAX_DETAIL]


def quarantine_row(failed: Failed, station_id: uuid.UUID, lane: str, epoch: int, **given: Any) -> dict[str, Any]:
    """The row that keeps it; `given` are its id and creation time."""
    fact = failed.framed.fact
    return {
        **given,
        "station_id": station_id,
        "lane": lane,
        "epoch": epoch,
        "seq": failed.framed.seq,
        "type": "?" if fact is None else fact.type,
        "code": failed.code[:80],
        "detail": failed.detail,
        "record": failed.framed.record,
        "state": "parked" if failed.code == UNKNOWN else "waiting",
        "settled_at": None,
    }
