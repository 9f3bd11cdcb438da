"""Pure: how much charge a vehicle will have at a pick-up, and whether that is enough for the trip.

A battery charges with its type's power up to four fifths and with half of it from there on: lithium packs are
charged at a constant current first and at a constant voltage then. Power of which nobody told is none: what is not
known is not promised. Energies are Wh, powers W; where a vehicle has no type, a kilometre takes one unit.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

KNEE: Final = 0.8  # of full; above it the current falls
ABOVE_KNEE: Final = 0.5  # of the power
MARGIN: Final = 0.15  # of the trip, for cold, wind and detours
USUAL_TRIP_KM: Final = 10.0  # of who does not say how far he goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A vehicle's battery. `full` is what it holds today, aged; `least` what a station hands out at least."""

    full: float
    per_km: float
    charge_w: float
    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A period in which somebody has the vehicle, and how far he goes (None: he did not say)."""

    from_at: dt.datetime
    until_at: dt.datetime
    trip_km: float | None


def battery_of(
    *, battery_wh: float | None, wh_per_km: float | None, charge_w: float | None, full_range_km: float,
    soh_pct: float | None, min_soc_pct: float,
) -> Battery:  # fmt: skip
    """What is known of a battery as a value to reckon with."""
    known = battery_wh is not None and wh_per_km is not None
    new = battery_wh if battery_wh is not None and known else full_range_km
    full = new if soh_pct is None else new * soh_pct / 100
    per_km = wh_per_km if wh_per_km is not None and known else 1.0
    return Battery(
        full=full, per_km=per_km, charge_w=(charge_w or 0.0) if known else 0.0, least=full * min_soc_pct / 100
    )


def charged(battery: Battery, level: float, seconds: float) -> float:
    """The level after charging for so long."""
    hours, knee = max(0.0, seconds) / 3600, battery.full * KNEE
    if battery.charge_w <= 0 or level >= battery.full:
        return level
    if level < knee:
        to_knee = (knee - level) / battery.charge_w
        if hours <= to_knee:
            return level + battery.charge_w * hours
        level, hours = knee, hours - to_knee
    return min(battery.full, level + battery.charge_w * ABOVE_KNEE * hours)


def seconds_to(battery: Battery, level: float, wanted: float) -> float:
    """How long it charges from one level to the other; infinite where it never gets there."""
    if level >= wanted:
        return 0.0
    if battery.charge_w <= 0 or wanted > battery.full:
        return math.inf
    knee = battery.full * KNEE
    below = max(0.0, min(wanted, knee) - min(level, knee))
    above = max(0.0, wanted - max(level, knee))
    return 3600 * (below / battery.charge_w + above / (battery.charge_w * ABOVE_KNEE))


def need_of(battery: Battery, trip_km: float | None) -> float:
    """The level that must be there at the pick-up: the trip with its margin, and what the station asks for anyhow."""
    return max(battery.least, (trip_km or 0.0) * battery.per_km * (1 + MARGIN))


def used_by(battery: Battery, trip_km: float | None) -> float:
    """What a trip takes out, with its margin."""
    return (USUAL_TRIP_KM if trip_km is None else trip_km) * battery.per_km * (1 + MARGIN)


def level_at(battery: Battery, level: float, now: dt.datetime, at: dt.datetime, taken: Iterable[Taken]) -> float:
    """The level at an instant: charging in its dock, but for the trips that are booked before it."""
    since = now
    for one in sorted(taken, key=lambda each: each.from_at):
        if one.from_at >= at:
            break
        level = charged(battery, level, (one.from_at - since).total_seconds())
        level = max(0.0, level - used_by(battery, one.trip_km))
        since = max(since, one.until_at)
    return charged(battery, level, (at - since).total_seconds())


def buffer_s(battery: Battery, trip_km: float | None) -> float:
    """How long it charges after a trip to be as full as before it, at most four fifths: kept free behind it."""
    if battery.charge_w <= 0:
        return 0.0
    taken = min(used_by(battery, trip_km), battery.full * KNEE)
    return 3600 * taken / battery.charge_w
