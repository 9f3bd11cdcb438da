"""A dock's words on the wire as the station's inputs, and when a reading is news. Pure."""

from typing import Final

from edge_agent.core.inputs import BatteryReported, DockFound, DockKind, DockReported, LockState
from protocols.dock.codes import Capability, Kind, Lock, StatusFlag
from protocols.dock.replies import Battery, Identity, Status
from protocols.values import BatteryReading

_LOCKS: Final = {
    Lock.LOCKED: LockState.LOCKED,
    Lock.UNLOCKED: LockState.UNLOCKED,
    Lock.MOVING: LockState.MOVING,
    Lock.STUCK: LockState.STUCK,
}
_KINDS: Final = {Kind.LATCH: DockKind.LATCH, Kind.BAY: DockKind.BAY}

_SUPPLY_STEP_MV: Final = 500
_TEMPERATURE_STEP_DC: Final = 20
_SOC_STEP_PM: Final = 5
_VOLTAGE_STEP_MV: Final = 500
_CURRENT_STEP_MA: Final = 500


def found(dock_no: int, identity: Identity) -> DockFound:
    """A dock whose identity came inside a session."""
    return DockFound(
        dock_no=dock_no,
        kind=_KINDS[identity.kind],
        serial=identity.serial,
        firmware=identity.firmware,
        can_charge=bool(identity.capabilities & Capability.CHARGE),
    )


def reported(dock_no: int, status: Status, *, may_be_old_s: float = 0.0) -> DockReported:
    """A status in the station's words and units.

    One that may be old by so much says less of when presence changed: in the renter's favour a vehicle counts as
    back for longer, and as gone no longer than told.
    """
    present = bool(status.flags & StatusFlag.VEHICLE_PRESENT)
    return DockReported(
        dock_no=dock_no,
        lock=_LOCKS[status.lock],
        vehicle_present=present,
        vehicle_id=status.vehicle_id,
        presence_age_s=status.presence_age_ds / 10 + (may_be_old_s if present else 0.0),
        contactor_closed=bool(status.flags & StatusFlag.CONTACTOR_CLOSED),
        tamper=bool(status.flags & StatusFlag.TAMPER),
        supply_voltage_v=status.supply_mv / 1000,
        temperature_c=status.temperature_dc / 10,
        age_since_restart=bool(status.flags & StatusFlag.AGE_SINCE_BOOT),
        odometer_m=status.odometer_m if present else None,
    )


def battery_reported(dock_no: int, battery: Battery) -> BatteryReported | None:
    """A battery in the station's words; None when the BMS does not even know the charge."""
    if battery.soc_pm is None:
        return None
    return BatteryReported(
        dock_no=dock_no,
        battery=BatteryReading(
            soc_pct=battery.soc_pm / 10,
            soh_pct=_scaled(battery.soh_pm, 10),
            voltage_v=_scaled(battery.voltage_mv, 1000),
            current_a=_scaled(battery.current_ma, 1000),
            temperature_min_c=_scaled(battery.temperature_min_dc, 10),
            temperature_avg_c=_scaled(battery.temperature_avg_dc, 10),
            temperature_max_c=_scaled(battery.temperature_max_dc, 10),
            cycle_count=battery.cycle_count,
            fault_codes=battery.fault_codes,
        ),
    )


def status_is_news(old: Status | None, new: Status) -> bool:
    """Anything but the slow drift of supply and temperature, and the ageing of the presence, is news."""
    if old is None:
        return True
    # A vehicle that left and came back between two polls looks the same but for its younger age.
    swapped = new.presence_age_ds < old.presence_age_ds and new.boot == old.boot
    return (
        swapped
        or (old.lock, old.flags, old.vehicle_id, old.boot) != (new.lock, new.flags, new.vehicle_id, new.boot)
        or old.odometer_m != new.odometer_m
        or _moved(old.supply_mv, new.supply_mv, _SUPPLY_STEP_MV)
        or _moved(old.temperature_dc, new.temperature_dc, _TEMPERATURE_STEP_DC)
    )


def battery_is_news(old: Battery | None, new: Battery) -> bool:
    """A battery is news when a person or a rule could see the difference."""
    if old is None:
        return True
    return (
        old.fault_codes != new.fault_codes
        or old.soh_pm != new.soh_pm
        or _moved(old.soc_pm, new.soc_pm, _SOC_STEP_PM)
        or _moved(old.voltage_mv, new.voltage_mv, _VOLTAGE_STEP_MV)
        or _moved(old.current_ma, new.current_ma, _CURRENT_STEP_MA)
        or _moved(old.temperature_max_dc, new.temperature_max_dc, _TEMPERATURE_STEP_DC)
        or _moved(old.temperature_min_dc, new.temperature_min_dc, _TEMPERATURE_STEP_DC)
    )


def _moved(old: int | None, new: int | None, step: int) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= step


def _scaled(value: int | None, by: int) -> float | None:
    return None if value is None else value / by
