"""A machine under the hub whose wall clock can be broken, while its monotonic one runs on."""

from pathlib import Path

from hub.kernel.steady_clock import SteadyClock
from tests.hub.conftest import START

YEAR_S = 365.25 * 86_400
WRONG_S = (3600.0, -3600.0, 10 * YEAR_S, -10 * YEAR_S, -56 * YEAR_S, 90 * YEAR_S)


class Machine:
    """Clocks of a machine. `wrong_s` is what its wall clock is off by."""

    def __init__(self, path: Path) -> None:
        self.mono_s = 5_000.0
        self.true_s = START.timestamp()
        self.wrong_s = 0.0
        self.boot = "one"
        self._path = path

    def clock(self) -> SteadyClock:
        """A process of the hub begins."""
        return SteadyClock(
            self._path, wall_s=lambda: self.true_s + self.wrong_s, mono_s=lambda: self.mono_s, boot_id=self.boot
        )

    def goes_on(self, seconds: float, clock: SteadyClock | None = None) -> None:
        """Time passes; somebody asks for it every ten seconds."""
        for _ in range(int(seconds / 10)):
            self.mono_s, self.true_s = self.mono_s + 10, self.true_s + 10
            if clock is not None:
                clock.now()

    def reboots(self) -> None:
        self.boot, self.mono_s = self.boot + "+", 10.0

    def off_s(self, clock: SteadyClock) -> float:
        return clock.now().timestamp() - self.true_s
