"""What waits for the station's one consumer. Readings that a newer one replaces coalesce; everything else keeps order.

Bounded: when it is full a question is turned away, a repeated reading gives way, and a sensor's word still gets in.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.core.inputs import (
    BatteryReported,
    HubReached,
    HubUnreachable,
    KeyRevoked,
    MeterLost,
    MeterReported,
    Ticked,
)
from protocols.errors import Refused
from protocols.sync.clock import Moment

MAX_WAITING: Final = 5_000


@dataclass(slots=True, eq=False)
class Waiting:
    """One input, when it came, and who waits for its answer (None for what was only told).

    Ages and deadlines count from `at`, however long a slow disk keeps the input waiting.
    """

    seen: object
    at: Moment
    answer: "asyncio.Future[Any] | None" = None


def reading_key(seen: object) -> tuple[object, ...] | None:
    """Inputs with equal keys replace each other while they wait; None for what must be seen one by one."""
    match seen:
        case BatteryReported():
            return (BatteryReported, seen.dock_no)
        case MeterReported() | MeterLost():
            return (MeterReported, seen.meter_id)
        case HubReached() | HubUnreachable() | KeyRevoked():
            return (HubReached,)
        case Ticked():
            return (Ticked,)
        case _:
            return None


class InputQueue:
    """First in, first out, within one event loop."""

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._waiting: deque[Waiting] = deque()
        self._readings: dict[tuple[object, ...], Waiting] = {}
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, waiting: Waiting) -> None:
        """Raises Refused("busy") for a question when the queue is full."""
        key = reading_key(waiting.seen)
        older = None if key is None else self._readings.get(key)
        if older is not None:
            older.seen, older.at = waiting.seen, waiting.at
            return
        if len(self._waiting) >= self._limit and waiting.answer is not None:
            raise Refused("busy")
        if key is not None:
            self._readings[key] = waiting
        self._waiting.append(waiting)
        self._news.set()

    async def get(self) -> Waiting:
        """The next input, as soon as there is one."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        waiting = self._waiting.popleft()
        key = reading_key(waiting.seen)
        if key is not None:
            self._readings.pop(key, None)
        return waiting
