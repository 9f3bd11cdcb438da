"""What docks say: vehicles come and go, faults begin and end. The sensors have the last word."""

import dataclasses
import uuid
from typing import Final

from edge_agent.core import handover, power, rental
from edge_agent.core.inputs import (
    BatteryReported,
    CardRead,
    DockFound,
    DockLost,
    DockReported,
    LockState,
)
from edge_agent.core.orders import LockDock
from edge_agent.core.state import LEFT_WITHOUT_RENTAL, CardPresented, Dock
from edge_agent.core.step import Step, with_item, without
from protocols.sync.facts import DockFaultCleared, DockFaultRaised, DockSeen, VehicleDocked, VehicleUndocked
from protocols.values import to_ms

LINE_FAULTS: Final = ("no_answer", "bad_proof")
OVERHEATED_C: Final = 75.0
SUPPLY_LOW_V: Final = 10.0  # a 12 V supply under load; below it latches may not hold
RELOCK_RETRY_S: Final = 5.0
_DISPATCH_S: Final = 5.0


def _dock(step: Step, dock_no: int) -> Dock:
    return step.state.docks.get(dock_no, Dock(dock_no=dock_no))


def found(step: Step, seen: DockFound) -> None:
    """A dock answers (again)."""
    dock = _dock(step, seen.dock_no)
    new = dataclasses.replace(
        dock,
        online=True,
        kind=seen.kind,
        serial=seen.serial,
        firmware=seen.firmware,
        can_charge=seen.can_charge,
    )
    step.put_dock(new)
    set_faults(step, seen.dock_no, dict.fromkeys(LINE_FAULTS, False))
    if (dock.serial, dock.firmware) != (seen.serial, seen.firmware):
        step.record(DockSeen(dock_no=seen.dock_no, kind=seen.kind.value, serial=seen.serial, firmware=seen.firmware))


def lost(step: Step, seen: DockLost) -> None:
    """A dock does not answer or is not who it should be: out of order, its last picture kept."""
    dock = _dock(step, seen.dock_no)
    step.put_dock(dataclasses.replace(dock, online=False))
    set_faults(step, seen.dock_no, {code: code == seen.reason for code in LINE_FAULTS})


def reported(step: Step, report: DockReported) -> None:
    """One status. Compares with what was known and concludes who came and who went."""
    dock = _dock(step, report.dock_no)
    step.put_dock(dataclasses.replace(dock, online=True, report=report))
    set_faults(
        step,
        report.dock_no,
        {
            "lock_stuck": report.lock is LockState.STUCK,
            "tamper": report.tamper,
            "overheated": report.temperature_c > OVERHEATED_C,
            "supply_low": report.supply_voltage_v < SUPPLY_LOW_V,
        },
    )
    before = step.state.occupants.get(report.dock_no)
    if before is not None and _is_gone(report, before):
        _left(step, report.dock_no, before, 0.0 if report.vehicle_present else report.presence_age_s)
    elif before is not None and not _came_back(step, report, before):
        rental.still_in_dock(step, report)
    here = report.vehicle_id if report.vehicle_present else None
    is_new = here is not None and here != step.state.occupants.get(report.dock_no)
    if here is not None and is_new and not handover.never_left(step, report):
        _arriving(step, report, here)
    power.settle(step, report.dock_no)


def _is_gone(report: DockReported, before: uuid.UUID) -> bool:
    """A tag that cannot be read is no departure; another vehicle's tag is."""
    return not report.vehicle_present or (report.vehicle_id is not None and report.vehicle_id != before)


def _came_back(step: Step, report: DockReported, vehicle_id: uuid.UUID) -> bool:
    """The same vehicle, but it was away while nobody looked (we or the dock's line were down)."""
    ride = rental.in_dock_at(step, report.dock_no)
    if ride is None or report.vehicle_id != vehicle_id or not rental.was_away(step, ride, report):
        return False
    _left(step, report.dock_no, vehicle_id, rental.left_unseen_s(step, ride, report.presence_age_s))
    return True


