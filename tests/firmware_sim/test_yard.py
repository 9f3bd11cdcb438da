"""Hands at the docks: what the iron lets them do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.clock import SimClock
from firmware_sim.deeds import Deeds
from firmware_sim.plan import DEMO, dock_secret
from firmware_sim.yard import Yard
from protocols.errors import Refused
from tests.firmware_sim.test_clock import Hands

SECRET = bytes(range(32))


def furnished(speed: float = 1.0) -> tuple[Yard, Hands]:
    real = Hands()
    yard = Yard(DEMO, station_secret=SECRET, clock=SimClock(speed=speed, real=real), deeds=Deeds(), real=real)
    for plan in DEMO.vehicles:
        yard.place(plan.vehicle_id, plan.dock_no)
    real.at_s += 1.0
    return yard, real


def opened(yard: Yard, real: Hands, dock_no: int) -> None:
    """The bolt is drawn, as after an unlock."""
    yard.docks[dock_no]._mechanics.drive_open(b"command1", 60.0)
    real.at_s += 1.0


def test_a_locked_vehicle_is_held_and_the_try_is_in_the_book() -> None:
    yard, _ = furnished()
    with pytest.raises(Refused, match="held_by_lock"):
        yard.pull(4)
    assert yard.docks[4].vehicle is not None


def test_an_open_dock_lets_its_vehicle_go_and_takes_it_back_elsewhere() -> None:
    yard, real = furnished()
    opened(yard, real, 4)
    placed = yard.pull(4)
    assert placed.dock_no is None
    yard.push(3, "v-118")
    real.at_s += 1.0
    assert yard.docks[3].vehicle is placed.vehicle
    assert yard.docks[3].lock.name == "LOCKED"


@pytest.mark.parametrize(
    ("dock_no", "name", "code"),
    [
        (1, "V-118", "vehicle_in_dock"),
        (9, "V-118", "dock_unknown"),
        (3, "V-999", "vehicle_unknown"),
    ],
)
def test_an_impossible_push_says_why(dock_no: int, name: str, code: str) -> None:
    yard, _ = furnished()
    with pytest.raises(Refused, match=code):
        yard.push(dock_no, name)


def test_a_two_wheeler_does_not_fit_into_a_bay_nor_two_into_a_latch() -> None:
    yard, real = furnished()
    opened(yard, real, 6)
    opened(yard, real, 4)
    yard.pull(6)
    yard.pull(4)
    with pytest.raises(Refused, match="does_not_fit"):
        yard.push(6, "V-118")
    with pytest.raises(Refused, match="does_not_fit"):
        yard.push(3, "C-201")
    with pytest.raises(Refused, match="dock_taken"):
        yard.push(1, "V-118")


def test_a_ride_is_paid_by_the_battery() -> None:
    yard, real = furnished()
    opened(yard, real, 4)
    vehicle = yard.pull(4).vehicle
    before = vehicle.battery.soc
    assert yard.ride("V-118", km=10.0) == pytest.approx(10.0, rel=0.01)
    assert vehicle.battery.soc < before - 0.2


def test_nobody_rides_a_vehicle_that_stands_in_a_dock() -> None:
    yard, _ = furnished()
    with pytest.raises(Refused, match="vehicle_in_dock"):
        yard.ride("V-118", minutes=10.0)


@pytest.mark.parametrize("kind", ["silence", "stuck", "tamper", "noise", "wrong_secret"])
def test_a_fault_comes_on_demand_and_goes(kind: str) -> None:
    yard, real = furnished()
    dock = yard.docks[2]
    yard.fault(2, kind)
    faults = dock.faults
    broken = (
        faults.silent,
        faults.stuck,
        faults.tamper,
        faults.noise is not None,
        dock.secret != dock_secret(SECRET, 2),
    )
    assert sum(broken) == 1
    yard.clear_faults(2)
    real.at_s += 1.0
    assert not any((faults.silent, faults.stuck, faults.tamper, faults.noise))
    assert dock.secret == dock_secret(SECRET, 2)


def test_the_docks_have_secrets_of_their_own() -> None:
    secrets = {dock_secret(SECRET, number) for number in range(1, 7)}
    assert len(secrets) == 6
    assert {len(one) for one in secrets} == {16}


@settings(max_examples=20)
@given(speed=st.floats(1.0, 600.0))
def test_docks_charge_as_fast_as_the_world_runs(speed: float) -> None:
    """Whatever the speed, the energy is power times simulated time, to a battery step of a second."""
    yard, real = furnished(speed)
    dock = yard.docks[5]
    dock._mechanics.switch_contactor(closed=True)
    assert dock.vehicle is not None
    before_wh = dock.vehicle.battery.energy_in_wh
    yard.flow()
    for _ in range(20):
        real.at_s += 0.5
        yard.flow()
    real.at_s += 1.0
    yard.flow()
    flowed_wh = dock.vehicle.battery.energy_in_wh - before_wh
    assert flowed_wh == pytest.approx(350.0 * 11.0 * speed / 3600, rel=0.12)
