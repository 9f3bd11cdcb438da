"""The clocks of this machine behind one Protocol, and new ids. The only place in the agent that reads the time.

What a moment means on the wire is in protocols.sync.clock. Nothing here knows stations.
"""

import datetime as dt
import os
import time
import uuid
from pathlib import Path
from typing import Final, Protocol

from protocols.sync.clock import ClockQuality, Moment
from protocols.values import UTC, uuid7

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What every part reads the time from; tests move theirs by hand."""

    def now(self) -> Moment:
        """All clocks at once."""

    def mono_s(self) -> float:
        """Seconds on the monotonic clock of this boot."""


class SystemClock:
    """The machine's own clocks, believed as they are: for tools beside the agent. The station's is `StationClock`."""

    def __init__(self, *, quality: ClockQuality = ClockQuality.SYNCED, boot_id: str | None = None) -> None:
        self._quality = quality
        self._boot_id = boot_id or read_boot_id()

    def now(self) -> Moment:
        """All clocks at once."""
        return Moment(
            at=dt.datetime.fromtimestamp(time.time(), UTC),
            mono_s=time.monotonic(),
            boot_id=self._boot_id,
            quality=self._quality,
        )

    def mono_s(self) -> float:
        """Seconds on the monotonic clock of this boot."""
        return time.monotonic()


def read_boot_id() -> str:
    """The kernel's id of this boot; a fresh one where there is no such file (then no boot outlives the process)."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def new_id() -> uuid.UUID:
    """A new UUIDv7."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))