def _left(step: Step, dock_no: int, vehicle_id: uuid.UUID, age_s: float) -> None:
    ride = rental.in_dock_at(step, dock_no)
    step.change(occupants=without(step.state.occupants, dock_no))
    step.put_dock(dataclasses.replace(_dock(step, dock_no), battery=None))
    step.record(
        VehicleUndocked(
            vehicle_id=vehicle_id,
            dock_no=dock_no,
            undocked_ms=to_ms(step.ago(age_s)),
            rental_id=None if ride is None else ride.rental_id,
        )
    )
    if ride is not None:
        rental.activate(step, ride, age_s)
    elif step.state.docks[dock_no].staff_until_mono_s < step.now.mono_s:
        set_faults(step, dock_no, {LEFT_WITHOUT_RENTAL: True}, detail=str(vehicle_id))


def _arriving(step: Step, report: DockReported, vehicle_id: uuid.UUID) -> None:
    """A vehicle has arrived once the lock holds it; one whose lock is broken is our fault, not the rider's."""
    if report.lock in (LockState.LOCKED, LockState.STUCK):
        _left_elsewhere(step, report, vehicle_id)
        _arrived(step, report, vehicle_id)
    elif report.lock is LockState.UNLOCKED:
        lock_again(step, report.dock_no)


def _left_elsewhere(step: Step, report: DockReported, vehicle_id: uuid.UUID) -> None:
    """A vehicle is in one place only: it has left the dock that we took it for (and that could not tell us)."""
    for dock_no, one in list(step.state.occupants.items()):
        if one != vehicle_id or dock_no == report.dock_no:
            continue
        ride, age_s = rental.in_dock_at(step, dock_no), report.presence_age_s
        _left(step, dock_no, vehicle_id, age_s if ride is None else rental.left_unseen_s(step, ride, age_s))


def _arrived(step: Step, report: DockReported, vehicle_id: uuid.UUID) -> None:
    dock_no, age_s = report.dock_no, report.presence_age_s
    battery = step.state.docks[dock_no].battery
    ride = rental.riding(step, vehicle_id)
    step.change(occupants=with_item(step.state.occupants, dock_no, vehicle_id))
    set_faults(step, dock_no, {LEFT_WITHOUT_RENTAL: False})
    step.record(
        VehicleDocked(
            vehicle_id=vehicle_id,
            dock_no=dock_no,
            docked_ms=to_ms(step.ago(age_s)),
            rental_id=None if ride is None else ride.rental_id,
            battery=battery,
            odometer_m=report.odometer_m,
        )
    )
    if ride is not None:
        rental.end(step, ride, dock_no, age_s, battery)


def lock_again(step: Step, dock_no: int) -> None:
    """Ask the lock to close, at most every RELOCK_RETRY_S."""
    dock = step.state.docks[dock_no]
    if step.now.mono_s - dock.lock_asked_mono_s < RELOCK_RETRY_S:
        return
    step.put_dock(dataclasses.replace(dock, lock_asked_mono_s=step.now.mono_s))
    step.order(LockDock(order_id=step.context.new_id(), dock_no=dock_no, expires_mono_s=step.now.mono_s + _DISPATCH_S))


def battery(step: Step, seen: BatteryReported) -> None:
    """The battery of the vehicle in the dock."""
    step.put_dock(dataclasses.replace(_dock(step, seen.dock_no), battery=seen.battery))
    power.settle(step, seen.dock_no)


def card(step: Step, seen: CardRead) -> None:
    """A card was held to a dock: the kiosk may take over from here."""
    step.change(
        card=CardPresented(
            read_id=step.context.new_id(),
            dock_no=seen.dock_no,
            uid=seen.uid.upper(),
            at=step.now.at,
            mono_s=step.now.mono_s,
        )
    )


def set_faults(step: Step, dock_no: int, conditions: dict[str, bool], detail: str = "") -> None:
    """Raise what is true and new, clear what is over; each becomes a fact once."""
    dock = _dock(step, dock_no)
    faults = dock.faults
    for code, is_so in conditions.items():
        if is_so and code not in faults:
            faults = (*faults, code)
            step.record(DockFaultRaised(dock_no=dock_no, code=code, at_ms=step.now_ms, detail=detail))
        elif not is_so and code in faults:
            faults = tuple(one for one in faults if one != code)
            step.record(DockFaultCleared(dock_no=dock_no, code=code, at_ms=step.now_ms))
    if faults != dock.faults:
        step.put_dock(dataclasses.replace(dock, faults=faults))
