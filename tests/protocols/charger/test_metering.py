"""Meter values of real and odd chargers, in our units."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.charger.metering import Sample, samples_of

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
AT = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)


def read(*sampled: dict[str, Any], **more: Any) -> Sample:
    entry = {"timestamp": "2026-11-21T10:00:00Z", "sampledValue": list(sampled)}
    return samples_of([entry], fallback_at=NOW, **more)[0]


@pytest.mark.parametrize(
    ("sampled", "field", "value"),
    [
        ({"value": "1234"}, "energy_wh", 1234),  # all defaults of 1.6: Energy.Active.Import.Register in Wh
        ({"value": "1.2345", "unit": "kWh"}, "energy_wh", 1234),
        ({"value": 1234, "measurand": "Energy.Active.Import.Register", "unit": "WH"}, "energy_wh", 1234),
        ({"value": "11001.58", "measurand": "Power.Active.Import", "unit": "W"}, "power_w", 11001.58),
        ({"value": "11", "measurand": "Power.Active.Import", "unit": "kW"}, "power_w", 11000),
        ({"value": "16", "measurand": "Current.Import"}, "current_a", 16),
        ({"value": "230.1", "measurand": "Voltage", "unit": "V"}, "voltage_v", 230.1),
        ({"value": "55", "measurand": "SoC", "unit": "Percent", "location": "EV"}, "soc_pct", 55),
    ],
)
def test_a_value_is_read_in_our_unit(sampled: dict[str, Any], field: str, value: float) -> None:
    assert getattr(read(sampled), field) == pytest.approx(value)
    assert read(sampled).sampled_at == AT


def test_phases_add_up_unless_the_charger_gives_the_sum() -> None:
    phases = [
        {"value": str(1000 * n), "measurand": "Power.Active.Import", "unit": "W", "phase": f"L{n}"} for n in (1, 2, 3)
    ]
    currents = [{"value": str(n), "measurand": "Current.Import", "phase": f"L{n}"} for n in (6, 16, 10)]
    volts = [
        {"value": "230", "measurand": "Voltage", "phase": "L1-N"},
        {"value": "232", "measurand": "Voltage", "phase": "L2-N"},
        {"value": "400", "measurand": "Voltage", "phase": "L1-L2"},
    ]
    assert read(*phases).power_w == 6000
    assert read(*phases, {"value": "6100", "measurand": "Power.Active.Import"}).power_w == 6100
    assert read(*currents).current_a is not None
    assert read(*volts).voltage_v == 231


@pytest.mark.parametrize(
    "sampled",
    [
        {"value": "1", "measurand": "Request.Energy"},
        {"value": "50", "unit": "Hz"},
        {"value": "NaN"},
        {"value": "1e999"},
        {"value": ""},
        {"value": None},
        {"value": "1,234"},
        {"value": "OCMF|{}", "format": "SignedData"},
        {"value": "7", "location": "Inlet"},
        {},
    ],
)
def test_what_cannot_be_read_is_left_out(sampled: dict[str, Any]) -> None:
    assert samples_of([{"timestamp": "2026-11-21T10:00:00Z", "sampledValue": [sampled]}], fallback_at=NOW) == ()


def test_one_unreadable_value_costs_no_other() -> None:
    assert read({"value": "x"}, {"value": "7"}).energy_wh == 7


def test_a_missing_time_is_ours_and_samples_come_oldest_first() -> None:
    entries = [
        {"sampledValue": [{"value": "3"}]},
        {"timestamp": "2026-11-21T10:01:00Z", "sampledValue": [{"value": "2"}]},
        {"timestamp": "2026-11-21T11:00:00+01:00", "sampledValue": {"value": "1"}},
    ]
    read_back = samples_of(entries, fallback_at=NOW)
    assert [sample.energy_wh for sample in read_back] == [1, 2, 3]
    assert [sample.sampled_at for sample in read_back][::2] == [AT, NOW]


def test_a_profile_can_say_what_no_unit_means() -> None:
    assert read({"value": "1.5"}, energy_unit="kWh").energy_wh == 1500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["timestamp", "sampledValue", "value", "unit", "measurand"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_nothing_that_a_charger_sends_raises(value: object) -> None:
    for sample in samples_of(value, fallback_at=NOW):
        assert sample.sampled_at.tzinfo is not None
