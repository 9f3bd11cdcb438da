"""What staff do to a dock by hand: open, lock, restart, take out of service and put back; and what became of it.

Each is a fact with who, what and why, committed before anything moves, and is done once for its `act_id`. An order to
the dock ends under that id, as an order of the hub does; its fate stands on the dock until the next act.
"""

import dataclasses
from typing import Final

from edge_agent.core import docking, staff
from edge_agent.core.acts import StaffOnDock
from edge_agent.core.inputs import DockOrderEnded
from edge_agent.core.orders import DockOrder, LockDock, RestartDock, UnlockDock
from edge_agent.core.state import (
    IN_DOCK,
    OUT_OF_SERVICE,
    ActState,
    Dock,
    DockAct,
    HubOrder,
    HubOrderState,
    StaffSession,
)
from edge_agent.core.step import Step, with_item
from protocols.errors import Refused

DISPATCH_S: Final = 5.0
_SERVICE: Final = {"out_of_service": True, "in_service": False}


def act(step: Step, seen: StaffOnDock) -> None:
    """Do it to the dock. Raises Refused."""
    who = staff.allowed(step, seen.token, "unlock")
    dock = step.state.docks.get(seen.dock_no)
    if dock is None:
        raise Refused("dock_unknown", dock=seen.dock_no)
    if seen.asked.act_id in step.state.hub_orders:
        return
    if seen.what not in _SERVICE:
        _check_takes_orders(step, dock)
    vehicle_id = step.state.occupants.get(seen.dock_no)
    staff.record(step, who, seen.what, seen.asked, dock_no=seen.dock_no, vehicle_id=vehicle_id, pictures=seen.pictures)
    if seen.what in _SERVICE:
        detail = f"{who.name}: {seen.asked.note or seen.asked.reason}"
        docking.set_faults(step, seen.dock_no, {OUT_OF_SERVICE: _SERVICE[seen.what]}, detail=detail)
        _remember(step, seen, who, ActState.DONE)
        return
    _remember(step, seen, who, ActState.ASKED)
    step.order(_order(step, seen))


def _check_takes_orders(step: Step, dock: Dock) -> None:
    if not dock.online:
        raise Refused("dock_out_of_order", dock=dock.dock_no)
    if any(one.dock_no == dock.dock_no and one.phase in IN_DOCK for one in step.state.rentals.values()):
        raise Refused("dock_busy", dock=dock.dock_no)


def _remember(step: Step, seen: StaffOnDock, who: StaffSession, state: ActState) -> None:
    asked, over = seen.asked, state is not ActState.ASKED
    done = DockAct(
        act_id=asked.act_id,
        what=seen.what,
        by=who.name,
        reason=asked.reason,
        asked_at=step.now.at,
        state=state,
        ended_at=step.now.at if over else None,
    )
    step.change(dock_acts=with_item(step.state.dock_acts, seen.dock_no, done))
    taken = HubOrderState.ENDED if over else HubOrderState.DISPATCHED
    order = HubOrder(order_id=asked.act_id, state=taken, taken_ms=step.now_ms)
    step.change(hub_orders=with_item(step.state.hub_orders, asked.act_id, order))


def _order(step: Step, seen: StaffOnDock) -> DockOrder:
    """Its end is told under the act's id."""
    dock_no, order_id, expires = seen.dock_no, seen.asked.act_id, step.now.mono_s + DISPATCH_S
    if seen.what == "lock":
        return LockDock(order_id=order_id, dock_no=dock_no, expires_mono_s=expires)
    if seen.what == "restart":
        return RestartDock(order_id=order_id, dock_no=dock_no, expires_mono_s=expires)
    duration_s = float(step.state.profile.pull_out_s)
    dock = dataclasses.replace(step.state.docks[dock_no], staff_until_mono_s=expires + duration_s)
    step.put_dock(dock)
    return UnlockDock(order_id=order_id, dock_no=dock_no, duration_s=duration_s, expires_mono_s=expires)


def order_ended(step: Step, ended: DockOrderEnded) -> None:
    """What became of an order, if it was the last act at its dock."""
    done = step.state.dock_acts.get(ended.dock_no)
    if done is not None and done.act_id == ended.order_id and done.state is ActState.ASKED:
        _end(step, ended.dock_no, done, ActState(ended.outcome.value), ended.detail)


def wake(step: Step) -> None:
    """After a restart nobody knows whether what was on its way was carried out."""
    for dock_no, done in step.state.dock_acts.items():
        if done.state is ActState.ASKED:
            _end(step, dock_no, done, ActState.NO_ANSWER, "agent restarted")


def _end(step: Step, dock_no: int, done: DockAct, state: ActState, detail: str) -> None:
    over = dataclasses.replace(done, state=state, ended_at=step.now.at, detail=detail)
    step.change(dock_acts=with_item(step.state.dock_acts, dock_no, over))
