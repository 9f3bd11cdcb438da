"""`POST /api/v1/sync`: facts up, acknowledged after the commit; changes down. One transaction per request."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from aiohttp import web
from msgspec import structs
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.intake import feed, ledger, losses
from hub.intake.dating import seen_by
from hub.intake.downlink import has_published
from hub.intake.gate import Full, Gate
from hub.intake.projection import UNKNOWN, Asked, Failed, Projection, Understood, quarantine_row, understand
from hub.intake.reading import decompressed, read_body, turned_away
from hub.intake.rules import Framed, Held, Judged, Read, check_batches, check_lost, judge, judge_lost, read
from hub.intake.signatures import NumberTooLow, Signatures, Verified
from hub.kernel.bulk import BetLostError, bet_is_lost, bet_on_new
from hub.kernel.db import may_succeed_again
from hub.kernel.edge import TRACE_ID
from hub.kernel.postgres import Copy
from hub.kernel.problem import ProblemError, problem
from hub.kernel.sqlite import Ran
from hub.kernel.statements import Statement, run, run_last
from hub.kernel.web import Kernel
from protocols.errors import Malformed, Refused
from protocols.sync.envelope import (
    MAX_BYTES,
    MAX_FACTS,
    MOST_BYTES,
    MOST_FACTS,
    OLDEST_PROTOCOL,
    PROTOCOL_VERSION,
    BatchResult,
    Cursor,
    FactBatch,
    Lane,
    LostRange,
    LostResult,
    Quarantined,
    Room,
    SyncReply,
    SyncRequest,
    Verdict,
    decode_request,
    encode,
)
from protocols.sync.signing import claimed
from protocols.values import to_ms

HUB: Final = "voltdock-hub"
_TRIES: Final = 4
_ANOTHER: Final = "\x00"  # no nonce is it
_ROOM: Final = Room(facts=MOST_FACTS, bytes=MOST_BYTES)
_STATUS: Final = {"not_enrolled": 401, "bad_signature": 401, "station_revoked": 403, "protocol_unknown": 426}
_log = structlog.get_logger("hub.intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """A batch, made ready before its transaction; `keep` is the statement for all of its records, if they are new."""

    read: Read
    understood: Understood
    keep: Statement | Copy
    is_last: bool


@dataclass(slots=True)
class _Taking:
    """What one request has led to so far."""

    station_id: uuid.UUID
    now: dt.datetime
    held: dict[tuple[Lane, int], tuple[Held, dt.datetime | None]]
    nonces: dict[int, str]
    head: Ran
    bet: bool
    asked: Asked
    results: list[BatchResult] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    lost: list[LostResult] = field(default_factory=list)


class SyncDoor:
    """Takes the stations' requests in."""

    def __init__(self, kernel: Kernel, signatures: Signatures, gate: Gate) -> None:
        self._kernel = kernel
        self._signatures = signatures
        self._gate = gate
        self._projection = Projection(kernel.bus)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Let in, read, check, take in, commit, answer."""
        try:
            # Whose it is is only claimed until the signature is checked, which needs the body.
            with self._gate.entered(claimed(request.headers.get("Signature-Input")).station_id):
                body = await read_body(request, MAX_BYTES)
                async with self._gate.turn():
                    reply = await self._answered(request, body)
        except Full as full:
            raise turned_away(full) from full
        except NumberTooLow as error:
            return _number_too_low(request, error)
        except Refused as refused:
            shown = problem(refused.code, _STATUS.get(refused.code), params=refused.params)
            raise ProblemError(shown) from refused
        return web.Response(body=encode(reply), content_type="application/json")

    async def _answered(self, request: web.Request, body: bytes) -> SyncReply:
        signed = await self._signatures.verify(request, body)
        asked = decode_request(decompressed(body, request.headers.get("Content-Encoding", ""), MOST_BYTES))
        _check(asked)
        reply = await self._retried(signed, asked)
        retry_after_s, hold_telemetry_s = self._gate.hints()
        # SQLite has one writer: whoever else writes would wait for a large request. In a crowd everybody would.
        roomy = not self._kernel.database.is_sqlite and not self._gate.crowded()
        return structs.replace(
            reply,
            retry_after_s=retry_after_s,
            hold_telemetry_s=hold_telemetry_s,
            room=_ROOM if roomy else None,
        )

    async def _retried(self, signed: Verified, asked: SyncRequest) -> SyncReply:
        # Reading and hashing come before the transaction: on SQLite nobody else can write while it is open.
        now = self._kernel.clock.now()
        batches = [await self._ready(signed.station_id, one, now, one is asked.batches[-1]) for one in asked.batches]
        bet = True
        for last in (number == _TRIES - 1 for number in range(_TRIES)):
            try:
                async with self._kernel.database.transaction() as session:
                    if bet:
                        bet_on_new(session)
                    taking = await self._begin(session, signed, asked, now, bet=bet)
                    return await self._take(session, taking, asked, batches)  # committed before it is returned
            except (DBAPIError, BetLostError) as error:
                lost = bet and bet_is_lost(error)
                if last or not (lost or may_succeed_again(error)):
                    raise
                bet = bet and not lost
        raise AssertionError("unreachable")

    async def _take(
        self, session: AsyncSession, taking: _Taking, asked: SyncRequest, batches: Sequence[_Batch]
    ) -> SyncReply:
        station_id, now = taking.station_id, taking.now
        for lost in asked.lost:
            await self._take_lost(session, taking, lost)
        for ready in batches:
            await self._take_batch(session, taking, ready)
        seen = events.StationSeen(
            station_id=station_id, at=now, agent=asked.agent[:80],
            clock=asked.clock, backlog=asked.backlog, health=asked.health,
        )  # fmt: skip
        await self._kernel.bus.publish(session, seen)
        down = await self._downward(session, taking, asked)
        return SyncReply(
            protocol=asked.protocol,
            hub=HUB,
            hub_at_ms=to_ms(now),
            rev=down.rev,
            more=down.more,
            cursors=await self._cursors(session, taking, asked.batches),
            results=taking.results,
            lost=taking.lost,
            quarantined=taking.quarantined,
            changes=down.changes,
        )

    async def _begin(
        self, session: AsyncSession, signed: Verified, asked: SyncRequest, now: dt.datetime, *, bet: bool
    ) -> _Taking:
        """Take the request's number, and read with it what nearly every request needs."""
        station_id = signed.station_id
        cursors = ledger.cursors_of(
            station_id, {batch.epoch for batch in asked.batches} | {one.epoch for one in asked.lost}
        )
        found, head = await self._signatures.take(session, signed, "sync", cursors, feed.head_of(station_id))
        held = ledger.held_in(found)
        nonces = {epoch: one.nonce for (_, epoch), (one, _) in held.items()}
        clock = Asked(asked.clock, seen_by(asked.clock, now))
        return _Taking(station_id=station_id, now=now, held=held, nonces=nonces, head=head, bet=bet, asked=clock)

    async def _downward(self, session: AsyncSession, taking: _Taking, asked: SyncRequest) -> feed.Downward:
        versions = {one.name: one.version for one in asked.lists}
        if asked.rev == 0:
            await self._kernel.bus.publish(session, events.StationEmpty(station_id=taking.station_id))
        if feed.is_level(taking.head, asked.rev, versions) and not has_published(session, taking.station_id):
            return feed.Downward(rev=asked.rev)
        down = await feed.downward(session, taking.station_id, asked.rev, versions, to_ms(taking.now))
        if down.hub_knew is not None:
            behind = events.HubBehind(
                station_id=taking.station_id, at=taking.now, hub_rev=down.hub_knew, station_rev=asked.rev
            )
            await self._kernel.bus.publish(session, behind)
            _log.error("hub_is_behind_its_station", station_id=str(taking.station_id), hub_rev=down.hub_knew)
        return down

    async def _ready(self, station_id: uuid.UUID, batch: FactBatch, now: dt.datetime, is_last: bool) -> _Batch:
        if len(batch.records) <= MAX_FACTS:
            return self._made_ready(station_id, batch, now, is_last)
        # Some tens of milliseconds of reading and hashing, which nobody else shall wait for.
        return await asyncio.to_thread(self._made_ready, station_id, batch, now, is_last)

    def _made_ready(self, station_id: uuid.UUID, batch: FactBatch, now: dt.datetime, is_last: bool) -> _Batch:
        read_ = read(batch)
        keep = self._records(station_id, batch, read_.framed, now, bet=True)
        return _Batch(read=read_, understood=understand(station_id, read_.framed, now), keep=keep, is_last=is_last)

    def _records(
        self, station_id: uuid.UUID, batch: FactBatch, framed: Sequence[Framed], now: dt.datetime, *, bet: bool
    ) -> Statement | Copy:
        sqlite = self._kernel.database.is_sqlite
        if bet and not sqlite:
            return ledger.keep_new(station_id, batch.lane, batch.epoch, framed, now)
        return ledger.keep(station_id, batch.lane, batch.epoch, framed, now, sqlite=sqlite)

    async def _take_batch(self, session: AsyncSession, taking: _Taking, ready: _Batch) -> None:
        read_, batch = ready.read, ready.read.batch
        key = (batch.lane, batch.epoch)
        before, forked_at = known = taking.held.get(key, (None, None))
        judged = judge(before, taking.nonces.get(batch.epoch), read_)
        if judged.compare and not await ledger.is_the_same(
            session, taking.station_id, batch.lane, batch.epoch, judged.compare
        ):
            judged = judge(before, _ANOTHER, read_)
        floor = None
        if judged.verdict is Verdict.FORK:
            floor = max(batch.epoch, await ledger.highest_epoch(session, taking.station_id)) + 1
            forked_at = taking.now
            await self._kernel.bus.publish(
                session,
                events.StationForked(
                    station_id=taking.station_id,
                    at=taking.now,
                    lane=batch.lane.value,
                    epoch=batch.epoch,
                    acked=judged.held.acked,
                ),
            )
            _log.warning("fork", station_id=str(taking.station_id), lane=batch.lane.value, epoch=batch.epoch)
        after = (judged.held, forked_at)
        if judged.new or (before is not None and after != known):
            await self._keep(session, taking, ready, judged, forked_at)
        if judged.new:
            failed = await self._projection.apply(session, ready.understood, judged.new[0].seq, taking.asked)
            await self._set_aside(session, taking, batch, failed)
            taking.nonces[batch.epoch] = batch.nonce
        if before is not None or judged.new:
            taking.held[key] = after
        taking.results.append(
            BatchResult(
                lane=batch.lane,
                epoch=batch.epoch,
                verdict=judged.verdict,
                acked=judged.held.acked,
                epoch_floor=floor,
            )
        )

    async def _take_lost(self, session: AsyncSession, taking: _Taking, lost: LostRange) -> None:
        """The cursor goes over numbers that will never come; people can read which, and why."""
        key = (lost.lane, lost.epoch)
        before, forked_at = taking.held.get(key, (None, None))
        judged = judge_lost(before, taking.nonces.get(lost.epoch), lost)
        if judged.first_seq is not None:
            row = losses.row_of(lost, judged, taking.station_id, id=self._kernel.clock.new_id(), now=taking.now)
            await losses.keep(session, row)
            if judged.held.acked != (before.acked if before else 0):
                await run(session, ledger.put_cursor(taking.station_id, *key, judged.held, forked_at))
                taking.held[key] = judged.held, forked_at
                taking.nonces[lost.epoch] = lost.nonce
            await self._kernel.bus.publish(session, losses.event_of(row))
            _log.warning(
                "facts_lost", station_id=str(taking.station_id), lane=lost.lane.value, epoch=lost.epoch,
                first_seq=judged.first_seq, last_seq=lost.last_seq, gone=judged.gone, reason=lost.reason,
            )  # fmt: skip
        taking.lost.append(
            LostResult(
                lane=lost.lane,
                epoch=lost.epoch,
                first_seq=lost.first_seq,
                verdict=judged.verdict,
                acked=judged.held.acked,
            )
        )

    async def _keep(
        self, session: AsyncSession, taking: _Taking, ready: _Batch, judged: Judged, forked_at: dt.datetime | None
    ) -> None:
        station_id, batch, new = taking.station_id, ready.read.batch, judged.new
        cursor = ledger.put_cursor(station_id, batch.lane, batch.epoch, judged.held, forked_at)
        statements: list[Statement | Copy] = [cursor]
        if new:
            as_read = taking.bet and len(new) == len(ready.read.framed)
            statements.append(
                ready.keep if as_read else self._records(station_id, batch, new, taking.now, bet=taking.bet)
            )
        # Only another batch of this request could ask what these wrote.
        await (run_last if ready.is_last else run)(session, *statements)

    async def _set_aside(
        self, session: AsyncSession, taking: _Taking, batch: FactBatch, failed: Sequence[Failed]
    ) -> None:
        rows = [
            quarantine_row(
                one,
                taking.station_id,
                batch.lane.value,
                batch.epoch,
                id=self._kernel.clock.new_id(),
                created_at=taking.now,
            )
            for one in failed
        ]
        await ledger.quarantine(session, rows)
        taking.quarantined.extend(
            Quarantined(lane=batch.lane, epoch=batch.epoch, seq=one.framed.seq, code=one.code)
            for one in failed
            if one.code != UNKNOWN
        )

    async def _cursors(self, session: AsyncSession, taking: _Taking, batches: Sequence[FactBatch]) -> list[Cursor]:
        """Those of this request; to a station that sent nothing, its last epochs', so that it can compare."""
        if batches:
            keys = {(batch.lane, batch.epoch) for batch in batches} & taking.held.keys()
            return [
                Cursor(lane=lane, epoch=epoch, acked=taking.held[lane, epoch][0].acked) for lane, epoch in sorted(keys)
            ]
        rows = await ledger.newest_cursors(session, taking.station_id)
        return [Cursor(lane=Lane(row.lane), epoch=row.epoch, acked=row.acked) for row in rows]


def _check(asked: SyncRequest) -> None:
    if not OLDEST_PROTOCOL <= asked.protocol <= PROTOCOL_VERSION:
        raise Refused("protocol_unknown", spoken=PROTOCOL_VERSION, spoken_from=OLDEST_PROTOCOL)
    if not 0 <= asked.rev < 2**62:
        raise Malformed("bad_rev", str(asked.rev)[:40])
    if any(not 0 <= one.version < 2**53 or not 0 < len(one.name) <= 40 for one in asked.lists):
        raise Malformed("bad_list_version")
    check_batches(asked.batches)
    check_lost(asked.lost)


def _number_too_low(request: web.Request, error: NumberTooLow) -> web.Response:
    """A problem that also says which epoch's numbers would do, for a station that was set back."""
    shown = problem("request_replayed", 409, detail="the request's number was taken before")
    body = shown.model_dump() | {
        "epoch_floor": error.epoch_floor,
        "instance": request.path,
        "trace_id": request[TRACE_ID],
    }
    return web.json_response(body, status=409, content_type="application/problem+json")
