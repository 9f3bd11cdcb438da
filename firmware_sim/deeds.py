"""The world's book: what people did and what the hardware let them do, in order, for proofs.

What each device physically did is in its own book; this is the list of hands.
"""

import datetime as dt
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from protocols.values import UTC, rfc3339

KEPT: Final = 2000  # a demo that stays up for weeks must not grow


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that happened. `what`: pull, push, held, ride, card, plug, unplug, fault, …"""

    at: str
    what: str
    where: str
    detail: str


class Deeds:
    """The last deeds, and how many there were of each kind since the start."""

    def __init__(self, *, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(UTC)) -> None:
        self.counts: Counter[str] = Counter()
        self._now = now
        self._kept: deque[Deed] = deque(maxlen=KEPT)

    def add(self, what: str, where: str, detail: str = "") -> None:
        """Write it down."""
        self.counts[what] += 1
        self._kept.append(Deed(at=rfc3339(self._now()), what=what, where=where, detail=detail))

    def as_json(self, last: int = KEPT) -> list[dict[str, str]]:
        """The last ones, oldest first."""
        return [asdict(deed) for deed in list(self._kept)[-last:]]
