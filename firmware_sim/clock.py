"""Time of the simulated world: real seconds times a speed. Energy flows by it; locks and radios do not."""

import time
from collections.abc import Callable
from typing import Final

MAX_SPEED: Final = 3600.0


class SimClock:
    """Seconds since the world began, `speed` times as fast as `real`; continuous when the speed changes."""

    def __init__(self, *, speed: float = 1.0, real: Callable[[], float] = time.monotonic) -> None:
        self._real = real
        self._speed = _checked(speed)
        self._since_real_s = real()
        self._since_s = 0.0

    @property
    def speed(self) -> float:
        """Simulated seconds in a real one."""
        return self._speed

    def now_s(self) -> float:
        """Simulated seconds since the beginning."""
        return self._since_s + (self._real() - self._since_real_s) * self._speed

    def set_speed(self, speed: float) -> None:
        """From now on time runs so fast. Raises ValueError outside 0 … 3600."""
        checked = _checked(speed)
        self._since_s, self._since_real_s = self.now_s(), self._real()
        self._speed = checked


def _checked(speed: float) -> float:
    if not 0.0 < speed <= MAX_SPEED:
        raise ValueError(f"a speed above 0 and up to {MAX_SPEED:g}, not {speed:g}")
    return speed
