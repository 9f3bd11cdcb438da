"""What staff do by hand: open a dock, start a rental for somebody, end one. Works with the hub away.

Each act is a fact with who, what and why, committed before anything opens. A PIN is short: what protects it is the
lock-out, counted for the station as a whole, since one PIN may be anybody's; a badge still works then.
"""

import dataclasses
import datetime as dt
import uuid
from typing import Final

from edge_agent.core import caps, eligibility, identity, lists, rental, rights
from edge_agent.core.acts import StaffEnds, StaffRents, StaffSignedIn, StaffSignedOut, StaffUnlocks
from edge_agent.core.orders import UnlockDock
from edge_agent.core.state import IN_DOCK, Dock, HubOrder, HubOrderState, Phase, PinTries, Rental, StaffSession
from edge_agent.core.step import Step, with_item, without
from protocols.errors import Refused
from protocols.kiosk.staff import Act
from protocols.sync.changes import StaffItem
from protocols.sync.facts import Renter, StaffActed
from protocols.values import from_ms, rfc3339
from protocols.voucher.pin import whose_pin

SESSION_S: Final = 300.0
MAX_SESSIONS: Final = 20
CARD_READ_S: Final = 60.0
DISPATCH_S: Final = 5.0
_EVERYBODY: Final = "pin"


def sign_in(step: Step, seen: StaffSignedIn) -> None:
    """A session for whoever proves who he is. Raises Refused staff_unknown, staff_locked, card_not_read."""
    asked = seen.asked
    item = _by_badge(step, asked.read_id) if asked.pin is None else _by_pin(step, asked.pin)
    session = StaffSession(
        token=step.context.new_id(),
        staff_id=uuid.UUID(item.key),
        name=item.name,
        may=tuple(item.may),
        identified_by="badge" if asked.pin is None else "pin",
        expires_at=step.now.at + dt.timedelta(seconds=SESSION_S),
        expires_mono_s=step.now.mono_s + SESSION_S,
    )
    live = [one for one in step.state.staff_sessions.values() if one.expires_mono_s > step.now.mono_s]
    kept = sorted(live, key=lambda one: one.expires_mono_s)[-MAX_SESSIONS + 1 :]
    step.change(staff_sessions={one.token: one for one in (*kept, session)})
    step.answer = session


def _by_pin(step: Step, pin: str) -> StaffItem:
    tries = step.state.staff_tries.get(_EVERYBODY, PinTries(wrong=0))
    if identity.is_locked_out(step, tries):
        raise Refused("staff_locked", until=rfc3339(from_ms(tries.locked_until_ms)))
    known = {item.key: item for item in lists.staff(step.state) if _may_be_good(step, item)}
    key = whose_pin(pin, {key: item.pin_hash for key, item in known.items() if item.pin_hash})
    if key is None:
        counted = identity.after_wrong_pin(step, tries)
        step.change(staff_tries=with_item(step.state.staff_tries, _EVERYBODY, counted))
        raise Refused("staff_unknown")
    step.change(staff_tries=without(step.state.staff_tries, _EVERYBODY))
    return known[key]


def _may_be_good(step: Step, item: StaffItem) -> bool:
    """Not certainly over: a station that does not know the time needs its staff most of all."""
    return item.expires_ms > step.now.earliest_ms


def _by_badge(step: Step, read_id: uuid.UUID | None) -> StaffItem:
    read = step.state.card
    if read is None or read.read_id != read_id or step.now.mono_s - read.mono_s > CARD_READ_S:
        raise Refused("card_not_read")
    for item in lists.staff(step.state):
        if item.badge and item.badge.upper() == read.uid and _may_be_good(step, item):
            step.change(card=None)
            return item
    raise Refused("staff_unknown")


def sign_out(step: Step, seen: StaffSignedOut) -> None:
    """The session is over."""
    step.change(staff_sessions=without(step.state.staff_sessions, seen.token))


def unlock(step: Step, seen: StaffUnlocks) -> None:
    """Open a dock; nobody rents. Raises Refused."""
    who = _allowed(step, seen.token, "unlock")
    dock = step.state.docks.get(seen.dock_no)
    if dock is None:
        raise Refused("dock_unknown", dock=seen.dock_no)
    if seen.asked.act_id in step.state.hub_orders:
        return
    if not dock.online:
        raise Refused("dock_out_of_order", dock=seen.dock_no)
    if any(one.dock_no == seen.dock_no and one.phase in IN_DOCK for one in step.state.rentals.values()):
        raise Refused("dock_busy", dock=seen.dock_no)
    _record(step, who, "unlock", seen.asked, dock_no=seen.dock_no, vehicle_id=step.state.occupants.get(seen.dock_no))
    duration_s = float(step.state.profile.pull_out_s)
    until = step.now.mono_s + duration_s + DISPATCH_S
    step.put_dock(dataclasses.replace(dock, staff_until_mono_s=until))
    order_id = seen.asked.act_id  # its end is told under this id, as that of an order from the hub
    taken = HubOrder(order_id=order_id, state=HubOrderState.DISPATCHED, taken_ms=step.now_ms)
    step.change(hub_orders=with_item(step.state.hub_orders, order_id, taken))
    step.order(
        UnlockDock(
            order_id=order_id,
            dock_no=seen.dock_no,
            duration_s=duration_s,
            expires_mono_s=step.now.mono_s + DISPATCH_S,
        )
    )


