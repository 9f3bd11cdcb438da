"""Numbers without facts: what was lost by damage or shed for room, kept until the hub has heard of it, and after."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edge_agent.store.chains import Chain, text
from protocols.sync.envelope import Lane, LostRange

_COLUMNS = "lane, epoch, first_seq, last_seq, nonce, reason, gone, hash, told, at_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A range of one chain. With `hash` the chain goes on behind it, from that value; without, it ends before it.

    `last` None: nobody knows how many there were. `gone` are lost for good, the others have new numbers.
    """

    lane: Lane
    epoch: int
    nonce: str
    first: int
    last: int | None
    reason: str
    gone: int
    hash: bytes | None
    told: bool
    at_ms: int

    def as_told(self) -> LostRange:
        """The range as the hub hears it. Where the chain ends nothing may follow, so the hash is one of no fact."""
        value = self.hash if self.hash is not None else b"\xff" * 32
        return LostRange(
            lane=self.lane,
            epoch=self.epoch,
            nonce=self.nonce,
            first_seq=self.first,
            last_seq=self.last,
            reason=self.reason,
            gone=self.gone,
            hash=value.hex(),
        )


def load(conn: sqlite3.Connection) -> list[Lost]:
    """All that the file knows of, by lane, epoch and number."""
    found = conn.execute(f"SELECT {_COLUMNS} FROM lost ORDER BY lane, epoch, first_seq")  # noqa: S608
    return [
        Lost(
            lane=Lane(text(lane)),
            epoch=epoch,
            first=first,
            last=last,
            nonce=text(nonce),
            reason=text(reason),
            gone=gone,
            hash=value,
            told=bool(told),
            at_ms=at_ms,
        )
        for lane, epoch, first, last, nonce, reason, gone, value, told, at_ms in found
    ]


def put(conn: sqlite3.Connection, ranges: Iterable[Lost]) -> None:
    """Write them down; the caller begins and commits."""
    conn.executemany(
        f"INSERT OR REPLACE INTO lost ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [
            (o.lane.value, o.epoch, o.first, o.last, o.nonce, o.reason, o.gone, o.hash, int(o.told), o.at_ms)
            for o in ranges
        ],
    )


def drop(conn: sqlite3.Connection, ranges: Iterable[Lost]) -> None:
    """Forget them; the caller begins and commits."""
    keys = [(one.lane.value, one.epoch, one.first) for one in ranges]
    conn.executemany("DELETE FROM lost WHERE lane = ? AND epoch = ? AND first_seq = ?", keys)


def of_chain(lost: Iterable[Lost], lane: Lane, epoch: int) -> list[Lost]:
    """Those of one chain, in order."""
    return sorted((one for one in lost if one.lane is lane and one.epoch == epoch), key=lambda one: one.first)


def joined(older: Lost, newer: Lost) -> Lost | None:
    """Both as one, when the newer begins where the older, still untold, ends."""
    fits = older.last is not None and older.last + 1 == newer.first and older.reason == newer.reason
    if not fits or older.told or older.hash is None:
        return None
    return replace(older, last=newer.last, gone=older.gone + newer.gone, hash=newer.hash, at_ms=newer.at_ms)


def due(lost: Sequence[Lost], chains: Iterable[Chain]) -> list[Lost]:
    """What the hub can be told now: it holds everything before, as far as we know.

    One behind which the chain goes on is told whenever the cursor stands before it: a hub that was restored from a
    backup has forgotten it.
    """
    known = {(one.lane, one.epoch): one for one in chains}
    found = []
    for one in lost:
        at = known.get((one.lane, one.epoch))
        acked = None if at is None else at.acked
        if one.hash is not None and one.last is not None:
            now = acked is not None and one.first <= acked + 1 <= one.last
        else:
            now = not one.told and (at is None or at.acked >= min(one.first - 1, at.last))
        if now and one.nonce:
            found.append(one)
    return found


def behind(at: int, lost: Iterable[Lost]) -> tuple[int, bytes | None]:
    """Where a chain whose facts up to `at` are done goes on: the number before, and the hash (None: the row's own).

    `lost` are the chain's ranges in order.
    """
    value = None
    for one in lost:
        if one.hash is not None and one.last is not None and one.first <= at + 1 <= one.last:
            at, value = one.last, one.hash
    return at, value


def next_hole(at: int, lost: Iterable[Lost]) -> int | None:
    """The first number after `at` at which a range begins behind which the chain goes on."""
    return min((one.first for one in lost if one.hash is not None and one.first > at), default=None)
