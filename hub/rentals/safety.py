"""Pure: when a station may sell no more of what it will have. What stays is for people without a booking.

Counted is what will stand there charged, free and fit at the pick-up, less what was booked by kind for that time. A
booking must leave the safe level of its kind, and of all kinds together the walk-ins' share. What the station keeps
for bookings anyhow may still be sold: walk-ins would not get it. The forecast reaches a day: further ahead it says
nothing.
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

REACH: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What must stay at a station: so many charged vehicles of each kind, and the walk-ins' share of all."""

    safe: Mapping[str, int] = field(default_factory=dict)
    walk_in_min: int = 0
    walk_in_pct: float = 0.0

    @property
    def demands(self) -> bool:
        """Whether anything must stay at all."""
        return any(self.safe.values()) or self.walk_in_min > 0 or self.walk_in_pct > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How it stands with one kind: what there will be, what must stay, what may still be sold."""

    kind: str
    supply: int
    safe: int
    walk_ins: int
    leased: int
    limited: bool


def limits_of(
    policy: Policy,
    standing: Iterable[str],
    fit: Iterable[str],
    booked: Mapping[str, int],
    leased: Mapping[str, int],
) -> dict[str, Limit]:
    """By kind, from the kinds of all vehicles that stand there and of those that will be fit.

    Where no vehicle is known there is no share of anything: the station decides. A safe level holds there, too.
    """
    kinds, will_be = set(standing), Counter(fit)
    share = max(policy.walk_in_min, math.ceil(will_be.total() * policy.walk_in_pct / 100)) if kinds else 0
    kinds |= {kind for kind, count in policy.safe.items() if count > 0}
    supply = {kind: will_be[kind] - booked.get(kind, 0) for kind in kinds}
    together = sum(supply.values())
    found = {}
    for kind in sorted(kinds):
        safe, kept = policy.safe.get(kind, 0), leased.get(kind, 0)
        short = (safe > 0 and supply[kind] - 1 < safe) or (share > 0 and together - 1 < share)
        found[kind] = Limit(
            kind=kind, supply=supply[kind], safe=safe, walk_ins=share, leased=kept, limited=short and kept == 0
        )
    return found
