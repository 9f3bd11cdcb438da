"""Pure: what time it is at the hub, and how much of it has certainly passed. Reads no clock.

The reading is the monotonic clock plus an offset. The machine's clock is followed while it goes as clocks go; a jump
of it is followed once it has lasted, for whoever set it right leaves it so. What is done once and for all when a time
is over (pictures deleted, bookings missed) goes by `passed_s`: a hub that wakes up years ahead destroys nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

FOLLOWED_S: Final = 60.0  # less than what stations allow for (`protocols.sync.clock.MAX_DRIFT_MS`): no harm is done
LASTS_S: Final = 900.0
NO_EARLIER_S: Final = 1_767_225_600.0  # 2026-01-01: no hub of ours ran before
NO_LATER_S: Final = 4_102_444_800.0  # 2100-01-01: a machine's clock beyond it says nothing
AWAY_S: Final = 7 * 86_400.0  # a hub that was off for longer waits before it ends anything for good
SETTLES_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The machine's clock says something else by so much, since this monotonic instant."""

    offset_s: float
    since_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """All that is known at one monotonic instant, in seconds; `offset_s` is Unix time less the monotonic clock.

    `ahead_s`: for how long of its running the hub has seen the clock far ahead of what has passed. `guessed`: the
    machine's clock was in 1970 or the like, so the first word of it that may be true is taken.
    """

    mono_s: float
    offset_s: float
    passed_s: float
    ahead_s: float = 0.0
    guessed: bool = False
    doubt: Doubt | None = None

    @property
    def at_s(self) -> float:
        """The reading."""
        return self.offset_s + self.mono_s


def begun(mono_s: float, wall_s: float) -> Time:
    """Where nothing is remembered, the machine's clock is all there is."""
    return Time(mono_s=mono_s, offset_s=wall_s - mono_s, passed_s=wall_s, guessed=not _may_be(wall_s))


def gone_on(kept: Time, mono_s: float, wall_s: float, *, same_boot: bool) -> Time:
    """After a restart. Within one boot the monotonic clock ran on; over a boot only the machine's clock did."""
    if same_boot and kept.mono_s <= mono_s:
        went_s = mono_s - kept.mono_s
        time = replace(kept, mono_s=mono_s, passed_s=kept.passed_s + went_s, doubt=None)
    else:
        guessed = not _may_be(wall_s)
        offset_s = (kept.passed_s if guessed else wall_s) - mono_s
        time = replace(kept, mono_s=mono_s, offset_s=offset_s, guessed=guessed, doubt=None)
    return looked(time, mono_s, wall_s)


def looked(time: Time, mono_s: float, wall_s: float) -> Time:
    """A look at both clocks."""
    offset_s, doubt = _judged(time, mono_s, wall_s)
    at_s, went_s = offset_s + mono_s, max(0.0, mono_s - time.mono_s)
    passed_s, ahead_s = time.passed_s + went_s, time.ahead_s + went_s
    if at_s <= passed_s + AWAY_S or ahead_s >= SETTLES_S:
        passed_s, ahead_s = at_s, 0.0
    guessed = time.guessed and not _may_be(wall_s)
    return Time(
        mono_s=mono_s, offset_s=offset_s, passed_s=passed_s, ahead_s=ahead_s, guessed=guessed, doubt=doubt
    )  # fmt: skip


def _judged(time: Time, mono_s: float, wall_s: float) -> tuple[float, Doubt | None]:
    """The offset to go by, and what speaks against it."""
    offset_s = wall_s - mono_s
    if abs(offset_s - time.offset_s) <= FOLLOWED_S or (time.guessed and _may_be(wall_s)):
        return offset_s, None
    if time.at_s > time.passed_s + AWAY_S >= wall_s >= time.passed_s - FOLLOWED_S:
        return offset_s, None  # it was far ahead of all that is remembered, and is no more
    doubt = time.doubt
    if doubt is None or abs(offset_s - doubt.offset_s) > FOLLOWED_S:
        return time.offset_s, Doubt(offset_s=offset_s, since_mono_s=mono_s)
    if mono_s - doubt.since_mono_s >= LASTS_S and _may_be(wall_s):
        return offset_s, None
    return time.offset_s, doubt


def _may_be(wall_s: float) -> bool:
    return NO_EARLIER_S <= wall_s <= NO_LATER_S
