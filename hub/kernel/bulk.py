"""Writes of hundreds of rows at once, for the hot path: the driver's own fastest way, past SQLAlchemy's per-row work.

SQLite gets one statement for all rows (an execution per row would hand Python's lock to the event loop each time),
PostgreSQL one prepared statement that is pipelined.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.columns import Base

_MOST_VALUES: Final = 30_000  # SQLite binds at most 32,766 in one statement
_Bind = Callable[[Any], Any]


async def upsert_many(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> None:
    """Insert the rows, or update those with the same key. All rows have the same columns, no key twice."""
    if rows:
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name not in key)
        await _write(session, table, rows, f"({', '.join(key)}) DO UPDATE SET {changed}")


async def insert_many(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> None:
    """Insert the rows that are new; one that is there stays as it is."""
    if rows:
        await _write(session, table, rows, f"({', '.join(key)}) DO NOTHING")


async def _write(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], on_conflict: str) -> None:
    connection = await session.connection()
    columns = tuple(rows[0])
    binds = _binds(connection.dialect, table, columns)
    given = [tuple(bind(row[name]) for name, bind in binds) for row in rows]
    names = ", ".join(f'"{name}"' for name in columns)
    head = f"INSERT INTO {table.__tablename__} ({names}) VALUES"  # names of our own tables
    tail = f"ON CONFLICT {on_conflict}"
    if connection.dialect.name != "sqlite":
        places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        await connection.exec_driver_sql(f"{head} ({places}) {tail}", given)
        return
    row = f"({', '.join('?' * len(columns))})"
    step = _MOST_VALUES // len(columns)
    for at in range(0, len(given), step):
        part = given[at : at + step]
        flat = tuple(value for one in part for value in one)
        await connection.exec_driver_sql(f"{head} {', '.join([row] * len(part))} {tail}", flat)


@functools.lru_cache(maxsize=200)
def _binds(dialect: Dialect, table: type[Base], columns: tuple[str, ...]) -> list[tuple[str, _Bind]]:
    """How each column's values become the driver's."""
    types = {name: table.__table__.columns[name].type for name in columns}
    found = {name: type_.dialect_impl(dialect).bind_processor(dialect) for name, type_ in types.items()}
    return [(name, bind or _as_it_is) for name, bind in found.items()]


def _as_it_is(value: Any) -> Any:
    return value
