"""Check-out and check-in at the station: quote, agree, open, ride, return; or void, with nothing charged.

    starting ──lock opened──► open ──vehicle left──► active ──vehicle back──► ended
        │  └─no answer/restart─► unsure ─┤              ▲
        └──refused──► voided ◄──locked again──┘ (from open and unsure, once no unlock is on its way)

`RentalStarted` is committed before the unlock is sent. What the dock's sensors say decides the rest: a vehicle
that left is a ride, a vehicle that is locked in is none, whatever was believed before.
"""

import dataclasses
import datetime as dt
import uuid
from typing import Final

from edge_agent.core import caps, clocks, eligibility, leases, lists, rights, using
from edge_agent.core.billing import bill_of
from edge_agent.core.identity import Identified, identify
from edge_agent.core.inputs import Agreed, DockOrderEnded, DockReported, LockState, Outcome, QuoteAsked
from edge_agent.core.orders import LockDock, SignalDock, UnlockDock
from edge_agent.core.state import IN_DOCK, Dock, Phase, Quote, Rental
from edge_agent.core.step import Step, with_item, without
from protocols.errors import Refused
from protocols.sync.changes import VehicleItem
from protocols.sync.facts import (
    DockFaultRaised,
    OfflineLeft,
    RentalActivated,
    RentalEnded,
    RentalStarted,
    RentalVoided,
)
from protocols.tariff.tariff import Tariff, price_of_rental
from protocols.values import BatteryReading, to_ms

QUOTE_S: Final = 180.0
UNLOCK_DISPATCH_S: Final = 5.0  # an unlock that could not be sent by then is reported as expired
MAX_EXTENSIONS: Final = 10  # WCAG 2.2 SC 2.2.1: extendable at least ten times
SIGNAL_DISPATCH_S: Final = 3.0


def quote(step: Step, asked: QuoteAsked) -> None:
    """Show a price. Nothing is promised and nothing is spent yet."""
    rights.check_may_begin(step)
    who = identify(step, asked.who)
    chosen = eligibility.choose(
        step.state,
        step.now_ms,
        dock_no=asked.dock_no,
        vehicle_id=who.vehicle_id,
        vehicle_kind=who.vehicle_kind,
        reservation_id=who.renter.reservation_id,
        lease_id=who.renter.lease_id,
    )
    tariff = _tariff(step, who, chosen.item)
    caps.check(step, who.renter, tariff)
    made = Quote(
        quote_id=step.context.new_id(),
        dock_no=chosen.dock.dock_no,
        vehicle_id=chosen.vehicle_id,
        renter=who.renter,
        identified_by=who.by,
        tariff=tariff,
        offline=not step.state.hub.online,
        expires_at=step.now.at + dt.timedelta(seconds=QUOTE_S),
        expires_mono_s=step.now.mono_s + QUOTE_S,
        voucher_uses=1 if who.voucher is None else who.voucher.max_uses,
        voucher_expires_ms=None if who.voucher is None else to_ms(who.voucher.expires),
        voucher_status=None if who.voucher is None else who.voucher.status,
        counts_km=using.odometer_m(chosen.dock, chosen.vehicle_id) is not None,
        due_ms=using.due_ms(step, who.renter),
    )
    step.change(quotes=with_item(step.state.quotes, made.quote_id, made))
    step.answer = made


def _tariff(step: Step, who: Identified, vehicle: VehicleItem | None) -> Tariff:
    if who.voucher is not None and who.voucher.tariff is not None:
        sold_at = lists.tariff_version(step.state, *who.voucher.tariff)
        if sold_at is not None:
            return sold_at
    named, kind = (None, None) if vehicle is None else (vehicle.tariff_id, vehicle.kind)
    tariff = lists.tariff_at(step.state, "rental", step.now, named, kind)
    if tariff is None:
        raise Refused("no_tariff")
    return tariff


