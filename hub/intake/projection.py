"""From facts to events: reads each body, groups a batch by business, publishes, and sets aside what fails.

No poison pill: a fact that cannot be applied is quarantined with its reason and acknowledged like any other.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.intake import clocks
from hub.intake.dating import Boot, Dated, dated, is_as_wrong, is_doubtful, moved, seen_in
from hub.intake.rules import Framed
from hub.kernel.bulk import BetLostError, bets_on_new
from hub.kernel.bus import Bus
from hub.kernel.db import may_succeed_again
from protocols.errors import Malformed, Refused
from protocols.sync import facts
from protocols.sync.envelope import Clock, Fact
from protocols.values import from_ms

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
    facts.ClockStepped: events.DevicesReported,
    facts.OrderEnded: events.OrdersReported,
    facts.StaffActed: events.StaffReported,
    facts.ChecklistFilled: events.StaffReported,
    facts.LeaseGranted: events.LeasesReported,
    facts.LeaseRefused: events.LeasesReported,
    facts.LeaseMoved: events.LeasesReported,
    facts.LeaseEnded: events.LeasesReported,
}

# Where people and money look: only these are dated anew.
DATED: Final = frozenset((events.RentalsReported, events.CustodyReported, events.ChargingReported))

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

    `boots` is what they tell of boots in which the station did not know the time.
    """

    station_id: uuid.UUID
    ready: list[Ready]
    failed: list[Failed]
    boots: list[Boot]


class Asked(NamedTuple):
    """The clock that a request showed, and what the hub makes of it (None: it is right)."""

    clock: Clock
    boot: Boot | None


class _Again(NamedTuple):
    fact: Fact
    record: bytes
    dated: Dated
    ready: Ready | None


class Projection:
    """Applies facts to every domain that listens."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def apply(
        self, session: AsyncSession, understood: Understood, first_seq: int, asked: Asked | None = None
    ) -> list[Failed]:
        """Apply the facts from this number on, in their order; the answer is what was set aside."""
        ready = [one for one in understood.ready if one.framed.seq >= first_seq]
        if understood.boots or (asked is not None and asked.boot is not None):
            ready = await self._date(session, understood, ready, asked)
        failed = [one for one in understood.failed if one.framed.seq >= first_seq]
        if not ready:
            return failed
        if bets_on_new(session):
            await self._bet(session, ready)
        elif await self._try(session, ready) is not None:
            # Something in the batch does not fit: one by one, each in a savepoint of its own, finds out what.
            for one in ready:
                problem = await self._try(session, [one])
                if problem is not None and one.framed.seq >= first_seq:
                    failed.append(_failed(one.framed, problem))
        return failed

    async def _date(
        self, session: AsyncSession, understood: Understood, ready: list[Ready], asked: Asked | None
    ) -> list[Ready]:
        """What was told without a right clock gets its date; what is dated better now is told again, before it."""
        station_id = understood.station_id
        by_request = [] if asked is None or asked.boot is None else [asked.boot]
        known, is_news = await clocks.learn(session, station_id, [*understood.boots, *by_request])
        due = await clocks.due(session, station_id, known) if is_news else []
        again = [_again(station_id, one, ready) for one in due]
        kept, after = {}, []
        for one in ready:
            fact = one.framed.fact
            wrong = fact is not None and asked is not None and asked.boot is not None and is_as_wrong(fact, asked.clock)
            if fact is None or one.group not in DATED or not (is_doubtful(fact) or wrong):
                after.append(one)
                continue
            is_ = dated(fact, known.values())
            kept[fact.id] = (fact, one.framed.record, is_)
            after.append(_with_date(one, fact, is_))
        kept |= {one.fact.id: (one.fact, one.record, one.dated) for one in again if one.ready is not None}
        await clocks.keep(session, station_id, kept)
        return [*(one.ready for one in again if one.ready is not None), *after]

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
    boots: dict[str, Boot] = {}
    for one in framed:
        if one.fact is None:
            failed.append(Failed(framed=one, code="bad_frame", detail=_cut(one.why)))
            continue
        try:
            body = facts.body_of(one.fact)
        except Malformed as error:
            failed.append(Failed(framed=one, code=error.reason, detail=_cut(error.detail)))
            continue
        seen = seen_in(one.fact, body)
        if seen is not None:
            boots[seen.boot] = boots[seen.boot].with_(seen) if seen.boot in boots else seen
        group = None if body is None else GROUPS.get(type(body))
        if body is None or group is None:
            failed.append(Failed(framed=one, code=UNKNOWN, detail=f"{one.fact.type} v{one.fact.v}"))
            continue
        reported = events.Reported(
            station_id=station_id, fact_id=one.fact.id, hlc=one.fact.hlc, received_at=now, body=body
        )
        ready.append(Ready(one, group, reported))
    return Understood(station_id, ready, failed, list(boots.values()))


def _with_date(one: Ready, fact: Fact, is_: Dated) -> Ready:
    told = one.reported
    body = moved(told.body, fact, is_.shift_ms)
    reported = msgspec.structs.replace(
        told, body=body, hlc=is_.hlc, told_hlc=fact.hlc, uncertainty_ms=is_.uncertainty_ms
    )
    return Ready(one.framed, one.group, reported)


def _again(station_id: uuid.UUID, found: tuple[Fact, bytes, Dated], new: Sequence[Ready]) -> _Again:
    """A fact of before, ready to be told with its better date; it has no place in the batch that brought the news."""
    fact, record, is_ = found
    body = facts.body_of(fact)
    group = None if body is None else GROUPS.get(type(body))
    if body is None or group is None:
        return _Again(fact, record, is_, None)
    now = new[0].reported.received_at if new else from_ms(fact.at_ms + is_.shift_ms)
    reported = events.Reported(station_id=station_id, fact_id=fact.id, hlc=fact.hlc, received_at=now, body=body)
    framed = Framed(seq=0, record=record, fact_id=fact.id, fact=fact)
    return _Again(fact, record, is_, _with_date(Ready(framed, group, reported), fact, is_))


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
