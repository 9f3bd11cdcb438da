"""Watches the sync pump from outside: one that does not come back from any wait is ended, and begun again.

The pump has timeouts of its own for what it waits for at the hub. This is for the wait that nobody thought of: a
store that does not answer, a station that does not, a timer that never rings. The supervisor starts the part again
and counts it; what happened stands in the journal.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import structlog

PATIENCE_S: Final = 60.0
_EVERY_S: Final = 5.0
_LEAVE_S: Final = 5.0
_NOTE_S: Final = 5.0
_log = structlog.get_logger(__name__)


class Stalled(Exception):
    """The pump made no attempt for so long that it will make none by itself."""


class Pump(Protocol):
    """What is watched."""

    @property
    def due_mono_s(self) -> float:
        """When it must have gone on, by the monotonic clock."""

    async def run(self) -> None:
        """Its life."""

    def disown(self) -> None:
        """Whatever still runs of it shall do nothing more."""


class Watchdog:
    """Runs in the pump's place as the supervised part: `await watchdog.run()`."""

    def __init__(
        self,
        *,
        pump: Pump,
        mono_s: Callable[[], float],
        note: Callable[[str], Awaitable[None]],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._pump = pump
        self._mono_s = mono_s
        self._note = note
        self._pause = pause
        self._patience_s = patience_s
        self.stalls = 0

    async def run(self) -> None:
        """Run the pump. Raises Stalled once it hangs, and what it raises itself."""
        running = asyncio.create_task(self._pump.run(), name="sync-pump")
        watching = asyncio.create_task(self._watch(), name="sync-watch")
        try:
            await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
                return
            late_s = watching.result()
            await self._stalled(late_s)
        finally:
            self._pump.disown()
            for task in (running, watching):
                task.cancel()
            # A wait that does not even end when it is cancelled is left behind; it may do nothing more.
            await asyncio.wait({running, watching}, timeout=_LEAVE_S)

    async def _watch(self) -> float:
        while True:
            await self._pause(_EVERY_S)
            late_s = self._mono_s() - self._pump.due_mono_s
            if late_s > self._patience_s:
                return late_s

    async def _stalled(self, late_s: float) -> None:
        self.stalls += 1
        _log.error("sync_stalled", late_s=round(late_s, 1), times=self.stalls)
        with contextlib.suppress(Exception):  # the store may be what hangs; the log has it
            async with asyncio.timeout(_NOTE_S):
                await self._note(f"late by {late_s:.1f} s")
        raise Stalled(f"no attempt for {late_s:.0f} s after it was due")
