"""Carries drafts to the disk, one transaction each. Blocks; called by one at a time, the writer sees to that.

A draft that fails has happened not at all, and says why. On a full disk room is made, and it is tried once more.
"""

import sqlite3
import time
from collections.abc import Callable

import structlog

from edge_agent.store.database import as_store_error
from edge_agent.store.draft import Draft
from edge_agent.store.errors import StoreError, StoreFull, StoreUnwritable
from edge_agent.store.outbox import Outbox

_log = structlog.get_logger(__name__)


class Committer:
    """Has the writing connection. `make_room` is called when the disk is full; whether there is any now."""

    def __init__(self, conn: sqlite3.Connection, outbox: Outbox, make_room: Callable[[], bool]) -> None:
        self._conn = conn
        self._outbox = outbox
        self._make_room = make_room

    def commits_at_once(self, draft: Draft) -> bool:
        """On the event loop: one try. When it fails nothing has happened, and `commit` says why or makes room."""
        started = time.perf_counter()
        try:
            self._try(draft)
        except BaseException:  # noqa: BLE001 - it is tried again in the thread, and told then
            self.rollback()
            return False
        draft.commit_s = time.perf_counter() - started
        return not draft.is_stale

    def commit(self, draft: Draft) -> None:
        """Durable when it returns, unless the draft says otherwise."""
        started = time.perf_counter()
        try:
            self._try_twice(draft)
        except StoreError as error:
            draft.error = error
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, and the thread must live
            self.rollback()
            _log.exception("store_commit_failed")
            draft.error = error
        draft.commit_s = time.perf_counter() - started

    def _try_twice(self, draft: Draft) -> None:
        try:
            self._try(draft)
        except StoreError as error:
            if not self._may_try_again(error):
                raise
            self._try(draft)

    def _try(self, draft: Draft) -> None:
        """Stale is what was made on other heads: behind one that failed, or before facts moved to make room."""
        draft.is_stale = draft.base is not self._outbox.heads
        if not draft.is_stale:
            self._transact(draft)
            self._outbox.take_over(draft)

    def _may_try_again(self, error: StoreError) -> bool:
        """Whether there is room now, or the disk failed: what it wrote is not known then, and is written again."""
        if isinstance(error, StoreFull):
            return self._make_room()
        return isinstance(error, StoreUnwritable) and error.code.startswith("ioerr")

    def _transact(self, draft: Draft) -> None:
        conn = self._conn
        try:
            if draft.is_one_statement:
                draft.write(conn)
                return
            conn.execute("BEGIN IMMEDIATE")
            draft.write(conn)
            conn.execute("COMMIT")
        except sqlite3.Error as error:
            self.rollback()
            raise as_store_error(error) from error

    def rollback(self) -> None:
        """End what was begun and failed."""
        if self._conn.in_transaction:
            try:
                self._conn.execute("ROLLBACK")
            except sqlite3.Error as error:
                _log.warning("store_rollback_failed", error=str(error))
