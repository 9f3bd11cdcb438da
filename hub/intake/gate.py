"""How much the stations' door lets in at once, and when whoever is turned away should come back.

Ten thousand stations that return together are more than a database can serve together. So a few work, a bounded
number waits with a deadline, and the rest are told to come back, before their body is read: each at a place of its
own in a schedule as long as the crowd needs, so that they do not return as one. Knows no HTTP and no database.
"""

import asyncio
import contextlib
import math
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

MOST_OF_ONE: Final = 8
"""Requests of one station inside at once. It sends one at a time; more are retries whose first try still runs."""
LONGEST_S: Final = 120.0
"""Nobody is sent away for longer: the estimate may be wrong, and the crowd may go elsewhere."""
HOLD_S: Final = 30.0
"""How long telemetry is kept back in a crowd at least; at most twice that."""
_BUSY: Final = 0.25
_CROWDED: Final = 0.5
_FIRST_GUESS_S: Final = 0.1  # how long one request takes, before one was seen
_WEIGHT: Final = 0.05  # of the newest request in that mean
_SPREAD: Final = 0.25
_chance = random.SystemRandom().random


class Full(Exception):
    """No room: come back in `retry_after_s` (whole seconds, at least 1)."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class TooManyOfOne(Full):
    """One station has too many requests inside at once."""


@dataclass(slots=True)
class GateCounts:
    """What the gate did since its start."""

    served: int = 0
    refused: int = 0
    expired: int = 0
    of_one: int = 0


@dataclass(slots=True)
class _Schedule:
    """The places given to those who were turned away: one after the other, at the pace of the work."""

    ends_at: float = 0.0
    took_s: float = _FIRST_GUESS_S
    given: int = field(default=0)

    def learn(self, took_s: float) -> None:
        self.took_s += _WEIGHT * (took_s - self.took_s)

    def place_s(self, now: float, pace_s: float, queue_s: float) -> float:
        """The next place, in seconds from now."""
        self.ends_at = min(max(self.ends_at, now + queue_s) + pace_s, now + LONGEST_S)
        return self.ends_at - now


class Gate:
    """Lets `at_once` requests work, `waiting` more wait for at most `wait_s`, and turns away the rest."""

    def __init__(
        self,
        *,
        at_once: int,
        waiting: int,
        wait_s: float,
        now: Callable[[], float] | None = None,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._wait_s = wait_s
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._chance = chance
        self._turn = asyncio.Semaphore(at_once)  # first come, first served
        self._inside: Counter[uuid.UUID] = Counter()
        self._entered = 0
        self._schedule = _Schedule()
        self.counts = GateCounts()

    @property
    def inside(self) -> int:
        """How many requests are being read, wait or work."""
        return self._entered

    @property
    def load(self) -> float:
        """How full it is: 0 when nobody has to wait, 1 when the next one is turned away."""
        return max(0, self._entered - self._at_once) / max(1, self._most - self._at_once)

    def crowded(self) -> bool:
        """Whether so many are there that work without haste should wait."""
        return self.load >= _BUSY

    @contextlib.contextmanager
    def entered(self, station_id: uuid.UUID) -> Iterator[None]:
        """Be inside, from before the body is read to the answer. Raises Full, and TooManyOfOne."""
        if self._inside[station_id] >= MOST_OF_ONE:
            self.counts.of_one += 1
            raise TooManyOfOne(1 + math.floor(2 * self._chance()))
        if self._entered >= self._most:
            self.counts.refused += 1
            raise Full(self.come_back_s())
        self._inside[station_id] += 1
        self._entered += 1
        try:
            yield
        finally:
            self._entered -= 1
            self._inside[station_id] -= 1
            if not self._inside[station_id]:
                del self._inside[station_id]

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Work: wait for one of the places. Raises Full when none was free in time."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turn.acquire()
        except TimeoutError as error:
            self.counts.expired += 1
            raise Full(self.come_back_s()) from error
        began = self._now()
        try:
            yield
        finally:
            self._schedule.learn(self._now() - began)
            self.counts.served += 1
            self._turn.release()

    def hints(self) -> tuple[float | None, float | None]:
        """What a served station is told: when to come again at the earliest, how long to keep its telemetry back."""
        load = self.load
        retry_after_s = float(self.come_back_s()) if load >= _CROWDED else None
        hold_telemetry_s = HOLD_S * (1 + self._chance()) if self.crowded() else None
        return retry_after_s, hold_telemetry_s

    def come_back_s(self) -> int:
        """The next place in the schedule, with some jitter, in whole seconds."""
        pace_s = self._schedule.took_s / self._at_once
        place_s = self._schedule.place_s(self._now(), pace_s, queue_s=self._entered * pace_s)
        return 1 + math.floor(place_s * (1 + _SPREAD * self._chance()) + self._chance())
