"""Keeps the store within its room: prunes, sheds, lays and gives up the ballast. Writer thread only."""

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Final

import structlog

from edge_agent.runtime.clock import Clock
from edge_agent.store import pruning
from edge_agent.store.ballast import Ballast
from edge_agent.store.limits import Limits, Pressure, Usage, measure
from edge_agent.store.outbox import Outbox
from edge_agent.store.shedding import Shedder
from edge_agent.store.wear import Wear, WearCounter
from protocols.sync.envelope import Lane
from protocols.values import to_ms

_STEPS: Final = 5  # of shedding in one round of chores: at most 10,000 facts, so that nobody waits long
_NOTHING: Final = dt.timedelta(0)

_log = structlog.get_logger(__name__)


class Upkeep:
    """One store's housekeeping; `usage` is the last measurement."""

    def __init__(self, path: Path, conn: sqlite3.Connection, outbox: Outbox, *, clock: Clock, limits: Limits) -> None:
        self._path = path
        self._conn = conn
        self._outbox = outbox
        self._clock = clock
        self._limits = limits
        self._ballast = ballast_of(path, limits)
        self._shedder = Shedder()
        self._wear = WearCounter(conn, clock.mono_s())
        self.usage = Usage()

    def begin(self) -> None:
        """Lay the ballast, look around."""
        self._ballast.lay()
        self.usage = self._measured()

    @property
    def wear(self) -> Wear:
        """What this station's agents have written so far."""
        return self._wear.now(self._clock.mono_s())

    def end(self) -> None:
        """The last that is written down."""
        self._wear.save(self._clock.mono_s(), at_once=True)

    def is_low(self) -> bool:
        """Whether only the reserve is left, so that new business is refused."""
        return not self._ballast.is_there or self.usage.reached

    def make_room(self) -> bool:
        """The disk is full: give up the ballast, then whatever the hub holds already, then telemetry."""
        dropped = self._ballast.drop()
        pruned = shed = 0
        try:
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            pruned = self._prune(keep_facts=_NOTHING)
            if not dropped and not pruned:
                shed = self._shed(Pressure.OPERATIONS, 1)
        except sqlite3.Error as error:
            rollback(self._conn)
            _log.warning("store_room_failed", error=str(error))
        if dropped or pruned or shed:
            _log.error("store_full", ballast_dropped=dropped, pruned=pruned, shed=shed)
        return dropped or pruned > 0 or shed > 0

    def chores(self) -> None:
        """Prune all that is due, shed what there is no room for, move the log into the file, lay the ballast."""
        self._prune(keep_facts=self._limits.facts)
        self.usage = self._measured()
        if self.usage.pressure >= Pressure.TELEMETRY and self._prune(keep_facts=_NOTHING):
            self.usage = self._measured()
        if self.usage.pressure:
            self._shed(self.usage.pressure, _STEPS)
        self._wear.save(self._clock.mono_s())
        self._conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._ballast.lay()

    def _measured(self) -> Usage:
        outbox = self._outbox
        return measure(self._conn, self._path, outbox.chains.values(), outbox.lost, self._limits)

    def _shed(self, pressure: Pressure, steps: int) -> int:
        gone = dict.fromkeys(Lane, 0)
        done = 0
        for _ in range(steps):
            one = self._shedder.step(self._conn, self._outbox, pressure, to_ms(self._clock.now().at))
            if one is None:
                break
            done += 1
            gone[one.lane] += one.gone
            self.usage = self._measured()
            pressure = min(pressure, self.usage.pressure)  # no more than has to be
        if done:
            _log.error("facts_shed", **{lane.value: count for lane, count in gone.items() if count})
        return done

    def _prune(self, *, keep_facts: dt.timedelta) -> int:
        limits, facts = self._limits, 0
        share = None if limits.max_bytes is None else limits.max_bytes * limits.journal_share
        keep_journal = limits.journal if share is None or self.usage.journal <= share else limits.journal / 10
        while True:
            step = pruning.prune(self._conn, self._outbox, keep_facts=keep_facts, keep_journal=keep_journal)
            facts += step.facts
            if not step.more:
                return facts


def ballast_of(path: Path, limits: Limits) -> Ballast:
    """The file beside the store that is given up on a full disk."""
    return Ballast(path.with_name(path.name + ".ballast"), limits.ballast_bytes)


def rollback(conn: sqlite3.Connection) -> None:
    """End what was begun and failed."""
    if conn.in_transaction:
        conn.execute("ROLLBACK")
