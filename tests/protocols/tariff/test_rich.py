"""What tariffs can do beyond 0.1.0: windows, way, energy, being late, taxes by line, whom they are for."""

import dataclasses
import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.tariff.choice import Version, Wanted, choose
from protocols.tariff.tariff import Price, Tariff, Used, dearest, minute_price, price_of_rental
from protocols.tariff.windows import Window, runs

BERLIN = ZoneInfo("Europe/Berlin")
PLAIN = Tariff(
    tariff_id=uuid.UUID(int=1), version=1, name="City", use="rental", currency="EUR", unlock_minor=100,
    per_minute_minor=20, tax_pct=19.0,
)  # fmt: skip
NIGHT = Window(per_minute_minor=5, from_minute=22 * 60, to_minute=6 * 60)
minor = st.integers(0, 10_000)
windows = st.builds(
    Window,
    per_minute_minor=minor,
    from_minute=st.integers(0, 1439),
    to_minute=st.integers(1, 1440),
    weekdays=st.lists(st.integers(1, 7), max_size=3, unique=True).map(tuple),
)
tariffs = st.builds(
    Tariff,
    tariff_id=st.just(uuid.UUID(int=1)),
    version=st.just(1),
    name=st.just(""),
    use=st.just("rental"),
    currency=st.just("EUR"),
    unlock_minor=minor,
    per_minute_minor=minor,
    free_minutes=st.integers(0, 3000),
    day_cap_minor=st.none() | st.integers(0, 100_000),
    tax_pct=st.sampled_from([0.0, 7.0, 19.6]),
    per_km_minor=minor,
    ride_kwh_minor=minor,
    late_grace_minutes=st.integers(0, 90),
    late_hour_minor=minor,
    windows=st.lists(windows, max_size=3).map(tuple),
    tax_pcts=st.dictionaries(st.sampled_from(["late", "energy"]), st.sampled_from([0.0, 8.0])),
)
zones = st.sampled_from(["Europe/Berlin", "Asia/Ho_Chi_Minh", "America/New_York", "Australia/Lord_Howe", "UTC"])
beginnings = st.builds(
    lambda at_s, zone: dt.datetime.fromtimestamp(at_s, ZoneInfo(zone)),
    st.floats(1_767_225_600, 1_830_297_600).map(lambda at_s: round(at_s, 3)),
    zones,
)
durations = st.integers(0, 4 * 86_400)
used = st.builds(
    Used, distance_m=st.none() | st.integers(0, 10**6), energy_wh=st.none() | st.integers(0, 10**5), late_s=durations
)


def lines(price: Price) -> list[tuple[str, float, int, int]]:
    return [(one.key, one.quantity, one.unit_price_minor, one.amount_minor) for one in price.lines]


def at(text: str, zone: ZoneInfo = BERLIN) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def test_a_minute_costs_what_the_window_says_in_which_it_begins() -> None:
    tariff = dataclasses.replace(PLAIN, windows=(NIGHT,))
    price = price_of_rental(tariff, 30 * 60, began_at=at("2026-11-21T21:44:30"))
    # 21:44:30 to 21:59:30 are sixteen begun minutes of the day, fourteen begin at 22:00:30 or later.
    assert lines(price) == [("unlock", 1, 100, 100), ("minutes", 16, 20, 320), ("minutes", 14, 5, 70)]


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday = Window(per_minute_minor=1, from_minute=22 * 60, to_minute=6 * 60, weekdays=(5,))
    tariff = dataclasses.replace(PLAIN, windows=(friday,))
    assert minute_price(tariff, at("2026-11-21T05:59:59")) == 1  # Saturday
    assert minute_price(tariff, at("2026-11-20T05:59:59")) == 20  # Friday morning is Thursday's
    assert minute_price(tariff, at("2026-11-21T06:00:00")) == 20
    assert minute_price(tariff, at("2026-11-21T22:00:00")) == 20


@pytest.mark.parametrize(
    ("began", "hours", "at_night"),
    [("2026-10-24T22:00:00", 8, 480), ("2026-10-24T22:00:00", 12, 540), ("2026-03-28T22:00:00", 12, 420)],
)
def test_the_hour_that_comes_twice_counts_twice_and_the_one_left_out_not_at_all(
    began: str, hours: int, at_night: int
) -> None:
    assert sum(n for n, price in runs([NIGHT], 20, at(began), hours * 60) if price == 5) == at_night


def test_way_energy_and_begun_hours_late_are_lines_of_their_own() -> None:
    tariff = dataclasses.replace(
        PLAIN, per_km_minor=35, ride_kwh_minor=49, late_grace_minutes=15, late_hour_minor=900, tax_pcts={"late": 0.0}
    )
    price = price_of_rental(tariff, 600, used=Used(distance_m=4_100, energy_wh=1_500, late_s=15 * 60 + 3600.5))
    assert lines(price)[2:] == [
        ("distance", 4.1, 35, 144),  # 143.5 to the even neighbour
        ("energy", 1.5, 49, 74),  # 73.5 too
        ("late", 2, 900, 1800),
    ]
    assert [one.tax_minor for one in price.lines] == [16, 32, 23, 12, 0]
    assert price.tax_minor == 83


