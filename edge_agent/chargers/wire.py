"""One socket: frames in through a bounded queue, text out with a deadline. Knows no OCPP version."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from edge_agent.chargers.config import Timing
from protocols.charger import frames

log = structlog.get_logger(__name__)

WAITING_CALLS: Final = 32  # beyond that we stop reading, and TCP slows the charger down

Handle = Callable[[frames.Call], Awaitable[None]]
Heard = Callable[[frames.Frame], None]


class Wire:
    """The charger's end of the line as the OCPP library wants it: something with `send(text)`.

    Calls are handled one after the other in the order of arrival; replies to our own calls pass them by, so a
    slow decision never blocks an order.
    """

    def __init__(self, connection: ServerConnection, timing: Timing, counts: Counter[str]) -> None:
        self._connection = connection
        self._timing = timing
        self._counts = counts
        self.lost = asyncio.Event()

    async def send(self, text: str) -> None:
        """Send, or find the line dead; never raises for the line's sake (the charger will repeat)."""
        try:
            async with asyncio.timeout(self._timing.send_s):
                await self._connection.send(text)
        except ConnectionClosed:
            self._counts["unsent"] += 1
        except TimeoutError:
            self._counts["unsent"] += 1
            self._connection.transport.abort()

    async def close(self, code: int, reason: str) -> None:
        """Close with a reason that fits a close frame (123 bytes)."""
        await self._connection.close(code, reason[:120])

    async def pump(self, handle: Handle, heard: Heard) -> None:
        """Read until the line is gone; what was received by then is still handled, for `drain_s` at most."""
        calls: asyncio.Queue[frames.Call | None] = asyncio.Queue(WAITING_CALLS)
        async with asyncio.TaskGroup() as group:
            worker = group.create_task(_work(calls, handle))
            await self._read(calls, heard)
            self.lost.set()
            try:
                async with asyncio.timeout(self._timing.drain_s):
                    await calls.put(None)
                    await asyncio.shield(worker)
            except TimeoutError:
                self._counts["undrained"] += calls.qsize()
                worker.cancel()

    async def _read(self, calls: asyncio.Queue[frames.Call | None], heard: Heard) -> None:
        try:
            async for raw in self._connection:
                try:
                    frame = frames.read_frame(raw)
                except frames.BadFrame as bad:
                    await self._refuse(bad)
                    continue
                heard(frame)
                if isinstance(frame, frames.Call):
                    await calls.put(frame)
        except ConnectionClosed:
            pass

    async def _refuse(self, bad: frames.BadFrame) -> None:
        self._counts["malformed"] += 1
        log.warning("ocpp_malformed", reason=bad.reason, detail=bad.detail)
        await self.send(frames.write_failure(bad.message_id, "FormationViolation", str(bad)))


async def _work(calls: "asyncio.Queue[frames.Call | None]", handle: Handle) -> None:
    while (call := await calls.get()) is not None:
        await handle(call)
