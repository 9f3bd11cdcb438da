"""Pure: when something really happened of which a station said so under a clock that it did not trust.

All follows from the facts: within one boot the monotonic clock carries any trusted instant (an anchor) to all others;
a boot in which nobody ever knew the time lies between what was certainly over (the fact's own hybrid clock) and the
beginning of the next boot that did know it. Anchors and bounds are minima and maxima, so no order of arrival matters.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from protocols.sync import facts
from protocols.sync.clock import MAX_DRIFT_MS, TRUSTED, hlc_of, hlc_parts
from protocols.sync.envelope import Clock, Fact
from protocols.values import to_ms

_TRUSTED: Final = frozenset(quality.value for quality in TRUSTED)
DRIFT: Final = 500e-6  # of a monotonic clock: RFC 5905 §11 takes no oscillator for usable that is further off
REQUEST_TOOK_MS: Final = 30_000  # a request is given up by its station after so long
UNKNOWN_MS: Final = 10 * 366 * 86_400_000
NEAR_MS: Final = 86_400_000
# The instants of a body on the station's own clock. A charger's own are moved only if it goes by the station's.
_OWN: Final = ("started_ms", "undocked_ms", "voided_ms", "ended_ms", "docked_ms", "stopped_ms", "sampled_ms")
_CHARGERS: Final = (facts.ChargingStarted, facts.ChargingStopped, facts.ChargingMetered, facts.ChargingOrphaned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """At `mono_ms` of its boot it was `at_ms`, give or take."""

    at_ms: int
    mono_ms: int
    uncertainty_ms: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """Of two anchors the lesser stands."""
        return (self.uncertainty_ms, self.mono_ms, self.at_ms)

    def at(self, mono_ms: int) -> tuple[int, int]:
        """The instant at another reading of the same monotonic clock, and its uncertainty."""
        away_ms = mono_ms - self.mono_ms
        return self.at_ms + away_ms, self.uncertainty_ms + round(abs(away_ms) * DRIFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """What is known of one boot of a station. `least_ms`: its beginning is certainly not before it (Unix ms)."""

    boot: str
    first_hlc: int
    last_mono_ms: int
    least_ms: int
    anchor: Anchor | None = None

    def with_(self, other: "Boot") -> "Boot":
        """Both together; it does not matter which comes first."""
        anchors = [one for one in (self.anchor, other.anchor) if one is not None]
        return replace(
            self,
            first_hlc=min(self.first_hlc, other.first_hlc),
            last_mono_ms=max(self.last_mono_ms, other.last_mono_ms),
            least_ms=max(self.least_ms, other.least_ms),
            anchor=min(anchors, key=lambda one: one.rank, default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What to make of a fact: its instants move by `shift_ms`; `hlc` orders it among those of other stations."""

    shift_ms: int
    uncertainty_ms: int
    hlc: int


def is_doubtful(fact: Fact) -> bool:
    """Whether the station did not trust its clock when it said so."""
    return fact.clock not in _TRUSTED


def seen_in(fact: Fact, body: facts.Body | None) -> Boot | None:
    """What a fact tells of its boot; None for an ordinary one under a clock that was trusted."""
    doubtful = is_doubtful(fact)
    if not doubtful and not isinstance(body, facts.ClockStepped):
        return None
    anchor = Anchor(at_ms=fact.at_ms, mono_ms=fact.mono_ms, uncertainty_ms=fact.uncertainty_ms)
    return Boot(
        boot=fact.boot[:64],
        first_hlc=fact.hlc,
        last_mono_ms=fact.mono_ms,
        least_ms=hlc_parts(fact.hlc)[0] - fact.mono_ms,
        anchor=None if doubtful else anchor,
    )


def seen_by(clock: Clock, now: dt.datetime) -> Boot | None:
    """What a request tells of its station's boot, where that does not know the time (or, not asked, is wrong about it).

    A clock that is trusted and right is no news.
    """
    doubtful = clock.quality not in _TRUSTED
    wrong = clock.uncertainty_ms is None and abs(clock.at_ms - to_ms(now)) > MAX_DRIFT_MS + REQUEST_TOOK_MS
    if not (doubtful or wrong):
        return None
    anchor = Anchor(at_ms=to_ms(now), mono_ms=clock.mono_ms, uncertainty_ms=REQUEST_TOOK_MS)
    at_hlc = hlc_of(to_ms(now))
    return Boot(boot=clock.boot[:64], first_hlc=at_hlc, last_mono_ms=0, least_ms=0, anchor=anchor)


def is_as_wrong(fact: Fact, clock: Clock) -> bool:
    """Whether the fact was written under the same wrong clock that the request shows: the wall less the monotonic."""
    same = abs((fact.at_ms - fact.mono_ms) - (clock.at_ms - clock.mono_ms)) < MAX_DRIFT_MS
    return fact.boot == clock.boot and same


def dated(fact: Fact, boots: Iterable[Boot]) -> Dated:
    """When it was, by all that is known of the station's boots. What is not known stays as it was told."""
    own: Boot | None = None
    later: list[Boot] = []
    for one in boots:
        if one.boot == fact.boot[:64]:
            own = one
        elif one.anchor is not None:
            later.append(one)
    found = None if own is None else _true(fact, own, later)
    if found is None:
        return Dated(shift_ms=0, uncertainty_ms=min(fact.uncertainty_ms or UNKNOWN_MS, UNKNOWN_MS), hlc=fact.hlc)
    at_ms, uncertainty_ms = found
    hlc = hlc_of(at_ms, hlc_parts(fact.hlc)[1])
    return Dated(shift_ms=at_ms - fact.at_ms, uncertainty_ms=uncertainty_ms, hlc=hlc)


def _true(fact: Fact, own: Boot, anchored: Sequence[Boot]) -> tuple[int, int] | None:
    """The instant and its uncertainty; None when nothing better is known than what was told."""
    if own.anchor is not None:
        return own.anchor.at(fact.mono_ms)
    begins = [one.anchor.at(0)[0] for one in anchored if one.anchor and one.first_hlc > own.first_hlc]
    least_ms = own.least_ms + fact.mono_ms
    if not begins:
        return None
    most_ms = max(least_ms, min(begins) - (own.last_mono_ms - fact.mono_ms))
    return (least_ms + most_ms) // 2, (most_ms - least_ms + 1) // 2


def moved(body: facts.Body, fact: Fact, shift_ms: int) -> facts.Body:
    """The body with its instants moved."""
    if shift_ms == 0:
        return body
    changes: dict[str, Any] = {
        name: getattr(body, name) + shift_ms for name in _OWN if getattr(body, name, None) is not None
    }
    if isinstance(body, _CHARGERS):  # a charger may have a right clock of its own
        changes = {name: value for name, value in changes.items() if abs(value - shift_ms - fact.at_ms) < NEAR_MS}
    return msgspec.structs.replace(body, **changes) if changes else body
