"""What came over the broker and waits for a worker: of each station and kind the newest message only."""

import asyncio
import uuid
from typing import Final

from hub.intake.broker import Message

MOST_BYTES: Final = 64 * 1024 * 1024
Key = tuple[uuid.UUID, str]


class Postbox:
    """Bounded by bytes: when it is full, the oldest go. Whoever waits longest is served first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._waiting: dict[Key, tuple[Message, int]] = {}
        self._bytes = 0
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, key: Key, message: Message, size: int) -> None:
        """Put it in; it takes the place in the row of an older one of its key."""
        before = self._waiting.get(key)
        self._bytes += size - (0 if before is None else before[1])
        self._waiting[key] = (message, size)
        while self._bytes > self._most_bytes and len(self._waiting) > 1:
            self._pop()
            self.dropped += 1
        self._filled.set()

    async def next(self) -> Message:
        """Wait for the one whose turn it is."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._pop()

    def _pop(self) -> Message:
        key = next(iter(self._waiting))
        message, size = self._waiting.pop(key)
        self._bytes -= size
        return message
