"""The yardstick: plain sqlite3 writing the same rows with the same PRAGMAs on the same disk, nothing else."""

import sqlite3
import time
from pathlib import Path

from edge_agent.store.database import open_writer
from edge_agent.store.migrations import migrate

Row = tuple[int, str, bytes]
_INSERT = "INSERT INTO outbox_biz (place, record, hash) VALUES (?, ?, ?)"


class Bare:
    """A writer that is given rows which are made already."""

    def __init__(self, path: Path, record: str) -> None:
        self._conn: sqlite3.Connection = open_writer(path)
        migrate(self._conn)
        self._record = record
        self._next = 1

    def rows(self, count: int) -> list[Row]:
        """The next rows: as long as the store's, with a hash of 32 bytes."""
        first, self._next = self._next, self._next + count
        return [(1 << 32 | n, self._record, bytes(32)) for n in range(first, first + count)]

    def seconds_for(self, groups: list[list[Row]]) -> float:
        """How long it takes to commit each group durably, one after the other."""
        conn = self._conn
        started = time.perf_counter()
        for group in groups:
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany(_INSERT, group)
            conn.execute("COMMIT")
        return time.perf_counter() - started

    def close(self) -> None:
        """Close the file."""
        self._conn.close()
