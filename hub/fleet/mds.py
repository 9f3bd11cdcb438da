"""Pure: a vehicle's state in the words of MDS 2.0, from what the hub knows of it.

Nobody sets this state: it follows from the registration, the custody that the stations tell, the papers, the
battery and the bookings. That the hub has not heard of a vehicle for long is no state of the vehicle but of the
hub's knowledge: `contact_lost` stands beside the state (MDS's `non_contactable` would put it in its place).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

State = Literal["available", "reserved", "on_trip", "non_operational", "removed", "missing"]
Event = Literal[
    "trip_start", "trip_end", "provider_drop_off", "maintenance_pick_up", "maintenance", "maintenance_end",
    "located", "not_located", "decommissioned", "recommissioned", "unspecified",
]  # fmt: skip
SILENT: Final = dt.timedelta(minutes=15)  # a station says something every minute
LONG_AWAY: Final = dt.timedelta(days=1)  # a vehicle has no line of its own: only docks see it

EVENTS: Final[dict[str, Event]] = {
    "docked": "provider_drop_off",
    "returned": "trip_end",
    "undocked": "maintenance_pick_up",
    "rented": "trip_start",
    "blocked": "maintenance",
    "unblocked": "maintenance_end",
    "removed": "decommissioned",
    "missing": "not_located",
    "found": "located",
    "deployed": "recommissioned",
}
"""Of each word of the history its MDS event type; what is missing here is `unspecified`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is known. `custody` None: no station ever told of it. `heard_at`: its station's last sign of life."""

    service: str
    rentable: bool
    why_not: str
    papers_over: bool
    custody: str | None
    on_rental: bool
    since: dt.datetime | None
    soc_pct: float | None
    min_soc_pct: float
    faulty: bool
    promised: bool
    heard_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The state, why it is that one (empty where there is nothing to add), and whether the hub has lost sight."""

    state: State
    reason: str
    contact_lost: bool


def judged(known: Known, now: dt.datetime) -> Judged:
    """The state now."""
    state, reason = _state(known)
    return Judged(state=state, reason=reason, contact_lost=_is_lost(known, now))


def _state(known: Known) -> tuple[State, str]:
    if known.service == "missing":
        return "missing", ""
    if known.service == "removed" or known.custody is None:
        return "removed", "" if known.service == "removed" else "never_seen"
    if known.custody == "away":
        return ("on_trip", "") if known.on_rental else ("non_operational", "away_without_rental")
    why = _unfit(known)
    if why:
        return "non_operational", why
    return ("reserved", "") if known.promised else ("available", "")


def _unfit(known: Known) -> str:
    """Why a vehicle in a dock cannot be rented out; the station judges by the same, in the same order."""
    if not known.rentable:
        return known.why_not or "not_for_rent"
    if known.papers_over:
        return "document_over"
    if known.faulty:
        return "fault"
    if known.soc_pct is None or known.soc_pct < known.min_soc_pct:
        return "low_charge"
    return ""


def _is_lost(known: Known, now: dt.datetime) -> bool:
    if known.custody == "away":
        return known.since is not None and now - known.since > LONG_AWAY
    return known.custody is not None and (known.heard_at is None or now - known.heard_at > SILENT)
