"""How much room the store may take, by class of data, and what its last measurement says must go. Numbers only."""

import datetime as dt
import enum
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.store.ballast import BALLAST_BYTES
from edge_agent.store.chains import SEQ_MASK, TABLE, Chain, place_of
from edge_agent.store.database import PAGE_BYTES
from edge_agent.store.lost import Lost, of_chain
from protocols.sync.envelope import Lane

MIB: Final = 1024 * 1024
_NEARLY_FULL: Final = 0.9  # of the file's own limit: what is acknowledged goes before its time, telemetry is given up
_SAMPLED: Final = 32  # rows at each end of a table, to know how long its rows are
_ROW_BYTES: Final = 48  # hash, place and cell beside the record


class Pressure(enum.IntEnum):
    """What must go, in this order. Business facts never do."""

    NONE = 0
    THIN = 1  # old telemetry to one sample a minute
    TELEMETRY = 2  # the oldest telemetry
    OPERATIONS = 3  # and the oldest of operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the store may use and how long it keeps things. Defaults are for a card of 16 GB.

    `max_bytes` None: no limit of its own. Shares are of `max_bytes`. Telemetry may wait `telemetry_delay_s` for
    company. Below `thin_free` of the disk (but at most `thin_free_bytes`) telemetry is thinned, below `stop_free` it
    goes, and operations after it.
    """

    max_bytes: int | None = None
    ballast_bytes: int = BALLAST_BYTES
    facts: dt.timedelta = dt.timedelta(hours=72)
    journal: dt.timedelta = dt.timedelta(days=30)
    telemetry_share: float = 0.5
    telemetry_delay_s: float = 0.0
    journal_share: float = 0.1
    thin_free: float = 0.15
    thin_free_bytes: int = 512 * MIB
    stop_free: float = 0.05
    stop_free_bytes: int = 160 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is in use, in bytes; by class only estimated, from the numbers and a sample of the rows."""

    file: int = 0  # pages in use
    telemetry: int = 0
    journal: int = 0
    disk_free: int = 0
    pressure: Pressure = Pressure.NONE
    reached: bool = False  # of the file's limit only the reserve is left


def measure(
    conn: sqlite3.Connection, path: Path, chains: Iterable[Chain], lost: Sequence[Lost], limits: Limits
) -> Usage:
    """Look at file, classes and disk. Raises sqlite3.Error."""
    (pages,) = conn.execute("PRAGMA page_count").fetchone()
    (free,) = conn.execute("PRAGMA freelist_count").fetchone()
    used = (pages - free) * PAGE_BYTES
    telemetry = _lane_bytes(conn, Lane.TELEMETRY, chains, lost)
    disk_free, disk_bytes = _disk(path)
    return Usage(
        file=used,
        telemetry=telemetry,
        journal=_journal_bytes(conn),
        disk_free=disk_free,
        pressure=_pressure(used, telemetry, disk_free, disk_bytes, limits),
        reached=limits.max_bytes is not None and used >= limits.max_bytes - limits.ballast_bytes,
    )


def _pressure(used: int, telemetry: int, disk_free: int, disk_bytes: int, limits: Limits) -> Pressure:
    if disk_bytes and disk_free < min(disk_bytes * limits.stop_free, limits.stop_free_bytes):
        return Pressure.OPERATIONS
    if limits.max_bytes is not None:
        if used >= limits.max_bytes - limits.ballast_bytes:
            return Pressure.OPERATIONS
        if used >= limits.max_bytes * _NEARLY_FULL or telemetry > limits.max_bytes * limits.telemetry_share:
            return Pressure.TELEMETRY
    if disk_bytes and disk_free < min(disk_bytes * limits.thin_free, limits.thin_free_bytes):
        return Pressure.THIN
    return Pressure.NONE


def _disk(path: Path) -> tuple[int, int]:
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return 0, 0
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


def _lane_bytes(conn: sqlite3.Connection, lane: Lane, chains: Iterable[Chain], lost: Sequence[Lost]) -> int:
    rows = 0
    for one in chains:
        if one.lane is lane:
            (first,) = conn.execute(
                f"SELECT min(place) FROM {TABLE[lane]} WHERE place BETWEEN ? AND ?",  # noqa: S608
                (place_of(one.epoch, 1), place_of(one.epoch, one.last)),
            ).fetchone()
            if first is not None:
                seq = int(first) & SEQ_MASK
                shed = (gap for gap in of_chain(lost, lane, one.epoch) if gap.hash is not None and gap.first > seq)
                rows += one.last - seq + 1 - sum(gap.last - gap.first + 1 for gap in shed if gap.last is not None)
    return rows * _row_bytes(conn, TABLE[lane], "place", "length(record)")


def _journal_bytes(conn: sqlite3.Connection) -> int:
    first, last = conn.execute("SELECT min(n), max(n) FROM journal").fetchone()
    return 0 if first is None else (last - first + 1) * _row_bytes(conn, "journal", "n", "length(data)")


def _row_bytes(conn: sqlite3.Connection, table: str, key: str, length: str) -> int:
    ends = [
        f"SELECT * FROM (SELECT {length} FROM {table} ORDER BY {key} {way} LIMIT {_SAMPLED})"  # noqa: S608
        for way in ("ASC", "DESC")
    ]
    found = [row[0] for row in conn.execute(" UNION ALL ".join(ends))]
    return sum(found) // len(found) + _ROW_BYTES if found else 0
