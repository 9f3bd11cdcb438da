import dataclasses
import uuid
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.tariff.tariff import Tariff, price_of_charge, price_of_rental

STANDARD = Tariff(
    tariff_id=uuid.UUID(int=1),
    version=1,
    name="Standard",
    use="rental",
    currency="EUR",
    unlock_minor=100,
    per_minute_minor=19,
    free_minutes=2,
    tax_pct=19.0,
)
minor = st.integers(0, 10_000)
tariffs = st.builds(
    Tariff,
    tariff_id=st.just(uuid.UUID(int=1)),
    version=st.just(1),
    name=st.just(""),
    use=st.just("rental"),
    currency=st.sampled_from(["EUR", "VND"]),
    unlock_minor=minor,
    per_minute_minor=minor,
    free_minutes=st.integers(0, 3000),
    day_cap_minor=st.none() | st.integers(0, 100_000),
    per_kwh_minor=minor,
    tax_pct=st.sampled_from([0.0, 7.0, 8.0, 10.0, 19.0, 19.6]),
)
durations = st.floats(0, 10 * 86_400)


@pytest.mark.parametrize(
    ("seconds", "total"),
    [(0, 100), (-5, 100), (1, 100), (120, 100), (120.001, 119), (20 * 60, 442), (60 * 60, 1202), (60 * 60 + 1, 1221)],
)
def test_the_mock_ups_tariff_gives_the_mock_ups_figures(seconds: float, total: int) -> None:
    assert price_of_rental(STANDARD, seconds).total_minor == total


def test_the_lines_say_what_was_charged() -> None:
    price = price_of_rental(STANDARD, 20 * 60)
    assert [(one.key, one.quantity, one.amount_minor) for one in price.lines] == [
        ("unlock", 1, 100),
        ("minutes", 18, 342),
    ]
    assert price.tax_minor == 71  # 4.42 gross holds 4.42 * 19 / 119 = 0.7057


@given(tariff=tariffs, duration_s=durations, more_s=durations)
def test_a_longer_ride_never_costs_less(tariff: Tariff, duration_s: float, more_s: float) -> None:
    shorter, longer = (price_of_rental(tariff, one).total_minor for one in (duration_s, duration_s + more_s))
    assert shorter <= longer


@given(tariff=tariffs, duration_s=durations)
def test_the_total_is_the_sum_of_the_lines_with_the_tax_inside(tariff: Tariff, duration_s: float) -> None:
    for price in (price_of_rental(tariff, duration_s), price_of_charge(tariff, int(duration_s))):
        assert price.total_minor == sum(line.amount_minor for line in price.lines)
        rate = Fraction(str(tariff.tax_pct))
        assert abs(price.tax_minor - price.total_minor * rate / (100 + rate)) <= Fraction(1, 2)
        assert 0 <= price.tax_minor <= price.total_minor
        assert price.currency == tariff.currency


@given(tariff=tariffs, duration_s=durations)
def test_no_day_costs_more_than_its_cap(tariff: Tariff, duration_s: float) -> None:
    price = price_of_rental(tariff, duration_s)
    if tariff.day_cap_minor is not None:
        begun_days = max(1, -int(-duration_s // 86_400))
        assert price.total_minor <= begun_days * tariff.day_cap_minor
    uncapped = price_of_rental(dataclasses.replace(tariff, day_cap_minor=None), duration_s)
    assert price.total_minor <= uncapped.total_minor


def test_a_cap_is_shown_as_what_it_takes_off() -> None:
    capped = dataclasses.replace(STANDARD, day_cap_minor=1_500)
    price = price_of_rental(capped, 25 * 3600)
    # Day one at the cap, and 60 begun minutes of day two: the free minutes are used up.
    assert price.total_minor == 1_500 + 60 * 19
    assert price.lines[-1].key == "day_cap"


def test_dong_has_no_smaller_unit_and_needs_none() -> None:
    vnd = dataclasses.replace(STANDARD, currency="VND", unlock_minor=10_000, per_minute_minor=500, tax_pct=8.0)
    price = price_of_rental(vnd, 20 * 60)
    assert (price.total_minor, price.tax_minor) == (19_000, 1_407)


@pytest.mark.parametrize(
    ("energy_wh", "amount"), [(0, 0), (-10, 0), (10, 0), (11, 1), (1_000, 49), (10_500, 514), (500, 24)]
)
def test_energy_is_rounded_half_to_even_once(energy_wh: int, amount: int) -> None:
    tariff = dataclasses.replace(STANDARD, use="charging", unlock_minor=0, per_kwh_minor=49)
    assert price_of_charge(tariff, energy_wh).total_minor == amount
