"""Windows of local time in which minutes have another price, through every change of summer time.

A minute belongs to the window in which it begins, by the wall clock of the station's zone. The hour that the wall
clock shows twice in autumn is in its window twice; one that it leaves out in spring is in none.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_DAY_MINUTES: Final = 24 * 60
_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `from_minute` to `to_minute` of the local day (0 to 1440); `weekdays` 1 (Monday) to 7, empty: every day.

    One that ends at or before its beginning goes on past midnight; it belongs to the day on which it begins. Of
    several that hold the first one counts.
    """

    per_minute_minor: int
    from_minute: int = 0
    to_minute: int = _DAY_MINUTES
    weekdays: tuple[int, ...] = ()

    def holds(self, weekday: int, minute: int) -> bool:
        """Whether this minute of this day (1 to 7) is inside."""
        if self.from_minute < self.to_minute:
            return self._is_on(weekday) and self.from_minute <= minute < self.to_minute
        late, early = minute >= self.from_minute, minute < self.to_minute
        return (late and self._is_on(weekday)) or (early and self._is_on((weekday - 2) % 7 + 1))

    def _is_on(self, weekday: int) -> bool:
        return not self.weekdays or weekday in self.weekdays


def runs(
    windows: Sequence[Window], else_minor: int, began_at: dt.datetime | None, minutes: int
) -> Iterator[tuple[int, int]]:
    """So many minutes from then, as (how many, price of each) in order. Raises ValueError for want of a beginning."""
    if not windows:
        yield (minutes, else_minor)
        return
    if began_at is None or began_at.tzinfo is None:
        raise ValueError("windows need the local time of the beginning")
    prices = _Prices(windows, else_minor)
    zone, at, left = began_at.tzinfo, began_at.astimezone(dt.UTC), minutes
    while left:
        local = at.astimezone(zone)
        count = _until_the_clock_changes(at, min(left, _DAY_MINUTES), zone)
        yield from prices.under_one_offset(local, count)
        at, left = at + count * _MINUTE, left - count


class _Prices:
    """Prices by the local day and minute. Between two edges of windows the price is one."""

    def __init__(self, windows: Sequence[Window], else_minor: int) -> None:
        self._windows = windows
        self._else_minor = else_minor
        edges = {edge for one in windows for edge in (one.from_minute, one.to_minute)}
        self._edges = sorted({*edges, _DAY_MINUTES} - {0})
        self._known: dict[tuple[int, int], int] = {}

    def under_one_offset(self, local: dt.datetime, count: int) -> Iterator[tuple[int, int]]:
        """So many minutes from this local time, while the clock on the wall goes on evenly."""
        weekday, minute = local.isoweekday(), local.hour * 60 + local.minute
        while count:
            edge = next(edge for edge in self._edges if edge > minute)
            part = min(count, edge - minute)
            yield (part, self._between(weekday, edge, minute))
            count, minute = count - part, minute + part
            if minute >= _DAY_MINUTES:
                weekday, minute = weekday % 7 + 1, minute - _DAY_MINUTES

    def _between(self, weekday: int, edge: int, minute: int) -> int:
        found = self._known.get((weekday, edge))
        if found is None:
            holding = (one.per_minute_minor for one in self._windows if one.holds(weekday, minute))
            found = self._known[weekday, edge] = next(holding, self._else_minor)
        return found


def _until_the_clock_changes(at: dt.datetime, count: int, zone: dt.tzinfo) -> int:
    """As many of these minutes as begin under one offset from UTC."""
    offset = at.astimezone(zone).utcoffset()

    def same(after: int) -> bool:
        return (at + after * _MINUTE).astimezone(zone).utcoffset() == offset

    if same(count - 1):
        return count
    low, high = 0, count - 1  # `low` is under the offset, `high` is not: no zone changes twice in a day
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if same(middle) else (low, middle)
    return high
