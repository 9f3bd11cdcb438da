"""Opens the SQLite file: the one writing connection, the reading ones, and the lock against a second process.

Why these PRAGMAs: docs/store.md. The writing connection alone writes and checkpoints (SQLite up to 3.51.2 can
corrupt a WAL that two connections reset at once), so readers are opened `mode=ro`.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from edge_agent.store.chains import text
from edge_agent.store.errors import StoreDamaged, StoreError, StoreFull, StoreInUse, StoreUnwritable

PAGE_BYTES: Final = 4096
# Opens SQLite at a `file:` URI. A port: the power-cut proof gives one whose disk loses what was not synced.
Connect = Callable[[str], sqlite3.Connection]
_WANTED: Final = {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0}
_PRAGMAS: Final = (
    f"PRAGMA page_size = {PAGE_BYTES}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL loses committed rows at a power cut, and then reuses their numbers
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 8388608",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA busy_timeout = 5000",
)


def lock(path: Path) -> int:
    """Hold the store for this process: the file descriptor of `<path>.lock`. Raises StoreInUse, StoreUnwritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnwritable("cannot_open", str(error)) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise StoreInUse(f"another process has {path} open") from error
    return fd


def connect(uri: str) -> sqlite3.Connection:
    """Python's own sqlite3; transactions are begun and ended by us. Raises sqlite3.Error."""
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def open_writer(path: Path, *, max_bytes: int | None = None, connect: Connect = connect) -> sqlite3.Connection:
    """The writing connection, settings read back. `max_bytes` caps the file. Raises StoreError."""
    try:
        conn = connect(f"file:{quote(str(path))}?mode=rwc")
    except sqlite3.Error as error:
        raise as_store_error(error) from error
    try:
        for pragma in _PRAGMAS:
            conn.execute(pragma).fetchall()  # the row comes before the work is done, and so before its error
        if max_bytes is not None:
            conn.execute(f"PRAGMA max_page_count = {max_bytes // PAGE_BYTES}")
        _read_back(conn)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        conn.close()
        raise as_store_error(error) from error
    except StoreError:
        conn.close()
        raise
    return conn


def _read_back(conn: sqlite3.Connection) -> None:
    for name, wanted in _WANTED.items():
        (found,) = conn.execute(f"PRAGMA {name}").fetchone() or (0,)
        if found != wanted:
            raise StoreUnwritable("bad_file_system", f"{name} is {found!r}, not {wanted!r}")


def open_reader(path: Path, *, connect: Connect = connect) -> sqlite3.Connection:
    """A connection that can never write nor checkpoint; TEXT comes out as bytes, exactly as stored."""
    conn = connect(f"file:{quote(str(path))}?mode=ro")
    conn.text_factory = bytes
    conn.execute("PRAGMA busy_timeout = 5000")
    return conn


def check(conn: sqlite3.Connection) -> None:
    """SQLite's own quick check (0.4 s per million facts, warm). Raises StoreDamaged."""
    try:
        findings = [text(row[0]) for row in conn.execute("PRAGMA quick_check(10)")]
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise as_store_error(error) from error  # a disk that does not answer now is no damaged file
    if findings != ["ok"]:
        raise StoreDamaged("; ".join(findings)[:500])


def as_store_error(error: sqlite3.Error | UnicodeDecodeError) -> StoreError:
    """SQLite's error in the store's words."""
    if isinstance(error, UnicodeDecodeError):  # SQLite quotes a schema that is noise, and Python cannot read it
        return StoreDamaged(str(error))
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    code = getattr(error, "sqlite_errorcode", 1) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFull("full", str(error))
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return StoreDamaged(str(error))
    return StoreUnwritable(name.removeprefix("SQLITE_").lower(), str(error))
