"""Pure: where a vehicle is after another fact. The later fact (by the stations' hybrid clocks) has the last word."""

import datetime as dt
import uuid
from typing import Any, Final, TypeAlias

import msgspec

from hub.events import VehiclePlaced
from protocols.sync import facts
from protocols.values import BatteryReading, from_ms

Row = dict[str, Any]
Move: TypeAlias = facts.VehicleDocked | facts.VehicleUndocked
_NEVER: Final = -(2**63)
_LOGICAL_BITS: Final = 16  # of a hybrid clock; what is above is Unix milliseconds
_NEWS_PCT: Final = 0.5  # of charge
_NEWS_MS: Final = 5 * 60_000


def custody_after(held: Row | None, station_id: uuid.UUID, fact: Move, hlc: int) -> Row:
    """The custody after this fact. Raises ValueError or OverflowError for an instant that no calendar knows."""
    docked = isinstance(fact, facts.VehicleDocked)
    row: Row = held or {"vehicle_id": fact.vehicle_id, "hlc": _NEVER, "battery": None, "battery_hlc": _NEVER}
    at = moved_at(fact)
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


def moved_at(fact: Move) -> dt.datetime:
    """When it came or went. Raises ValueError or OverflowError for an instant that no calendar knows."""
    return from_ms(fact.docked_ms if isinstance(fact, facts.VehicleDocked) else fact.undocked_ms)


def with_battery(row: Row, battery: BatteryReading | None, hlc: int) -> Row:
    """The row with what the BMS said, unless something later is known."""
    if battery is None or hlc <= row["battery_hlc"]:
        return row
    return {**row, "battery": msgspec.to_builtins(battery), "battery_hlc": hlc}


def seen_in_dock(row: Row, station_id: uuid.UUID, battery: BatteryReading, at_ms: int) -> Row | None:
    """The row after a live reading; None where it is no news, or the vehicle stands elsewhere by the facts."""
    hlc = at_ms << _LOGICAL_BITS
    if row["state"] != "docked" or row["station_id"] != station_id or hlc <= row["battery_hlc"]:
        return None
    before = row["battery"] or {}
    moved = abs(float(before.get("soc_pct", -100.0)) - battery.soc_pct) >= _NEWS_PCT
    faults = list(before.get("fault_codes", ())) != list(battery.fault_codes)
    if not moved and not faults and hlc - row["battery_hlc"] < _NEWS_MS << _LOGICAL_BITS:
        return None
    return with_battery(row, battery, hlc)


def read_at(battery_hlc: int) -> dt.datetime | None:
    """When the battery was read, by the station's clock; None where it never was, or no calendar knows it."""
    try:
        return from_ms(battery_hlc >> _LOGICAL_BITS) if battery_hlc > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def placed(row: Row) -> VehiclePlaced:
    """Custody as other rooms hear of it."""
    battery = row["battery"] or {}
    return VehiclePlaced(
        vehicle_id=row["vehicle_id"], station_id=row["station_id"], dock_no=row["dock_no"],
        docked=row["state"] == "docked", soc_pct=battery.get("soc_pct"), soh_pct=battery.get("soh_pct"),
        soc_at=read_at(row["battery_hlc"]), faulty=bool(battery.get("fault_codes")),
    )  # fmt: skip


def event_of(fact_id: uuid.UUID, station_id: uuid.UUID, fact: Move) -> Row:
    """The fact as a row of the vehicle's history."""
    docked = isinstance(fact, facts.VehicleDocked)
    battery = fact.battery if isinstance(fact, facts.VehicleDocked) else None
    with_rental = ("returned" if docked else "rented") if fact.rental_id is not None else None
    return {
        "id": fact_id,
        "created_at": moved_at(fact),
        "vehicle_id": fact.vehicle_id,
        "what": with_rental or ("docked" if docked else "undocked"),
        "station_id": station_id,
        "dock_no": fact.dock_no,
        "rental_id": fact.rental_id,
        "soc_pct": None if battery is None else battery.soc_pct,
        "by": None,
        "detail": "",
    }
