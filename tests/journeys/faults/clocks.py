"""Wrong clocks for real processes: libfaketime before the agent, its offset rewritten while it runs.

Only the wall clock lies; the monotonic one is the machine's. So the lab can tell when something really happened.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

_LIBRARIES: Final = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")


class NoFaketimeError(Exception):
    """libfaketime is not on this machine."""


class FakeClock:
    """One process's wall clock. It is right until it is set."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._library = _library()
        self.set(0.0)

    @property
    def environment(self) -> dict[str, str]:
        """For the process."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, offset_s: float, *, rate: float = 1.0) -> None:
        """So many seconds ahead from now on, and so many seconds to a real one."""
        drift = "" if rate == 1.0 else f" x{rate:.6f}"
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset_s:+.3f}{drift}\n")
        new.replace(self._file)  # whoever reads it now reads the old or the new one, whole


def _library() -> Path:
    found: Iterable[Path] = (path for pattern in _LIBRARIES for path in Path("/").glob(pattern.lstrip("/")))
    library = next(iter(found), None)
    if library is None:
        raise NoFaketimeError("libfaketime is not installed (apt-get install faketime)")
    return library
