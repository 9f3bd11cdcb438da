"""Check-out and check-in by hand: a rental that staff start for a person, a ride that they end.

A rental by hand is a rental: it has its tariff, its facts and its bill. Staff stand above the caps, not above a
blocked account or a revoked key. Where a dock cannot open, the vehicle is handed over and the ride is on at once.
"""

import uuid

import msgspec

from edge_agent.core import caps, clocks, eligibility, handover, identity, leases, lists, rental, rights, staff, using
from edge_agent.core.acts import StaffEnds, StaffRents
from edge_agent.core.eligibility import Standing
from edge_agent.core.state import Dock, Phase, Rental, StaffSession
from edge_agent.core.step import Step
from protocols.errors import Refused
from protocols.kiosk.actions import ByCard
from protocols.kiosk.staff import StaffRent
from protocols.sync.facts import Renter
from protocols.tariff.tariff import Tariff


def rent(step: Step, seen: StaffRents) -> None:
    """Start a rental for a person. Raises Refused."""
    who, asked = staff.allowed(step, seen.token, "rent"), seen.asked
    known = next((one for one in step.state.rentals.values() if one.quote_id == asked.act_id), None)
    if known is not None:
        step.answer = known
        return
    rights.check_may_begin(step)
    renter = _renter(step, asked, who)
    rights.check_account(step, renter.account_id)
    by_hand = asked.vehicle_id is not None
    here = _by_hand(step, asked.vehicle_id) if asked.vehicle_id is not None else _in_dock(step, asked.dock_no or 0)
    _check_for(step, here, renter, by_hand=by_hand)
    begun = _begun(step, asked.act_id, here, renter, by_hand=by_hand)
    what = "hand_over" if by_hand else "start_rental"
    staff.record(
        step, who, what, asked, dock_no=begun.dock_no or None, vehicle_id=here.vehicle_id, rental_id=begun.rental_id,
        account_id=renter.account_id, pictures=seen.pictures,
    )  # fmt: skip
    if renter.reservation_id is not None:
        rights.use_reservation(step, renter.reservation_id, asked.act_id)
    if by_hand:
        handover.hand_over(step, begun, here.dock.battery, caps.count(step, begun))
    else:
        rental.begin(step, begun, here.dock.battery, caps.count(step, begun))


def _renter(step: Step, asked: StaffRent, who: StaffSession) -> Renter:
    """For whom: staff have looked at him, so a booking needs no PIN and no hour. Raises Refused."""
    renter = Renter(by="staff", account_id=asked.account_id, staff_id=who.staff_id)
    if asked.read_id is not None:
        card = identity.identify(step, ByCard(kind="card", read_id=asked.read_id)).renter
        step.change(card=None)
        return msgspec.structs.replace(renter, account_id=card.account_id, card_uid=card.card_uid)
    if asked.code is None:
        return renter
    found = leases.booking_with_code(step.state, asked.code.strip().upper().replace(" ", ""))
    if found is None or uuid.UUID(found[0].key) in step.state.used_reservations:
        raise Refused("reservation_unknown")
    item, lease = found
    return msgspec.structs.replace(
        renter,
        account_id=item.account_id,
        reservation_id=uuid.UUID(item.key),
        lease_id=None if lease is None else lease.lease_id,
    )


def _in_dock(step: Step, dock_no: int) -> Standing:
    return eligibility.vehicle_at(step.state, dock_no, step.now_ms)


def _by_hand(step: Step, vehicle_id: uuid.UUID) -> Standing:
    """A vehicle of ours that stands here, in whatever dock or beside them. Raises Refused."""
    if rental.riding(step, vehicle_id) is not None:
        raise Refused("vehicle_out")
    for one in eligibility.standing(step.state, step.now_ms):
        if one.vehicle_id == vehicle_id:
            return one
    item = lists.vehicle(step.state, vehicle_id)
    if item is None:
        raise Refused("vehicle_unknown")
    why_not = None if item.rentable else item.why_not or "not_for_rent"
    return Standing(dock=Dock(dock_no=0), vehicle_id=vehicle_id, item=item, why_not=why_not)


def _check_for(step: Step, here: Standing, renter: Renter, *, by_hand: bool) -> None:
    dock_no, mine = here.dock.dock_no, eligibility.is_for(here, step.state, renter)
    promised = here.lease is not None or here.reserved is not None
    if promised and not mine:
        raise Refused("vehicle_not_rentable", why="reserved", dock=dock_no)
    why_not = None if mine and here.why_not in eligibility.PROMISED else here.why_not
    if by_hand and dock_no and why_not is None:
        raise Refused("dock_opens", dock=dock_no)
    if why_not == "dock_busy":
        raise Refused("dock_busy", dock=dock_no)
    if why_not is not None and not (by_hand and why_not == "fault"):
        raise Refused("vehicle_not_rentable", why=why_not, dock=dock_no)


def _begun(step: Step, act_id: uuid.UUID, here: Standing, renter: Renter, *, by_hand: bool) -> Rental:
    return Rental(
        rental_id=step.context.new_id(),
        quote_id=act_id,
        vehicle_id=here.vehicle_id,
        dock_no=here.dock.dock_no,
        phase=Phase.STARTING,
        renter=renter,
        tariff=tariff_of(step, here),
        started_at=step.now.at,
        boot=step.now.boot_id,
        started_mono_s=step.now.mono_s,
        uncertainty_ms=step.now.uncertainty_ms,
        offline=not step.state.hub.online,
        by_hand=by_hand,
        odometer_m=using.odometer_m(here.dock, here.vehicle_id),
        due_ms=using.due_ms(step, renter),
    )


def tariff_of(step: Step, here: Standing) -> Tariff:
    """What a ride with this vehicle costs if it begins now. Raises Refused `no_tariff`."""
    named, kind = (None, None) if here.item is None else (here.item.tariff_id, here.item.kind)
    tariff = lists.tariff_at(step.state, "rental", step.now, named, kind)
    if tariff is None:
        raise Refused("no_tariff")
    return tariff


def end(step: Step, seen: StaffEnds) -> None:
    """The vehicle is taken in: the ride ends now, or when it came back, with its bill. Raises Refused."""
    who = staff.allowed(step, seen.token, "end")
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
    staff.record(
        step, who, "end_rental", seen.asked, dock_no=dock_no, vehicle_id=ride.vehicle_id, rental_id=ride.rental_id,
        account_id=ride.renter.account_id, pictures=seen.pictures,
    )  # fmt: skip
    battery = step.state.docks.get(dock_no or 0, Dock(dock_no=0)).battery
    age_s = min(float(seen.asked.ago_s), clocks.least_s(step, ride))  # it cannot have come back before it left
    rental.end(step, ride, dock_no or 0, age_s, battery, by_staff=who.staff_id)
    step.answer = step.state.rentals[ride.rental_id]
