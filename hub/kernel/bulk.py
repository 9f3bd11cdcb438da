"""Writes of hundreds of rows at once, for the hot path: the driver's own fastest way, past SQLAlchemy's per-row work.

SQLite gets one statement for all rows (an execution per row would hand Python's lock to the event loop each time),
PostgreSQL one statement over arrays, or COPY where the rows are bet to be new.
"""

import functools
import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Dialect, Uuid
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from hub.kernel.columns import Base, UtcInstant
from hub.kernel.postgres import Copy
from hub.kernel.statements import Statement, as_one, instant_in, is_sqlite, run, sqlite_instant

_MOST_VALUES: Final = 30_000  # SQLite binds at most 32,766 in one statement
_WORTH_A_COPY: Final = 16
_BET: Final = "bet_on_new"
_Bind = Callable[[list[Any]], list[Any]]


class BetLostError(Exception):
    """The unit of work did not go as nearly all do. Nothing of it is kept; do it again without the bet."""


def bet_on_new(session: AsyncSession) -> None:
    """Bet that this unit of work goes as nearly all do: rows for `insert_many` are new, and nothing is refused.

    On PostgreSQL that is much faster. If the bet is lost, an error undoes the unit (`bet_is_lost` tells it).
    """
    session.info[_BET] = True


def bets_on_new(session: AsyncSession) -> bool:
    """Whether this unit of work bets."""
    return _BET in session.info


def bet_is_lost(error: Exception) -> bool:
    """Whether this error of a unit of work that bet says that the bet is lost: something was there already."""
    return isinstance(error, BetLostError) or getattr(getattr(error, "orig", None), "sqlstate", None) == "23505"


async def upsert_many(
    session: AsyncSession,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    keep: Sequence[str] = (),
) -> None:
    """Insert the rows, or update those with the same key; columns in `keep` stay as they were.

    All rows have the same columns, no key twice.
    """
    if rows:
        await _write(session, table, rows, f"({', '.join(key)}) DO UPDATE SET {_changed(rows[0], (*key, *keep))}")


