"""What the simulated meter measures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.meters.device import MeterDevice


def test_an_hour_at_one_kilowatt_is_one_kilowatt_hour() -> None:
    meter = MeterDevice(power_w=[1000.0, 0.0, -500.0])
    for _ in range(60):
        meter.advance(60)
    readings = meter.readings()
    assert readings["energy_import_wh"] == pytest.approx(1000)
    assert readings["energy_export_wh"] == pytest.approx(500)
    assert readings["power_w"] == 500


def test_a_worse_power_factor_draws_more_current() -> None:
    good, bad = MeterDevice(power_w=[2300.0, 0, 0]), MeterDevice(power_w=[2300.0, 0, 0], power_factor=0.8)
    assert bad.readings()["current_l1_a"] == pytest.approx(good.readings()["current_l1_a"] / 0.8)
    assert bad.readings()["reactive_power_l1_var"] == pytest.approx(2300 * 0.75)


@given(st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(0, 1e4)), max_size=20))
def test_energy_registers_never_shrink(steps: list[tuple[float, float]]) -> None:
    meter = MeterDevice()
    for power_w, seconds in steps:
        before = (sum(meter.import_wh), sum(meter.export_wh))
        meter.power_w = [power_w, 0, 0]
        meter.advance(seconds)
        assert sum(meter.import_wh) >= before[0]
        assert sum(meter.export_wh) >= before[1]
