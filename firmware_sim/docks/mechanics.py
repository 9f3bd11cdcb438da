"""The iron of a dock: bolt, presence switch, contactor, and the timers that move them.

No message and no session is known here. Time comes from an injected monotonic clock and is worked off
lazily, each due moment at its own time, so that hours pass in one call.
"""

from collections.abc import Callable
from typing import Final

from firmware_sim.docks.book import Book
from firmware_sim.docks.faults import Faults
from firmware_sim.vehicles.vehicle import SimVehicle
from protocols.dock.codes import EventKind, Lock

BOLT_TRAVEL_S: Final = 0.15  # a small geared motor; data sheets of cabinet and bike locks say 0.1 to 0.5 s
_BATTERY_STEP_S: Final = 1.0

COMMANDED, PUSHED_IN, RELOCKED, BOOTED = 1, 2, 3, 4

Log = Callable[[EventKind, bytes], None]


class HeldByLock(Exception):
    """The bolt holds the vehicle."""


class Mechanics:
    """Bolt, switch, contactor. `log` is the controller's event log; it hears nothing while the power is off."""

    def __init__(
        self, *, clock: Callable[[], float], book: Book, faults: Faults, log: Log, charge_power_w: float
    ) -> None:
        self.vehicle: SimVehicle | None = None
        self.lock = Lock.UNLOCKED  # an empty dock waits with its bolt drawn
        self.contactor_closed = False
        self.charge_power_w = charge_power_w
        self.presence_changed_at = clock()
        self._clock = clock
        self._book = book
        self._faults = faults
        self._log = log
        self._target = Lock.UNLOCKED
        self._moved_at: float | None = None
        self._relock_at: float | None = None
        self._command = b""
        self._cause = 0
        self._duration_s = 0.0
        self._charged_until = clock()

    @property
    def drawn_w(self) -> float:
        """Power that the dock takes from the supply for charging, right now."""
        if self.vehicle is None or not self.contactor_closed:
            return 0.0
        battery = self.vehicle.battery
        return max(0.0, battery.current_a * battery.voltage_v)

    def push(self, vehicle: SimVehicle) -> None:
        """A vehicle goes in; the bolt follows by itself."""
        self.advance()
        if self.vehicle is not None:
            raise ValueError("the dock is taken")
        if self.lock is Lock.LOCKED:
            raise HeldByLock("the bolt is out: nothing fits in")
        self.vehicle = vehicle
        self.presence_changed_at = self._charged_until = self._clock()
        self._log(EventKind.VEHICLE_IN, vehicle.vehicle_id.bytes if vehicle.tag_readable else b"")
        self.drive_shut(PUSHED_IN)

    def pull(self) -> SimVehicle:
        """The vehicle comes out. Raises HeldByLock unless the bolt is drawn."""
        self.advance()
        if self.vehicle is None:
            raise ValueError("the dock is empty")
        if self.lock is not Lock.UNLOCKED:
            raise HeldByLock(self.lock.name)
        vehicle, self.vehicle = self.vehicle, None
        self.switch_contactor(closed=False)
        self.presence_changed_at = self._clock()
        self._relock_at = None
        vehicle.battery.disconnect()
        self._log(EventKind.VEHICLE_OUT, vehicle.vehicle_id.bytes if vehicle.tag_readable else b"")
        return vehicle

    def drive_open(self, command: bytes, duration_s: float) -> None:
        """Draw the bolt; the contacts open first, so that no arc is drawn."""
        self.switch_contactor(closed=False)
        self._command, self._duration_s = command, duration_s
        self._relock_at = None  # an earlier opening's timer must not close this one
        self._drive(Lock.UNLOCKED, self._clock())

    def drive_shut(self, cause: int, *, at: float | None = None) -> None:
        """Push the bolt out, now or (when time is caught up) from `at` on."""
        self._cause = cause
        self._relock_at = None
        self._drive(Lock.LOCKED, self._clock() if at is None else at)

    def switch_contactor(self, *, closed: bool) -> None:
        """Connect or disconnect the charging contacts."""
        self._charge_until(self._clock())
        if closed == self.contactor_closed:
            return
        self.contactor_closed = closed
        self._book.contactor_switches += 1
        self._log(EventKind.CONTACTOR, bytes((closed,)))

    def _drive(self, target: Lock, at: float) -> None:
        self._target = target
        self._moved_at = at + BOLT_TRAVEL_S
        self.lock = Lock.MOVING

    def finish_travel(self) -> None:
        """A bolt on its way arrives now."""
        if self._moved_at is not None:
            self._arrived(self._clock())

    def power_lost(self) -> None:
        """The motor stops where it is; a spring finishes or undoes the travel towards shut. Contacts fall open."""
        self.advance()
        if self._moved_at is not None:
            self.lock = Lock.LOCKED if self.vehicle is not None else Lock.UNLOCKED
        self._moved_at = self._relock_at = None
        self.switch_contactor(closed=False)

    def power_back(self) -> None:
        """Fail secure: a vehicle behind a drawn bolt is locked in again at once."""
        if self.vehicle is not None and self.lock is not Lock.LOCKED:
            self.drive_shut(BOOTED)

    def advance(self) -> None:
        """Work off everything that is due by now."""
        now = self._clock()
        if self._moved_at is not None and self._moved_at <= now:
            self._arrived(self._moved_at)
        if self._relock_at is not None and self._relock_at <= now:
            self._charge_until(self._relock_at)
            self.drive_shut(RELOCKED, at=self._relock_at)
            if self._moved_at is not None and self._moved_at <= now:
                self._arrived(self._moved_at)
        if now - self._charged_until >= _BATTERY_STEP_S:
            self._charge_until(now)

    def _arrived(self, at: float) -> None:
        self._moved_at = None
        if self._faults.stuck:
            self.lock = Lock.STUCK
            if self._target is Lock.UNLOCKED:
                self._log(EventKind.UNLOCK_REFUSED, self._command)
            return
        self.lock = self._target
        if self._target is Lock.LOCKED:
            self._book.locks += 1
            self._log(EventKind.LOCKED, bytes((self._cause,)))
            return
        self._book.unlocks.append(self._command)
        self._log(EventKind.UNLOCKED, self._command)
        if self.vehicle is not None:
            self._relock_at = at + self._duration_s

    def _charge_until(self, at: float) -> None:
        seconds = at - self._charged_until
        self._charged_until = at
        if self.vehicle is not None and seconds > 0:
            self.vehicle.battery.advance(seconds, power_w=self.charge_power_w if self.contactor_closed else 0.0)
