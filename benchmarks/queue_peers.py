"""Two queues that people use for this, with the same payload, made durable: persist-queue and litequeue.

persist-queue's SQLiteAckQueue runs as it comes: WAL with SQLite's default `synchronous=FULL`, one commit a `put`.
litequeue sets NORMAL, which a power cut undoes; it gets FULL here. Neither groups the commits of many tasks.
"""

import time
from pathlib import Path

import litequeue
import persistqueue


class Peers:
    """Both queues on the disk that the store is measured on."""

    def __init__(self, folder: Path, record: str) -> None:
        self._record = record
        self._ack = persistqueue.SQLiteAckQueue(str(folder / "persist-queue"), multithreading=True)
        self._lite = litequeue.LiteQueue(folder / "litequeue.db")
        self._lite.conn.execute("PRAGMA synchronous = FULL")

    def persist_queue(self, count: int) -> float:
        """Messages per second, each durable when `put` returns."""
        started = time.perf_counter()
        for _ in range(count):
            self._ack.put(self._record)
        return count / (time.perf_counter() - started)

    def litequeue(self, count: int) -> float:
        """Messages per second, each durable when `put` returns."""
        started = time.perf_counter()
        for _ in range(count):
            self._lite.put(self._record)
        return count / (time.perf_counter() - started)

    def close(self) -> None:
        """Close both files."""
        self._ack.close()
        self._lite.close()
