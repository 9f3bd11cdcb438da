"""Telemetry waits a little for company: a sample in a commit of its own writes some thirty times its bytes to the card.

Bounded: so many seconds, so many facts. What waits is lost with the power, as a sample that was never taken; it goes
to the disk together with, and before, the next work of any other kind. Only when the disk refused it, or a bunch of
samples is on its way already, others go past it: then what they put of the state is newer, and is not put over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from edge_agent.store.draft import check
from edge_agent.store.errors import StoreUnwritable
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
        self.under_way: asyncio.Future[None] | None = None  # one bunch at a time: a refused one comes back in order
        self._facts = 0
        self._added = 0  # how many ever; the last of `works` is the last of them
        self._past: set[asyncio.Future[None]] = set()  # works that put state and went past what waits
        self._timer: asyncio.TimerHandle | None = None
        self._refused = False  # the last time; then the disk is asked again when the delay is over, not sooner
        self._closed = False
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
        if self._closed:
            raise StoreUnwritable("closed")
        check(work)  # what cannot be written would hold up all that waits with it
        self._added += 1
        self._keep([*self.works, work])
        if self._facts >= MOST_FACTS and not self._refused:
            self.hand_over()
        else:
            self._again()

    def take_along(self, work: Work) -> Awaitable[None]:
        """Commit this, and before it what waits, unless that has to wait on."""
        if not self._refused:
            self.hand_over()
        done = self._commit((work,))
        if not work.puts or not (self.works or self.under_way):
            return done
        self._past.add(done)
        done.add_done_callback(partial(self._went_past, {(put.kind, put.key) for put in work.puts}, self._added))
        return asyncio.shield(done)  # who cancels his wait does not undo the work, and we still hear of it

    def hand_over(self) -> None:
        """What waits is to be committed before whatever is handed in next, if it may; if it fails it waits on."""
        if not self.works:
            return
        if self.under_way is not None or self._past:
            self._again()
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        works, self.works, self._facts = self.works, [], 0
        self.under_way = self._commit(works)
        self.under_way.add_done_callback(partial(self._came_of, works))

    async def close(self) -> None:
        """Nothing waits any more: on the disk, or said to be lost."""
        self._refused = False
        while not self._refused and (self.works or self.under_way or self._past):
            self.hand_over()
            await asyncio.wait([*self._past, *([self.under_way] if self.under_way else [])])
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self.works:
            _log.warning("telemetry_lost_at_the_end", facts=self._facts)

    def _came_of(self, works: list[Work], done: "asyncio.Future[None]") -> None:
        self.under_way = None
        error = done.exception()
        self._refused = error is not None
        if error is not None:
            self._keep([*works, *self.works])
            _log.warning("telemetry_waits_for_the_disk", facts=self._facts, dropped=self.dropped, error=str(error))
            self._again()

    def _went_past(self, keys: set[tuple[str, str]], added: int, done: "asyncio.Future[None]") -> None:
        """What waited then puts its state no more where this one did."""
        self._past.discard(done)
        if done.exception() is None:
            older = max(0, len(self.works) - (self._added - added))
            self.works[:older] = [_without(work, keys) for work in self.works[:older]]

    def _keep(self, works: list[Work]) -> None:
        facts = sum(len(work.facts) for work in works)
        while facts > MOST_WAITING:
            gone = len(works.pop(0).facts)
            facts -= gone
            self.dropped += gone
        self.works, self._facts = works, facts

    def _due(self) -> None:
        self._timer = None
        self.hand_over()

    def _again(self) -> None:
        if self.works and self._timer is None:
            self._timer = self._loop.call_later(self._delay_s, self._due)


def _without(work: Work, keys: set[tuple[str, str]]) -> Work:
    return replace(work, puts=tuple(put for put in work.puts if (put.kind, put.key) not in keys))
