"""Pure: what a lease is after its station's word, and what its booking is after that.

A lease's state is the station's last word by the station's hybrid clock, in whatever order the words arrive; the
hub only says what it wishes (`giving_back`, a later `until_at` with a higher `generation`).
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

from hub.rentals.machine import PROMISED, WAITING, Event
from protocols.sync import facts

LeaseFact: TypeAlias = facts.LeaseGranted | facts.LeaseRefused | facts.LeaseMoved | facts.LeaseEnded
OPEN: Final = ("requested", "granted", "assigned")
HELD: Final = ("granted", "assigned")
_ENDED: Final = frozenset({"used", "released", "expired", "lost"})
_LONGEST_REASON: Final = 40


class LeaseRow(Protocol):
    """The columns that a station's word changes."""

    reservation_id: uuid.UUID | None
    kept_vehicle_id: uuid.UUID | None
    until_at: dt.datetime
    generation: int
    granted_generation: int
    granted_until_at: dt.datetime | None
    state: str
    reason: str
    rental_id: uuid.UUID | None
    word_hlc: int


def hear(row: LeaseRow, fact: LeaseFact, hlc: int, until_at: dt.datetime | None) -> bool:
    """Change the row by one word; False for one that is older than what was heard. `until_at`: a grant's end."""
    if hlc <= row.word_hlc:
        return False
    row.word_hlc = hlc
    if isinstance(fact, facts.LeaseEnded) and fact.generation < row.generation and fact.how in {"expired", "lost"}:
        row.state, row.reason = "requested", fact.reason[:_LONGEST_REASON]  # the renewal is still to be answered
        return True
    match fact:
        case facts.LeaseGranted():
            row.state = "granted" if row.reservation_id is None else "assigned"
            row.reason, row.rental_id = "", None
            row.granted_generation, row.granted_until_at = fact.generation, until_at
            row.generation = max(row.generation, fact.generation)
        case facts.LeaseRefused():
            row.state, row.reason = "refused", fact.reason[:_LONGEST_REASON]
        case facts.LeaseMoved():
            row.kept_vehicle_id, row.reason = fact.to_vehicle_id, fact.reason[:_LONGEST_REASON]
        case facts.LeaseEnded():
            row.state = fact.how if fact.how in _ENDED else "lost"
            row.reason, row.rental_id = fact.reason[:_LONGEST_REASON], fact.rental_id
    return True


def event_of(phase: str, lease_state: str, reason: str) -> tuple[Event, str] | None:
    """What it means for a booking that its lease is so now, and the reason; None when it means nothing."""
    if phase not in WAITING:
        return None
    match lease_state:
        case "assigned":
            return Event.KEEP, ""
        case "refused":
            return Event.REFUSE, reason
        case "lost":
            return Event.LOSE, reason
        case "expired":
            return (Event.MISS, reason or "no_show") if phase in PROMISED else (Event.SILENCE, "no_answer")
        case _:
            return None


def sells_until(granted_until_at: dt.datetime, margin_s: float) -> dt.datetime:
    """Until when a pick-up may last that this lease backs: two margins before its end, one for each clock."""
    return granted_until_at - dt.timedelta(seconds=2 * margin_s)


def missing(ahead: Mapping[str, object], open_: Mapping[str, int]) -> dict[str, int]:
    """Of each kind how many leases are to be asked for (above 0) or given back (below 0)."""
    kinds = {*ahead, *open_}
    counts = {kind: _count(ahead.get(kind, 0)) - open_.get(kind, 0) for kind in kinds}
    return {kind: count for kind, count in sorted(counts.items()) if count}


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
