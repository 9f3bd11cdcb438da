"""The small file that keeps the time across restarts: two slots written in turn, so that a torn one loses a minute.

In place and of fixed size: it needs no room on a full disk and wears the flash by one sector a minute.
"""

import os
import threading
import zlib
from pathlib import Path
from typing import Final

import msgspec
import structlog

from edge_agent.runtime.timekeeper import Saved

SLOT_BYTES: Final = 512  # a sector
_log = structlog.get_logger(__name__)


class _Slot(msgspec.Struct):
    n: int
    saved: Saved


class TimeFloor:
    """Reads and writes the file; a file that is missing or broken is as good as none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._n = 0
        self._complained = False
        self._lock = threading.Lock()  # the minute's save is in a thread, a step's in the event loop

    def load(self) -> Saved | None:
        """What was written last."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return None
        slots = [slot for slot in map(_parse, (data[:SLOT_BYTES], data[SLOT_BYTES:])) if slot is not None]
        newest = max(slots, key=lambda slot: slot.n, default=None)
        if newest is None:
            return None
        self._n = newest.n
        return newest.saved

    def save(self, saved: Saved) -> None:
        """Write over the older slot and wait for the disk; a disk that refuses is said once."""
        with self._lock:
            self._n += 1
            self._write(saved)

    def _write(self, saved: Saved) -> None:
        text = msgspec.json.encode(_Slot(n=self._n, saved=saved))
        slot = b"%08x " % zlib.crc32(text) + text
        try:
            fd = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644)
            try:
                os.pwrite(fd, slot.ljust(SLOT_BYTES - 1) + b"\n", self._n % 2 * SLOT_BYTES)
                os.fdatasync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            if not self._complained:
                _log.warning("time_not_saved", error=str(error))
            self._complained = True
        else:
            self._complained = False


def _parse(slot: bytes) -> _Slot | None:
    crc, _, text = slot.strip().partition(b" ")
    try:
        if int(crc, 16) != zlib.crc32(text):
            return None
        return msgspec.json.decode(text, type=_Slot)
    except (ValueError, msgspec.MsgspecError):
        return None
