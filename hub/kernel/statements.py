"""Statements past SQLAlchemy's own work, for the hot path: several at once, on SQLite in one trip to its thread.

They run in the session's transaction like any other. Written for both databases at once (`?1`, `?2`, …; a list of
ids, however long, is one value: `id = ANY(?1)`); whoever writes one says the columns' types to nobody, so only plain
values, ids, lists of ids and instants go in, and SQLite's come back as it keeps them (ids as 32 hex digits, instants
and JSON as text).
"""

import datetime as dt
import functools
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from hub.kernel import postgres
from hub.kernel.postgres import Copy
from hub.kernel.reach import reach_of
from hub.kernel.sqlite import Ran, run_at_once, run_with_commit
from protocols.values import UTC

_INSTANT_LENGTH: Final = len("2026-11-21 14:00:00.000000")  # what follows is the zone, always +00:00
_PLACE: Final = re.compile(r"\?(\d+)")
_AT_END: Final = "at_end"
_CONNECTION: Final = "connection_of_statements"
_ANY: Final = re.compile(r"= ANY\((\?\d+)\)")


class Statement(NamedTuple):
    """SQL with places `?1`, …, and their values; `plain`: they are the driver's own already.

    `reached`: it keeps to the caller's reach by itself (`reach.py`), which cannot bind what goes past the ORM.
    """

    sql: str
    values: Sequence[Any] = ()
    plain: bool = False
    reached: bool = False


async def run(session: AsyncSession, *statements: Statement | Copy) -> list[Ran]:
    """Run them in their order; what each found. Raises `sqlalchemy.exc.DBAPIError` like any other statement.

    In a session that a caller's reach binds, a query must say that it keeps to it.
    """
    if reach_of(session.sync_session) is not None and any(_goes_past_reach(one) for one in statements):
        raise RuntimeError("a query past the ORM, within a caller's reach")
    connection: Connection | None = session.info.get(_CONNECTION)
    if connection is None or connection.closed:
        connection = await session.run_sync(Session.connection)
        session.info[_CONNECTION] = connection
    if connection.dialect.name == "sqlite":
        return await session.run_sync(_run_on_sqlite, statements)
    works = [one if isinstance(one, Copy) else (_numbered(one.sql), one.values) for one in statements]
    return await postgres.run(connection, works)


async def run_last(session: AsyncSession, *statements: Statement | Copy) -> None:
    """Run them as the transaction's last: at once, or on SQLite in one trip with its COMMIT. Nobody may need them.

    If one fails, the COMMIT fails.
    """
    if is_sqlite(session):
        await session.run_sync(_run_last, statements)
    else:
        await run(session, *statements)


def at_end(session: AsyncSession, *statements: Statement) -> None:
    """Run them as one with the last writes of the session's unit of work; nobody in it may need them."""
    session.info.setdefault(_AT_END, []).extend(statements)


async def run_at_end(session: AsyncSession, *statements: Statement) -> None:
    """Run these and all that waited for the end: on PostgreSQL as one statement, so none may need another's."""
    every: list[Statement] = [*session.info.pop(_AT_END, ()), *statements]
    if every:
        await run(session, *(every if is_sqlite(session) else [as_one(every)]))


def as_one(statements: Sequence[Statement]) -> Statement:
    """Several writes as one statement of PostgreSQL's."""
    sql: list[str] = []
    values: list[Any] = []
    for one in statements:
        sql.append(_further(one.sql, len(values)))
        values += one.values
    *before, last = sql
    named = ", ".join(f"w{at} AS ({one})" for at, one in enumerate(before))
    return Statement(f"WITH {named} {last}" if before else last, values)


@functools.lru_cache(maxsize=1000)
def _further(sql: str, places: int) -> str:
    """The same with its places so many further on."""
    return _PLACE.sub(lambda found: f"?{int(found[1]) + places}", sql)


def _goes_past_reach(one: Statement | Copy) -> bool:
    return isinstance(one, Statement) and not one.reached and one.sql.lstrip().startswith("SELECT")


def is_sqlite(session: AsyncSession) -> bool:
    """Which of the two databases it is."""
    return session.get_bind().dialect.name == "sqlite"


def sqlite_id(value: uuid.UUID) -> str:
    """An id as SQLite keeps it."""
    return value.hex


def sqlite_instant(value: dt.datetime) -> str:
    """An instant as SQLite keeps it."""
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value!r}")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:_INSTANT_LENGTH]


def id_in(value: str | uuid.UUID) -> uuid.UUID:
    """An id as either database gave it."""
    return uuid.UUID(value) if isinstance(value, str) else value


def instant_in(value: str | dt.datetime | None) -> dt.datetime | None:
    """An instant as either database gave it."""
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def json_in(value: Any) -> Any:
    """A JSON value as either database gave it."""
    return msgspec.json.decode(value) if isinstance(value, str) else value


def _sqlite_ids(values: list[uuid.UUID]) -> str:
    return '["' + '","'.join([one.hex for one in values]) + '"]'


_SQLITE: Final[dict[type, Callable[[Any], Any]]] = {
    uuid.UUID: sqlite_id,
    dt.datetime: sqlite_instant,
    list: _sqlite_ids,
}


def _run_on_sqlite(session: Session, statements: Sequence[Statement | Copy]) -> list[Ran]:
    connection = session.connection()
    driver = connection.connection.dbapi_connection
    error_type = connection.dialect.loaded_dbapi.Error
    try:
        return run_at_once(driver, _given(statements))
    except error_type as error:
        sql = "; ".join(one.sql for one in statements if isinstance(one, Statement))
        raise DBAPIError.instance(sql, None, error, error_type, dialect=connection.dialect) from error


def _run_last(session: Session, statements: Sequence[Statement | Copy]) -> None:
    run_with_commit(session.connection().connection.dbapi_connection, _given(statements))


def _given(statements: Sequence[Statement | Copy]) -> list[tuple[str, Sequence[Any]]]:
    given = []
    for one in statements:
        if isinstance(one, Copy):
            raise TypeError("SQLite has no COPY")
        given.append((one.sql, one.values) if one.plain else (_with_lists(one.sql), _bound(one.values)))
    return given


def _bound(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value if (bind := _SQLITE.get(type(value))) is None else bind(value) for value in values)


@functools.lru_cache(maxsize=200)
def _with_lists(sql: str) -> str:
    return _ANY.sub(r"IN (SELECT value FROM json_each(\1))", sql)


@functools.lru_cache(maxsize=1000)
def _numbered(sql: str) -> str:
    return _PLACE.sub(r"$\1", sql)
