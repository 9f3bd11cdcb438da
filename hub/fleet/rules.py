"""Pure: where a vehicle is after another fact. The later fact (by the stations' hybrid clocks) has the last word."""

import uuid
from typing import Any, Final

import msgspec

from protocols.sync import facts
from protocols.values import BatteryReading, from_ms

Row = dict[str, Any]
_NEVER: Final = -(2**63)


def custody_after(
    held: Row | None, station_id: uuid.UUID, fact: facts.VehicleDocked | facts.VehicleUndocked, hlc: int
) -> Row:
    """The custody after this fact. Raises ValueError or OverflowError for an instant that no calendar knows."""
    docked = isinstance(fact, facts.VehicleDocked)
    at = from_ms(fact.docked_ms if isinstance(fact, facts.VehicleDocked) else fact.undocked_ms)
    row: Row = held or {"vehicle_id": fact.vehicle_id, "hlc": _NEVER, "battery": None, "battery_hlc": _NEVER}
    if isinstance(fact, facts.VehicleDocked):
        row = with_battery(row, fact.battery, hlc)
    if hlc <= row["hlc"]:
        return row
    return {
        **row,
        "state": "docked" if docked else "away",
        "station_id": station_id,
        "dock_no": fact.dock_no,
        "rental_id": None if docked else fact.rental_id,
        "since": at,
        "hlc": hlc,
    }


def with_battery(row: Row, battery: BatteryReading | None, hlc: int) -> Row:
    """The row with what the BMS said, unless something later is known."""
    if battery is None or hlc <= row["battery_hlc"]:
        return row
    return {**row, "battery": msgspec.to_builtins(battery), "battery_hlc": hlc}
