"""The yard: docks on their line, vehicles in and out of them, and the hands that push, pull and ride.

The docks behave as `docks.device` says; here are only people, and the energy that flows faster than real time.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from firmware_sim.clock import SimClock
from firmware_sim.deeds import Deeds
from firmware_sim.docks.device import SimDock
from firmware_sim.docks.faults import BrownOut, Moment, Noise
from firmware_sim.docks.mechanics import HeldByLock
from firmware_sim.plan import DockPlan, StationPlan, VehiclePlan, dock_secret
from firmware_sim.vehicles.vehicle import SimVehicle, VehicleKind
from protocols.dock.codes import Kind, Lock, MessageType
from protocols.errors import Refused

CHARGE_POWER_W: Final = {Kind.LATCH: 350.0, Kind.BAY: 3_700.0}
FITS: Final = {Kind.LATCH: VehicleKind.TWO_WHEELER, Kind.BAY: VehicleKind.CAR}
RIDE_KM_H: Final = 25.0
MAX_RIDE_S: Final = 24 * 3600.0


@dataclass(slots=True, kw_only=True)
class Placed:
    """A vehicle of the plan; `dock_no` None while somebody rides it or it stands outside."""

    plan: VehiclePlan
    vehicle: SimVehicle
    dock_no: int | None = None


class Yard:
    """Docks and vehicles. Every method that a rule or the iron forbids raises Refused with a stable code."""

    def __init__(
        self,
        plan: StationPlan,
        *,
        station_secret: bytes,
        clock: SimClock,
        deeds: Deeds,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = {dock.dock_no: dock for dock in plan.docks}
        self._secret = station_secret
        self._clock = clock
        self._deeds = deeds
        self._seed = plan.seed
        self._flowed_to_s, self._flowed_to_real_s = clock.now_s(), real()
        self._real = real
        self.docks = {dock.dock_no: self._dock(dock) for dock in plan.docks}
        self.vehicles = {
            one.vehicle_id: Placed(
                plan=one, vehicle=SimVehicle(vehicle_id=one.vehicle_id, kind=one.kind, soc=one.soc), dock_no=None
            )
            for one in plan.vehicles
        }

    def _dock(self, plan: DockPlan) -> SimDock:
        return SimDock(
            address=plan.dock_no,
            secret=dock_secret(self._secret, plan.dock_no),
            kind=plan.kind,
            clock=self._real,
            charge_power_w=CHARGE_POWER_W[plan.kind],
        )

    def place(self, vehicle_id: uuid.UUID, dock_no: int | None) -> None:
        """Where a vehicle stands when the world begins."""
        placed = self.vehicles[vehicle_id]
        placed.dock_no = dock_no
        if dock_no is not None:
            self.docks[dock_no].push(placed.vehicle)

    def dock(self, dock_no: int) -> SimDock:
        """Raises Refused("dock_unknown")."""
        try:
            return self.docks[dock_no]
        except KeyError:
            raise Refused("dock_unknown", dock=dock_no) from None

    def find(self, name: str) -> Placed:
        """A vehicle by its id or by what is painted on it. Raises Refused("vehicle_unknown")."""
        for placed in self.vehicles.values():
            if name.strip().lower() in (str(placed.plan.vehicle_id), placed.plan.label.lower()):
                return placed
        raise Refused("vehicle_unknown", vehicle=name[:60])

    # --- hands -----------------------------------------------------------------------------------------

    def push(self, dock_no: int, name: str) -> Placed:
        """Push a vehicle that is outside into a dock."""
        dock, placed = self.dock(dock_no), self.find(name)
        where = f"dock {dock_no}"
        if placed.dock_no is not None:
            raise Refused("vehicle_in_dock", vehicle=placed.plan.label, dock=placed.dock_no)
        if FITS[dock.kind] is not placed.plan.kind:
            raise Refused("does_not_fit", vehicle=placed.plan.label, dock=dock_no)
        try:
            dock.push(placed.vehicle)
        except HeldByLock as error:
            raise Refused("dock_locked", dock=dock_no) from error
        except ValueError as error:
            raise Refused("dock_taken", dock=dock_no) from error
        placed.dock_no = dock_no
        self._deeds.add("push", where, placed.plan.label)
        return placed

    def pull(self, dock_no: int) -> Placed:
        """Pull the vehicle out of a dock, if the lock lets it go."""
        dock, where = self.dock(dock_no), f"dock {dock_no}"
        if dock.vehicle is None:
            raise Refused("dock_empty", dock=dock_no)
        placed = self.vehicles[dock.vehicle.vehicle_id]
        try:
            dock.pull()
        except HeldByLock as error:
            self._deeds.add("held", where, placed.plan.label)
            raise Refused("held_by_lock", dock=dock_no, vehicle=placed.plan.label) from error
        placed.dock_no = None
        self._deeds.add("pull", where, placed.plan.label)
        return placed

    def ride(self, name: str, *, minutes: float | None = None, km: float | None = None) -> float:
        """Ride for so long or so far, at once; the battery pays. Returns the kilometres that it was good for."""
        placed = self.find(name)
        if placed.dock_no is not None:
            raise Refused("vehicle_in_dock", vehicle=placed.plan.label, dock=placed.dock_no)
        seconds = (minutes or 0.0) * 60 if km is None else km / RIDE_KM_H * 3600
        distance_km = placed.vehicle.ride(seconds=min(seconds, MAX_RIDE_S), speed_km_h=RIDE_KM_H)
        self._deeds.add("ride", placed.plan.label, f"{distance_km:.2f} km")
        return distance_km

    def card(self, dock_no: int, uid: str) -> None:
        """Hold a card to a dock's reader."""
        self.dock(dock_no).present_card(bytes.fromhex(uid))
        self._deeds.add("card", f"dock {dock_no}", uid.upper())

    # --- faults ----------------------------------------------------------------------------------------

    def fault(self, dock_no: int, kind: str, *, rate: float = 0.01, off_s: float = 0.5, at: str = "") -> None:
        """Something goes wrong: silence, stuck, tamper, noise, brown_out (now, or `at` a message), wrong_secret."""
        dock = self.dock(dock_no)
        match kind:
            case "silence":
                dock.faults.silent = True
            case "stuck":
                dock.faults.stuck = True
            case "tamper":
                dock.faults.tamper = True
            case "noise":
                dock.faults.noise = Noise(rate, seed=self._seed + dock_no)
            case "wrong_secret":
                dock.secret = bytes(byte ^ 0x5A for byte in dock_secret(self._secret, dock_no))
                dock.brown_out(off_s)
            case "brown_out" if at:
                dock.faults.brown_out = BrownOut(at=MessageType[at.upper()], moment=Moment.BEFORE_REPLY, off_s=off_s)
            case "brown_out":
                dock.brown_out(off_s)
            case _:
                raise Refused("fault_unknown", kind=kind)
        self._deeds.add("fault", f"dock {dock_no}", kind)

    def clear_faults(self, dock_no: int) -> None:
        """Everything is well again. A bolt that was stuck can be driven again."""
        dock = self.dock(dock_no)
        faults = dock.faults
        faults.silent = faults.stuck = faults.tamper = False
        faults.noise = faults.brown_out = None
        secret = dock_secret(self._secret, dock_no)
        if dock.secret != secret:
            dock.secret = secret
            dock.brown_out()
        self._deeds.add("mended", f"dock {dock_no}")

    # --- energy ----------------------------------------------------------------------------------------

    def flow(self) -> None:
        """Let the energy catch up with the simulated clock: docks charge in real time, the rest comes on top."""
        now_s, now_real_s = self._clock.now_s(), self._real()
        extra_s = (now_s - self._flowed_to_s) - (now_real_s - self._flowed_to_real_s)
        self._flowed_to_s, self._flowed_to_real_s = now_s, now_real_s
        for dock in self.docks.values():
            dock.advance()
            if dock.vehicle is not None and dock.contactor_closed and extra_s > 0:
                dock.vehicle.battery.advance(extra_s, power_w=CHARGE_POWER_W[dock.kind])

    def drawn_w(self) -> tuple[float, ...]:
        """What each dock draws now, by dock number."""
        return tuple(self.docks[dock_no].drawn_w for dock_no in sorted(self.docks))

    def can_pull(self, dock: SimDock) -> bool:
        """Whether a hand could pull the vehicle out right now."""
        return dock.vehicle is not None and dock.lock is Lock.UNLOCKED