def agree(step: Step, agreed: Agreed) -> None:
    """Yes to a quote: the rental is recorded and the unlock follows the commit. The same quote, the same rental."""
    known = next((one for one in step.state.rentals.values() if one.quote_id == agreed.quote_id), None)
    if known is not None:
        step.answer = known
        return
    wanted = step.state.quotes.get(agreed.quote_id)
    if wanted is None or wanted.expires_mono_s < step.now.mono_s:
        raise Refused("quote_expired")
    rights.check_may_begin(step)
    dock = _check_again(step, wanted)
    caps.check(step, wanted.renter, wanted.tariff)
    rental = _begin(step, wanted)
    step.change(quotes=without(step.state.quotes, wanted.quote_id))
    rights.spend(step, wanted)
    begin(step, rental, dock.battery, caps.count(step, rental))


def begin(step: Step, rental: Rental, battery: BatteryReading | None, left: OfflineLeft | None) -> None:
    """It is decided: the fact, and behind its commit the unlock."""
    step.record(started_fact(step, rental, battery, left))
    _unlock(step, rental)


def _check_again(step: Step, wanted: Quote) -> Dock:
    """Between the price and the yes somebody else may have taken the vehicle, the voucher or the reservation."""
    here = eligibility.vehicle_at(step.state, wanted.dock_no, step.now_ms)
    if here.vehicle_id != wanted.vehicle_id:
        raise Refused("vehicle_gone", dock=wanted.dock_no)
    mine = eligibility.is_for(here, step.state, wanted.renter)
    if here.why_not is not None and not (mine and here.why_not in eligibility.PROMISED):
        if here.why_not == "dock_busy":
            raise Refused("dock_busy", dock=wanted.dock_no)
        raise Refused("vehicle_not_rentable", why=here.why_not, dock=wanted.dock_no)
    rights.check_still_good(step, wanted)
    return here.dock


def _begin(step: Step, wanted: Quote) -> Rental:
    return Rental(
        rental_id=step.context.new_id(),
        quote_id=wanted.quote_id,
        vehicle_id=wanted.vehicle_id,
        dock_no=wanted.dock_no,
        phase=Phase.STARTING,
        renter=wanted.renter,
        tariff=wanted.tariff,
        started_at=step.now.at,
        boot=step.now.boot_id,
        started_mono_s=step.now.mono_s,
        uncertainty_ms=step.now.uncertainty_ms,
        offline=not step.state.hub.online,
        odometer_m=using.odometer_m(step.state.docks.get(wanted.dock_no), wanted.vehicle_id),
        due_ms=using.due_ms(step, wanted.renter),
    )


def started_fact(step: Step, rental: Rental, battery: BatteryReading | None, left: OfflineLeft | None) -> RentalStarted:
    """That it began."""
    return RentalStarted(
        rental_id=rental.rental_id,
        vehicle_id=rental.vehicle_id,
        dock_no=rental.dock_no,
        started_ms=step.now_ms,
        renter=rental.renter,
        tariff_id=rental.tariff.tariff_id,
        tariff_version=rental.tariff.version,
        offline=rental.offline,
        battery=battery,
        offline_left=left,
        odometer_m=rental.odometer_m,
        due_ms=rental.due_ms,
    )


def _unlock(step: Step, rental: Rental) -> None:
    order = UnlockDock(
        order_id=step.context.new_id(),
        dock_no=rental.dock_no,
        duration_s=float(step.state.profile.pull_out_s),
        expires_mono_s=step.now.mono_s + UNLOCK_DISPATCH_S,
    )
    asked_s = clocks.least_s(step, rental)
    rental = dataclasses.replace(rental, unlock_order=order.order_id, unlock_asked_s=asked_s, unlocking=True)
    step.put_rental(rental)
    step.order(order)
    step.answer = rental


def more_time(step: Step, rental_id: uuid.UUID) -> None:
    """Another full period to pull the vehicle out."""
    rental = _in_dock(step, rental_id)
    if rental.phase is not Phase.OPEN or rental.cancelling or rental.extensions >= MAX_EXTENSIONS:
        raise Refused("rental_not_open")
    _unlock(step, dataclasses.replace(rental, extensions=rental.extensions + 1))


