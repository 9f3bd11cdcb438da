"""Time on the sync wire: moments with their quality, and the hybrid logical clock. Reads no clock.

The HLC is that of Kulkarni et al. 2014: 48 bits of physical milliseconds, 16 bits of logical count, in one
integer that sorts. A station without a right wall clock still orders its facts.
"""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Final

from protocols.values import to_ms

# A remote clock further ahead than this is not followed: one station in 2099 must not drag the others.
MAX_DRIFT_MS: Final = 60_000
_LOGICAL_BITS: Final = 16
_LOGICAL_MAX: Final = (1 << _LOGICAL_BITS) - 1


class ClockQuality(enum.StrEnum):
    """How far the wall clock can be trusted."""

    SYNCED = "synced"  # NTP or the hub confirmed it in this boot
    HOLDOVER = "holdover"  # it was right once, in this boot, and has run alone since
    FLOOR = "floor"  # only known not to be earlier than the last time stored on disk
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One reading of all clocks at once: the wall, the monotonic one, and whose boot that counts in."""

    at: dt.datetime
    mono_s: float
    boot_id: str
    quality: ClockQuality = ClockQuality.SYNCED


def hlc_of(at_ms: int, logical: int = 0) -> int:
    """Pack physical milliseconds and the logical count."""
    return at_ms << _LOGICAL_BITS | logical


def hlc_parts(hlc: int) -> tuple[int, int]:
    """Unpack to (physical milliseconds, logical count)."""
    return hlc >> _LOGICAL_BITS, hlc & _LOGICAL_MAX


def tick(last: int, at: dt.datetime) -> int:
    """The next HLC after `last` for a local event at wall time `at`; always greater than `last`."""
    candidate = hlc_of(to_ms(at))
    return candidate if candidate > last else last + 1


def follow(last: int, remote: int, at: dt.datetime) -> int:
    """The next HLC after hearing `remote`; a remote further ahead than MAX_DRIFT_MS is not followed."""
    if hlc_parts(remote)[0] - to_ms(at) > MAX_DRIFT_MS:
        return tick(last, at)
    return tick(max(last, remote), at)
