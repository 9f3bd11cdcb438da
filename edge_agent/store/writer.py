"""Takes works on the event loop, gathers them into drafts, has each committed, and answers who waits.

One connection writes and checkpoints, and whoever is under way has it to himself: the writer thread, or, for a few
works on a disk that is quick (`pace.py`), the loop while that thread has nothing to do. What comes while a commit is
under way goes down together in the next. Where making rows takes as long as writing them, two drafts are under way:
one is written while the other is made, on the heads that the first will leave.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import structlog

from edge_agent.store.committer import Committer
from edge_agent.store.database import as_store_error
from edge_agent.store.draft import Draft, Item
from edge_agent.store.errors import StoreDamaged, StoreFull, StoreUnwritable
from edge_agent.store.outbox import Outbox
from edge_agent.store.pace import Pace
from edge_agent.store.work import Work

MAX_GROUP: Final = 512

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class _Job:
    """Something else than a commit that needs the writing connection; after a `last` one the thread ends."""

    __slots__ = ("_result", "done", "error", "last", "run")

    def __init__(self, run: Callable[[], Any], done: "asyncio.Future[Any]", *, last: bool = False) -> None:
        self.run = run
        self.done = done
        self.last = last
        self.error: BaseException | None = None
        self._result: Any = None

    def do(self, rollback: Callable[[], None]) -> None:
        """In the writer thread."""
        try:
            self._result = self.run()
        except sqlite3.Error as error:
            rollback()
            self.error = as_store_error(error)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the job
            rollback()
            self.error = error

    def answer(self) -> None:
        """On the loop."""
        _answer(self.done, self._result, self.error)


class Writer:
    """Owns the writing connection once started. `make_room` is called when the disk is full, then one retry."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        outbox: Outbox,
        *,
        make_room: Callable[[], bool],
        is_low: Callable[[], bool],
        chores: Callable[[], None],
        chores_every_s: float,
        mono_s: Callable[[], float],
        met_damage: Callable[[], None],
        pace: Pace,
    ) -> None:
        self._outbox = outbox
        self._committer = Committer(conn, outbox, make_room)
        self._is_low = is_low
        self._chores = chores
        self._chores_every_s = chores_every_s
        self._mono_s = mono_s
        self._met_damage = met_damage
        self._chores_due_s = mono_s() + chores_every_s
        self._tidying: asyncio.Future[None] | None = None  # one at a time, however long the disk takes
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._hlc = outbox.hlc  # the last value given, committed or not
        self._waiting: list[Item | _Job] = []
        self._jobs = 0  # among those that wait
        self._turn_is_due = False
        self._alone = False  # in the last turn nobody had company
        self._under_way: deque[Draft | _Job] = deque()  # in the thread's hands, in order
        self._given_back: list[Item] = []  # of drafts that were made behind one that failed
        self._queue: queue.SimpleQueue[Draft | _Job] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()
        self._timer = self._loop.call_later(self._chores_every_s, self._wake_up)

    def commit(self, works: Sequence[Work]) -> "asyncio.Future[None]":
        """Done when all of them are on the disk; fails with StoreError or ValueError, and then with none of them."""
        if self._closed:
            raise StoreUnwritable("closed")
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((works, done))
        if not self._turn_is_due:
            self._turn_is_due = True
            self._loop.call_soon(self._turn)  # what others hand in during this turn of the loop goes with it
            if self._alone and len(self._waiting) == 1 and not self._under_way and self._pace.may_stay(1):
                self._go()  # once a turn, so that whoever commits in a row lets others have theirs
        return done

    def call(self, run: Callable[[], _T]) -> "asyncio.Future[_T]":
        """Run this in the writer thread, after everything that was handed in before."""
        if self._closed:
            raise StoreUnwritable("closed")
        done: asyncio.Future[_T] = self._loop.create_future()
        self._hand_in(_Job(run, done))
        return done

    async def stop(self, run: Callable[[], None]) -> None:
        """Finish what was handed in, run this last, and end the thread."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        done: asyncio.Future[None] = self._loop.create_future()
        self._hand_in(_Job(run, done, last=True))
        cancelled = None
        while not done.done():  # whoever is cancelled meanwhile waits all the same: what waits here needs the loop
            try:
                await asyncio.wait((done,))
            except asyncio.CancelledError as error:
                cancelled = error
        self._thread.join()
        if cancelled is not None:
            raise cancelled
        done.result()

    # --- what goes next -------------------------------------------------------------------------------

    def _hand_in(self, job: _Job) -> None:
        self._waiting.append(job)
        self._jobs += 1
        self._go()

    def _turn(self) -> None:
        self._turn_is_due = False
        self._alone = len(self._waiting) <= 1
        self._go()

    def _go(self) -> None:
        """Send what may be sent now."""
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, _Job):
                if not self._under_way:  # a job may change where chains stand: it goes alone
                    del self._waiting[0]
                    self._jobs -= 1
                    self._send(first)
                return
            if not (count := self._how_many()):
                return
            items: list[Any] = self._waiting[:count]
            del self._waiting[:count]
            self._write(items)

    def _how_many(self) -> int:
        """How many of the works that wait go now, none when they had better wait for company."""
        ready = min(len(self._waiting), MAX_GROUP)
        if self._jobs:
            ready = min(ready, next(place for place, one in enumerate(self._waiting) if isinstance(one, _Job)))
        if not self._under_way:
            return (ready + 1) // 2 if self._pace.overlaps else ready
        before = self._under_way[0]
        if len(self._under_way) > 1 or isinstance(before, _Job) or self._given_back or not self._pace.overlaps:
            return 0
        return ready if 2 * ready >= len(before.items) else 0

    def _write(self, items: list[Item]) -> None:
        if self._is_low():
            items = _without_new_business(items)
        started = time.perf_counter()
        draft = self._made(items)
        if not draft.items:
            return
        self._hlc = draft.hlc
        draft.made_s = time.perf_counter() - started
        may_stay = not self._under_way and self._pace.may_stay(sum([len(works) for works, _ in draft.items]))
        if may_stay and self._committer.commits_at_once(draft):
            self._settle(draft)
        else:
            self._send(draft)

    def _made(self, items: list[Item]) -> Draft:
        """Of those that can be taken. Who handed in what cannot hears it, and nobody else does."""
        try:
            return self._draft(items)
        except Exception:  # noqa: BLE001 - they hear of it one by one
            taken = [item for item in items if self._can_be_taken(item)]
        if len(taken) == len(items):  # each of them, but not all at once: a clock at its very end
            self._waiting[:0] = taken[1:]
            del taken[1:]
        return self._made(taken)

    def _draft(self, items: list[Item]) -> Draft:
        last = self._under_way[-1] if self._under_way else None
        base = last.heads if isinstance(last, Draft) else self._outbox.heads
        return Draft(items, epoch=self._outbox.epoch, base=base, hlc=self._hlc)

    def _can_be_taken(self, item: Item) -> bool:
        try:
            self._draft([item])
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            _answer(item[1], None, error)
            return False
        return True

    def _send(self, one: Draft | _Job) -> None:
        self._under_way.append(one)
        self._queue.put(one)

    # --- the thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            one = self._queue.get()
            if isinstance(one, Draft):
                self._committer.commit(one)
            else:
                one.do(self._committer.rollback)
            try:
                self._loop.call_soon_threadsafe(self._answered)
            except RuntimeError:
                _log.warning("store_answers_unheard")  # the loop is gone; the disk has it all
            if isinstance(one, _Job) and one.last:
                return

    # --- what became of it ----------------------------------------------------------------------------

    def _answered(self) -> None:
        one = self._under_way.popleft()
        if isinstance(one, Draft):
            self._settle(one)
        else:
            if one.error is not None:
                self._look_at(one.error)
            one.answer()
        if not self._under_way and self._given_back:
            self._waiting[:0] = self._given_back
            self._given_back = []
        if self._waiting and not self._turn_is_due:
            self._turn_is_due = True
            self._loop.call_soon(self._turn)  # after those who wake up now, so that they are company
        if self._mono_s() >= self._chores_due_s:
            self._tidy()

    def _settle(self, draft: Draft) -> None:
        if draft.is_stale:
            self._given_back += draft.items
            return
        self._pace.learn(made_s=draft.made_s, commit_s=draft.commit_s)
        if draft.error is None:
            for _, done in draft.items:
                if not done.done():  # or else cancelled
                    done.set_result(None)
            return
        self._look_at(draft.error)
        for _, done in draft.items:
            _answer(done, None, draft.error)

    def _look_at(self, error: BaseException) -> None:
        if isinstance(error, StoreDamaged):
            self._met_damage()

    # --- chores ---------------------------------------------------------------------------------------

    def _wake_up(self) -> None:
        self._timer = self._loop.call_later(self._chores_every_s, self._wake_up)
        if self._mono_s() >= self._chores_due_s:
            self._tidy()

    def _tidy(self) -> None:
        self._chores_due_s = self._mono_s() + self._chores_every_s
        if not self._closed and self._tidying is None:
            self._tidying = self.call(self._chores)
            self._tidying.add_done_callback(self._tidied)

    def _tidied(self, done: "asyncio.Future[None]") -> None:
        self._tidying = None
        if (error := done.exception()) is not None:
            _log.warning("store_chores_failed", error=str(error))


def _answer(done: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if done.done():
        return  # cancelled
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


def _without_new_business(items: list[Item]) -> list[Item]:
    """Only the reserve is left: what begins new business is refused, the rest goes."""
    kept = []
    for item in items:
        if any(work.new_business for work in item[0]):
            _answer(item[1], None, StoreFull("reserve", "only the reserve is left"))
        else:
            kept.append(item)
    return kept
