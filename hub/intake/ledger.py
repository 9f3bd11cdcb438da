"""The queries of what stations sent: request numbers, cursors, facts as received, quarantine. The hot path."""

import datetime as dt
import functools
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.rules import Framed, Held
from hub.intake.tables import FactCursor, FactRow, QuarantinedFact, StationKey
from hub.kernel.bulk import insert_many, upsert_many
from protocols.sync.envelope import Lane

_MOST_CURSORS: Final = 500
UNREADABLE: Final = "?"

# One statement for all rows, not one execution a row: SQLite gives Python's lock back for each execution, and the
# event loop would take it 500 times. Columns 1 to 4 are the same in every row.
_KEEP_SQLITE: Final = (
    "INSERT INTO facts (station_id, lane, epoch, received_at, seq, fact_id, type, v, hlc, at_ms, record) "
    "VALUES {rows} ON CONFLICT DO NOTHING"
)
_KEEP_POSTGRESQL: Final = (
    "INSERT INTO facts (station_id, lane, epoch, seq, fact_id, type, v, hlc, at_ms, record, received_at) "
    "SELECT $1::uuid, $2, $3, x.seq, x.fact_id, x.type, x.v, x.hlc, x.at_ms, x.record, $4::timestamptz "
    "FROM unnest($5::bigint[], $6::uuid[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[]) "
    "AS x (seq, fact_id, type, v, hlc, at_ms, record) ON CONFLICT DO NOTHING"
)


async def take_number(
    session: AsyncSession, station_id: uuid.UUID, public_key: bytes, channel: str, number: int
) -> bool:
    """Store the request's number; False when it does not rise or the key is not the station's (any more).

    Holds the station's row until the transaction ends: its syncs run one after the other.
    """
    column = StationKey.sync_number if channel == "sync" else StationKey.live_number
    done = await session.execute(
        update(StationKey)
        .where(StationKey.station_id == station_id, StationKey.public_key == public_key, column < number)
        .values({column: number})
        .execution_options(synchronize_session=False)
    )
    assert isinstance(done, CursorResult)  # noqa: S101  # what an UPDATE gives
    return done.rowcount == 1


async def is_newest_link(session: AsyncSession, station_id: uuid.UUID, number: int) -> bool:
    """Whether the live link that was opened by this number is the station's last one, wherever it is held.

    Holds the station's row until the transaction ends, so that who comes and who goes are told in order.
    """
    found = select(StationKey.live_number).where(StationKey.station_id == station_id).with_for_update()
    return await session.scalar(found) == number


async def station_key(session: AsyncSession, station_id: uuid.UUID) -> StationKey | None:
    """The station's key as it is now."""
    return await session.get(StationKey, station_id, populate_existing=True)


async def cursors_of(session: AsyncSession, station_id: uuid.UUID, epochs: set[int]) -> list[FactCursor]:
    """All cursors of these epochs, of every lane: a nonce belongs to the epoch."""
    if not epochs:
        return []
    found = select(FactCursor).where(FactCursor.station_id == station_id, FactCursor.epoch.in_(sorted(epochs)))
    return list((await session.scalars(found)).all())


async def newest_cursors(session: AsyncSession, station_id: uuid.UUID) -> list[FactCursor]:
    """The cursors of the station's last epochs, newest first."""
    found = select(FactCursor).where(FactCursor.station_id == station_id).order_by(FactCursor.epoch.desc())
    return list((await session.scalars(found.limit(_MOST_CURSORS))).all())


async def highest_epoch(session: AsyncSession, station_id: uuid.UUID) -> int:
    """The highest epoch the station has ever shown; 0 for none."""
    return await session.scalar(select(func.max(FactCursor.epoch)).where(FactCursor.station_id == station_id)) or 0


async def put_cursors(
    session: AsyncSession, station_id: uuid.UUID, held: Mapping[tuple[Lane, int], tuple[Held, dt.datetime | None]]
) -> None:
    """Write the cursors as they are after this request."""
    rows = [
        {
            "station_id": station_id,
            "lane": lane.value,
            "epoch": epoch,
            "nonce": one.nonce,
            "acked": one.acked,
            "chain_hash": None if one.chain is None else one.chain.hex(),
            "forked_at": forked_at,
        }
        for (lane, epoch), (one, forked_at) in held.items()
    ]
    await upsert_many(session, FactCursor, rows, key=("station_id", "lane", "epoch"))


async def keep(
    session: AsyncSession, station_id: uuid.UUID, lane: Lane, epoch: int, framed: Sequence[Framed], now: dt.datetime
) -> None:
    """Keep every record as it came; one that is there stays as it is."""
    if not framed:
        return
    connection = await session.connection()
    columns = [_columns(one) for one in framed]
    if connection.dialect.name == "sqlite":
        values: list[object] = [
            station_id.hex,
            lane.value,
            epoch,
            now.replace(tzinfo=None).isoformat(" ", "microseconds"),
        ]
        for seq, fact_id, *others in columns:
            values += (seq, None if fact_id is None else fact_id.hex, *others)
        await connection.exec_driver_sql(_keep_sqlite(len(columns)), tuple(values))
    else:
        arrays = tuple(list(values) for values in zip(*columns, strict=True))
        await connection.exec_driver_sql(_KEEP_POSTGRESQL, (station_id, lane.value, epoch, now, *arrays))


@functools.cache
def _keep_sqlite(rows: int) -> str:
    row = "(?1, ?2, ?3, ?4, ?, ?, ?, ?, ?, ?, ?)"
    return _KEEP_SQLITE.format(rows=", ".join([row] * rows))


def _columns(one: Framed) -> tuple[int, uuid.UUID | None, str, int, int, int, bytes]:
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
