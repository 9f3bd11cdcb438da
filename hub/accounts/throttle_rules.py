"""Pure: how a limit counts, when it refuses, and for how long."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

_MOST_DOUBLINGS: Final = 24
_AHEAD: Final = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So many at once, and one more every `refill_s`."""

    burst: int
    refill_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """`free` failures cost nothing; each further one makes wait, `first_s` doubling up to `longest_s`.

    One failure is forgotten every `refill_s`.
    """

    free: int
    first_s: float
    longest_s: float
    refill_s: float

    def wait_s(self, failures: int) -> float:
        """How long to wait after so many failures."""
        if failures <= self.free:
            return 0.0
        return min(self.first_s * 2.0 ** min(failures - self.free - 1, _MOST_DOUBLINGS), self.longest_s)


Limit = Quota | Delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What is known of one key: how much was counted by `at`, and until when it is shut."""

    level: float
    at: dt.datetime
    until: dt.datetime | None = None


def shut_for_s(limit: Limit, count: Count, now: dt.datetime) -> float:
    """How long this key must still wait; 0 for not at all."""
    if _is_of_a_wrong_clock(count, now):
        return 0.0
    if isinstance(limit, Delay):
        return max((count.until - now).total_seconds(), 0.0) if count.until is not None else 0.0
    return max(_level(limit, count, now) + 1 - limit.burst, 0.0) * limit.refill_s


def counted(limit: Limit, count: Count, now: dt.datetime) -> Count:
    """One more."""
    level = _level(limit, count, now) + 1
    wait_s = limit.wait_s(math.ceil(level - 1e-9)) if isinstance(limit, Delay) else 0.0
    at = now if _is_of_a_wrong_clock(count, now) else max(now, count.at)
    return Count(level=level, at=at, until=now + dt.timedelta(seconds=wait_s) if wait_s else None)


def taken_back(before: Count, mine: Count, count: Count) -> Count:
    """One less: what was counted as `mine` after `before` was no failure. Who counted since then stays shut."""
    alone = count == mine
    return Count(level=max(count.level - 1, 0.0), at=count.at, until=before.until if alone else count.until)


def forgotten_after(limit: Limit, count: Count) -> dt.datetime:
    """When nothing is left of a count."""
    return count.at + dt.timedelta(seconds=count.level * limit.refill_s + 1)


def _level(limit: Limit, count: Count, now: dt.datetime) -> float:
    # A clock that was set back a little forgets nothing.
    if _is_of_a_wrong_clock(count, now):
        return 0.0
    return max(count.level - max((now - count.at).total_seconds(), 0.0) / limit.refill_s, 0.0)


def _is_of_a_wrong_clock(count: Count, now: dt.datetime) -> bool:
    """Counted under a clock that was far ahead: it must not shut anybody out until that time has come."""
    return count.at - now > _AHEAD
