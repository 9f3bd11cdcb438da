"""Pure: which vehicles fit a wish, and of the others why not. All reasons at once, so that nobody mends one by one."""

import datetime as dt
import math
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from hub.rentals import forecast
from hub.rentals.forecast import Battery, Taken
from hub.rentals.safety import REACH, Limit, Policy, limits_of

Params: TypeAlias = dict[str, str | int | float | bool | None]
SILENT: Final = dt.timedelta(seconds=90)
_KM_PER_DEGREE: Final = 111.195  # of latitude, on a sphere of 6371 km
_TENTH: Final = 10
_ROUNDING: Final = 1e-6  # of floating point: 459.999… is 460


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A wish: from when, until when, how far (None: not said)."""

    from_at: dt.datetime
    until_at: dt.datetime
    trip_km: float | None
    now: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A station. `leased`: of each kind how many vehicles it keeps for whoever books now, line or no line."""

    station_id: uuid.UUID
    name: str
    latitude: float | None
    longitude: float | None
    min_soc_pct: float
    heard_at: dt.datetime | None
    leased: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)  # of each kind the bookings that overlap the wish
    policy: Policy = field(default_factory=Policy)

    def online(self, now: dt.datetime) -> bool:
        """Whether it could answer a question now."""
        return self.heard_at is not None and now - self.heard_at <= SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A vehicle that stands in a dock."""

    vehicle_id: uuid.UUID
    station_id: uuid.UUID
    dock_no: int | None
    label: str
    kind: str
    model: str
    tariff_id: uuid.UUID | None
    why_not: str
    papers_until: dt.datetime | None
    faulty: bool
    soc_pct: float | None
    battery: Battery
    taken: Sequence[Taken] = ()


@dataclass(slots=True, kw_only=True)
class Judged:
    """A candidate, the level it will have, and why it is not offered (empty: it is)."""

    vehicle: Candidate
    level: float
    reasons: list[tuple[str, Params]]
    fit: bool  # whoever wants to go how far: it will be free, fit and charged

    @property
    def offered(self) -> bool:
        """Whether it fits the wish."""
        return not self.reasons

    @property
    def soc_pct(self) -> float | None:
        """The charge at the pick-up; None where nobody knows today's."""
        full = self.vehicle.battery.full
        return None if self.vehicle.soc_pct is None or full <= 0 else tenth(100 * self.level / full)

    @property
    def range_km(self) -> float | None:
        """How far that goes."""
        return None if self.vehicle.soc_pct is None else tenth(self.level / self.vehicle.battery.per_km)


def judged(vehicle: Candidate, ask: Ask) -> Judged:
    """The vehicle by itself, without its station and the others."""
    battery = vehicle.battery
    now_level = battery.full * (vehicle.soc_pct or 0.0) / 100
    level = forecast.level_at(battery, now_level, ask.now, ask.from_at, vehicle.taken)
    reasons: list[tuple[str, Params]] = []
    if vehicle.why_not:
        reasons.append(("not_for_rent", {"why": vehicle.why_not}))
    if vehicle.papers_until is not None and vehicle.papers_until <= ask.until_at:
        reasons.append(("document_over", {"at": at_text(vehicle.papers_until)}))
    if vehicle.faulty:
        reasons.append(("fault", {}))
    booked = _booked(vehicle, ask)
    fit = not reasons and not booked and vehicle.soc_pct is not None and level >= battery.least
    reasons += booked or _charge(vehicle, ask, level)
    return Judged(vehicle=vehicle, level=level, reasons=reasons, fit=fit)


def _booked(vehicle: Candidate, ask: Ask) -> list[tuple[str, Params]]:
    """The first booking that overlaps; each period ends with the charging behind it."""
    ends = ask.until_at + dt.timedelta(seconds=forecast.buffer_s(vehicle.battery, ask.trip_km))
    for one in sorted(vehicle.taken, key=lambda each: each.from_at):
        free_at = one.until_at + dt.timedelta(seconds=forecast.buffer_s(vehicle.battery, one.trip_km))
        if one.from_at < ends and ask.from_at < free_at:
            return [("booked", {"from_at": at_text(one.from_at), "until_at": at_text(free_at)})]
    return []


