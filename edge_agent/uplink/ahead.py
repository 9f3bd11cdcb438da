"""Reads the next facts from the store while the hub is at work with the present ones. Guesses, and looks again.

The guess is that the hub takes what was sent. What was read ahead is used only if it is still exactly what comes
next: a rewind, a fork, or business that was written down meanwhile makes it worthless.
"""

import asyncio
from collections.abc import Collection, Sequence

from edge_agent.store.store import Store
from edge_agent.uplink.window import Window
from protocols.sync.envelope import FactBatch, Lane


class Ahead:
    """What comes next. One reader; `begin` after a request was made, `take` for the one after it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reading: asyncio.Task[list[FactBatch]] | None = None
        self.hits = 0

    async def take(self, window: Window, lanes: Collection[Lane]) -> list[FactBatch]:
        """The batches of the next request. Raises StoreError."""
        reading, self._reading = self._reading, None
        if reading is not None:
            batches = await reading
            if batches and self._comes_next(batches, window, lanes):
                self.hits += 1
                return batches
        return await self._store.batches(max_facts=window.facts, max_bytes=window.bytes, lanes=lanes)

    def begin(self, sent: Sequence[FactBatch], window: Window, lanes: Collection[Lane]) -> None:
        """Read what comes after `sent`, if there is more."""
        waiting = sum(one.waiting for one in self._store.chains() if one.lane in lanes)
        if sent and waiting > sum(len(batch.records) for batch in sent):
            read = self._store.batches(max_facts=window.facts, max_bytes=window.bytes, lanes=lanes, after=sent)
            self._reading = asyncio.create_task(read)

    async def drop(self) -> None:
        """Nothing is read any more when it returns."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _comes_next(self, batches: Sequence[FactBatch], window: Window, lanes: Collection[Lane]) -> bool:
        if sum(len(batch.records) for batch in batches) > window.facts:
            return False
        waiting = [
            (one.lane, one.epoch, one.acked + 1) for one in self._store.chains() if one.waiting and one.lane in lanes
        ]
        return [(batch.lane, batch.epoch, batch.first_seq) for batch in batches] == waiting[: len(batches)]
