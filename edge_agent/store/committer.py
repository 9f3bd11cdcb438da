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
            if draft.base is not self._outbox.heads:
                return False
            self._transact(draft)
        except BaseException:  # noqa: BLE001 - it is tried again in the thread, and told then
            self.rollback()
            return False
        self._outbox.take_over(draft)
        draft.commit_s = time.perf_counter() - started
        return True

    def commit(self, draft: Draft) -> None:
        """Durable when it returns, unless the draft says otherwise."""
        started = time.perf_counter()
        try:
            if draft.base is self._outbox.heads:
                self._transact(draft)
                self._outbox.take_over(draft)
            else:
                draft.is_stale = True
        except StoreError as error:
            self._failed(draft, error)
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, and the thread must live
            self._broke(draft, error)
        draft.commit_s = time.perf_counter() - started

    def _failed(self, draft: Draft, error: StoreError) -> None:
        """Once more, if that may help: but what made room may have moved facts to the draft's numbers."""
        try:
            if not self._may_try_again(error):
                draft.error = error
            elif draft.base is self._outbox.heads:
                self._transact(draft)
                self._outbox.take_over(draft)
            else:
                draft.is_stale = True
        except StoreError as again:
            draft.error = again
        except BaseException as again:  # noqa: BLE001 - as above
            self._broke(draft, again)

    def _broke(self, draft: Draft, error: BaseException) -> None:
        self.rollback()
        _log.error("store_commit_failed", exc_info=error)
        draft.error = error

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
