"""The writer thread: the only one that writes and checkpoints. Commits what has gathered since its last fsync.

Works come in order through a queue and are answered on the event loop, one wake-up for the whole group. A group
is one transaction; when it fails, none of its works has happened and each gets the error.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import structlog

from edge_agent.store.database import as_store_error
from edge_agent.store.door import Door, Ready, joined
from edge_agent.store.errors import StoreError, StoreFull, StoreUnwritable
from edge_agent.store.outbox import Draft, Outbox
from edge_agent.store.work import Work

MAX_GROUP: Final = 512

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")

Answer = tuple[list["asyncio.Future[Any]"], Any, BaseException | None]


class _Job:
    """Something else than a commit that needs the writing connection; after a `last` one the thread ends."""

    __slots__ = ("done", "last", "run")

    def __init__(self, run: Callable[[], Any], done: "asyncio.Future[Any]", *, last: bool = False) -> None:
        self.run = run
        self.done = done
        self.last = last


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
    ) -> None:
        self._conn = conn
        self._outbox = outbox
        self._make_room = make_room
        self._is_low = is_low
        self._chores = chores
        self._chores_every_s = chores_every_s
        self._mono_s = mono_s
        self._chores_due_s = mono_s() + chores_every_s
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[Ready | _Job] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._closed = False
        self._door = Door(outbox.hlc)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def commit(self, work: Work) -> "asyncio.Future[None]":
        """Done when the work is on the disk; fails with StoreError. Raises ValueError, StoreUnwritable at once."""
        if self._closed:
            raise StoreUnwritable("closed")
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put(self._door.take(work, done))
        return done

    def commit_all(self, works: Sequence[Work]) -> "asyncio.Future[None]":
        """Several works, in order, as if they were one: all of them or none. Raises as `commit`."""
        if self._closed:
            raise StoreUnwritable("closed")
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put(joined([self._door.take(work, done) for work in works]))
        return done

    def call(self, run: Callable[[], _T]) -> "asyncio.Future[_T]":
        """Run this in the writer thread, after everything that was queued before."""
        if self._closed:
            raise StoreUnwritable("closed")
        done: asyncio.Future[_T] = self._loop.create_future()
        self._queue.put(_Job(run, done))
        return done

    async def stop(self, run: Callable[[], None]) -> None:
        """Finish what is queued, run this last, and end the thread."""
        self._closed = True
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put(_Job(run, done, last=True))
        try:
            await done
        finally:
            self._thread.join()

    def _run(self) -> None:
        while True:
            group, job = self._gather()
            if group:
                self._answer(self._commit(group))
            if job is not None:
                self._answer([self._do(job)])
                if job.last:
                    return
            if self._mono_s() >= self._chores_due_s:
                self._tidy()

    def _gather(self) -> tuple[list[Ready], _Job | None]:
        """The works that wait, in order, up to the first job, and that job; nothing when it is time for chores."""
        group: list[Ready] = []
        try:
            item = self._queue.get(timeout=self._chores_every_s)
        except queue.Empty:
            return group, None
        more = min(self._queue.qsize(), MAX_GROUP - 1)
        while isinstance(item, Ready):
            group.append(item)
            if len(group) > more:
                return group, None
            item = self._queue.get()
        return group, item

    def _tidy(self) -> None:
        self._chores_due_s = self._mono_s() + self._chores_every_s
        try:
            self._chores()
        except (sqlite3.Error, StoreError) as error:
            self._rollback()
            _log.warning("store_chores_failed", error=str(error))

    def _do(self, job: _Job) -> Answer:
        try:
            return [job.done], job.run(), None
        except sqlite3.Error as error:
            self._rollback()
            return [job.done], None, as_store_error(error)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the job
            self._rollback()
            return [job.done], None, error

    def _commit(self, group: list[Ready]) -> list[Answer]:
        try:
            return self._commit_group(group)
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, and the thread must live
            self._rollback()
            _log.exception("store_commit_failed")
            return [([ready.done for ready in group], None, error)]

    def _commit_group(self, group: list[Ready]) -> list[Answer]:
        answers: list[Answer] = []
        if self._is_low():
            refused = [ready.done for ready in group if ready.new_business]
            answers = [(refused, None, StoreFull("reserve", "only the reserve is left"))]
            group = [ready for ready in group if not ready.new_business]
        failure = self._write(Draft(self._outbox, group)) if group else None
        return [*answers, ([ready.done for ready in group], None, failure)]

    def _write(self, draft: Draft) -> BaseException | None:
        try:
            self._transact(draft)
        except StoreUnwritable as first:
            if not self._may_try_again(first):
                return first
            try:
                self._transact(draft)
            except StoreError as error:
                return error
        except StoreError as error:
            return error
        self._outbox.take_over(draft)
        return None

    def _may_try_again(self, error: StoreUnwritable) -> bool:
        """Whether there is room now, or the disk failed: what it wrote is not known then, and is written again."""
        if isinstance(error, StoreFull):
            return self._make_room()
        return error.code.startswith("ioerr")

    def _transact(self, draft: Draft) -> None:
        conn = self._conn
        try:
            lone = draft.lone_row()
            if lone is not None:
                conn.execute(*lone)
                return
            conn.execute("BEGIN IMMEDIATE")
            draft.write(conn)
            conn.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback()
            raise as_store_error(error) from error

    def _rollback(self) -> None:
        if self._conn.in_transaction:
            try:
                self._conn.execute("ROLLBACK")
            except sqlite3.Error as error:
                _log.warning("store_rollback_failed", error=str(error))

    def _answer(self, answers: list[Answer]) -> None:
        try:
            self._loop.call_soon_threadsafe(_resolve, answers)
        except RuntimeError:
            _log.warning("store_answers_unheard", answers=len(answers))  # the loop is gone; the disk has it all


def _resolve(answers: list[Answer]) -> None:
    for waiting, result, error in answers:
        for done in waiting:
            if done.done():
                continue
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)