def not_open(step: Step, rental_id: uuid.UUID) -> None:
    """Somebody says that it did not open: lock again, and void as soon as the dock confirms."""
    rental = _in_dock(step, rental_id)
    dock = step.state.docks.get(rental.dock_no, Dock(dock_no=rental.dock_no))
    settled = rental.phase is Phase.OPEN and not rental.unlocking and dock.online
    if settled and eligibility.is_locked_in(dock.report):
        void(step, rental, "unlock_failed")
        step.answer = step.state.rentals[rental_id]
        return
    rental = dataclasses.replace(rental, cancelling=True)
    step.put_rental(rental)
    step.order(
        LockDock(
            order_id=step.context.new_id(),
            dock_no=rental.dock_no,
            expires_mono_s=step.now.mono_s + UNLOCK_DISPATCH_S,
        )
    )
    step.answer = rental


def _in_dock(step: Step, rental_id: uuid.UUID) -> Rental:
    rental = step.state.rentals.get(rental_id)
    if rental is None:
        raise Refused("rental_unknown")
    if rental.phase not in IN_DOCK:
        raise Refused("rental_not_open")
    return rental


def unlock_ended(step: Step, ended: DockOrderEnded) -> None:
    """What became of a rental's unlock."""
    rental = next((one for one in step.state.rentals.values() if one.unlock_order == ended.order_id), None)
    if rental is None or rental.phase not in IN_DOCK:
        return
    rental = dataclasses.replace(rental, unlocking=False)
    step.put_rental(rental)
    until = step.now.mono_s + step.state.profile.pull_out_s
    match ended.outcome:
        case Outcome.DONE:
            # "relocked": it did open, but the dock holds the vehicle again (a brown-out): not handed over.
            seen = rental.seen_unlocked or ended.detail == "relocked"
            step.put_rental(dataclasses.replace(rental, phase=Phase.OPEN, pull_until_mono_s=until, seen_unlocked=seen))
        case Outcome.NO_ANSWER:
            step.put_rental(dataclasses.replace(rental, phase=Phase.UNSURE, pull_until_mono_s=until))
        case _ if rental.phase is Phase.STARTING:
            if ended.outcome is Outcome.REFUSED:
                _lock_is_stuck(step, rental.dock_no, ended.detail)
            void(step, rental, "unlock_failed" if ended.outcome is Outcome.REFUSED else "expired")


def _lock_is_stuck(step: Step, dock_no: int, detail: str) -> None:
    dock = step.state.docks[dock_no]
    if "lock_stuck" not in dock.faults:
        step.put_dock(dataclasses.replace(dock, faults=(*dock.faults, "lock_stuck")))
        step.record(DockFaultRaised(dock_no=dock_no, code="lock_stuck", at_ms=step.now_ms, detail=detail))


def still_in_dock(step: Step, report: DockReported) -> None:
    """The dock still holds the vehicle: an open rental whose lock has closed again came to nothing."""
    rental = in_dock_at(step, report.dock_no)
    if rental is None:
        return
    if report.lock is LockState.UNLOCKED and not rental.seen_unlocked:
        step.put_rental(dataclasses.replace(rental, seen_unlocked=True))
    elif report.lock is LockState.LOCKED and _is_over(step, rental):
        void(step, rental, _why_void(rental))


def _is_over(step: Step, rental: Rental) -> bool:
    """Whether a locked dock means the end: not while an unlock is still on its way to it, whoever wants to cancel."""
    if rental.unlocking:
        return False
    if rental.phase is Phase.UNSURE or rental.cancelling:
        return True
    late = rental.pull_until_mono_s is not None and step.now.mono_s > rental.pull_until_mono_s
    return rental.phase is Phase.OPEN and (rental.seen_unlocked or late)


def _why_void(rental: Rental) -> str:
    if rental.seen_unlocked and not rental.cancelling:
        return "not_taken"
    return "restart" if rental.restarted and not rental.cancelling else "unlock_failed"


def void(step: Step, rental: Rental, reason: str) -> None:
    """No ride came of it and nothing is charged."""
    rights.give_back(step, rental)
    caps.give_back(step, rental)
    step.put_rental(dataclasses.replace(rental, phase=Phase.VOIDED, void_reason=reason, finished_at=step.now.at))
    step.record(RentalVoided(rental_id=rental.rental_id, reason=reason, voided_ms=step.now_ms))


def in_dock_at(step: Step, dock_no: int) -> Rental | None:
    """The rental whose vehicle is about to leave this dock."""
    return next((one for one in step.state.rentals.values() if one.dock_no == dock_no and one.phase in IN_DOCK), None)


