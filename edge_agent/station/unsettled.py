"""What was told and could not be written: kept in order, as of when it was told, until the disk takes it.

What comes later about the same thing waits behind it. A dock that only repeats itself takes one place: the disk may
be full for days.
"""

from collections import deque
from typing import Final

from edge_agent.core.inputs import DockReported
from edge_agent.station.queue import Waiting

Subject = tuple[str, object]
EVERYTHING: Final[Subject] = ("station", None)


def subject_of(seen: object) -> Subject:
    """The device that an input is about; what is about none is about everything."""
    for name in ("dock_no", "charger_id", "meter_id"):
        found = getattr(seen, name, None)
        if found is not None:
            return name, found
    return EVERYTHING


class Unsettled:
    """First in, first out."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_empty(self) -> bool:
        """Whether everything is on the disk."""
        return not self._waiting

    def concerns(self, waiting: Waiting) -> bool:
        """Whether something that waits here must be known before this."""
        subjects = {subject_of(one.seen) for one in self._waiting}
        return EVERYTHING in subjects or subject_of(waiting.seen) in subjects

    def add(self, waiting: Waiting) -> None:
        """Behind all others; a report that says no more than the dock's last one takes its place."""
        last = self._last_about(subject_of(waiting.seen))
        if last is not None and _says_the_same(last.seen, waiting.seen):
            last.seen, last.at = waiting.seen, waiting.at
        else:
            self._waiting.append(waiting)

    def first(self) -> Waiting | None:
        """The oldest, which stays."""
        return self._waiting[0] if self._waiting else None

    def drop_first(self) -> None:
        """The oldest is on the disk."""
        self._waiting.popleft()

    def _last_about(self, subject: Subject) -> Waiting | None:
        return next((one for one in reversed(self._waiting) if subject_of(one.seen) == subject), None)


def _says_the_same(old: object, new: object) -> bool:
    return isinstance(old, DockReported) and isinstance(new, DockReported) and _picture(old) == _picture(new)


def _picture(report: DockReported) -> tuple[object, ...]:
    return report.lock, report.vehicle_present, report.vehicle_id, report.contactor_closed, report.tamper
