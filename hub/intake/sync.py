"""`POST /api/v1/sync`: facts up, acknowledged after the commit; changes down. One transaction per request."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from aiohttp import web
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.intake import feed, ledger
from hub.intake.projection import Failed, Projection, Understood, quarantine_row, understand
from hub.intake.reading import decompressed, read_body
from hub.intake.rules import Held, Read, check_batches, judge, read
from hub.intake.signatures import NumberTooLow, Signatures, Verified
from hub.intake.tables import FactCursor
from hub.kernel.db import may_succeed_again
from hub.kernel.edge import TRACE_ID
from hub.kernel.problem import ProblemError, problem
from hub.kernel.web import Kernel
from protocols.errors import Malformed, Refused
from protocols.sync.envelope import (
    MAX_BYTES,
    PROTOCOL_VERSION,
    BatchResult,
    Cursor,
    FactBatch,
    Lane,
    Quarantined,
    SyncReply,
    SyncRequest,
    Verdict,
    decode_request,
    encode,
)
from protocols.values import to_ms

HUB: Final = "voltdock-hub"
_TRIES: Final = 4
_ANOTHER: Final = "\x00"  # no nonce is it
_STATUS: Final = {"not_enrolled": 401, "bad_signature": 401, "protocol_unknown": 426}
_log = structlog.get_logger("hub.intake")


@dataclass(slots=True)
class _Taking:
    """What one request has led to so far."""

    station_id: uuid.UUID
    now: dt.datetime
    held: dict[tuple[Lane, int], tuple[Held, dt.datetime | None]]
    nonces: dict[int, str]
    touched: set[tuple[Lane, int]] = field(default_factory=set)
    results: list[BatchResult] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


class SyncDoor:
    """Takes the stations' requests in."""

    def __init__(self, kernel: Kernel, signatures: Signatures) -> None:
        self._kernel = kernel
        self._signatures = signatures
        self._projection = Projection(kernel.bus)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Read, check, take in, commit, answer."""
        try:
            body = await read_body(request, MAX_BYTES)
            signed = await self._signatures.verify(request, body)
            asked = decode_request(decompressed(body, request.headers.get("Content-Encoding", ""), MAX_BYTES))
            _check(asked)
            reply = await self._retried(signed, asked)
        except NumberTooLow as error:
            return _number_too_low(request, error)
        except Refused as refused:
            shown = problem(refused.code, _STATUS.get(refused.code), params=refused.params)
            raise ProblemError(shown) from refused
        return web.Response(body=encode(reply), content_type="application/json")

    async def _retried(self, signed: Verified, asked: SyncRequest) -> SyncReply:
        # Reading and hashing come before the transaction: on SQLite nobody else can write while it is open.
        now = self._kernel.clock.now()
        batches = [_understood(signed.station_id, batch, now) for batch in asked.batches]
        for last in (number == _TRIES - 1 for number in range(_TRIES)):
            try:
                async with self._kernel.database.transaction() as session:
                    await self._signatures.take(session, signed, "sync")
                    taking = await self._begin(session, signed.station_id, asked.batches, now)
                    return await self._take(session, taking, asked, batches)  # committed before it is returned
            except DBAPIError as error:
                if last or not may_succeed_again(error):
                    raise
        raise AssertionError("unreachable")

    async def _take(
        self, session: AsyncSession, taking: _Taking, asked: SyncRequest, batches: Sequence[tuple[Read, Understood]]
    ) -> SyncReply:
        station_id, now = taking.station_id, taking.now
        for read_, understood in batches:
            await self._take_batch(session, taking, read_, understood)
        await ledger.put_cursors(session, station_id, {key: taking.held[key] for key in taking.touched})
        versions = {one.name: one.version for one in asked.lists}
        await self._kernel.bus.publish(
            session, events.StationSeen(station_id=station_id, at=now, agent=asked.agent[:80])
        )
        down = await feed.downward(session, station_id, asked.rev, versions, to_ms(now))
        return SyncReply(
            protocol=PROTOCOL_VERSION,
            hub=HUB,
            hub_at_ms=to_ms(now),
            rev=down.rev,
            more=down.more,
            cursors=await self._cursors(session, taking, asked.batches),
            results=taking.results,
            quarantined=taking.quarantined,
            changes=down.changes,
        )

    async def _begin(
        self, session: AsyncSession, station_id: uuid.UUID, batches: Sequence[FactBatch], now: dt.datetime
    ) -> _Taking:
        rows = await ledger.cursors_of(session, station_id, {batch.epoch for batch in batches})
        return _Taking(
            station_id=station_id,
            now=now,
            held={(Lane(row.lane), row.epoch): (_held(row), row.forked_at) for row in rows},
            nonces={row.epoch: row.nonce for row in rows},
        )

    async def _take_batch(self, session: AsyncSession, taking: _Taking, read_: Read, understood: Understood) -> None:
        batch = read_.batch
        key = (batch.lane, batch.epoch)
        before, forked_at = taking.held.get(key, (None, None))
        judged = judge(before, taking.nonces.get(batch.epoch), read_)
        if judged.compare and not await ledger.is_the_same(
            session, taking.station_id, batch.lane, batch.epoch, judged.compare
        ):
            judged = judge(before, _ANOTHER, read_)
        floor = None
        if judged.verdict is Verdict.FORK:
            floor = max(batch.epoch, await ledger.highest_epoch(session, taking.station_id)) + 1
            forked_at = taking.now
            _log.warning("fork", station_id=str(taking.station_id), lane=batch.lane.value, epoch=batch.epoch)
        if judged.new:
            await ledger.keep(session, taking.station_id, batch.lane, batch.epoch, judged.new, taking.now)
            failed = await self._projection.apply(session, understood, judged.new[0].seq)
            await self._set_aside(session, taking, batch, failed)
            taking.nonces[batch.epoch] = batch.nonce
        if before is not None or judged.new:
            taking.held[key] = (judged.held, forked_at)
            taking.touched.add(key)
        taking.results.append(
            BatchResult(
                lane=batch.lane,
                epoch=batch.epoch,
                verdict=judged.verdict,
                acked=judged.held.acked,
                epoch_floor=floor,
            )
        )

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
            Quarantined(lane=batch.lane, epoch=batch.epoch, seq=one.framed.seq, code=one.code) for one in failed
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


def _understood(station_id: uuid.UUID, batch: FactBatch, now: dt.datetime) -> tuple[Read, Understood]:
    read_ = read(batch)
    return read_, understand(station_id, read_.framed, now)


def _held(row: FactCursor) -> Held:
    chain = None if row.chain_hash is None else bytes.fromhex(row.chain_hash)
    return Held(acked=row.acked, nonce=row.nonce, chain=chain)


def _check(asked: SyncRequest) -> None:
    if asked.protocol != PROTOCOL_VERSION:
        raise Refused("protocol_unknown", spoken=PROTOCOL_VERSION)
    if not 0 <= asked.rev < 2**62:
        raise Malformed("bad_rev", str(asked.rev)[:40])
    if any(not 0 <= one.version < 2**53 or not 0 < len(one.name) <= 40 for one in asked.lists):
        raise Malformed("bad_list_version")
    check_batches(asked.batches)


def _number_too_low(request: web.Request, error: NumberTooLow) -> web.Response:
    """A problem that also says which epoch's numbers would do, for a station that was set back."""
    shown = problem("request_replayed", 409, detail="the request's number was taken before")
    body = shown.model_dump() | {
        "epoch_floor": error.epoch_floor,
        "instance": request.path,
        "trace_id": request[TRACE_ID],
    }
    return web.json_response(body, status=409, content_type="application/problem+json")