def _charge(vehicle: Candidate, ask: Ask, level: float) -> list[tuple[str, Params]]:
    battery = vehicle.battery
    if vehicle.soc_pct is None:
        return [("low_charge", {"soc_pct": None, "need_pct": None, "minutes": None})]
    need = forecast.need_of(battery, ask.trip_km)
    if need > battery.full:
        return [("too_far", {"range_km": tenth(battery.full / battery.per_km / (1 + forecast.MARGIN))})]
    if level >= need:
        return []
    waits = (ask.from_at - ask.now).total_seconds() + forecast.seconds_to(battery, level, need)
    minutes = None if math.isinf(waits) else math.ceil(waits / 60)
    return [
        (
            "low_charge",
            {
                "soc_pct": tenth(100 * level / battery.full),
                "need_pct": tenth(100 * need / battery.full),
                "minutes": minutes,
            },
        )
    ]


def at_stations(
    found: Sequence[Judged], places: Mapping[uuid.UUID, Place], ask: Ask
) -> dict[uuid.UUID, dict[str, Limit]]:
    """Add what the stations make of it; and how it stands with each station's kinds.

    The best charged are kept for those who booked a kind; a silent station promises only what it keeps already; one
    that would have too few left sells nothing more.
    """
    limits = limits_at(found, places, ask)
    groups: dict[tuple[uuid.UUID, str], list[Judged]] = {}
    for one in found:
        if one.offered:
            groups.setdefault((one.vehicle.station_id, one.vehicle.kind), []).append(one)
    for (station_id, kind), fit in groups.items():
        place = places[station_id]
        fit.sort(key=lambda one: (-one.level, one.vehicle.vehicle_id))
        booked, leased = place.wanted[kind], place.leased[kind]
        for one in fit[:booked]:
            one.reasons.append(("kept_for_bookings", {"count": booked}))
        if not place.online(ask.now):
            for one in fit[booked + leased :]:
                one.reasons.append(("station_offline", {"leased": leased}))
        limit = limits[station_id].get(kind)
        if limit is not None and limit.limited:
            for one in fit[booked:]:
                one.reasons.append(("station_limited", params_of(limit)))
    return limits


def limits_at(
    found: Iterable[Judged], places: Mapping[uuid.UUID, Place], ask: Ask
) -> dict[uuid.UUID, dict[str, Limit]]:
    """Of each station, by kind; nothing further ahead than the forecast reaches. `found` is all that stands there."""
    standing: dict[uuid.UUID, list[str]] = {station_id: [] for station_id in places}
    fit: dict[uuid.UUID, list[str]] = {station_id: [] for station_id in places}
    for one in found:
        standing[one.vehicle.station_id].append(one.vehicle.kind)
        if one.fit:
            fit[one.vehicle.station_id].append(one.vehicle.kind)
    return {
        station_id: limits_of(place.policy, standing[station_id], fit[station_id], place.wanted, place.leased)
        if place.policy.demands and ask.from_at - ask.now <= REACH
        else {}
        for station_id, place in places.items()
    }


def params_of(limit: Limit) -> Params:
    """The numbers behind a limit, for people."""
    return {"kind": limit.kind, "supply": limit.supply, "safe": limit.safe, "walk_ins": limit.walk_ins}


def ordered(found: Iterable[Judged], distance_m: Mapping[uuid.UUID, float]) -> list[Judged]:
    """What is offered first, the nearest first, the best charged first."""
    return sorted(
        found,
        key=lambda one: (not one.offered, distance_m[one.vehicle.station_id], -one.level, one.vehicle.vehicle_id),
    )


def box(latitude: float, longitude: float, radius_m: float) -> tuple[float, float, float, float]:
    """South, north, west, east around a point. Near the poles and the date line it is cut off: nobody rents there."""
    dy = radius_m / 1000 / _KM_PER_DEGREE
    dx = min(180.0, dy / max(0.01, math.cos(math.radians(latitude))))
    return latitude - dy, latitude + dy, longitude - dx, longitude + dx


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Between two points (latitude, longitude), over a plane: good to a thousandth at the size of a town."""
    x = (b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return math.hypot(x, b[0] - a[0]) * _KM_PER_DEGREE * 1000


def at_text(at: dt.datetime) -> str:
    """An instant as JSON shows it."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def tenth(value: float) -> float:
    """Rounded down to a tenth: a promise is not rounded up."""
    return math.floor(value * _TENTH + _ROUNDING) / _TENTH
