"""SQLite by apsw, shaped like the handful of `sqlite3` that the store uses: fills its port `database.Connect`.

apsw lets a test put its own disk under SQLite; Python's `sqlite3` does not. `instead` replaces statements: so a
test weakens `synchronous` without touching the store's code.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, cast

import apsw

from edge_agent.store.database import Connect

_OPEN = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
_KINDS: Mapping[int, type[sqlite3.Error]] = {
    sqlite3.SQLITE_CORRUPT: sqlite3.DatabaseError,
    sqlite3.SQLITE_NOTADB: sqlite3.DatabaseError,
    sqlite3.SQLITE_CONSTRAINT: sqlite3.IntegrityError,
}
Row = tuple[Any, ...]


def connect_by(vfs: str, instead: Mapping[str, str] | None = None) -> Connect:
    """A factory of connections on this VFS, for the store."""

    def connect(uri: str) -> sqlite3.Connection:
        return cast("sqlite3.Connection", _Connection(uri, vfs, instead or {}))

    return connect


def as_sqlite3_error(error: apsw.Error) -> sqlite3.Error:
    """apsw's error as sqlite3 would raise it, with SQLite's code and name."""
    code = getattr(error, "extendedresult", 0) or getattr(error, "result", sqlite3.SQLITE_ERROR)
    name = str(apsw.mapping_extended_result_codes.get(code) or apsw.mapping_result_codes.get(code))
    made = _KINDS.get(code & 0xFF, sqlite3.OperationalError)(str(error) or name)
    made.sqlite_errorcode = code
    made.sqlite_errorname = name
    return made


class _Connection:
    def __init__(self, uri: str, vfs: str, instead: Mapping[str, str]) -> None:
        self._instead = instead
        self.text_factory: Callable[..., Any] = str
        self._apsw = _translated(lambda: apsw.Connection(uri, flags=_OPEN, vfs=vfs))

    @property
    def in_transaction(self) -> bool:
        return bool(self._apsw.in_transaction)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "_Cursor":
        return _Cursor(self._apsw, self.text_factory).run(self._instead.get(sql, sql), values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        _translated(lambda: self._apsw.cursor().executemany(sql, rows))

    def close(self) -> None:
        # SQLite closes, whatever the disk said to its last checkpoint; apsw would pass on what its VFS raised.
        with contextlib.suppress(apsw.Error):
            self._apsw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """As sqlite3 does it: closes nothing; there is no transaction to end."""


class _Cursor:
    def __init__(self, conn: apsw.Connection, text_factory: Callable[..., Any]) -> None:
        self._cursor = conn.cursor()
        self._as_bytes = text_factory is bytes

    def run(self, sql: str, values: Sequence[Any]) -> Self:
        _translated(lambda: self._cursor.execute(sql, values))
        return self

    def fetchone(self) -> Row | None:
        row = _translated(self._cursor.fetchone)
        return None if row is None else self._shaped(row)

    def fetchall(self) -> list[Row]:
        return list(self)

    def fetchmany(self, size: int) -> list[Row]:
        found: list[Row] = []
        while len(found) < size and (row := self.fetchone()) is not None:
            found.append(row)
        return found

    def __iter__(self) -> Iterator[Row]:
        while (row := self.fetchone()) is not None:
            yield row

    def _shaped(self, row: Row) -> Row:
        return tuple(v.encode() if isinstance(v, str) else v for v in row) if self._as_bytes else row


def _translated(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except apsw.Error as error:
        raise as_sqlite3_error(error) from error
