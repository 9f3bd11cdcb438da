"""A store whose writer thread is played by the test, one step at a time, and what must hold of its file afterwards.

Every order of the loop's turns, the thread's steps and what comes in is a list of steps, so that hypothesis finds and
shrinks it. Nothing here depends on time.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest import mock

from edge_agent.store import lost, shedding
from edge_agent.store.chains import LANES, TABLE, load_chains
from edge_agent.store.committer import Committer
from edge_agent.store.draft import Draft
from edge_agent.store.errors import StoreError
from edge_agent.store.limits import Limits
from edge_agent.store.pace import Pace
from edge_agent.store.store import Store
from edge_agent.store.work import Work
from edge_agent.store.writer import Writer
from protocols.sync.envelope import NO_HASH, Cursor, Lane, decode_fact
from tests.edge_agent.store.conftest import MovedClock
from tests.edge_agent.store.stand_ins import FAULTS, Hand, without_thread
from tests.edge_agent.store.verdict import Judge, Said, Story

_DELAY_S: Final = 1000.0  # samples go with company, or when enough wait; never by the clock


@dataclass(kw_only=True)
class Life(Story):
    """From the first start to the last end. `said` is in the order of the calls."""

    path: Path
    pace: Callable[[], Pace]
    clock: MovedClock = field(default_factory=MovedClock)
    jobs: "list[asyncio.Future[Any]]" = field(default_factory=list)
    faults: list[tuple[str, str]] = field(
        default_factory=list
    )  # of the next transactions: what, and what room it makes
    room: str = "none"
    low: bool = False
    wrong: list[str] = field(default_factory=list)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.wrong.append(str(context)))
        limits = Limits(ballast_bytes=8192, telemetry_delay_s=_DELAY_S if self.gathers else 0.0)
        with mock.patch.object(Writer, "start", without_thread):
            store = await Store.open(self.path, clock=self.clock, limits=limits, pace=self.pace())
        self.store, self.hand = store, Hand(store)
        self._instead_of(store._writer._committer)
        store._writer._is_low = lambda: self.low
        store._rehome = self._rehome  # type: ignore[method-assign]

    def _instead_of(self, committer: Committer) -> None:
        real, at_once = committer._transact, committer.commits_at_once
        self.on_loop = False

        def transact(draft: Draft) -> None:
            kind, self.room = self.faults.pop(0) if self.faults else ("", "none")
            if kind:
                self.hit.update(id(work) for works, _ in draft.items for work in works)
                error = FAULTS[kind]()
                raise error
            real(draft)

        def commits_at_once(draft: Draft) -> bool:
            if not self.hand.is_idle():
                self.wrong.append("the loop writes while the thread has something to do")
            self.on_loop = True
            try:
                return at_once(draft)
            finally:
                self.on_loop = False

        def make_room() -> bool:
            if self.on_loop:
                self.wrong.append("room is made on the loop")
            if self.room == "thinned":
                self._thin()
            return self.room != "none"

        committer._transact = transact  # type: ignore[method-assign]
        committer.commits_at_once = commits_at_once  # type: ignore[method-assign]
        committer._make_room = make_room

    def _thin(self) -> None:
        """The two oldest samples that nobody waits for get new numbers, as when telemetry is thinned."""
        conn, outbox = self.store._conn, self.store._outbox
        for one in sorted((c for c in outbox.chains.values() if c.lane is Lane.TELEMETRY), key=lambda c: c.epoch):
            query = "SELECT place, record, hash FROM outbox_tel WHERE place > ? AND place <= ? ORDER BY place LIMIT 2"
            rows = conn.execute(query, (one.epoch << 32 | one.acked, one.epoch << 32 | one.last)).fetchall()
            if len(rows) == 2 and rows[1][0] == rows[0][0] + 1 and one.waiting > 2:
                self.moved |= {decode_fact(record.encode()).id for _, record, _ in rows}
                shedding._shed(conn, outbox, one, rows, rows, 0)
                return

    def _rehome(self, broken: list[tuple[Lane, int, int]], floor: int) -> int:
        """An older chain comes behind what was numbered since."""
        for lane, epoch, after in broken:
            if epoch != self.store.epoch:
                query = f"SELECT record FROM {TABLE[lane]} WHERE place > ? AND place < ?"
                found = self.store._conn.execute(query, (epoch << 32 | after, epoch + 1 << 32))
                self.moved |= {decode_fact(record.encode()).id for (record,) in found}
        return Store._rehome(self.store, broken, floor)

    # --- what comes in --------------------------------------------------------------------------------

    def commit(self, work: Work, *, may_fail: bool) -> None:
        try:
            done = asyncio.ensure_future(self.store.commit(work))
        except StoreError as error:
            self.wrong.append(f"raised, not answered: {error!r}")
            return
        self.said.append(Said(work, may_fail, done))

    def job(self, kind: str, pick: int) -> None:
        store = self.store
        chains = store.chains()
        one = chains[pick % len(chains)] if chains else None
        does: Awaitable[Any]
        if kind == "tidy":
            does = store.tidy()
        elif kind == "tell":
            does = store.lost_is_told(store.lost())
        elif one is None:
            return
        elif kind == "rehome":
            does = store.rehome([(one.lane, one.epoch)], epoch_floor=0)
        else:
            does = store.acknowledge([Cursor(lane=one.lane, epoch=one.epoch, acked=pick % (one.last + 1))])
        self.jobs.append(asyncio.ensure_future(does))

    def probe(self) -> None:
        """A job comes after what was handed in before it, and before what is handed in after it."""
        before = len(self.said)

        def run() -> list[str]:
            conn = sqlite3.connect(self.path)
            try:
                there = Judge(self, conn)
            finally:
                conn.close()
            wrong = [f"a job overtook {one.work}" for one in self.said[:before] if one.is_sure and not one.error
                     and not self.may_wait(one.work) and not there.is_there(one)
                     and id(one.work) not in self.hit and not one.may_fail and not one.work.new_business]  # fmt: skip
            return wrong + [f"{one.work} overtook a job" for one in self.said[before:] if there.is_seen(one)]

        done = self.store._writer.call(run)
        done.add_done_callback(lambda done: self.wrong.extend([] if done.cancelled() else done.result()))
        self.jobs.append(done)

    def look(self) -> None:
        """What others ask for at any time."""
        self.store.health()
        self.store._outbox.hand_out(self.store.chains(), 3)

    async def spin(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)

    async def settle(self) -> None:
        """Until everybody has been answered, or it hangs."""
        for _ in range(400):
            await self.spin(4)
            self.hand.take()
            self.hand.tell()
            if self.hand.is_idle() and all(one.done() for one in self._pending()):
                await self.spin(4)
                if self.hand.is_idle():
                    return
        self.wrong.append("somebody waits for ever")

    def _pending(self) -> "list[asyncio.Future[Any]]":
        return [one.done for one in self.said if not one.abandoned] + self.jobs

    async def close(self) -> None:
        """Whatever still waits: the end takes it along."""
        closing = asyncio.ensure_future(self.store.close())
        async with asyncio.timeout(10):
            while not closing.done():
                await asyncio.sleep(0)
                self.hand.take()
                self.hand.tell()
        await closing
        await self.spin(4)
        if any(not one.done() for one in self._pending()):
            self.wrong.append("somebody waits for ever after the end")

    async def kill(self) -> None:
        """The power goes: who was not answered will not be."""
        store = self.store
        store._writer._closed = True
        if store._writer._timer is not None:
            store._writer._timer.cancel()
        for one in self.said:
            one.abandoned = one.abandoned or self.may_wait(one.work) or not one.done.done()
        for job in self.jobs:
            job.cancel()
        self.jobs.clear()
        await self.spin(3)
        if store._conn.in_transaction:
            store._conn.execute("ROLLBACK")
        store._read_thread.submit(store._reader.close).result()
        store._read_thread.shutdown()
        store._conn.close()
        os.close(store._lock_fd)

    # --- what must hold -------------------------------------------------------------------------------

    def judge(self) -> list[str]:
        """Of the file as it is now, and of what was said."""
        conn = sqlite3.connect(self.path)
        try:
            return [*self.wrong, *Judge(self, conn).findings()]
        finally:
            conn.close()

    def judge_memory(self) -> list[str]:
        """Whether the store knows where its chains stand, when nothing is under way."""
        conn, outbox = sqlite3.connect(self.path), self.store._outbox
        try:
            found = load_chains(conn, lost.load(conn))
            wrong = []
            known = {key: one for key, one in outbox.chains.items() if key in found or one.last > one.acked}
            if found != known:
                wrong.append(f"chains {known} in memory, {found} in the file")
            for index, lane in enumerate(LANES):
                query = f"SELECT place, hash FROM {TABLE[lane]} WHERE place > ? ORDER BY place DESC LIMIT 1"
                row = conn.execute(query, (outbox.epoch << 32,)).fetchone()
                head = (0, NO_HASH) if row is None else (row[0] & 0xFFFFFFFF, row[1])
                if outbox.heads[index] != head:
                    wrong.append(f"{lane} stands at {outbox.heads[index]} in memory, {head} in the file")
            return wrong
        finally:
            conn.close()
