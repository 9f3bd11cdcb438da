"""What comes from the hub: whether it is there, lists and orders. An order happens at most once, and not too late."""

import dataclasses
import uuid
from typing import Final

from edge_agent.core import caps, leases, lists, refill, using
from edge_agent.core.inputs import (
    ChangesArrived,
    ChargerOrderEnded,
    DockOrderEnded,
    HubReached,
    HubUnreachable,
    KeyRevoked,
    Outcome,
)
from edge_agent.core.orders import RestartDock, StartCharge, StopCharge, UnlockDock
from edge_agent.core.state import HubContact, HubOrder, HubOrderState, Phase
from edge_agent.core.step import Step, with_item, without
from protocols.errors import Malformed
from protocols.sync import changes
from protocols.sync.envelope import Change, ListChange, OrderChange, decode_change, rev_of
from protocols.sync.facts import OrderEnded

DISPATCH_S: Final = 20.0
OUTDATED: Final = frozenset({"station_outdated", "hub_outdated"})  # the uplink's words
MOST_LIFE_MS: Final = 2 * 86_400_000  # no order to a device is given for longer than some hours
_MOST_KEPT: Final = 200  # changes that we could not read, for people; the oldest go


def reached(step: Step, seen: HubReached) -> None:
    """An exchange succeeded."""
    hub = step.state.hub
    since = hub.since if hub.online else step.now.at
    now = HubContact(online=True, since=since, last_contact=step.now.at, last_contact_mono_s=step.now.mono_s)
    step.change(hub=now, revoked_ms=0)
    caps.contact(step, level=seen.level)


def unreachable(step: Step, seen: HubUnreachable) -> None:
    """An exchange failed. Nothing stops."""
    hub = step.state.hub
    outdated = seen.reason if seen.reason in OUTDATED else None
    if hub.online or hub.since is None:
        step.change(hub=dataclasses.replace(hub, online=False, since=step.now.at, outdated=outdated))
    elif hub.outdated != outdated:
        step.change(hub=dataclasses.replace(hub, outdated=outdated))


def revoked(step: Step, _seen: KeyRevoked) -> None:
    """The hub trusts our key no more. Vehicles come back as ever; nothing new begins until we are enrolled anew."""
    unreachable(step, HubUnreachable(reason="revoked"))
    if not step.state.revoked_ms:
        step.change(revoked_ms=step.now_ms)


def changed(step: Step, arrived: ChangesArrived) -> None:
    """Take changes in, each revision once. What this version does not know is kept as it came."""
    for raw in arrived.changes:
        try:
            rev, change = _read(raw, arrived.rev)
        except Malformed:
            _keep(step, f"malformed/{arrived.rev}/{len(step.state.kept)}", raw)
            continue
        if rev <= step.state.rev and not _mends(change):
            continue
        match change:
            case ListChange():
                before = step.state.lists.get(change.name)
                held = lists.apply(before, change)
                step.change(lists=with_item(step.state.lists, change.name, held))
                if change.name == refill.LIST:
                    refill.take_over(step, before, held)
            case OrderChange():
                _take_order(step, change, arrived)
            case None:
                _keep(step, str(rev), raw)
        step.change(rev=max(rev, step.state.rev))
    step.change(rev=max(arrived.rev, step.state.rev))
    profile = lists.station_profile(step.state)
    if profile is not None and profile != step.state.profile:
        step.change(profile=profile)
    leases.settle(step)


def _keep(step: Step, key: str, raw: bytes) -> None:
    kept = with_item(step.state.kept, key, raw)
    step.change(kept=without(kept, *list(kept)[:-_MOST_KEPT]) if len(kept) > _MOST_KEPT else kept)


def _read(raw: bytes, last: int) -> tuple[int, Change | None]:
    rev = rev_of(raw)
    if rev > last:  # believing it would make us deaf to all that come
        raise Malformed("rev_beyond_reply", str(rev))
    return rev, decode_change(raw)


def _mends(change: object) -> bool:
    """A whole list that was asked for may carry an old revision."""
    return isinstance(change, ListChange) and change.from_version is None


def _hub_now_ms(step: Step, arrived: ChangesArrived) -> float:
    """The hub's clock now: what it said, and what has passed here since. An order's age needs no clock of ours."""
    if arrived.hub_at_ms is None:
        return step.now_ms
    return arrived.hub_at_ms + max(0.0, step.now.mono_s - arrived.heard_mono_s) * 1000


