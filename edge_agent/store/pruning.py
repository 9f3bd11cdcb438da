"""Removes what nobody needs any more, in small steps. Writer thread only.

A fact goes when the hub has held it for the time of the retention (retention.py): for that long a hub restored
from an old backup can be filled again. The newest acknowledged row of a living chain stays: the next batch needs
its hash.
"""

import datetime as dt
import itertools
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge_agent.store import retention
from edge_agent.store.chains import LANES, SEQ_BITS, SEQ_MASK, TABLE, last_seq
from edge_agent.store.outbox import Outbox
from protocols.sync.clock import hlc_parts
from protocols.sync.envelope import Lane

KEEP_FACTS: Final = dt.timedelta(hours=72)
KEEP_JOURNAL: Final = dt.timedelta(days=30)
STEP_ROWS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What one step removed; `more` says that another step would remove more at once."""

    facts: int
    journal: int
    more: bool


def prune(conn: sqlite3.Connection, outbox: Outbox, *, keep_facts: dt.timedelta, keep_journal: dt.timedelta) -> Pruned:
    """One step, one transaction: at most STEP_ROWS per lane and of the journal. Time is counted by the HLC."""
    now_ms = hlc_parts(outbox.hlc)[0]
    held = _held(conn, outbox, now_ms, _ms(keep_facts)) if keep_facts else None
    facts = {lane: _old_rows(conn, outbox, lane, held) for lane in LANES}
    journal = _old_entries(conn, now_ms - _ms(keep_journal))
    if not journal and not any(facts.values()):
        return Pruned(facts=0, journal=0, more=False)
    conn.execute("BEGIN IMMEDIATE")
    for lane, places in facts.items():
        conn.executemany(f"DELETE FROM {TABLE[lane]} WHERE place = ?", [(place,) for place in places])  # noqa: S608
    conn.executemany("DELETE FROM journal WHERE n = ?", journal)
    gone = _forget_empty_chains(conn, outbox, facts)
    conn.execute("COMMIT")
    for key in gone:
        del outbox.chains[key]
    outbox.lost = [one for one in outbox.lost if not (one.told or one.hash) or one.epoch >= outbox.oldest_epoch]
    sizes = [*map(len, facts.values()), len(journal)]
    return Pruned(facts=sum(sizes[:-1]), journal=len(journal), more=max(sizes) >= STEP_ROWS)


def _ms(span: dt.timedelta) -> int:
    return span // dt.timedelta(milliseconds=1)


def _held(conn: sqlite3.Connection, outbox: Outbox, now_ms: int, keep_ms: int) -> Mapping[tuple[Lane, int], int]:
    """What the hub has held for so long; marks where the cursors are now, if it is time."""
    marks = retention.marked(retention.without_old(outbox.marks, now_ms - keep_ms), outbox.chains, now_ms)
    if marks is not outbox.marks:
        retention.save(conn, marks)
        outbox.marks = marks
    return retention.held_before(marks, now_ms - keep_ms)


def _old_rows(
    conn: sqlite3.Connection, outbox: Outbox, lane: Lane, held: Mapping[tuple[Lane, int], int] | None
) -> list[int]:
    """Places from the front of the lane, as far as the hub holds them (and has for long, if `held` is given)."""
    places = []
    for (place,) in conn.execute(f"SELECT place FROM {TABLE[lane]} ORDER BY place LIMIT ?", (STEP_ROWS,)):  # noqa: S608
        one = outbox.chains.get((lane, place >> SEQ_BITS))
        if one is None or place & SEQ_MASK > one.acked:
            break
        if one.epoch == outbox.epoch and place & SEQ_MASK == one.acked:
            break  # the hash that the next batch follows
        if held is not None and place & SEQ_MASK > held.get((lane, one.epoch), 0):
            break
        places.append(place)
    return places


def _old_entries(conn: sqlite3.Connection, before_ms: int) -> list[tuple[int]]:
    """The journal's oldest numbers, as far as they are old."""
    rows = conn.execute("SELECT n, at_ms FROM journal ORDER BY n LIMIT ?", (STEP_ROWS,)).fetchall()
    return [(n,) for n, _ in itertools.takewhile(lambda row: row[1] < before_ms, rows)]


def _forget_empty_chains(
    conn: sqlite3.Connection, outbox: Outbox, facts: dict[Lane, list[int]]
) -> list[tuple[Lane, int]]:
    gone = []
    for lane, places in facts.items():
        for epoch in {place >> SEQ_BITS for place in places}:
            one = outbox.chains[lane, epoch]
            if epoch != outbox.epoch and one.acked == one.last and not last_seq(conn, lane, epoch):
                gone.append((lane, epoch))
                conn.execute("DELETE FROM cursors WHERE lane = ? AND epoch = ?", (lane.value, epoch))
    kept = {epoch for _, epoch in outbox.chains.keys() - set(gone)} | {outbox.epoch}
    conn.execute("DELETE FROM epochs WHERE epoch < ?", (min(kept),))
    conn.execute("DELETE FROM cursors WHERE epoch < ?", (min(kept),))
    conn.execute("DELETE FROM lost WHERE (told = 1 OR hash IS NOT NULL) AND epoch < ?", (min(kept),))
    return gone
