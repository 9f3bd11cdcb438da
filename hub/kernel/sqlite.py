"""How SQLAlchemy reaches SQLite: a statement is one trip to the connection's thread, with its rows.

SQLAlchemy's own adapter makes three to four trips (cursor, execute, fetch, close), and every trip wakes the event
loop: at 500 facts a request that alone cost more than reading and hashing them. A transaction's BEGIN rides on its
first statement. Everything else is SQLAlchemy's aiosqlite dialect; nothing here knows a table.
"""

import collections
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_

_MOST_WAIT_S: Final = 10.0
_MOST_JOIN_S: Final = 1.0
T = TypeVar("T")
Statements: TypeAlias = Sequence[tuple[str, Sequence[Any]]]
_Done: TypeAlias = tuple[Any, int, int | None, list[Any]]  # description, row count, last row id, rows


class Ran(NamedTuple):
    """What a statement did: how many rows it touched (-1: not known), and what it found."""

    touched: int
    rows: list[tuple[Any, ...]]


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """What a statement left behind; there is no cursor in the database to close."""

    __slots__ = ("_done",)

    def __init__(self, adapt_connection: "_Connection") -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection  # noqa: SLF001  # as the class we extend does
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = collections.deque()
        self._done: _Done = (None, -1, None, [])

    @property
    def description(self) -> Any:
        return self._done[0]

    @property
    def rowcount(self) -> int:
        return self._done[1]

    @property
    def lastrowid(self) -> Any:
        return self._done[2]

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        return self._run(operation, parameters or (), many=False)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        return self._run(operation, seq_of_parameters, many=True)

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        return

    def _run(self, operation: str, parameters: Sequence[Any], *, many: bool) -> "_Cursor":
        connection = _ours(self._adapt_connection)
        self._done = connection.trip(_statement, operation, parameters, many)
        self._rows = collections.deque(self._done[3])
        return self


class _Turn:
    """A connection's hold on the turn to write, which all connections of one process share. Used in its thread only.

    SQLite's own wait is a sleep that grows; the turn wakes the next writer's thread at once, without the event loop.
    """

    __slots__ = ("_has", "_lock")

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._has = False

    def take(self) -> None:
        if not self._lock.acquire(timeout=_MOST_WAIT_S):
            raise sqlite3.OperationalError("database is locked by another transaction of this process")
        self._has = True

    def give_back(self) -> None:
        if self._has:
            self._has = False
            self._lock.release()


class _Connection(AsyncAdapt_aiosqlite_connection):
    """A connection with a BEGIN that waits for its first statement, and statements that wait for the COMMIT."""

    __slots__ = ("_begin", "_begun", "_last", "_turn")
    _cursor_cls = _Cursor  # type: ignore[assignment]  # it only ever makes it for such a connection

    def __init__(self, dbapi: "Driver", connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._turn = _Turn(dbapi.writing)
        self._begin: Callable[[sqlite3.Connection], None] | None = None
        self._begun = False
        self._last: Statements = ()

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction with the next statement."""
        self._begin = self._begin_writing if writes else _begin_reading

    def add_last(self, statements: Statements) -> None:
        """Run these with the COMMIT."""
        self._last = (*self._last, *statements)

    def trip(self, work: Callable[..., T], *given: Any) -> T:
        """Do this in the connection's thread: `work(connection, *given)`."""
        begin, self._begin = self._begin, None
        self._begun = self._begun or begin is not None
        driver: Any = self._connection
        try:
            # aiosqlite has no public way to run a function of one's own in its thread.
            done: T = await_(driver._execute(_begun, driver._conn, begin, work, *given))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001  # sorted by the dialect
            self._handle_exception(error)
        return done

    def commit(self) -> None:
        if self._begun or self._last:
            last, self._last = self._last, ()
            self.trip(self._commit, last)
        self._begin, self._begun = None, False

    def rollback(self) -> None:
        # SQLAlchemy rolls back whatever is given back to the pool: mostly there is nothing to undo.
        if self._begun and self._connection._connection:  # noqa: SLF001  # as the class we extend does
            self.trip(self._rollback)
        self._begin, self._begun, self._last = None, False, ()

    def close(self) -> None:
        super().close()
        self._turn.give_back()

    def _terminate_force_close(self) -> None:
        # Its thread may be waiting for the turn: it gives the turn back itself, when it comes to that.
        driver: Any = self._connection
        driver._tx.put_nowait((None, self._turn.give_back))  # noqa: SLF001
        super()._terminate_force_close()

    async def _terminate_graceful_close(self) -> None:
        try:
            await super()._terminate_graceful_close()
        finally:
            self._turn.give_back()

    def _begin_writing(self, connection: sqlite3.Connection) -> None:
        self._turn.take()  # if BEGIN fails, the rollback that follows gives it back
        connection.execute("BEGIN IMMEDIATE")

    def _commit(self, connection: sqlite3.Connection, last: Statements) -> None:
        _statements(connection, last)
        connection.commit()
        self._turn.give_back()

    def _rollback(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()
        finally:
            self._turn.give_back()


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """The module that `create_async_engine(…, module=Driver())` is given; one for each database file."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)
        self.writing = threading.Lock()

    def connect(self, *arg: Any, **kw: Any) -> _Connection:
        driver = aiosqlite.connect(*arg, **kw)
        thread = driver._thread  # noqa: SLF001  # as the class we extend does
        thread.daemon = True
        try:
            await_(driver)
        except BaseException:
            # A file that cannot be opened: its thread ends by itself, but must not speak to a loop that is closed.
            thread.join(_MOST_JOIN_S)
            raise
        return _Connection(self, driver)


def begin(connection: Any, *, writes: bool) -> None:
    """Let this DBAPI connection's next statement begin a transaction, one that writes once it is its turn."""
    _ours(connection).begin(writes=writes)


def run_with_commit(connection: Any, statements: Statements) -> None:
    """Run statements in the same trip as this DBAPI connection's COMMIT, before it; if one fails, so does it."""
    _ours(connection).add_last(statements)


def run_at_once(connection: Any, statements: Statements) -> list[Ran]:
    """Run statements in this DBAPI connection's transaction, all in one trip. Inside SQLAlchemy's greenlet only."""
    return _ours(connection).trip(_statements, statements)


def _ours(connection: Any) -> _Connection:
    assert isinstance(connection, _Connection)  # noqa: S101  # `Database` made the engine
    return connection


def _begun(
    connection: sqlite3.Connection,
    begin: Callable[[sqlite3.Connection], None] | None,
    work: Callable[..., T],
    *given: Any,
) -> T:
    if begin is not None:
        begin(connection)
    return work(connection, *given)


def _begin_reading(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")


def _statement(connection: sqlite3.Connection, operation: str, parameters: Sequence[Any], many: bool) -> _Done:
    cursor = connection.cursor()
    if many:
        cursor.executemany(operation, parameters)
    else:
        cursor.execute(operation, parameters)
    rows = [] if cursor.description is None else cursor.fetchall()
    return cursor.description, cursor.rowcount, cursor.lastrowid, rows


def _statements(connection: sqlite3.Connection, statements: Statements) -> list[Ran]:
    ran = []
    for operation, parameters in statements:
        _, count, _, rows = _statement(connection, operation, parameters, False)
        ran.append(Ran(count, rows))
    return ran