def test_within_the_grace_nobody_is_late() -> None:
    tariff = dataclasses.replace(PLAIN, late_grace_minutes=15, late_hour_minor=900)
    assert price_of_rental(tariff, 600, used=Used(late_s=900)) == price_of_rental(tariff, 600, used=Used())


def test_what_nobody_measured_costs_nothing() -> None:
    tariff = dataclasses.replace(PLAIN, per_km_minor=35, ride_kwh_minor=49)
    assert [one.key for one in price_of_rental(tariff, 600).lines] == ["unlock", "minutes"]


def test_a_tariff_with_windows_is_not_priced_without_a_local_time() -> None:
    with pytest.raises(ValueError, match="local time"):
        price_of_rental(dataclasses.replace(PLAIN, windows=(NIGHT,)), 60)


@given(tariff=tariffs, began_at=beginnings, duration_s=durations, used=used)
def test_the_sums_of_the_lines_are_the_total_and_its_tax(
    tariff: Tariff, began_at: dt.datetime, duration_s: int, used: Used
) -> None:
    price = price_of_rental(tariff, duration_s, began_at=began_at, used=used)
    assert price.total_minor == sum(one.amount_minor for one in price.lines) >= 0
    assert price.tax_minor == sum(one.tax_minor for one in price.lines)


@given(tariff=tariffs, began_at=beginnings, duration_s=durations, more_s=durations, used=used)
def test_a_longer_ride_never_costs_less(
    tariff: Tariff, began_at: dt.datetime, duration_s: int, more_s: int, used: Used
) -> None:
    short, long = (
        price_of_rental(tariff, one, began_at=began_at, used=used).total_minor
        for one in (duration_s, duration_s + more_s)
    )
    assert short <= long


@given(tariff=tariffs, began_at=beginnings, duration_s=durations)
def test_no_begun_day_costs_more_than_the_cap_nor_a_ride_more_than_at_its_dearest(
    tariff: Tariff, began_at: dt.datetime, duration_s: int
) -> None:
    total = price_of_rental(tariff, duration_s, began_at=began_at).total_minor
    if tariff.day_cap_minor is not None:
        assert total <= max(1, -(-duration_s // 86_400)) * tariff.day_cap_minor
    assert total <= price_of_rental(dearest(tariff), duration_s).total_minor


@given(tariff=tariffs, began_at=beginnings, minutes=st.integers(0, 3 * 1440))
def test_minutes_counted_in_runs_are_minutes_counted_one_by_one(
    tariff: Tariff, began_at: dt.datetime, minutes: int
) -> None:
    quick = [price for n, price in runs(tariff.windows, 7, began_at, minutes) for _ in range(n)]
    begun = began_at.astimezone(dt.UTC)
    plain = [
        next(runs(tariff.windows, 7, (begun + dt.timedelta(minutes=n)).astimezone(began_at.tzinfo), 1))[1]
        for n in range(minutes)
    ]
    assert quick == plain


@given(tariff=tariffs)
def test_a_tariff_survives_the_stations_store(tariff: Tariff) -> None:
    assert msgspec.json.decode(msgspec.json.encode(tariff), type=Tariff) == tariff


def test_simple_is_what_the_first_agents_understand() -> None:
    assert PLAIN.is_simple
    for added in ({"windows": (NIGHT,)}, {"per_km_minor": 1}, {"kinds": ("car",)}, {"tax_pcts": {"late": 0.0}}):
        assert not dataclasses.replace(PLAIN, **added).is_simple


STATION = uuid.UUID(int=9)


def version(number: int, since_ms: int = 0, **given: object) -> Version:
    tariff = dataclasses.replace(PLAIN, tariff_id=uuid.UUID(int=number), **given)  # type: ignore[arg-type]
    return Version(tariff=tariff, valid_from_ms=since_ms)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (Wanted(use="rental", kind="scooter", station_id=STATION, tariff_id=uuid.UUID(int=1)), 1),
        (Wanted(use="rental", kind="scooter", station_id=STATION), 3),
        (Wanted(use="rental", kind="scooter"), 2),
        (Wanted(use="rental", kind="car"), 4),
        (Wanted(use="rental", kind="car", tariff_id=uuid.UUID(int=77)), 4),
    ],
)
def test_the_vehicles_own_tariff_wins_then_the_narrowest_then_the_youngest(wanted: Wanted, number: int) -> None:
    versions = [
        version(1),
        version(2, kinds=("scooter",)),
        version(3, station_ids=(STATION,)),
        version(4, 5),
        version(5, 99),
    ]
    found = choose(versions, wanted, 50)
    assert found is not None
    assert found.tariff.tariff_id == uuid.UUID(int=number)


def test_where_no_tariff_is_meant_for_it_there_is_none() -> None:
    assert choose([version(2, kinds=("car",))], Wanted(use="rental", kind="scooter"), 50) is None
    assert choose([version(2)], Wanted(use="charging"), 50) is None
