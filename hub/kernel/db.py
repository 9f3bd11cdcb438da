"""The database: engine, unit of work, and the inserts that both databases understand.

Only the edge opens a transaction (the web layer, the intake, a command); services and repositories are
handed its session and never commit.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, UOWTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from hub.kernel.columns import Base
from hub.kernel.postgres import DatabaseAwayError, connected, is_alive, is_closed, listening
from hub.kernel.reach import BoundSession
from hub.kernel.sqlite import Driver, begin
from hub.kernel.statements import run_at_end

AfterCommit = Callable[[], Awaitable[None] | None]
Watch = Callable[[AsyncSession], contextlib.AbstractAsyncContextManager[None]]
"""Stands around the work of a unit that writes, inside its transaction; what it does at its end is committed too."""
_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)
_AFTER_COMMIT = "after_commit"
_WRITE = "voltdock_write"
_READS = "reads"
_BUSY_TIMEOUT_MS = 10_000
_CONNECT_S = 5.0
_POOL_S = 10.0  # for a connection of the pool: whoever waits longer is told to come back
# Connection failures, no resources (too many clients, disk full), and the server going or coming.
_AWAY = ("08", "53", "57P")
_CACHE_KIB = 16_384  # of a connection; SQLite's 2 MiB do not hold the inner pages of a year of rentals
# A connection's statements that stay prepared; with the driver's 100 a busy hub would prepare for ever anew.
_PREPARED: Final = {"statement_cache_size": 400, "prepared_statement_cache_size": 400}
_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class Database:
    """One database. `transaction()` is a unit of work that writes, `reading()` one that does not."""

    def __init__(self, url: str, *, pool_size: int = 10, connect_s: float = _CONNECT_S) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_S,
            json_serializer=_to_json,
            **({"module": Driver()} if self.is_sqlite else {"connect_args": {"timeout": connect_s, **_PREPARED}}),
        )
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine.sync_engine, "checkout", is_alive)
            event.listen(self.engine.sync_engine, "do_connect", connected)
            event.listen(self.engine.sync_engine, "connect", listening)
        # One writes, the next waits at the driver's door with its first statement; the others hold no connection.
        self._turn = asyncio.Semaphore(2) if self.is_sqlite else None
        made: dict[str, Any] = {"expire_on_commit": False, "sync_session_class": BoundSession}
        self._write = async_sessionmaker(self.engine.execution_options(**{_WRITE: True}), **made)
        self._held = async_sessionmaker(self.engine, **made)
        # Queries see what is committed as each begins, within a transaction or without: BEGIN and ROLLBACK are two
        # trips for nothing.
        self._read = self._held if self.is_sqlite else async_sessionmaker(_each_by_itself(self.engine), **made)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A unit of work: commits at the end, rolls back on any exception, then runs what waited for the commit.

        On SQLite it is a BEGIN IMMEDIATE: a writer waits its turn here and can never fail half-way as busy.
        """
        watch = _WATCH.get() or _unwatched
        async with self._turn or contextlib.nullcontext(), self._write() as session, session.begin():
            async with watch(session):
                yield session
            await run_at_end(session)  # what the watch has not taken along
        for done in session.info.pop(_AFTER_COMMIT, ()):
            answer = done()
            if answer is not None:
                await answer

    @contextlib.asynccontextmanager
    async def reading(self, *, held: bool = False) -> AsyncIterator[AsyncSession]:
        """A session for queries only: what it would flush is a RuntimeError.

        `held`: in one transaction also on PostgreSQL, for locks and cursors that last until its end.
        """
        async with (self._held if held else self._read)() as session:
            session.info[_READS] = True
            yield session

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _each_by_itself(engine: AsyncEngine) -> AsyncEngine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _refuse_to_write(session: Session, _context: UOWTransaction | None, _instances: object) -> None:
    if _READS in session.info:
        raise RuntimeError(f"a session that reads would write {[*session.new, *session.dirty, *session.deleted]}")


@contextlib.contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Every unit of work that writes and begins in here (in this task and those it starts) is watched."""
    before = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(before)


@contextlib.asynccontextmanager
async def _unwatched(_session: AsyncSession) -> AsyncIterator[None]:
    yield


def after_commit(session: AsyncSession, action: AfterCommit) -> None:
    """Run `action` once the session's transaction is committed; never if it is rolled back."""
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


async def insert_new(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> int:
    """INSERT … ON CONFLICT (key) DO NOTHING; returns how many rows were new. All rows have the same columns.

    Made for few rows; a hot path that moves hundreds writes its own statement.
    """
    if not rows:
        return 0
    made = _insert(session)(table).values(list(rows)).on_conflict_do_nothing(index_elements=list(key))
    result = await session.execute(made.returning(*inspect(table).primary_key))
    return len(result.all())


async def upsert(
    session: AsyncSession,
    table: type[Base],
    row: Mapping[str, Any],
    *,
    key: Sequence[str],
    keep: Sequence[str] = (),
) -> None:
    """Insert the row, or update the one with the same key; columns in `keep` stay as they were."""
    made = _insert(session)(table).values(dict(row))
    changed = {name: made.excluded[name] for name in row if name not in {*key, *keep}}
    if changed:
        await session.execute(made.on_conflict_do_update(index_elements=list(key), set_=changed))
    else:
        await session.execute(made.on_conflict_do_nothing(index_elements=list(key)))


def violates(error: IntegrityError, name: str) -> bool:
    """Whether the constraint `name` (SQLite: or the columns, `table.column`, or a trigger's text) was violated."""
    return name in str(error.orig)


def may_succeed_again(error: Exception) -> bool:
    """Whether the database only lost a race (PostgreSQL 40001 serialization failure, 40P01 deadlock)."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}


def is_busy(error: DBAPIError) -> bool:
    """Whether SQLite waited in vain for another writer."""
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def is_away(error: BaseException) -> bool:
    """Whether the database did not do it because it is not there, goes, comes, or has no room for us just now."""
    if isinstance(error, DatabaseAwayError | PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or state.startswith(_AWAY) or is_closed(error.orig)


def is_bad_value(error: DBAPIError) -> bool:
    """Whether PostgreSQL refused a value as such (SQLSTATE class 22: out of range, not storable)."""
    return str(getattr(error.orig, "sqlstate", None) or "").startswith("22")


def _insert(session: AsyncSession) -> Callable[[type[Base]], Any]:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` says which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    begin(connection.connection.dbapi_connection, writes=writes)


event.listen(BoundSession, "before_flush", _refuse_to_write)