def _take_order(step: Step, change: OrderChange, arrived: ChangesArrived) -> None:
    if change.id in step.state.hub_orders:
        return
    if change.not_after_ms < _hub_now_ms(step, arrived):
        _end(step, change.id, "expired")
        return
    try:
        body = changes.order_body_of(change)
    except Malformed as error:
        _end(step, change.id, "refused", error.detail)
        return
    if isinstance(body, changes.CloseRental):
        _end(step, change.id, Outcome.DONE.value, _ended_elsewhere(step, body))
        return
    if isinstance(body, changes.ExtendRental):
        _end(step, change.id, Outcome.DONE.value, using.extended(step, body))
        return
    if arrived.hub_at_ms is not None and change.not_after_ms > _hub_now_ms(step, arrived) + MOST_LIFE_MS:
        _end(step, change.id, "expired")  # of a time when the hub's clock was ahead: nobody knows how long ago
        return
    if body is None or not _dispatch(step, change.id, body):
        _end(step, change.id, "unknown" if body is None else "refused", change.type)
        return
    taken = HubOrder(order_id=change.id, state=HubOrderState.DISPATCHED, taken_ms=step.now_ms)
    step.change(hub_orders=with_item(step.state.hub_orders, change.id, taken))


def _ended_elsewhere(step: Step, told: changes.CloseRental) -> str:
    """The hub says that a ride from here ended elsewhere: no bill and no fact of ours. What came of it, in a word.

    Only a ride is closed: of a vehicle in a dock the sensors know more than the hub, and what is over stays as it is.
    """
    rental = step.state.rentals.get(told.rental_id)
    if rental is None:
        return "rental_unknown"
    if rental.phase is not Phase.ACTIVE:
        return f"rental_{rental.phase.value}"
    step.put_rental(dataclasses.replace(rental, phase=Phase.ENDED, finished_at=step.now.at, ended_elsewhere=told.where))
    return ""


def _dispatch(step: Step, order_id: uuid.UUID, body: changes.OrderBody) -> bool:
    """Hand the order to its device; the hub's id is the order's id, so its end is found again."""
    expires = step.now.mono_s + DISPATCH_S
    match body:
        case changes.UnlockDock(dock_no=dock_no, duration_s=duration_s) if dock_no in step.state.docks:
            dock = step.state.docks[dock_no]
            until = step.now.mono_s + duration_s + DISPATCH_S
            step.put_dock(dataclasses.replace(dock, staff_until_mono_s=until))
            step.order(UnlockDock(order_id=order_id, dock_no=dock_no, duration_s=duration_s, expires_mono_s=expires))
        case changes.RestartDock(dock_no=dock_no) if dock_no in step.state.docks:
            step.order(RestartDock(order_id=order_id, dock_no=dock_no, expires_mono_s=expires))
        case changes.StartCharge():
            step.order(
                StartCharge(
                    order_id=order_id,
                    charger_id=body.charger_id,
                    connector_no=body.connector_no,
                    id_token=body.id_token,
                    expires_mono_s=expires,
                )
            )
        case changes.StopCharge(session_id=session_id) if session_id in step.state.sessions:
            session = step.state.sessions[session_id]
            step.order(
                StopCharge(
                    order_id=order_id,
                    charger_id=session.charger_id,
                    transaction_id=session.transaction_id,
                    expires_mono_s=expires,
                )
            )
        case _:
            return False
    return True


def order_ended(step: Step, ended: DockOrderEnded | ChargerOrderEnded) -> None:
    """An order's end, if it was the hub's, goes back to it as a fact."""
    order = step.state.hub_orders.get(ended.order_id)
    if order is not None and order.state is HubOrderState.DISPATCHED:
        _end(step, ended.order_id, ended.outcome.value, ended.detail)


def wake(step: Step) -> None:
    """After a restart an order that was on its way is never sent again: nobody knows whether it was carried out."""
    for order in step.state.hub_orders.values():
        if order.state is HubOrderState.DISPATCHED:
            _end(step, order.order_id, Outcome.NO_ANSWER.value, "agent restarted")


def _end(step: Step, order_id: uuid.UUID, outcome: str, detail: str = "") -> None:
    ended = HubOrder(order_id=order_id, state=HubOrderState.ENDED, taken_ms=step.now_ms)
    step.change(hub_orders=with_item(step.state.hub_orders, order_id, ended))
    step.record(OrderEnded(order_id=order_id, outcome=outcome, detail=detail))
