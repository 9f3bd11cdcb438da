"""Pure: so many calls at once, and so many in the long run; for many callers, the longest silent forgotten first."""

import datetime as dt
import math
from collections import OrderedDict
from collections.abc import Hashable

_REMEMBERED = 10_000


class Buckets:
    """One bucket a caller: it holds `burst` calls and fills by `per_s`."""

    def __init__(self, *, burst: int, per_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left: OrderedDict[Hashable, tuple[float, dt.datetime]] = OrderedDict()

    def take(self, caller: Hashable, now: dt.datetime) -> int | None:
        """One call more: None, or in how many seconds the next is let in."""
        left, at = self._left.pop(caller, (float(self._burst), now))
        left = min(self._burst, left + max(0.0, (now - at).total_seconds()) * self._per_s)
        allowed = left >= 1
        self._left[caller] = (left - 1 if allowed else left, now)
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        return None if allowed else math.ceil((1 - left) / self._per_s)
