"""Since when the hub holds what: a fact is kept for some time after its acknowledgement, not after it was made.

A station that was off line for days gets its whole backlog acknowledged at once; a hub restored from the backup of
the day before needs all of it again. So the cursors are marked, once an hour at most, by the time of the HLC. A
hub that goes back takes the marks away: what it is sent again counts from then.
"""

import sqlite3
from typing import Final

import msgspec

from edge_agent.store.chains import Chain
from protocols.sync.envelope import Lane

EVERY_MS: Final = 3_600_000
_KEY: Final = "held_since"
_PUT: Final = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """How far the hub held each chain (`lane epoch` in words) at a time in ms."""

    at_ms: int
    acked: dict[str, int]


_decode = msgspec.json.Decoder(list[Mark]).decode
_encode = msgspec.json.Encoder().encode


def load(conn: sqlite3.Connection) -> list[Mark]:
    """The marks, oldest first."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    return _decode(row[0]) if row is not None else []


def save(conn: sqlite3.Connection, marks: list[Mark]) -> None:
    """Write them all: some kilobytes an hour at most."""
    conn.execute(_PUT, (_KEY, _encode(marks).decode()))


def marked(marks: list[Mark], chains: dict[tuple[Lane, int], Chain], now_ms: int) -> list[Mark]:
    """The marks with one of now, if the last is an hour old; the same list if not."""
    if marks and marks[-1].at_ms > now_ms - EVERY_MS:
        return marks
    acked = {_name(*key): one.acked for key, one in chains.items() if one.acked}
    if not acked:
        return marks
    return [*marks, Mark(now_ms, acked)]


def without_old(marks: list[Mark], before_ms: int) -> list[Mark]:
    """Without those before the newest that is as old as that; the same list if there are none."""
    old = sum(1 for one in marks if one.at_ms <= before_ms)
    return marks[old - 1 :] if old > 1 else marks


def held_before(marks: list[Mark], before_ms: int) -> dict[tuple[Lane, int], int]:
    """The last number of each chain that the hub has held since then."""
    old = [one for one in marks if one.at_ms <= before_ms]
    named = old[-1].acked.items() if old else ()
    return {(Lane(name.split()[0]), int(name.split()[1])): seq for name, seq in named}


def _name(lane: Lane, epoch: int) -> str:
    return f"{lane.value} {epoch}"
