"""Which vehicle may leave, and why another may not."""

import dataclasses
import uuid
from dataclasses import dataclass
from typing import Final

from edge_agent.core import lists
from edge_agent.core.inputs import DockReported, LockState
from edge_agent.core.state import IN_DOCK, RUNNING, Dock, Lease, LeasePhase, State
from protocols.errors import Refused
from protocols.sync.changes import ReservationItem, VehicleItem
from protocols.sync.facts import Renter

# Fit to ride, but promised: to somebody's booking, or to whoever the hub sells it to.
PROMISED: Final = ("reserved", "leased")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A vehicle in a dock, and whether it may be rented. `why_not` is a message key; None means it may."""

    dock: Dock
    vehicle_id: uuid.UUID
    item: VehicleItem | None
    why_not: str | None
    reserved: ReservationItem | None = None
    lease: Lease | None = None

    @property
    def soc_pct(self) -> float:
        """State of charge, 0 when unknown."""
        return 0.0 if self.dock.battery is None else self.dock.battery.soc_pct


def standing(state: State, now_ms: int) -> list[Standing]:
    """Every vehicle that stands in a dock of ours, by dock number."""
    found = [_judge(state, dock_no, vehicle_id, now_ms) for dock_no, vehicle_id in sorted(state.occupants.items())]
    return _with_reservations(state, _with_leases(state, found), now_ms)


def vehicle_at(state: State, dock_no: int, now_ms: int) -> Standing:
    """The vehicle in this dock. Raises Refused("vehicle_gone")."""
    for found in standing(state, now_ms):
        if found.dock.dock_no == dock_no:
            return found
    raise Refused("vehicle_gone", dock=dock_no)


def is_locked_in(report: DockReported | None) -> bool:
    """Whether a vehicle stands there and the lock holds it."""
    return report is not None and report.vehicle_present and report.lock is LockState.LOCKED


def _judge(state: State, dock_no: int, vehicle_id: uuid.UUID, now_ms: int) -> Standing:
    dock = state.docks.get(dock_no, Dock(dock_no=dock_no))
    item = lists.vehicle(state, vehicle_id)
    return Standing(dock=dock, vehicle_id=vehicle_id, item=item, why_not=_why_not(state, dock, item, now_ms))


def _why_not(state: State, dock: Dock, item: VehicleItem | None, now_ms: int) -> str | None:
    if any(rental.dock_no == dock.dock_no and rental.phase in IN_DOCK for rental in state.rentals.values()):
        return "dock_busy"
    if not dock.online or dock.faults or dock.report is None:
        return "fault"
    if item is None:
        return "unknown_vehicle"
    if not item.rentable:
        return item.why_not or "not_for_rent"
    if item.papers_until_ms is not None and now_ms >= item.papers_until_ms:
        return "document_over"
    if not is_locked_in(dock.report):
        return "fault"
    if dock.battery is None or dock.battery.soc_pct < state.profile.min_soc_pct:
        return "low_charge"
    if dock.battery.fault_codes:
        return "fault"
    return None


def _with_leases(state: State, found: list[Standing]) -> list[Standing]:
    """Keep what is leased: the named vehicle, or of a kind the best charged that is left. Booked ones come first."""
    riding = {one.renter.lease_id for one in state.rentals.values() if one.phase in RUNNING}
    held = [one for one in state.leases.values() if one.phase is LeasePhase.HELD and one.lease_id not in riding]
    if not held:
        return found
    kept = {one.dock.dock_no: one for one in found}
    for lease in sorted(held, key=lambda one: (one.vehicle_id is None, one.holder is None, one.lease_id)):
        fitting = [one for one in kept.values() if one.lease is None and _suits(lease, one)]
        best = max(fitting, key=lambda one: one.soc_pct, default=None)
        if best is not None:
            promised = "leased" if lease.holder is None else "reserved"
            kept[best.dock.dock_no] = dataclasses.replace(best, why_not=best.why_not or promised, lease=lease)
    return [kept[dock_no] for dock_no in sorted(kept)]


def _suits(lease: Lease, one: Standing) -> bool:
    if lease.vehicle_id is not None:
        return one.vehicle_id == lease.vehicle_id
    return one.item is not None and one.item.kind == lease.vehicle_kind and one.why_not is None


def _with_reservations(state: State, found: list[Standing], now_ms: int) -> list[Standing]:
    """Set reserved vehicles aside: the named one, or for a class the best charged of its kind."""
    running = [
        item
        for item in sorted(lists.reservations(state), key=lambda item: (item.from_ms, item.key))
        if item.from_ms <= now_ms < item.until_ms and uuid.UUID(item.key) not in state.used_reservations
    ]
    kept = {one.dock.dock_no: one for one in found}
    for item in sorted(running, key=lambda item: item.vehicle_id is None):
        fitting = [one for one in kept.values() if one.reserved is None and one.lease is None and _fits(item, one)]
        best = max(fitting, key=lambda one: (one.why_not is None, one.soc_pct), default=None)
        if best is not None:
            kept[best.dock.dock_no] = dataclasses.replace(best, why_not=best.why_not or "reserved", reserved=item)
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
    lease_id: uuid.UUID | None = None,
) -> Standing:
    """The vehicle that this person gets. Raises Refused with the reason shown.

    With a reservation its own vehicle, whatever dock was pressed; with a voucher for one vehicle that one; else
    the dock that was pressed; else the best charged one.
    """
    here = standing(state, now_ms)
    mine = next((one for one in here if _is_mine(one, reservation_id, lease_id)), None)
    if mine is not None:
        return _unless(mine, allowed=PROMISED)
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


def _is_mine(one: Standing, reservation_id: uuid.UUID | None, lease_id: uuid.UUID | None) -> bool:
    if one.lease is not None:
        return one.lease.lease_id == lease_id
    return one.reserved is not None and uuid.UUID(one.reserved.key) == reservation_id


def is_for(one: Standing, state: State, renter: Renter) -> bool:
    """Whether the vehicle is promised to this renter; of one kind, one leased vehicle is as good as another."""
    if _is_mine(one, renter.reservation_id, renter.lease_id):
        return True
    own = None if renter.lease_id is None else state.leases.get(renter.lease_id)
    if one.lease is None or own is None or own.phase is not LeasePhase.HELD:
        return False
    return one.lease.vehicle_id is None and one.lease.vehicle_kind == own.vehicle_kind


def _is_kind(one: Standing, kind: str | None) -> bool:
    return kind is None or (one.item is not None and one.item.kind == kind)


def _unless(one: Standing, allowed: tuple[str, ...] = ()) -> Standing:
    if one.why_not is not None and one.why_not not in allowed:
        if one.why_not == "dock_busy":
            raise Refused("dock_busy", dock=one.dock.dock_no)
        raise Refused("vehicle_not_rentable", why=one.why_not, dock=one.dock.dock_no)
    return one