async def insert_many(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> None:
    """Insert the rows that are new; one that is there stays as it is."""
    if len(rows) >= _WORTH_A_COPY and _BET in session.info and not is_sqlite(session):
        await _copy(session, table, rows)
    elif rows:
        await _write(session, table, rows, f"({', '.join(key)}) DO NOTHING")


class Write(NamedTuple):
    """Rows for `write_together`: `replaces` those with the same key, or leaves them as they are.

    Without a `key` all must be new: one that is there is an IntegrityError.
    """

    table: type[Base]
    rows: Sequence[Mapping[str, Any]]
    key: Sequence[str]
    replaces: bool


async def write_together(session: AsyncSession, *writes: Write) -> None:
    """What `upsert_many` and `insert_many` do, few rows of several tables in one trip. None may need another's."""
    given = [one for one in writes if one.rows]
    if not given:
        return
    if any(len(one.rows) >= _WORTH_A_COPY for one in given):  # each its own fastest way
        for one in given:
            if one.key and not one.replaces:
                await insert_many(session, one.table, one.rows, key=one.key)
            else:
                await _write(session, one.table, one.rows, _on_conflict(one))
        return
    told = [_statements(session, one.table, one.rows, _on_conflict(one)) for one in given]
    if is_sqlite(session):
        await run(session, *itertools.chain.from_iterable(told))
    else:
        await run(session, as_one([one for (one,) in told]))


def _on_conflict(write: Write) -> str:
    if not write.key:
        return ""
    key = f"({', '.join(write.key)})"
    return f"{key} DO UPDATE SET {_changed(write.rows[0], write.key)}" if write.replaces else f"{key} DO NOTHING"


async def rows_where(
    session: AsyncSession, table: type[Base], where: str, *values: Any, columns: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Plain rows, of all columns or these; `where` is what follows WHERE in a `Statement`, without foreign text.

    For the hub's own work: no caller's reach can bind it, so a session that is bound raises.
    """
    readers = _readers(session.get_bind().dialect, table, tuple(columns))
    names = ", ".join(f'"{name}"' for name in readers)
    sql = f"SELECT {names} FROM {table.__tablename__} WHERE {where}"  # noqa: S608  # names of our own tables
    [found] = await run(session, Statement(sql, values))
    if not found.rows:
        return []
    columns_found = zip(*found.rows, strict=True)
    read = [reader(list(column)) for reader, column in zip(readers.values(), columns_found, strict=True)]
    return [dict(zip(readers, row, strict=True)) for row in zip(*read, strict=True)]


async def _copy(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    columns = tuple(rows[0])
    bound = [bind([row[name] for row in rows]) for name, bind in _binds(session.get_bind().dialect, table, columns)]
    await run(session, Copy(table.__tablename__, columns, list(zip(*bound, strict=True))))


def _changed(row: Mapping[str, Any], but: Sequence[str]) -> str:
    return ", ".join(f'"{name}" = excluded."{name}"' for name in row if name not in but)


async def _write(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], on_conflict: str) -> None:
    await run(session, *_statements(session, table, rows, on_conflict))


def _statements(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], on_conflict: str
) -> list[Statement]:
    columns = tuple(rows[0])
    dialect = session.get_bind().dialect
    bound = [bind([row[name] for row in rows]) for name, bind in _binds(dialect, table, columns)]
    names = ", ".join(f'"{name}"' for name in columns)
    head = f"INSERT INTO {table.__tablename__} ({names})"  # names of our own tables
    tail = f"ON CONFLICT {on_conflict}" if on_conflict else ""
    if not is_sqlite(session):
        return [Statement(f"{head} {_unnest(dialect, table, columns)} {tail}", bound)]
    given = list(zip(*bound, strict=True))
    row = f"({', '.join('?' * len(columns))})"
    step = _MOST_VALUES // len(columns)
    parts = [given[at : at + step] for at in range(0, len(given), step)]
    return [
        Statement(
            f"{head} VALUES {', '.join([row] * len(part))} {tail}",
            tuple(itertools.chain.from_iterable(part)),
            plain=True,
        )
        for part in parts
    ]


@functools.lru_cache(maxsize=200)
def _unnest(dialect: Dialect, table: type[Base], columns: tuple[str, ...]) -> str:
    """The rows as a SELECT over one array a column. An array in a column cannot be given so: it would come apart."""
    types = [_cast(table.__table__.columns[name].type.dialect_impl(dialect).compile(dialect)) for name in columns]
    arrays = ", ".join(f"?{number}::{type_}[]" for number, type_ in enumerate(types, 1))
    return f"SELECT * FROM unnest({arrays})"  # noqa: S608  # names of types


def _cast(type_: str) -> str:
    """A text's length is the column's to judge: a cast would cut it without a word."""
    return "TEXT" if type_.startswith("VARCHAR") else type_


@functools.lru_cache(maxsize=200)
def _binds(dialect: Dialect, table: type[Base], columns: tuple[str, ...]) -> list[tuple[str, _Bind]]:
    """How each column's values become the driver's."""
    return [(name, _bind(dialect, table.__table__.columns[name].type)) for name in columns]


def _bind(dialect: Dialect, type_: TypeEngine[Any]) -> _Bind:
    """A column's values at once. SQLAlchemy's own processors, but for ids and instants: those are most of the work."""
    if dialect.name == "sqlite" and isinstance(type_, Uuid):
        return lambda values: [None if value is None else value.hex for value in values]
    if dialect.name == "sqlite" and isinstance(type_, UtcInstant):
        return lambda values: [None if value is None else sqlite_instant(value) for value in values]
    bind = type_.dialect_impl(dialect).bind_processor(dialect)
    if bind is None:
        return _as_they_are
    none = bind(None)
    return lambda values: [none if value is None else bind(value) for value in values]


def _reader(dialect: Dialect, type_: TypeEngine[Any]) -> _Bind:
    """The way back. PostgreSQL's driver gives the values as they are used."""
    if dialect.name != "sqlite":
        return _as_they_are
    if isinstance(type_, Uuid):
        return lambda values: [None if value is None else uuid.UUID(value) for value in values]
    if isinstance(type_, UtcInstant):
        return lambda values: [instant_in(value) for value in values]
    read = type_.dialect_impl(dialect).result_processor(dialect, None)
    return _as_they_are if read is None else lambda values: [read(value) for value in values]


@functools.lru_cache(maxsize=200)
def _readers(dialect: Dialect, table: type[Base], columns: tuple[str, ...]) -> dict[str, _Bind]:
    every = table.__table__.columns
    return {name: _reader(dialect, every[name].type) for name in columns or every.keys()}


def _as_they_are(values: list[Any]) -> list[Any]:
    return values
