"""Gives up telemetry, then operations, when there is no room: never silently, never business. Writer thread only.

Old telemetry is thinned first: of each minute and subject one sample stays, under a new number at the lane's end; the
numbers it had go as one range, which the hub is told. When everything is thin, the oldest goes.
"""

import itertools
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from edge_agent.store import lost
from edge_agent.store.chains import LANES, SEQ_MASK, TABLE, Chain, place_of
from edge_agent.store.limits import Pressure
from edge_agent.store.outbox import Outbox
from protocols.sync.clock import hlc_parts
from protocols.sync.envelope import MAX_FACTS, Lane, LossReason, chain, decode_fact

STEP_ROWS: Final = 2000
DROP_ROWS: Final = 500
THIN_AFTER_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000
_WORTH_IT: Final = 0.75  # thinning that leaves more than this of a step is none

Place = tuple[int, str, bytes]  # place, record, hash


class _Sample(msgspec.Struct, frozen=True):
    type: str
    hlc: int
    at_ms: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shed:
    """What one step gave up: `gone` facts for good, `kept` under new numbers."""

    lane: Lane
    gone: int
    kept: int


_sample: Final = msgspec.json.Decoder(_Sample)


class Shedder:
    """Remembers how far each chain is thin already, so that nothing is looked at twice."""

    def __init__(self) -> None:
        self._thin_to: dict[int, int] = {}

    def step(self, conn: sqlite3.Connection, outbox: Outbox, pressure: Pressure, at_ms: int) -> Shed | None:
        """One transaction of at most STEP_ROWS facts; None when nothing more may go. Raises sqlite3.Error."""
        if pressure >= Pressure.THIN and (thinned := self._thin(conn, outbox, at_ms)) is not None:
            return thinned
        if pressure >= Pressure.TELEMETRY and (dropped := _drop(conn, outbox, Lane.TELEMETRY, at_ms)) is not None:
            return dropped
        return _drop(conn, outbox, Lane.OPERATIONS, at_ms) if pressure >= Pressure.OPERATIONS else None

    def _thin(self, conn: sqlite3.Connection, outbox: Outbox, at_ms: int) -> Shed | None:
        before_ms = hlc_parts(outbox.hlc)[0] - THIN_AFTER_MS
        for one in _waiting(outbox, Lane.TELEMETRY):
            while rows := _window(conn, outbox, one, self._thin_to.get(one.epoch, 0)):
                read = (_sample.decode(record) for _, record, _ in rows)
                samples = list(itertools.takewhile(lambda one: hlc_parts(one.hlc)[0] <= before_ms, read))
                rows = rows[: len(samples)]
                if not rows:
                    break
                keep = _one_a_minute(rows, samples)
                if len(keep) <= len(rows) * _WORTH_IT:
                    return _shed(conn, outbox, one, rows, keep, at_ms)
                self._thin_to[one.epoch] = rows[-1][0] & SEQ_MASK
        return None


def _waiting(outbox: Outbox, lane: Lane) -> list[Chain]:
    found = [one for one in outbox.chains.values() if one.lane is lane and one.waiting > MAX_FACTS]
    return sorted(found, key=lambda one: one.epoch)


def _window(conn: sqlite3.Connection, outbox: Outbox, one: Chain, after: int, most: int = STEP_ROWS) -> list[Place]:
    """The next facts without a gap; those that may be on their way to the hub just now are left alone."""
    start = max(after, one.acked + MAX_FACTS, outbox.handed_out.get((one.lane, one.epoch), 0))
    rows: list[Place] = []
    query = f"SELECT place, record, hash FROM {TABLE[one.lane]} WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?"  # noqa: S608
    bounds = (place_of(one.epoch, start + 1), place_of(one.epoch, one.last), most)
    for place, record, value in conn.execute(query, bounds):
        if rows and place != rows[-1][0] + 1:
            break
        rows.append((place, record, value))
    return rows


def _one_a_minute(rows: list[Place], samples: list[_Sample]) -> list[Place]:
    """The last of each minute and subject; what a fact is about stands in its fields that end in _id or _no."""
    last: dict[tuple[Any, ...], Place] = {}
    for row, one in zip(rows, samples, strict=True):
        about = tuple((key, str(value)) for key, value in one.body.items() if key.endswith(("_id", "_no")))
        last[one.type, about, one.at_ms // _MINUTE_MS] = row
    return sorted(last.values())


def _drop(conn: sqlite3.Connection, outbox: Outbox, lane: Lane, at_ms: int) -> Shed | None:
    for one in _waiting(outbox, lane):
        if rows := _window(conn, outbox, one, 0, DROP_ROWS):
            return _shed(conn, outbox, one, rows, [], at_ms)
    return None


def _shed(
    conn: sqlite3.Connection, outbox: Outbox, one: Chain, rows: list[Place], keep: list[Place], at_ms: int
) -> Shed:
    first, last = rows[0][0] & SEQ_MASK, rows[-1][0] & SEQ_MASK
    gone = len(rows) - len(keep)
    new = lost.Lost(
        lane=one.lane, epoch=one.epoch, nonce=one.nonce, first=first, last=last, reason=LossReason.SHED, gone=gone,
        hash=rows[-1][2], told=False, at_ms=at_ms,
    )  # fmt: skip
    before = [old for old in lost.of_chain(outbox.lost, one.lane, one.epoch) if old.last == first - 1]
    both = lost.joined(before[-1], new) if before else None
    seq, value = outbox.heads[LANES.index(one.lane)]
    moved: list[Place] = []
    for _, record, _ in keep:
        raw = record.encode()
        seq, value = seq + 1, chain(value, decode_fact(raw).id, raw)
        moved.append((place_of(outbox.epoch, seq), record, value))
    table = TABLE[one.lane]
    conn.execute("BEGIN IMMEDIATE")
    conn.execute(f"DELETE FROM {table} WHERE place BETWEEN ? AND ?", (rows[0][0], rows[-1][0]))  # noqa: S608
    conn.executemany(f"INSERT INTO {table} (place, record, hash) VALUES (?, ?, ?)", moved)  # noqa: S608
    lost.put(conn, [both or new])
    conn.execute("COMMIT")
    outbox.lost = lost.load(conn)
    if moved:
        outbox.move_head(one.lane, (seq, value))
        key = (one.lane, outbox.epoch)
        old = outbox.chains.get(key, Chain(one.lane, outbox.epoch, outbox.nonce, 0, 0))
        outbox.chains[key] = old._replace(last=seq)
    return Shed(lane=one.lane, gone=gone, kept=len(keep))
