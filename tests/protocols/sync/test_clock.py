"""The hybrid logical clock only rises, stays close to the wall clock, and is not dragged away."""

import datetime as dt

import hypothesis.strategies as st
from hypothesis import given, settings

from protocols.sync.clock import MAX_DRIFT_MS, follow, hlc_of, hlc_parts, tick
from protocols.values import to_ms

instants = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


@settings(max_examples=60)
@given(walls=st.lists(instants, min_size=1, max_size=30))
def test_every_tick_is_greater_than_the_last_whatever_the_wall_clock_does(walls: list[dt.datetime]) -> None:
    last = 0
    for at in walls:
        value = tick(last, at)
        assert value > last
        assert hlc_parts(value)[0] >= to_ms(at)
        last = value


@settings(max_examples=60)
@given(at=instants, drift_ms=st.integers(-(10**12), 10**12), last_ms=st.integers(0, 2**41))
def test_a_remote_clock_is_followed_only_within_the_drift(at: dt.datetime, drift_ms: int, last_ms: int) -> None:
    last, remote = hlc_of(last_ms), hlc_of(max(0, to_ms(at) + drift_ms))
    value = follow(last, remote, at)
    assert value > last
    if drift_ms <= MAX_DRIFT_MS:
        assert value > remote
    else:
        assert value == tick(last, at)


@given(ms=st.integers(0, 2**47 - 1), logical=st.integers(0, 2**16 - 1))
def test_packing_and_unpacking_agree(ms: int, logical: int) -> None:
    assert hlc_parts(hlc_of(ms, logical)) == (ms, logical)


@given(ms=st.integers(-(10**12), 10**14))
def test_milliseconds_are_rounded_down_exactly(ms: int) -> None:
    at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)
    assert to_ms(at) == ms
    assert to_ms(at + dt.timedelta(microseconds=999)) == ms
