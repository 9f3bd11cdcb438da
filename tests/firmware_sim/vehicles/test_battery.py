"""The battery's promises: energy is conserved, charging ends by itself, limits hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.vehicles.battery import Battery
from firmware_sim.vehicles.chemistry import CAR, TWO_WHEELER, Pack, cell_voltage_v, stored_share_v

packs = st.sampled_from([TWO_WHEELER, CAR])
moves = st.lists(
    st.tuples(st.floats(1, 7200), st.floats(-3000, 3000)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(pack=packs, soc=st.floats(0, 1), moves=moves)
def test_what_passes_the_terminals_is_stored_or_becomes_heat(
    pack: Pack, soc: float, moves: list[tuple[float, float]]
) -> None:
    battery = Battery(pack, soc=soc)
    stored_before = battery.stored_wh
    for seconds, power_w in moves:
        battery.advance(seconds, power_w=power_w)
    net_in = battery.energy_in_wh - battery.energy_out_wh
    gained = battery.stored_wh - stored_before
    moved = battery.energy_in_wh + battery.energy_out_wh
    assert net_in == pytest.approx(gained + battery.heat_wh, abs=0.002 * moved + 1e-3)


@settings(max_examples=60, deadline=None)
@given(pack=packs, soc=st.floats(0, 1), moves=moves)
def test_the_state_of_charge_and_the_voltage_keep_their_limits(
    pack: Pack, soc: float, moves: list[tuple[float, float]]
) -> None:
    battery = Battery(pack, soc=soc)
    for seconds, power_w in moves:
        energy = battery.advance(seconds, power_w=power_w)
        assert 0.0 <= battery.soc <= 1.0
        assert battery.voltage_v <= 4.2 * pack.cells_in_series * 1.005
        assert energy * power_w >= 0  # a charger never drains it, a load never fills it
        assert abs(energy) <= abs(power_w) * seconds / 3600 * 1.02 + 1e-6


def test_charging_is_constant_current_then_falls_and_stops_by_itself() -> None:
    battery = Battery(TWO_WHEELER, soc=0.1)
    currents = []
    for _ in range(200):
        battery.advance(60, power_w=2000)
        currents.append(battery.current_a)
    assert currents[0] == pytest.approx(TWO_WHEELER.charge_limit_c * TWO_WHEELER.capacity_ah)
    assert currents[0] == pytest.approx(currents[20])
    assert currents[-1] == 0.0
    assert any(0 < current < currents[0] * 0.6 for current in currents)
    assert battery.soc > 0.97


def test_a_load_pulls_the_voltage_down_and_warms_the_pack() -> None:
    battery = Battery(TWO_WHEELER, soc=0.8)
    at_rest = battery.voltage_v
    battery.advance(600, power_w=-800)
    assert battery.voltage_v < battery.open_voltage_v < at_rest
    assert battery.temperature_c > battery.ambient_c
    low, mean, high = battery.temperatures_c
    assert low < mean < high


def test_a_full_cycle_counts_as_one() -> None:
    battery = Battery(TWO_WHEELER, soc=0.0)
    battery.advance(6 * 3600, power_w=1000)
    battery.advance(6 * 3600, power_w=-500)
    assert battery.throughput_ah / (2 * TWO_WHEELER.capacity_ah) == pytest.approx(0.98, abs=0.05)
    battery.age(500)
    assert battery.soh == pytest.approx(0.9)
    assert battery.cycle_count >= 500


@given(a=st.floats(0, 1), b=st.floats(0, 1))
def test_voltage_and_stored_energy_rise_with_the_charge(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert cell_voltage_v(low) <= cell_voltage_v(high)
    assert stored_share_v(low) <= stored_share_v(high)


@pytest.mark.parametrize(("soc", "soh"), [(-0.1, 1.0), (1.1, 1.0), (0.5, 0.0)])
def test_impossible_packs_are_refused(soc: float, soh: float) -> None:
    with pytest.raises(ValueError, match="soc"):
        Battery(TWO_WHEELER, soc=soc, soh=soh)
