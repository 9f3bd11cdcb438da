"""The chains of the outbox: one per (lane, epoch), gap-free numbers from 1, each row with its hash. Numbers only.

Where a chain begins, ends and is acknowledged is known from the file at start and kept here afterwards.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from protocols.sync.envelope import Lane

# The order in which lanes are sent: business first.
LANES: Final = (Lane.BUSINESS, Lane.OPERATIONS, Lane.TELEMETRY)
TABLE: Final = {lane: f"outbox_{lane.value}" for lane in LANES}
SEQ_BITS: Final = 32
SEQ_MASK: Final = (1 << SEQ_BITS) - 1
# Request numbers are epoch << 32 | n and have to stay within 63 bits in every database.
MAX_EPOCH: Final = (1 << 30) - 1


def place_of(epoch: int, seq: int) -> int:
    """The row's place in its lane's table."""
    return epoch << SEQ_BITS | seq


class Chain(NamedTuple):
    """Numbers 1…last of one lane and epoch; those up to `acked` are the hub's. A tuple: one is made each commit."""

    lane: Lane
    epoch: int
    nonce: str
    acked: int
    last: int

    @property
    def waiting(self) -> int:
        """How many facts the hub does not hold yet."""
        return self.last - self.acked


class Skip(Protocol):
    """Numbers without facts, as lost.py has them: behind those with a hash the chain goes on."""

    @property
    def lane(self) -> Lane: ...
    @property
    def epoch(self) -> int: ...
    @property
    def last(self) -> int | None: ...
    @property
    def hash(self) -> bytes | None: ...


def load_chains(conn: sqlite3.Connection, skips: Iterable[Skip] = ()) -> dict[tuple[Lane, int], Chain]:
    """Every chain of which the file still has a row, or (for the newest epoch) may get one."""
    skipped: dict[tuple[Lane, int], int] = {}
    for one in skips:
        if one.hash is not None and one.last is not None:
            skipped[one.lane, one.epoch] = max(one.last, skipped.get((one.lane, one.epoch), 0))
    cursors = conn.execute("SELECT lane, epoch, acked FROM cursors")
    acked = {(Lane(text(lane)), epoch): n for lane, epoch, n in cursors}
    chains = {}
    for epoch, nonce in conn.execute("SELECT epoch, nonce FROM epochs ORDER BY epoch").fetchall():
        for lane in LANES:
            rows_to, at = last_seq(conn, lane, epoch), acked.get((lane, epoch), 0)
            last = max(rows_to, skipped.get((lane, epoch), 0))
            if rows_to or at < last:
                chains[lane, epoch] = Chain(lane, epoch, text(nonce), min(at, last), last)
    return chains


def text(value: str | bytes) -> str:
    """A TEXT column; a reading connection gives bytes."""
    return value.decode() if isinstance(value, bytes) else value


def last_seq(conn: sqlite3.Connection, lane: Lane, epoch: int) -> int:
    """The highest number of the chain in the file, 0 for none."""
    (place,) = conn.execute(
        f"SELECT max(place) FROM {TABLE[lane]} WHERE place BETWEEN ? AND ?",  # noqa: S608 - our own table names
        (place_of(epoch, 1), place_of(epoch, SEQ_MASK)),
    ).fetchone()
    return int(place) & SEQ_MASK if place is not None else 0


def hash_at(conn: sqlite3.Connection, lane: Lane, epoch: int, seq: int) -> bytes | None:
    """The chain's value at this number; None when the row is gone."""
    row = conn.execute(
        f"SELECT hash FROM {TABLE[lane]} WHERE place = ?",  # noqa: S608
        (place_of(epoch, seq),),
    ).fetchone()
    return bytes(row[0]) if row is not None else None
