"""PostgreSQL past SQLAlchemy: rows by COPY, connections that are refused, and those that are none any more.

COPY moves 500 facts in half the time of an INSERT of arrays, for both sides, but knows no ON CONFLICT: it is for
rows that are new unless something rare has happened, by whoever tries again with care when it has (`bulk.bet_on_new`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util.concurrency import greenlet_spawn

from hub.kernel.sqlite import Ran

_NOT_NOW = ("08", "53", "57P")  # connection failed; no resources; shutting down or starting up


class DatabaseAwayError(ConnectionError):
    """No connection to the database: it is not there, is starting or ending, or has no room for another."""


def connected(dialect: Any, _entry: ConnectionPoolEntry, arguments: Any, options: dict[str, Any]) -> DBAPIConnection:
    """A new connection for the pool. Raises DatabaseAwayError, whatever way the driver has of saying so."""
    try:
        return dialect.connect(*arguments, **options)  # type: ignore[no-any-return]
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, dialect.loaded_dbapi.Error) as error:
        state = str(getattr(error, "sqlstate", None) or "08")
        if not state.startswith(_NOT_NOW):
            raise  # wrong password, no such database: for a person to mend
        raise DatabaseAwayError(f"{type(error).__name__}: {error}"[:200]) from error


Hear = Callable[[str], None]
LISTENERS: Final[list[Hear]] = []
"""Who hears what a server says beside its answers (RAISE INFO), before the statement that says it is over."""


def listening(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """On connecting: what it says is heard."""
    driver: Any = connection.driver_connection
    driver.add_log_listener(_heard)


def _heard(_driver: Any, message: Any) -> None:
    for one in LISTENERS:
        one(message.message)


def is_closed(error: BaseException | None) -> bool:
    """Whether the driver says of itself that its connection is closed; it has no code for it."""
    return "connection is closed" in str(error) or "connection was closed" in str(error)


class Copy(NamedTuple):
    """New rows by COPY. The values are the driver's own."""

    table: str
    columns: Sequence[str]
    records: Sequence[tuple[Any, ...]]


Work: TypeAlias = Copy | tuple[str, Sequence[Any]]
"""Rows to copy, or SQL with places `$1`, … and their values; without RETURNING."""


async def run(connection: Connection, works: Sequence[Work]) -> list[Ran]:
    """Do all of it in the connection's transaction, past SQLAlchemy and its greenlets.

    Raises `sqlalchemy.exc.DBAPIError` like any other statement.
    """
    ours: Any = connection.connection.dbapi_connection
    driver: Any = connection.connection.driver_connection
    dialect = connection.dialect
    ran: list[Ran] = []
    try:
        await _run(ours, driver, works, ran)
    except dialect.loaded_dbapi.Error as error:
        gone = dialect.is_disconnect(error, ours, None)
        if gone:
            await greenlet_spawn(connection.invalidate, error)
        work = works[len(ran)]
        sql = f"COPY {work.table}" if isinstance(work, Copy) else work[0]
        raise DBAPIError.instance(
            sql, None, error, dialect.loaded_dbapi.Error, connection_invalidated=gone, dialect=dialect
        ) from error
    return ran


async def _run(ours: Any, driver: Any, works: Sequence[Work], ran: list[Ran]) -> None:
    try:
        if not driver.is_in_transaction():
            # SQLAlchemy begins with the first statement of its own: asking for one would cost a trip for nothing.
            await ours._start_transaction()  # noqa: SLF001
        for work in works:
            ran.append(await _run_one(driver, work))  # noqa: PERF401  # how far it came matters
    except Exception as error:  # noqa: BLE001  # sorted by the dialect
        ours._handle_exception(error)  # noqa: SLF001  # as the dialect's own cursor does


async def _run_one(driver: Any, work: Work) -> Ran:
    if isinstance(work, Copy):
        await driver.copy_records_to_table(work.table, columns=work.columns, records=work.records)
        return Ran(len(work.records), [])
    sql, values = work
    if sql.startswith("SELECT"):
        found = await driver.fetch(sql, *values)
        return Ran(len(found), [tuple(row) for row in found])
    status: str = await driver.execute(sql, *values)  # "UPDATE 1", "INSERT 0 500"
    touched = status.rpartition(" ")[2]
    return Ran(int(touched) if touched.isdecimal() else -1, [])


def is_alive(connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: object) -> None:
    """On checkout: a connection that the server has closed is made anew.

    The driver knows it without asking; SQLAlchemy's ping would cost three trips for every unit of work. A connection
    that died without a word is found by its first statement, either way.
    """
    driver: Any = getattr(connection, "_connection", None)
    if driver is not None and driver.is_closed():
        raise DisconnectionError("closed by the server")
