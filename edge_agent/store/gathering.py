"""Telemetry waits a little for company: a sample in a commit of its own writes some thirty times its bytes to the card.

Bounded: so many seconds, so many facts. What waits is lost with the power, as a sample that was never taken; it goes
to the disk together with, and before, the next work of any other kind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from edge_agent.store.errors import StoreError
from edge_agent.store.work import Work
from protocols.sync.envelope import Lane

MOST_FACTS: Final = 100
# On a disk that takes nothing samples wait in memory; beyond this the oldest make room.
MOST_WAITING: Final = 5_000

_log = structlog.get_logger(__name__)
CommitAll = Callable[[Sequence[Work]], Awaitable[None]]


class Gathering:
    """What waits. Lives on the event loop; `commit_all` puts works on the disk, all or none, in order."""

    def __init__(self, commit_all: CommitAll, delay_s: float) -> None:
        self._commit_all = commit_all
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self._works: list[Work] = []
        self._facts = 0
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self.dropped = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._works

    def may_wait(self, work: Work) -> bool:
        """Telemetry, with the state that goes with it and nothing else."""
        return (
            self._delay_s > 0
            and bool(work.facts)
            and not (work.journal or work.new_business)
            and all(fact.lane is Lane.TELEMETRY for fact in work.facts)
        )

    def add(self, work: Work) -> None:
        """Take it; on the disk within the delay, if the disk takes it."""
        self._keep([*self._works, work])
        if self._facts >= MOST_FACTS:
            self._due()
        elif self._timer is None:
            self._timer = self._loop.call_later(self._delay_s, self._due)

    async def commit(self, *more: Work) -> None:
        """Everything that waits, then these, in one transaction. When it raises, what waited waits on."""
        waited, self._works, self._facts = self._works, [], 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            if waited or more:
                await self._commit_all([*waited, *more])
        except BaseException:
            self._keep([*waited, *self._works])
            self._again()
            raise

    async def close(self) -> None:
        """Nothing waits any more: on the disk, or said to be lost."""
        if self._flushing is not None:
            await asyncio.gather(self._flushing, return_exceptions=True)
        try:
            await self.commit()
        except StoreError as error:
            _log.warning("telemetry_lost_at_the_end", facts=self._facts, error=str(error))
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _keep(self, works: list[Work]) -> None:
        facts = sum(len(work.facts) for work in works)
        while facts > MOST_WAITING:
            gone = len(works.pop(0).facts)
            facts -= gone
            self.dropped += gone
        self._works, self._facts = works, facts

    def _due(self) -> None:
        self._timer = None
        if self._flushing is None or self._flushing.done():
            self._flushing = self._loop.create_task(self._flush(), name="telemetry")
        else:
            self._again()

    async def _flush(self) -> None:
        try:
            await self.commit()
        except StoreError as error:
            _log.warning("telemetry_waits_for_the_disk", facts=self._facts, dropped=self.dropped, error=str(error))

    def _again(self) -> None:
        if self._works and self._timer is None:
            self._timer = self._loop.call_later(self._delay_s, self._due)
