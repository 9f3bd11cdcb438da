"""The clock of a hub that serves: the machine's, carried by its monotonic one, so that a jump of it moves nothing.

What it knows is kept in one small file, so that a restart in the same boot goes on with it. Processes that share a
data folder share the file: they have the same clocks.
"""

import asyncio
import contextlib
import datetime as dt
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from hub.kernel.clock import Clock
from hub.kernel.steadiness import FOLLOWED_S, Time, begun, gone_on, looked
from protocols.values import UTC, uuid7

FILE: Final = "clock"
KEEP_EVERY_S: Final = 60.0
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_log = structlog.get_logger("hub.clock")


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    boot: str
    mono_s: float
    offset_s: float
    passed_s: float
    ahead_s: float
    guessed: bool


class SteadyClock:
    """A `Clock`. Readable from any thread; `run` is a job of the hub."""

    def __init__(
        self,
        path: Path,
        *,
        wall_s: Callable[[], float] = time.time,
        mono_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        boot_id: str | None = None,
    ) -> None:
        self._path = path
        self._wall_s, self._mono_s = wall_s, mono_s
        self._boot_id = boot_id or _read_boot_id()
        self.certain = Certain(self)
        kept = _load(path)
        self.remembers = kept is not None
        self._time = begun(mono_s(), wall_s())
        if kept is not None:
            known = Time(
                mono_s=kept.mono_s, offset_s=kept.offset_s, passed_s=kept.passed_s, ahead_s=kept.ahead_s,
                guessed=kept.guessed,
            )  # fmt: skip
            self._time = gone_on(known, mono_s(), wall_s(), same_boot=kept.boot == self._boot_id)

    def now(self) -> dt.datetime:
        return _instant(self._look().at_s)

    def new_id(self) -> uuid.UUID:
        return uuid7(int(self._look().at_s * 1000), os.urandom(10))

    def passed(self) -> dt.datetime:
        """What has certainly passed: `now`, unless the hub woke up far ahead of all that it remembers."""
        return _instant(self._look().passed_s)

    def recall(self, last: dt.datetime | None) -> None:
        """Where there is no file, the database remembers: so far the time had come when it was last written to."""
        if last is None or self.remembers:
            return
        known = Time(mono_s=0.0, offset_s=0.0, passed_s=last.timestamp())
        self._time = gone_on(known, self._mono_s(), self._wall_s(), same_boot=False)
        self.remembers = True

    def off_s(self) -> float:
        """By how much the machine's clock is ahead of this one, where it is not followed."""
        doubt = self._look().doubt
        return 0.0 if doubt is None else doubt.offset_s - self._time.offset_s

    async def run(self) -> None:
        """Look, and keep what is known, until cancelled."""
        while True:
            self.keep()
            await asyncio.sleep(KEEP_EVERY_S)

    def keep(self) -> None:
        """Write it down. A disk that takes nothing is no reason to stop: the next time will do."""
        is_ = self._look()
        kept = _Kept(
            boot=self._boot_id, mono_s=is_.mono_s, offset_s=is_.offset_s, passed_s=is_.passed_s, ahead_s=is_.ahead_s,
            guessed=is_.guessed,
        )  # fmt: skip
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            new.write_bytes(msgspec.json.encode(kept))
            new.replace(self._path)

    def _look(self) -> Time:
        before = self._time
        self._time = is_ = looked(before, self._mono_s(), self._wall_s())
        if before.doubt is None and is_.doubt is not None:
            _log.warning("clock_jumped", by_s=round(is_.doubt.offset_s - is_.offset_s), followed=False)
        elif abs(is_.offset_s - before.offset_s) > FOLLOWED_S:
            _log.warning("clock_jumped", by_s=round(is_.offset_s - before.offset_s), followed=True)
        return is_


class Certain:
    """The same clock as it is asked by whoever ends things for good."""

    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock

    def now(self) -> dt.datetime:
        """What has certainly passed."""
        return self._clock.passed()

    def new_id(self) -> uuid.UUID:
        return self._clock.new_id()


def certain(clock: Clock) -> Clock:
    """The clock for what cannot be taken back. One that knows nothing of itself is taken as it is."""
    return clock.certain if isinstance(clock, SteadyClock) else clock


def _instant(at_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at_s, UTC)


def _load(path: Path) -> _Kept | None:
    """None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return None


def _read_boot_id() -> str:
    """The kernel's id of this boot; a fresh one where there is none, then no boot outlives the process."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())
