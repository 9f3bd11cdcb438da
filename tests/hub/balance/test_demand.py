"""The seasonal baseline, pure: synthetic weeks, short histories, days of 23 and 25 hours."""

import datetime as dt
import math
import uuid
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.balance import demand
from hub.balance.demand import HOURS, Seen
from protocols.values import UTC

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
KATHMANDU = zoneinfo.ZoneInfo("Asia/Kathmandu")
A, B, C = (uuid.UUID(int=number) for number in (1, 2, 3))
MONDAY_8 = 8
SINCE = dt.datetime(2026, 9, 7, tzinfo=UTC)  # a Monday; summer time ends on 25 October
WEEKS = 12
UNTIL = SINCE + dt.timedelta(weeks=WEEKS)


def every_week(hour: int, rides: int, zone: dt.tzinfo = BERLIN) -> list[dt.datetime]:
    """So many rides in this hour of each week, by the local clocks."""
    found = []
    for week in range(WEEKS):
        day = (SINCE + dt.timedelta(weeks=week, days=hour // 24)).date()
        local = dt.datetime.combine(day, dt.time(hour % 24, 30), zone)
        found += [local.astimezone(UTC)] * rides
    return found


def seen(instants: list[dt.datetime], zone: dt.tzinfo = BERLIN, since: dt.datetime = SINCE) -> Seen:
    return Seen(rides=demand.counted(instants, zone), hours=demand.hours_between(since, UNTIL, zone))


def test_an_hour_of_the_week_is_learnt_across_the_change_of_the_clocks() -> None:
    rates = demand.learnt({A: seen(every_week(MONDAY_8, 3))})[A]
    assert rates[MONDAY_8] == pytest.approx(3, rel=0.15)
    assert max(rate for hour, rate in enumerate(rates) if hour % 24 != 8) < 0.05


def test_the_hour_that_comes_twice_counts_twice_and_the_one_that_is_left_out_not() -> None:
    hours = demand.hours_between(SINCE, UNTIL, BERLIN)
    sunday_2 = 6 * 24 + 2
    assert (hours[sunday_2], hours[sunday_2 + 1], sum(hours)) == (WEEKS + 1, WEEKS, WEEKS * HOURS)
    spring = dt.datetime(2026, 3, 23, tzinfo=BERLIN)
    assert demand.hours_between(spring, spring + dt.timedelta(days=7), BERLIN)[sunday_2] == 0
    twice = [dt.datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]  # both are 2.30 in Berlin
    assert demand.counted(twice, BERLIN)[sunday_2] == 2


def test_a_zone_that_is_off_by_quarters_keeps_its_own_hours() -> None:
    rates = demand.learnt({A: seen(every_week(MONDAY_8, 4, KATHMANDU), KATHMANDU)})[A]
    assert max(range(HOURS), key=rates.__getitem__) == MONDAY_8


def test_a_station_without_history_is_expected_to_be_like_the_others() -> None:
    busy = seen(every_week(MONDAY_8, 4))
    new = Seen(rides=[0] * HOURS, hours=[0.0] * HOURS)
    rates = demand.learnt({A: busy, B: busy, C: new})
    assert rates[C][MONDAY_8] == pytest.approx(4, rel=0.2)
    assert rates[C][MONDAY_8 + 12] < 0.1


def test_a_week_of_history_is_believed_less_than_twelve() -> None:
    others = {uuid.UUID(int=100 + number): seen(every_week(MONDAY_8, 1)) for number in range(20)}
    last = UNTIL - dt.timedelta(weeks=1)
    young = [one for one in every_week(MONDAY_8, 10) if one >= last]
    rates = demand.learnt({**others, A: seen(young, since=last), B: seen(every_week(MONDAY_8, 10))})
    assert rates[B][MONDAY_8] > 8
    assert rates[A][MONDAY_8] < rates[B][MONDAY_8]


def test_nothing_seen_is_nothing_expected() -> None:
    assert set(demand.learnt({A: seen([])})[A]) == {0.0}
    assert demand.learnt({}) == {}


@settings(max_examples=60, deadline=None)
@given(
    rides=st.lists(st.lists(st.integers(0, 30), min_size=HOURS, max_size=HOURS), min_size=1, max_size=4),
    weeks=st.integers(0, 20),
)
def test_rates_are_finite_and_keep_the_number_of_rides(rides: list[list[int]], weeks: int) -> None:
    hours = [float(weeks)] * HOURS
    history = {uuid.UUID(int=number): Seen(rides=some, hours=hours) for number, some in enumerate(rides)}
    rates = demand.learnt(history)
    assert all(math.isfinite(rate) and rate >= 0 for one in rates.values() for rate in one)
    if weeks >= 8:
        total = sum(sum(one) * weeks for one in rates.values())
        assert total == pytest.approx(sum(map(sum, rides)), rel=0.15, abs=5)


def test_what_is_expected_between_two_instants_follows_the_local_clocks() -> None:
    rates = [0.0] * HOURS
    rates[MONDAY_8] = 6.0
    summer, winter = dt.datetime(2026, 10, 19, 6, tzinfo=UTC), dt.datetime(2026, 10, 26, 7, tzinfo=UTC)
    for at in (summer, winter):
        assert demand.expected_in(rates, at, at + dt.timedelta(hours=1), BERLIN) == pytest.approx(6)
        assert demand.expected_in(rates, at, at + dt.timedelta(minutes=10), BERLIN) == pytest.approx(1)


@given(mean=st.floats(0, 60), supply=st.integers(0, 80))
def test_shortage_falls_ever_more_slowly_with_supply(mean: float, supply: int) -> None:
    some, more, most = (demand.shortage(mean, supply + number) for number in range(3))
    assert some >= more - 1e-9 >= -1e-9
    assert (some - more) - (more - most) >= -1e-9
    assert demand.shortage(mean, 0) == pytest.approx(mean)
    assert some >= mean - supply - 1e-9


@given(mean=st.floats(0, 60), share=st.floats(0.01, 0.99))
def test_a_count_stays_below_its_bound_with_the_probability_that_was_asked_for(mean: float, share: float) -> None:
    number = demand.at_most(mean, share)

    def below(most: int) -> float:
        return sum(
            math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) if mean else k == 0 for k in range(most + 1)
        )

    assert below(number) >= share - 1e-9
    assert number == 0 or below(number - 1) < share + 1e-9
