"""How charge is forecast, without a database."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rentals import forecast
from hub.rentals.forecast import Battery, Taken, battery_of
from tests.hub.conftest import START

BATTERY = Battery(full=1000, per_km=10, charge_w=500, least=200)
levels = st.floats(0, 1000)


@given(levels, st.floats(0, 1e6), st.floats(0, 1e6))
def test_charging_longer_never_gives_less_nor_more_than_full(level: float, some: float, more: float) -> None:
    first = forecast.charged(BATTERY, level, some)
    assert level - 1e-9 <= first <= forecast.charged(BATTERY, level, some + more) + 1e-6 <= 1000 + 1e-6


@given(levels, levels)
def test_the_time_to_a_level_is_what_charging_to_it_takes(level: float, wanted: float) -> None:
    seconds = forecast.seconds_to(BATTERY, level, wanted)
    assert forecast.charged(BATTERY, level, seconds) == pytest.approx(max(level, wanted), abs=1e-6)


def test_above_four_fifths_it_charges_with_half_the_power() -> None:
    assert forecast.charged(BATTERY, 700, 3600 * 0.2) == pytest.approx(800)
    assert forecast.charged(BATTERY, 700, 3600 * 0.4) == pytest.approx(850)
    assert forecast.seconds_to(BATTERY, 700, 900) == pytest.approx(3600 * 0.6)


def test_what_has_no_known_power_is_not_forecast_to_charge() -> None:
    unknown = battery_of(
        battery_wh=None, wh_per_km=None, charge_w=300, full_range_km=80, soh_pct=None, min_soc_pct=20
    )  # fmt: skip
    assert forecast.charged(unknown, 40, 36_000) == 40
    assert math.isinf(forecast.seconds_to(unknown, 40, 41))
    assert forecast.buffer_s(unknown, 30) == 0
    assert (unknown.full, unknown.per_km, unknown.least) == (80, 1, 16)


def test_an_aged_battery_holds_less() -> None:
    aged = battery_of(battery_wh=1000, wh_per_km=10, charge_w=500, full_range_km=90, soh_pct=80, min_soc_pct=20)
    assert (aged.full, aged.least) == (800, 160)


def hours(value: float) -> dt.datetime:
    return START + dt.timedelta(hours=value)


def test_a_booking_before_takes_charge_and_the_time_to_charge() -> None:
    taken = [Taken(from_at=hours(1), until_at=hours(3), trip_km=20)]
    assert forecast.level_at(BATTERY, 0, START, hours(1), taken) == pytest.approx(500)
    assert forecast.level_at(BATTERY, 0, START, hours(3), taken) == pytest.approx(500 - 20 * 10 * 1.15)
    assert forecast.level_at(BATTERY, 0, START, hours(4), taken) == pytest.approx(500 - 230 + 500)
    unsaid = [Taken(from_at=hours(1), until_at=hours(3), trip_km=None)]
    assert forecast.level_at(BATTERY, 0, START, hours(3), unsaid) == pytest.approx(500 - 115)


def test_a_trip_needs_its_way_with_a_margin_and_never_less_than_the_station_asks() -> None:
    assert forecast.need_of(BATTERY, 40) == pytest.approx(460)
    assert forecast.need_of(BATTERY, 1) == forecast.need_of(BATTERY, None) == 200


def test_behind_a_booking_the_time_is_kept_free_that_charging_takes() -> None:
    assert forecast.buffer_s(BATTERY, 20) == pytest.approx(3600 * 230 / 500)
    assert forecast.buffer_s(BATTERY, 5000) == pytest.approx(3600 * 800 / 500)
