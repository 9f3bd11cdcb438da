"""Time on the sync wire: moments with their quality, and the hybrid logical clock. Reads no clock.

The HLC is that of Kulkarni et al. 2014: 48 bits of physical milliseconds, 16 bits of logical count, in one
integer that sorts. A station without a right wall clock still orders its facts.
"""

import datetime as dt
import enum
from dataclasses import dataclass, field
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


TRUSTED: Final = frozenset((ClockQuality.SYNCED, ClockQuality.HOLDOVER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One reading of all clocks at once: the wall, the monotonic one, and whose boot that counts in.

    The true time lies between `earliest_ms` and `latest_ms`. Who refuses because of the time refuses only what is
    certainly too early or too late; who promises something promises only what holds at both ends.
    """

    at: dt.datetime
    mono_s: float
    boot_id: str
    quality: ClockQuality = ClockQuality.SYNCED
    uncertainty_ms: int = 0  # how far `at` may be off, either way
    passed_ms: int | None = None  # Unix ms that have certainly passed, whatever the clock says now
    at_ms: int = field(init=False, repr=False, compare=False)  # `at` in Unix ms: asked for several times a decision

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_ms", to_ms(self.at))

    @property
    def is_trusted(self) -> bool:
        """Whether a clock that can be believed said this in this boot."""
        return self.quality in TRUSTED

    @property
    def earliest_ms(self) -> int:
        """It is certainly not earlier than this (Unix ms)."""
        least = self.at_ms - self.uncertainty_ms
        return least if self.passed_ms is None else max(least, self.passed_ms)

    @property
    def latest_ms(self) -> int:
        """It is certainly not later than this (Unix ms)."""
        return max(self.at_ms + self.uncertainty_ms, self.passed_ms or 0)


def hlc_of(at_ms: int, logical: int = 0) -> int:
    """Pack physical milliseconds and the logical count."""
    return at_ms << _LOGICAL_BITS | logical


def hlc_parts(hlc: int) -> tuple[int, int]:
    """Unpack to (physical milliseconds, logical count)."""
    return hlc >> _LOGICAL_BITS, hlc & _LOGICAL_MAX


def physical_ms(moment: Moment) -> int:
    """What a moment gives to the hybrid clock: its reading, or, of a clock that is not trusted, only what is certain.

    A clock that woke up ten years ahead would else put all facts of its station behind everybody else's for ten years.
    """
    return moment.at_ms if moment.is_trusted else min(moment.at_ms, moment.earliest_ms)


def tick(last: int, at: dt.datetime) -> int:
    """The next HLC after `last` for a local event at wall time `at`; always greater than `last`."""
    candidate = hlc_of(to_ms(at))
    return candidate if candidate > last else last + 1


def follow(last: int, remote: int, at: dt.datetime) -> int:
    """The next HLC after hearing `remote`; a remote further ahead than MAX_DRIFT_MS is not followed."""
    if hlc_parts(remote)[0] - to_ms(at) > MAX_DRIFT_MS:
        return tick(last, at)
    return tick(max(last, remote), at)
