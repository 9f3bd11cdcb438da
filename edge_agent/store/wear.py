"""What the agent writes to the card, counted by the kernel, and how long the card will last at that rate."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

SAVE_EVERY_S: Final = 3600.0  # counting must not wear the card itself
_KEY: Final = "wear"
_TB: Final = 1e12
_DAY_S: Final = 86_400.0
_YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """Bytes this station's agents have handed to the disk, in so many seconds of running."""

    written_bytes: int = 0
    running_s: float = 0.0

    @property
    def bytes_a_day(self) -> float | None:
        """The rate; None before there is an hour to tell from."""
        return self.written_bytes / self.running_s * _DAY_S if self.running_s >= SAVE_EVERY_S else None

    def years_left(self, flash_tbw: float) -> float | None:
        """How long a card that takes so many terabytes lasts, from new."""
        rate = self.bytes_a_day
        return None if not rate else flash_tbw * _TB / rate / _YEAR_DAYS


def read(conn: sqlite3.Connection) -> Wear:
    """What is written down. Raises sqlite3.Error."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    if row is None:
        return Wear()
    text = row[0] if isinstance(row[0], bytes) else row[0].encode()
    try:
        return msgspec.json.decode(text, type=Wear)
    except msgspec.MsgspecError:
        return Wear()


def process_bytes() -> int:
    """What the kernel counts for this process (all its files); 0 where it does not count."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    found = (line.partition(": ") for line in lines)
    return next((int(value) for name, _, value in found if name == "write_bytes"), 0)


class WearCounter:
    """Adds this run's writes to those before. Writer thread only."""

    def __init__(self, conn: sqlite3.Connection, mono_s: float) -> None:
        self._conn = conn
        self._before = read(conn)
        self._began_s = self._saved_s = mono_s
        self._began_bytes = process_bytes()

    def now(self, mono_s: float) -> Wear:
        """Up to now."""
        return Wear(
            written_bytes=self._before.written_bytes + max(0, process_bytes() - self._began_bytes),
            running_s=self._before.running_s + max(0.0, mono_s - self._began_s),
        )

    def save(self, mono_s: float, *, at_once: bool = False) -> None:
        """Write it down, once an hour. Raises sqlite3.Error."""
        if not at_once and mono_s - self._saved_s < SAVE_EVERY_S:
            return
        text = msgspec.json.encode(self.now(mono_s)).decode()
        put = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        self._conn.execute(put, (_KEY, text))
        self._saved_s = mono_s
