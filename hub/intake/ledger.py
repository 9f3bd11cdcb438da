"""The queries of what stations sent: request numbers, cursors, facts as received, quarantine. The hot path."""

import datetime as dt
import functools
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.rules import Framed, Held
from hub.intake.tables import FactCursor, FactRow, QuarantinedFact, StationKey
from hub.kernel.bulk import insert_many
from hub.kernel.postgres import Copy
from hub.kernel.sqlite import Ran
from hub.kernel.statements import Statement, instant_in, sqlite_id, sqlite_instant
from protocols.sync.envelope import Lane

_MOST_CURSORS: Final = 500
UNREADABLE: Final = "?"
_KEPT: Final = ("station_id", "lane", "epoch", "received_at", "seq", "fact_id", "type", "v", "hlc", "at_ms", "record")

# One statement for all rows, not one execution a row: SQLite gives Python's lock back for each execution, and the
# event loop would take it 500 times. Columns 1 to 4 are the same in every row.
_KEEP_SQLITE: Final = (
    "INSERT INTO facts (station_id, lane, epoch, received_at, seq, fact_id, type, v, hlc, at_ms, record) "
    "VALUES {rows} ON CONFLICT DO NOTHING"
)
_KEEP_POSTGRESQL: Final = (
    "INSERT INTO facts (station_id, lane, epoch, seq, fact_id, type, v, hlc, at_ms, record, received_at) "
    "SELECT ?1::uuid, ?2, ?3, x.seq, x.fact_id, x.type, x.v, x.hlc, x.at_ms, x.record, ?4::timestamptz "
    "FROM unnest(?5::bigint[], ?6::uuid[], ?7::text[], ?8::bigint[], ?9::bigint[], ?10::bigint[], ?11::bytea[]) "
    "AS x (seq, fact_id, type, v, hlc, at_ms, record) ON CONFLICT DO NOTHING"
)


def take_number(station_id: uuid.UUID, public_key: bytes, channel: str, number: int) -> Statement:
    """Stores the request's number; touches no row when it does not rise or the key is not the station's (any more).

    Holds the station's row until the transaction ends: its syncs run one after the other.
    """
    return Statement(_TAKE_NUMBER[channel], (station_id, public_key, number))


_TAKE_NUMBER: Final = {
    channel: f"UPDATE station_keys SET {column} = ?3 "  # noqa: S608  # our own names
    f"WHERE station_id = ?1 AND public_key = ?2 AND {column} < ?3 AND revoked_at IS NULL"
    for channel, column in (("sync", "sync_number"), ("live", "live_number"))
}
_CURSORS: Final = (
    "SELECT lane, epoch, nonce, acked, chain_hash, forked_at FROM fact_cursors "
    "WHERE station_id = ?1 AND epoch IN ({epochs})"
)
_PUT_CURSOR: Final = (
    "INSERT INTO fact_cursors (station_id, lane, epoch, nonce, acked, chain_hash, forked_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (station_id, lane, epoch) DO UPDATE SET "
    "nonce = excluded.nonce, acked = excluded.acked, chain_hash = excluded.chain_hash, forked_at = excluded.forked_at"
)


async def is_newest_link(session: AsyncSession, station_id: uuid.UUID, number: int) -> bool:
    """Whether the live link that was opened by this number is the station's last one, wherever it is held.

    Holds the station's row until the transaction ends, so that who comes and who goes are told in order.
    """
    found = select(StationKey.live_number).where(StationKey.station_id == station_id).with_for_update()
    return await session.scalar(found) == number


async def is_good_key(session: AsyncSession, station_id: uuid.UUID, public_key: bytes) -> bool:
    """Whether this is the station's key still, and not revoked."""
    found = select(StationKey.public_key).where(StationKey.station_id == station_id, StationKey.revoked_at.is_(None))
    return await session.scalar(found) == public_key


async def station_key(session: AsyncSession, station_id: uuid.UUID) -> StationKey | None:
    """The station's key as it is now."""
    return await session.get(StationKey, station_id, populate_existing=True)


def cursors_of(station_id: uuid.UUID, epochs: Iterable[int]) -> Statement:
    """Finds all cursors of these epochs, of every lane: a nonce belongs to the epoch. `held_in` reads them."""
    wanted = sorted(set(epochs)) or [0]  # 0 is no epoch
    return Statement(_cursors(len(wanted)), (station_id, *wanted))


def held_in(found: Ran) -> dict[tuple[Lane, int], tuple[Held, dt.datetime | None]]:
    """What `cursors_of` found: by lane and epoch, what is held and since when it is forked."""
    held = {}
    for lane, epoch, nonce, acked, chain_hash, forked_at in found.rows:
        chain = None if chain_hash is None else bytes.fromhex(chain_hash)
        held[Lane(lane), epoch] = Held(acked=acked, nonce=nonce, chain=chain), instant_in(forked_at)
    return held


