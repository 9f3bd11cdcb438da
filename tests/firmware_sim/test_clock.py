"""The simulated world's time."""

import pytest

from firmware_sim.clock import SimClock


class Hands:
    """A clock that is moved, not waited for."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


def test_time_runs_at_its_speed() -> None:
    real = Hands()
    clock = SimClock(speed=60.0, real=real)
    real.at_s += 2.0
    assert clock.now_s() == pytest.approx(120.0)


def test_a_change_of_speed_does_not_jump() -> None:
    real = Hands()
    clock = SimClock(speed=60.0, real=real)
    real.at_s += 1.0
    clock.set_speed(1.0)
    assert clock.now_s() == pytest.approx(60.0)
    real.at_s += 1.0
    assert clock.now_s() == pytest.approx(61.0)


@pytest.mark.parametrize("speed", [0.0, -1.0, 3601.0, float("nan")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        SimClock(speed=speed)