def riding(step: Step, vehicle_id: uuid.UUID) -> Rental | None:
    """The rental that this vehicle is out on."""
    return next(
        (one for one in step.state.rentals.values() if one.vehicle_id == vehicle_id and one.phase is Phase.ACTIVE),
        None,
    )


def left_unseen_s(step: Step, rental: Rental, back_s: float) -> float:
    """How long ago a vehicle left that nobody saw leaving and that is back since `back_s` seconds.

    Nobody knows when; the latest moment at which its lock can have been open is in the renter's favour.
    """
    longest_s = rental.unlock_asked_s + UNLOCK_DISPATCH_S + step.state.profile.pull_out_s
    return max(back_s, clocks.least_s(step, rental) - longest_s)


def was_away(step: Step, rental: Rental, report: DockReported) -> bool:
    """Whether the vehicle that stands there came back from a ride: it came after its lock was open for this rental."""
    back_s = report.presence_age_s
    return not report.age_since_restart and left_unseen_s(step, rental, back_s) > back_s


def activate(step: Step, rental: Rental, age_s: float) -> None:
    """The vehicle left `age_s` seconds ago, though not before the rental began: the ride counts from then."""
    age_s = min(age_s, clocks.least_s(step, rental))
    undocked_at = max(step.ago(age_s), rental.started_at)
    step.put_rental(
        dataclasses.replace(
            rental,
            phase=Phase.ACTIVE,
            boot=step.now.boot_id,
            undocked_at=undocked_at,
            undocked_mono_s=step.now.mono_s - age_s,
            uncertainty_ms=step.now.uncertainty_ms,
            counted_s=0.0,
            crossed=False,
            cancelling=False,
            unlocking=False,
        )
    )
    step.record(RentalActivated(rental_id=rental.rental_id, undocked_ms=to_ms(undocked_at)))
    leases.used(step, rental)


def end(
    step: Step,
    rental: Rental,
    dock_no: int,
    age_s: float,
    battery: BatteryReading | None,
    by_staff: uuid.UUID | None = None,
    *,
    parked: bool = False,
) -> None:
    """The vehicle is back since `age_s` seconds: the bill ends there, however late we notice.

    Taken in by staff or parked beside full docks it stands in no dock: 0.
    """
    ended_at = step.ago(age_s)
    one_boot = rental.boot == step.now.boot_id and rental.undocked_mono_s is not None and not rental.crossed
    duration_s = max(0.0, clocks.least_s(step, rental) - age_s)
    by_wall = not one_boot and duration_s == max(0.0, clocks.wall_least_s(step, rental) - age_s)
    began_at = lists.local(step.state, rental.undocked_at or rental.started_at)
    odometer_m = using.odometer_m(step.state.docks.get(dock_no), rental.vehicle_id)
    used = using.used(step, rental, age_s, odometer_m)
    bill = bill_of(rental.tariff, price_of_rental(rental.tariff, duration_s, began_at=began_at, used=used))
    step.put_rental(
        dataclasses.replace(
            rental,
            phase=Phase.ENDED,
            finished_at=ended_at,
            returned_dock_no=dock_no or None,
            duration_s=duration_s,
            bill=bill,
            parked=parked,
        )
    )
    step.record(
        RentalEnded(
            rental_id=rental.rental_id,
            vehicle_id=rental.vehicle_id,
            dock_no=dock_no,
            ended_ms=to_ms(ended_at),
            duration_s=round(duration_s, 3),
            duration_by="monotonic" if one_boot else "wall" if by_wall else "counted",
            bill=bill,
            battery=battery,
            by_staff=by_staff,
            parked=parked,
            distance_m=used.distance_m,
            late_s=used.late_s,
            odometer_m=odometer_m,
        )
    )
    if dock_no:
        signal(step, dock_no, "success")


def signal(step: Step, dock_no: int, pattern: str) -> None:
    """Light and buzzer."""
    step.order(
        SignalDock(
            order_id=step.context.new_id(),
            dock_no=dock_no,
            pattern=pattern,
            expires_mono_s=step.now.mono_s + SIGNAL_DISPATCH_S,
        )
    )
