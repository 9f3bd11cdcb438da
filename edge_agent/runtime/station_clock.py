"""The station's clock: the machine's clocks, read and kept right by `timekeeper`, and what it tells about itself.

It never sets the machine's clock. `run` looks after it: every second whether the machine's clock jumped, every minute
the time is written down, so that it never runs backwards, not even over a boot in 1970.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from edge_agent.runtime.clock import read_boot_id
from edge_agent.runtime.kernel_time import KernelTime, read_kernel_time
from edge_agent.runtime.time_floor import TimeFloor
from edge_agent.runtime.timekeeper import Stepped, Timekeeper
from protocols.sync.clock import Moment
from protocols.values import from_ms

CLOCK_FILE: Final = "clock"
LOOK_EVERY_S: Final = 1.0
SAVE_EVERY_S: Final = 60.0
TELL_EVERY_S: Final = 60.0  # a machine's clock that jumps all the time must not fill the outbox

_log = structlog.get_logger(__name__)


class StationClock:
    """A `Clock`. Readable from any thread; `hear`, `look` and `run` belong to the event loop.

    `last` is what was written down before this start.
    """

    def __init__(
        self,
        path: Path,
        *,
        system_s: Callable[[], float] = time.time,
        mono_s: Callable[[], float] = time.monotonic,
        kernel: Callable[[], KernelTime] = read_kernel_time,
        boot_id: str | None = None,
    ) -> None:
        self._system_s = system_s
        self._mono_s = mono_s
        self._kernel = kernel
        self._boot_id = boot_id or read_boot_id()
        self._floor = TimeFloor(path)
        self.last = self._floor.load()
        self._keeper = Timekeeper(
            boot=self._boot_id, mono_s=mono_s(), system_s=system_s(), kernel=kernel(), saved=self.last
        )
        self._listeners: list[Callable[[Stepped], None]] = []
        self._jump_told_mono_s = -TELL_EVERY_S

    def now(self) -> Moment:
        """All clocks at once."""
        mono_s = self._mono_s()
        reading = self._keeper.read(mono_s)
        return Moment(
            at=from_ms(int(reading.at_s * 1000)),
            mono_s=mono_s,
            boot_id=self._boot_id,
            quality=reading.quality,
            uncertainty_ms=int(reading.uncertainty_s * 1000) + 1,
            passed_ms=int(reading.passed_s * 1000),
        )

    def mono_s(self) -> float:
        """Seconds on the monotonic clock of this boot."""
        return self._mono_s()

    def offset_ms(self) -> int:
        """The reading less the machine's own clock."""
        return round(self._keeper.offset_s() * 1000)

    def on_step(self, listener: Callable[[Stepped], None]) -> None:
        """Call this whenever this clock was put right by a step, or the machine's jumped."""
        self._listeners.append(listener)

    def seen(self, at_ms: int) -> None:
        """The store holds facts of this time."""
        self._keeper.seen(self._mono_s(), at_ms / 1000)

    def hear(self, sent_mono_s: float, got_mono_s: float, hub_at_ms: int) -> None:
        """The hub answered: it was `hub_at_ms` there, at some instant between these two."""
        stepped = self._keeper.hear(sent_mono_s, got_mono_s, hub_at_ms / 1000)
        if stepped is not None:
            self._say(stepped)
            self.save()

    def look(self) -> None:
        """Compare the machine's clocks with each other, and with NTP's word."""
        for stepped in self._keeper.look(self._mono_s(), self._system_s(), self._kernel()):
            self._say(stepped)

    def save(self) -> None:
        """Write the time down."""
        self._floor.save(self._keeper.saved(self._mono_s()))

    async def run(self) -> None:
        """Look and write down until cancelled; then write down once more."""
        saved_mono_s = self._mono_s()
        await asyncio.to_thread(self.save)
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                self.look()
                if self._mono_s() - saved_mono_s >= SAVE_EVERY_S:
                    saved_mono_s = self._mono_s()
                    await asyncio.to_thread(self.save)
        finally:
            self.save()

    def _say(self, stepped: Stepped) -> None:
        if stepped.reason == "jump":
            if self._mono_s() - self._jump_told_mono_s < TELL_EVERY_S:
                return
            self._jump_told_mono_s = self._mono_s()
        by_s = round(stepped.new_s - stepped.old_s, 3)
        _log.warning("clock_stepped", reason=stepped.reason, by_s=by_s, quality=self.now().quality.value)
        for listener in self._listeners:
            listener(stepped)
