"""Walks a chain of salvaged facts: what is whole, which numbers are missing, from where on it cannot be continued."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from edge_agent.store.chains import SEQ_MASK, TABLE, place_of
from edge_agent.store.lost import Lost
from protocols.sync.envelope import NO_HASH, Lane, chain, decode_fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One chain. `after`: what comes behind it must get new numbers (None: it goes on as it is).

    `gone` counts the numbers after the cursor that are not there; `bad` are the places of rows whose bytes do not
    follow from the chain.
    """

    lane: Lane
    epoch: int
    last: int
    after: int | None
    gone: int
    bad: tuple[int, ...]


class _Walk:
    def __init__(self, acked: int, shed: Sequence[Lost]) -> None:
        self.acked = acked
        self.shed = shed
        self.last = 0
        self.value: bytes | None = NO_HASH
        self.trusted = True  # the row before is what its hash says
        self.after: int | None = None
        self.gone = 0
        self.bad: list[int] = []
        self.has_cursor = acked == 0

    def break_at(self, seq: int, gone: int) -> None:
        self.gone += gone
        if self.after is None:
            self.after = max(seq - 1, self.acked)

    def missing(self, first: int, last: int) -> None:
        """Numbers without rows: before the cursor they were pruned or the hub has them."""
        self.value = None
        for one in self.shed:
            if one.hash is not None and one.last is not None and one.first <= last and one.last >= first:
                first = one.last + 1 if one.first <= first else first
                self.value = one.hash if one.last == last else self.value
                self.has_cursor = self.has_cursor or one.last == self.acked
        first = max(first, self.acked + 1)
        if first <= last:
            self.break_at(first, last - first + 1)

    def row(self, place: int, record: str, value: bytes) -> None:
        seq = place & SEQ_MASK
        if seq != self.last + 1:
            self.missing(self.last + 1, seq - 1)
        self.last = seq
        raw = record.encode()
        follows = self.value is None or chain(self.value, decode_fact(raw).id, raw) == value
        self.value = value
        if not follows and self.trusted:
            self.trusted = False
            self.bad.append(place)
            if seq > self.acked:
                self.break_at(seq, 1)
            return
        self.trusted = True
        self.has_cursor = self.has_cursor or seq == self.acked


def examine(conn: sqlite3.Connection, lane: Lane, epoch: int, acked: int, shed: Sequence[Lost]) -> Examined:
    """Read the chain from its first row to its last."""
    walk = _Walk(acked, shed)
    query = f"SELECT place, record, hash FROM {TABLE[lane]} WHERE place BETWEEN ? AND ? ORDER BY place"  # noqa: S608
    for place, record, value in conn.execute(query, (place_of(epoch, 1), place_of(epoch, SEQ_MASK))):
        walk.row(place, record, value)
    if not walk.has_cursor and walk.last > acked:
        walk.after = acked  # the next batch would need the hash there
    return Examined(lane=lane, epoch=epoch, last=walk.last, after=walk.after, gone=walk.gone, bad=tuple(walk.bad))
