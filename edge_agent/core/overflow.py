"""A return to a full station, at its own kiosk: who rides from here says so, and the bill stops; no hub is needed.

Two steps, like a rental's price and yes: whose ride it is and what it costs so far (a handback, volatile), then the
vehicle stands beside the docks. A free dock is always better: it holds the vehicle, and it knows that it is there.
The ride's own station decides; of rides from elsewhere this one knows nothing. A person comes and sees to the vehicle.
"""

import uuid
from collections.abc import Iterator
from typing import Final

from edge_agent.core import identity, leases, lists, rental
from edge_agent.core.inputs import DockKind, HandbackAsked, VehicleParked
from edge_agent.core.state import LEFT_WITHOUT_RENTAL, Dock, Handback, Phase, Rental, State
from edge_agent.core.step import Step
from protocols.errors import Refused
from protocols.kiosk.actions import ByCard, ByReservation, ByVoucher
from protocols.values import from_ms, to_ms
from protocols.voucher.pin import pin_matches
from protocols.voucher.voucher import verify

HANDBACK_S: Final = 300.0
MOST: Final = 50


def ask(step: Step, asked: HandbackAsked) -> None:
    """Whose ride ends? Nothing happens yet. Raises Refused `no_ride`, `docks_free`, and why he is not known."""
    ride = _ride_of(step, asked.who)
    check_full(step.state, ride.vehicle_id)
    made = Handback(
        handback_id=step.context.new_id(), rental_id=ride.rental_id, expires_mono_s=step.now.mono_s + HANDBACK_S
    )
    live = [one for one in step.state.handbacks.values() if one.expires_mono_s > step.now.mono_s][-MOST + 1 :]
    step.change(handbacks={one.handback_id: one for one in (*live, made)})
    step.answer = made


def park(step: Step, told: VehicleParked) -> None:
    """It stands beside the docks: the ride ends now, with its bill. A second time changes nothing.

    Raises Refused `handback_expired`, `docks_free`.
    """
    known = step.state.handbacks.get(told.handback_id)
    ride = None if known is None else step.state.rentals.get(known.rental_id)
    if known is None or ride is None:
        raise Refused("handback_expired")
    if ride.phase is Phase.ENDED:
        step.answer = ride
        return
    if ride.phase is not Phase.ACTIVE or known.expires_mono_s < step.now.mono_s:
        raise Refused("handback_expired")
    check_full(step.state, ride.vehicle_id)
    rental.end(step, ride, 0, 0.0, None, parked=True)
    step.answer = step.state.rentals[ride.rental_id]


def check_full(state: State, vehicle_id: uuid.UUID) -> None:
    """Raises Refused `docks_free` with the number of a dock that could take this vehicle."""
    item = lists.vehicle(state, vehicle_id)
    kind = None if item is None else DockKind(item.dock_kind)
    free = [dock.dock_no for dock in state.docks.values() if _could_take(dock, kind)]
    if free:
        raise Refused("docks_free", dock=min(free), count=len(free))


def _could_take(dock: Dock, kind: DockKind | None) -> bool:
    report = dock.report
    if report is None or report.vehicle_present or not dock.online or set(dock.faults) - {LEFT_WITHOUT_RENTAL}:
        return False
    return kind is None or dock.kind in (None, kind)


def _ride_of(step: Step, who: ByVoucher | ByReservation | ByCard) -> Rental:
    """His ride that is out, by the right that it began with, whatever became of that right since."""
    match who:
        case ByVoucher():
            mine = [one for one in _out(step.state) if _is_bearer(step, one, who.token)]
        case ByReservation():
            mine = list(_booked(step, who))
        case ByCard():
            uid, account_id = identity.card_held(step, who.read_id)
            mine = [one for one in _out(step.state) if _is_cards(one, uid, account_id)]
    if not mine:
        raise Refused("no_ride")
    return max(mine, key=lambda one: one.started_at)


def _out(state: State) -> Iterator[Rental]:
    return (one for one in state.rentals.values() if one.phase is Phase.ACTIVE)


def _is_cards(ride: Rental, uid: str, account_id: uuid.UUID | None) -> bool:
    if ride.renter.card_uid is not None:
        return ride.renter.card_uid == uid
    return account_id is not None and ride.renter.account_id == account_id


def _is_bearer(step: Step, ride: Rental, token: str) -> bool:
    """The voucher that it began with: good then, over by now perhaps."""
    if ride.renter.voucher_id is None:
        return False
    began = from_ms(to_ms(ride.started_at))
    try:
        voucher = verify(
            token, lists.voucher_keys(step.state), station_id=step.state.station_id, earliest=began, latest=began
        )
    except Refused:
        return False
    return voucher.voucher_id == ride.renter.voucher_id


def _booked(step: Step, who: ByReservation) -> Iterator[Rental]:
    """By code and PIN; wrong ones are counted as at a check-out."""
    code = who.code.strip().upper().replace(" ", "")
    found = leases.verifier_of(step.state, code)
    if found is None:
        raise Refused("reservation_unknown")
    identity.check_pin(step, found[0], lambda: pin_matches(who.pin, found[1]))
    return (one for one in _out(step.state) if one.renter.reservation_id == found[0])
