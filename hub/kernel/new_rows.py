"""New rows past the unit of work, for the hot path: all of them, and plain writes with them, in one trip.

A flush of SQLAlchemy's costs a trip a table, and in Python as much again. What a flush would check and note of the
rows (`reach.py`, `audit.py`) is checked and noted here too, by the same hooks.
"""

import functools
import itertools

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached

from hub.kernel.bulk import Write, write_together
from hub.kernel.columns import Base


async def flush_with(session: AsyncSession, *writes: Write) -> None:
    """`session.flush()` and these writes: in one trip where new rows with all their columns are all that waits for it.

    Where something else waits too it is an ordinary flush, and a trip for the writes. As in `write_together` no write
    may need another's, nor one of the rows. Raises what either of them does. Within a savepoint it is an ordinary flush
    too: rolled back to it, the session would else not know that the rows are gone.
    """
    rows = await session.run_sync(_taken)
    await write_together(session, *_as_writes(rows), *writes)
    for row in rows:
        make_transient_to_detached(row)
        session.add(row)


def _taken(session: Session) -> list[Base]:
    """The new rows, which the session does not flush any more; none where it has flushed everything itself."""
    others_wait = session.dirty or session.deleted or not all(_is_whole(row) for row in session.new)
    if others_wait or session.in_nested_transaction():
        session.flush()
    rows = list(session.new)
    if rows:
        session.dispatch.before_flush(session, None, None)
    for row in rows:
        session.expunge(row)
    return sorted(rows, key=lambda row: _places()[row.__tablename__])


def _is_whole(row: object) -> bool:
    """Whether the row says all its columns, so that nothing is left to defaults."""
    state = inspect(row)
    return not state.mapper.relationships and _names(state.mapper) <= state.dict.keys()


def _as_writes(rows: list[Base]) -> list[Write]:
    return [
        Write(table, [_columns(row) for row in some], (), replaces=False)
        for table, some in itertools.groupby(rows, key=type)
    ]


def _columns(row: Base) -> dict[str, object]:
    mapper = inspect(type(row))
    return {attribute.columns[0].name: row.__dict__[attribute.key] for attribute in mapper.column_attrs}


@functools.cache
def _names(mapper: Mapper[Base]) -> frozenset[str]:
    return frozenset(attribute.key for attribute in mapper.column_attrs)


@functools.cache
def _places() -> dict[str, int]:
    """Among all tables: those that others refer to come first."""
    return {table.name: at for at, table in enumerate(Base.metadata.sorted_tables)}