async def newest_cursors(session: AsyncSession, station_id: uuid.UUID) -> list[FactCursor]:
    """The cursors of the station's last epochs, newest first."""
    found = select(FactCursor).where(FactCursor.station_id == station_id).order_by(FactCursor.epoch.desc())
    return list((await session.scalars(found.limit(_MOST_CURSORS))).all())


async def highest_epoch(session: AsyncSession, station_id: uuid.UUID) -> int:
    """The highest epoch the station has ever shown; 0 for none."""
    return await session.scalar(select(func.max(FactCursor.epoch)).where(FactCursor.station_id == station_id)) or 0


def put_cursor(station_id: uuid.UUID, lane: Lane, epoch: int, held: Held, forked_at: dt.datetime | None) -> Statement:
    """Writes one cursor as it is now."""
    chain_hash = None if held.chain is None else held.chain.hex()
    return Statement(_PUT_CURSOR, (station_id, lane.value, epoch, held.nonce, held.acked, chain_hash, forked_at))


def keep(
    station_id: uuid.UUID, lane: Lane, epoch: int, framed: Sequence[Framed], now: dt.datetime, *, sqlite: bool
) -> Statement:
    """Keeps every record as it came; one that is there stays as it is."""
    if not sqlite:
        arrays = (list(values) for values in zip(*map(_row, framed), strict=True))
        return Statement(_KEEP_POSTGRESQL, (station_id, lane.value, epoch, now, *arrays))
    values: list[object] = [sqlite_id(station_id), lane.value, epoch, sqlite_instant(now)]
    for one in framed:
        seq, fact_id, name, v, hlc, at_ms, record = _row(one)
        values += (seq, None if fact_id is None else fact_id.hex, name, v, hlc, at_ms, record)
    return Statement(_keep_sqlite(len(framed)), values, plain=True)


def keep_new(station_id: uuid.UUID, lane: Lane, epoch: int, framed: Sequence[Framed], now: dt.datetime) -> Copy:
    """The same on PostgreSQL, for records that are bet to be new."""
    same = (station_id, lane.value, epoch, now)
    return Copy(FactRow.__tablename__, _KEPT, [same + _row(one) for one in framed])


@functools.cache
def _keep_sqlite(rows: int) -> str:
    row = "(?1, ?2, ?3, ?4, ?, ?, ?, ?, ?, ?, ?)"
    return _KEEP_SQLITE.format(rows=", ".join([row] * rows))


@functools.cache
def _cursors(epochs: int) -> str:
    return _CURSORS.format(epochs=", ".join(f"?{number}" for number in range(2, epochs + 2)))


def _row(one: Framed) -> tuple[int, uuid.UUID | None, str, int, int, int, bytes]:
    fact = one.fact
    if fact is None:
        return one.seq, one.fact_id, UNREADABLE, 0, 0, 0, one.record
    return one.seq, fact.id, fact.type, fact.v, fact.hlc, fact.at_ms, one.record


async def is_the_same(
    session: AsyncSession, station_id: uuid.UUID, lane: Lane, epoch: int, framed: Sequence[Framed]
) -> bool:
    """Whether these records are the ones that are stored under their numbers."""
    found = select(FactRow.seq, FactRow.record).where(
        FactRow.station_id == station_id,
        FactRow.lane == lane.value,
        FactRow.epoch == epoch,
        FactRow.seq.between(framed[0].seq, framed[-1].seq),
    )
    stored = dict((await session.execute(found)).all())
    return all(stored.get(one.seq) == one.record for one in framed)


async def quarantine(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what could not be applied; once, however often it comes."""
    await insert_many(session, QuarantinedFact, rows, key=("station_id", "lane", "epoch", "seq"))


async def facts_page(
    session: AsyncSession,
    station_id: uuid.UUID,
    lane: str,
    fact_type: str | None,
    before: tuple[int, int] | None,
    limit: int,
) -> list[FactRow]:
    """A station's facts of one lane, newest number first."""
    found = select(FactRow).where(FactRow.station_id == station_id, FactRow.lane == lane)
    if fact_type is not None:
        found = found.where(FactRow.type == fact_type)
    if before is not None:
        epoch, seq = before
        found = found.where(or_(FactRow.epoch < epoch, (FactRow.epoch == epoch) & (FactRow.seq < seq)))
    found = found.order_by(FactRow.epoch.desc(), FactRow.seq.desc()).limit(limit)
    return list((await session.scalars(found)).all())