def rent(step: Step, seen: StaffRents) -> None:
    """Start a rental for a person, whatever the caps say; not for a blocked account. Raises Refused."""
    who = _allowed(step, seen.token, "rent")
    asked = seen.asked
    known = next((one for one in step.state.rentals.values() if one.quote_id == asked.act_id), None)
    if known is not None:
        step.answer = known
        return
    rights.check_may_begin(step)
    rights.check_account(step, asked.account_id)
    here = eligibility.vehicle_at(step.state, asked.dock_no, step.now_ms)
    if here.why_not is not None:
        raise Refused("vehicle_not_rentable", why=here.why_not, dock=asked.dock_no)
    named, kind = (None, None) if here.item is None else (here.item.tariff_id, here.item.kind)
    tariff = lists.tariff_for(step.state, "rental", step.now_ms, named, kind)
    if tariff is None:
        raise Refused("no_tariff")
    begun = Rental(
        rental_id=step.context.new_id(),
        quote_id=asked.act_id,
        vehicle_id=here.vehicle_id,
        dock_no=asked.dock_no,
        phase=Phase.STARTING,
        renter=Renter(by="staff", account_id=asked.account_id, staff_id=who.staff_id),
        tariff=tariff,
        started_at=step.now.at,
        boot=step.now.boot_id,
        started_mono_s=step.now.mono_s,
        offline=not step.state.hub.online,
    )
    _record(
        step, who, "start_rental", asked, dock_no=asked.dock_no, vehicle_id=here.vehicle_id, rental_id=begun.rental_id,
        account_id=asked.account_id,
    )  # fmt: skip
    rental.begin(step, begun, here.dock.battery, caps.count(step, begun))


def end(step: Step, seen: StaffEnds) -> None:
    """The vehicle is taken in: the ride ends now, with its bill. Raises Refused."""
    who = _allowed(step, seen.token, "end")
    ride = step.state.rentals.get(seen.rental_id)
    if ride is None:
        raise Refused("rental_unknown")
    if ride.phase is Phase.ENDED:
        step.answer = ride
        return
    if ride.phase is not Phase.ACTIVE:
        raise Refused("rental_not_active")
    dock_no = seen.asked.dock_no
    if dock_no is not None and dock_no not in step.state.docks:
        raise Refused("dock_unknown", dock=dock_no)
    _record(
        step, who, "end_rental", seen.asked, dock_no=dock_no, vehicle_id=ride.vehicle_id, rental_id=ride.rental_id,
        account_id=ride.renter.account_id,
    )  # fmt: skip
    battery = step.state.docks.get(dock_no or 0, Dock(dock_no=0)).battery
    rental.end(step, ride, dock_no or 0, 0.0, battery, by_staff=who.staff_id)
    step.answer = step.state.rentals[ride.rental_id]


def _allowed(step: Step, token: uuid.UUID, what: str) -> StaffSession:
    session = step.state.staff_sessions.get(token)
    if session is None or session.expires_mono_s < step.now.mono_s:
        raise Refused("staff_session_over")
    still = any(item.key == str(session.staff_id) and _may_be_good(step, item) for item in lists.staff(step.state))
    if not still:
        raise Refused("staff_session_over")
    if what not in session.may:
        raise Refused("staff_may_not", what=what)
    return session


def _record(
    step: Step,
    who: StaffSession,
    what: str,
    act: Act,
    *,
    dock_no: int | None,
    vehicle_id: uuid.UUID | None,
    rental_id: uuid.UUID | None = None,
    account_id: uuid.UUID | None = None,
) -> None:
    step.record(
        StaffActed(
            act_id=act.act_id,
            staff_id=who.staff_id,
            staff_name=who.name,
            identified_by=who.identified_by,
            what=what,
            reason=act.reason,
            note=act.note,
            at_ms=step.now_ms,
            dock_no=dock_no,
            vehicle_id=vehicle_id,
            rental_id=rental_id,
            account_id=account_id,
            offline=not step.state.hub.online,
        )
    )
