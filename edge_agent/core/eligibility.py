"""Which vehicle may leave, and why another may not."""

import uuid
from dataclasses import dataclass

from edge_agent.core import lists
from edge_agent.core.inputs import DockReported, LockState
from edge_agent.core.state import IN_DOCK, Dock, State
from protocols.errors import Refused
from protocols.sync.changes import ReservationItem, VehicleItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A vehicle in a dock, and whether it may be rented. `why_not` is a message key; None means it may."""

    dock: Dock
    vehicle_id: uuid.UUID
    item: VehicleItem | None
    why_not: str | None
    reserved: ReservationItem | None = None

    @property
    def soc_pct(self) -> float:
        """State of charge, 0 when unknown."""
        return 0.0 if self.dock.battery is None else self.dock.battery.soc_pct


def standing(state: State, now_ms: int) -> list[Standing]:
    """Every vehicle that stands in a dock of ours, by dock number."""
    found = [_judge(state, dock_no, vehicle_id) for dock_no, vehicle_id in sorted(state.occupants.items())]
    return _with_reservations(state, found, now_ms)


def vehicle_at(state: State, dock_no: int, now_ms: int) -> Standing:
    """The vehicle in this dock. Raises Refused("vehicle_gone")."""
    for found in standing(state, now_ms):
        if found.dock.dock_no == dock_no:
            return found
    raise Refused("vehicle_gone", dock=dock_no)


def is_locked_in(report: DockReported | None) -> bool:
    """Whether a vehicle stands there and the lock holds it."""
    return report is not None and report.vehicle_present and report.lock is LockState.LOCKED


def _judge(state: State, dock_no: int, vehicle_id: uuid.UUID) -> Standing:
    dock = state.docks.get(dock_no, Dock(dock_no=dock_no))
    item = lists.vehicle(state, vehicle_id)
    return Standing(dock=dock, vehicle_id=vehicle_id, item=item, why_not=_why_not(state, dock, item))


def _why_not(state: State, dock: Dock, item: VehicleItem | None) -> str | None:
    if any(rental.dock_no == dock.dock_no and rental.phase in IN_DOCK for rental in state.rentals.values()):
        return "dock_busy"
    if not dock.online or dock.faults or dock.report is None:
        return "fault"
    if item is None:
        return "unknown_vehicle"
    if not item.rentable:
        return item.why_not or "not_for_rent"
    if not is_locked_in(dock.report):
        return "fault"
    if dock.battery is None or dock.battery.soc_pct < state.profile.min_soc_pct:
        return "low_charge"
    if dock.battery.fault_codes:
        return "fault"
    return None


def _with_reservations(state: State, found: list[Standing], now_ms: int) -> list[Standing]:
    """Set reserved vehicles aside: the named one, or for a class the best charged of its kind."""
    running = [
        item
        for item in sorted(lists.reservations(state), key=lambda item: (item.from_ms, item.key))
        if item.from_ms <= now_ms < item.until_ms and uuid.UUID(item.key) not in state.used_reservations
    ]
    kept = {one.dock.dock_no: one for one in found}
    for item in sorted(running, key=lambda item: item.vehicle_id is None):
        fitting = [one for one in kept.values() if one.reserved is None and _fits(item, one)]
        best = max(fitting, key=lambda one: (one.why_not is None, one.soc_pct), default=None)
        if best is not None:
            kept[best.dock.dock_no] = Standing(
                dock=best.dock,
                vehicle_id=best.vehicle_id,
                item=best.item,
                why_not=best.why_not or "reserved",
                reserved=item,
            )
    return [kept[dock_no] for dock_no in sorted(kept)]


def _fits(item: ReservationItem, one: Standing) -> bool:
    if item.vehicle_id is not None:
        return one.vehicle_id == item.vehicle_id
    return one.item is not None and one.item.kind == item.vehicle_kind and one.why_not is None


def choose(
    state: State,
    now_ms: int,
    *,
    dock_no: int | None,
    vehicle_id: uuid.UUID | None,
    vehicle_kind: str | None,
    reservation_id: uuid.UUID | None,
) -> Standing:
    """The vehicle that this person gets. Raises Refused with the reason shown.

    With a reservation its own vehicle, whatever dock was pressed; with a voucher for one vehicle that one; else
    the dock that was pressed; else the best charged one.
    """
    here = standing(state, now_ms)
    mine = next((one for one in here if one.reserved and uuid.UUID(one.reserved.key) == reservation_id), None)
    if mine is not None:
        return _unless(mine, allowed="reserved")
    if vehicle_id is not None:
        named = next((one for one in here if one.vehicle_id == vehicle_id), None)
        if named is None:
            raise Refused("vehicle_gone")
        return _unless(named)
    if dock_no is not None:
        pressed = vehicle_at(state, dock_no, now_ms)
        if not _is_kind(pressed, vehicle_kind):
            raise Refused("no_vehicle")
        return _unless(pressed)
    free = [one for one in here if one.why_not is None and _is_kind(one, vehicle_kind)]
    if not free:
        raise Refused("no_vehicle")
    return max(free, key=lambda one: one.soc_pct)


def _is_kind(one: Standing, kind: str | None) -> bool:
    return kind is None or (one.item is not None and one.item.kind == kind)


def _unless(one: Standing, allowed: str | None = None) -> Standing:
    if one.why_not is not None and one.why_not != allowed:
        if one.why_not == "dock_busy":
            raise Refused("dock_busy", dock=one.dock.dock_no)
        raise Refused("vehicle_not_rentable", why=one.why_not, dock=one.dock.dock_no)
    return one
