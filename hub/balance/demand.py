"""Pure: a seasonal baseline of demand, by the station's own hour of the week.

A rate is rides an hour. Where a station has seen an hour of the week only a few times, its rate leans on the same hour
of all its days, and that on the whole network's, as strongly as so many hours of observation would (`K_…`): the mean
of a Poisson rate under a Gamma prior. Hours are counted as they passed, so a day of 23 or 25 hours is no special case.
"""

import datetime as dt
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

HOURS: Final = 168
K_HOUR: Final = 2.0  # hours of observation that the hour of the day is worth for an hour of the week
K_DAY: Final = 7.0  # … that the network's shape is worth for an hour of the day
K_LEVEL: Final = 5.0  # rides that "as busy as the others" is worth for a station's level
_QUARTER: Final = dt.timedelta(minutes=15)  # zones differ by quarters of an hour
Rates: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen at one station: rides and hours of observation, each by hour of the week."""

    rides: Sequence[int]
    hours: Sequence[float]


def hour_of_week(at: dt.datetime, zone: dt.tzinfo) -> int:
    """0 to 167 from Monday 00 h, by the zone's clocks."""
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def hours_between(since: dt.datetime, until: dt.datetime, zone: dt.tzinfo) -> list[float]:
    """How many hours of each hour of the week passed there; whole quarters of an hour."""
    found = [0.0] * HOURS
    at = since.astimezone(dt.UTC)  # only there does adding a quarter pass a quarter
    while at < until:
        found[hour_of_week(at, zone)] += 0.25
        at += _QUARTER
    return found


def counted(instants: Iterable[dt.datetime], zone: dt.tzinfo) -> list[int]:
    """Rides by hour of the week."""
    found = [0] * HOURS
    for at in instants:
        found[hour_of_week(at, zone)] += 1
    return found


def learnt(seen: Mapping[uuid.UUID, Seen]) -> dict[uuid.UUID, Rates]:
    """The rates of every station, 168 each."""
    rides = [float(sum(one.rides[hour] for one in seen.values())) for hour in range(HOURS)]
    hours = [sum(one.hours[hour] for one in seen.values()) for hour in range(HOURS)]
    mean = sum(rides) / sum(hours) if sum(hours) else 0.0
    by_day = [_leaning(sum(rides[day::24]), sum(hours[day::24]), mean, K_DAY) for day in range(24)]
    network = [_leaning(rides[hour], hours[hour], by_day[hour % 24], K_HOUR) for hour in range(HOURS)]
    return {station_id: _of_station(one, network, by_day) for station_id, one in seen.items()}


def _of_station(seen: Seen, network: Sequence[float], by_day: Sequence[float]) -> Rates:
    expected = sum(one * rate for one, rate in zip(seen.hours, network, strict=True))
    level = (sum(seen.rides) + K_LEVEL) / (expected + K_LEVEL)
    own = [
        _leaning(float(sum(seen.rides[day::24])), sum(seen.hours[day::24]), level * by_day[day], K_DAY)
        for day in range(24)
    ]
    shape = [network[hour] / by_day[hour % 24] if by_day[hour % 24] else 1.0 for hour in range(HOURS)]
    return tuple(
        _leaning(float(seen.rides[hour]), seen.hours[hour], own[hour % 24] * shape[hour], K_HOUR)
        for hour in range(HOURS)
    )


def _leaning(rides: float, hours: float, on: float, worth: float) -> float:
    return (rides + worth * on) / (hours + worth)


def expected_in(rates: Sequence[float], since: dt.datetime, until: dt.datetime, zone: dt.tzinfo) -> float:
    """How many rides are expected between two instants."""
    total, at = 0.0, since.astimezone(dt.UTC)
    while at < until:
        step = min(_QUARTER, until - at)
        total += rates[hour_of_week(at, zone)] * step.total_seconds() / 3600
        at += step
    return total


def at_most(mean: float, share: float) -> int:
    """The least number that a Poisson count of this mean does not exceed with this probability."""
    number, chance = 0, math.exp(-mean)
    total = chance
    while total < share and number < 10 * mean + 50:
        number += 1
        chance *= mean / number
        total += chance
    return number


def shortage(mean: float, supply: float) -> float:
    """How many of a Poisson demand of this mean go away empty-handed when there is so much: E[(D - supply)+].

    It falls, ever more slowly, as supply grows.
    """
    # E[(D - s)+] = mean - s + the sum over d < s of (s - d) P(D = d)
    chance, served = math.exp(-mean), 0.0
    for number in range(math.ceil(max(supply, 0.0))):
        served += (supply - number) * chance
        chance *= mean / (number + 1)
    return max(0.0, mean - supply + served) if supply > 0 else mean - supply
