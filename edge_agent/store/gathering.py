"""Telemetry waits a little for company: a sample in a commit of its own writes some thirty times its bytes to the card.

Bounded: so many seconds, so many facts. What waits is lost with the power, as a sample that was never taken; it goes
to the disk together with, and before, the next work of any other kind.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

from edge_agent.store.draft import check
from edge_agent.store.work import Work
from protocols.sync.envelope import Lane

MOST_FACTS: Final = 100
# On a disk that takes nothing samples wait in memory; beyond this the oldest make room.
MOST_WAITING: Final = 5_000

_log = structlog.get_logger(__name__)
Commit = Callable[[Sequence[Work]], "asyncio.Future[None]"]


class Gathering:
    """`works` are what waits. Lives on the event loop; `commit` puts works on the disk, all or none, in order."""

    def __init__(self, commit: Commit, delay_s: float) -> None:
        self._commit = commit
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self.works: list[Work] = []
        self._facts = 0
        self._timer: asyncio.TimerHandle | None = None
        self._under_way: set[asyncio.Future[None]] = set()
        self._refused = False  # the last time; then the disk is asked again when the delay is over, not sooner
        self.dropped = 0

    def may_wait(self, work: Work) -> bool:
        """Telemetry, with the state that goes with it and nothing else."""
        return (
            self._delay_s > 0
            and bool(work.facts)
            and not (work.journal or work.new_business)
            and all(fact.lane is Lane.TELEMETRY for fact in work.facts)
        )

    def add(self, work: Work) -> None:
        """Take it; on the disk within the delay, if the disk takes it. Raises as a draft of it alone does."""
        check(work)  # what cannot be written would hold up all that waits with it
        self._keep([*self.works, work])
        if self._facts >= MOST_FACTS and not self._refused:
            self._due()
        elif self._timer is None:
            self._again()

    def hand_over(self) -> None:
        """Everything that waits is to be committed, before whatever is handed in next; if it fails it waits on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.works:
            works, self.works, self._facts = self.works, [], 0
            done = self._commit(works)
            self._under_way.add(done)
            done.add_done_callback(partial(self._came_of, works))

    async def close(self) -> None:
        """Nothing waits any more: on the disk, or said to be lost."""
        self.hand_over()
        while self._under_way:
            await asyncio.wait(self._under_way)
        if self._timer is not None:
            self._timer.cancel()
        if self.works:
            _log.warning("telemetry_lost_at_the_end", facts=self._facts)

    def _came_of(self, works: list[Work], done: "asyncio.Future[None]") -> None:
        self._under_way.discard(done)
        error = done.exception()
        self._refused = error is not None
        if error is not None:
            self._keep([*works, *self.works])
            _log.warning("telemetry_waits_for_the_disk", facts=self._facts, dropped=self.dropped, error=str(error))
            self._again()

    def _keep(self, works: list[Work]) -> None:
        facts = sum(len(work.facts) for work in works)
        while facts > MOST_WAITING:
            gone = len(works.pop(0).facts)
            facts -= gone
            self.dropped += gone
        self.works, self._facts = works, facts

    def _due(self) -> None:
        self._timer = None
        if self._under_way:
            self._again()
        else:
            self.hand_over()

    def _again(self) -> None:
        if self.works and self._timer is None:
            self._timer = self._loop.call_later(self._delay_s, self._due)
