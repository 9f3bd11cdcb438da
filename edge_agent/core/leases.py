"""Leases: vehicles that this station keeps for the hub, whatever happens to the line. Decided here, told as facts.

    wish ──fits──► held ──holder rides──► used        held ──hub gives back──► released
      └──none fits, in time──► refused     └──time is up──► expired   └──vehicle unfit, no other──► lost

The hub asks by the list `leases`; what is granted stays granted until one of these ends, also when the list forgets
it. A lease is kept until its end on this clock plus the margin between the clocks, so that a hub that sells up to
two margins before the end never sells what is free here already.
"""

import dataclasses
import math
import uuid
from collections.abc import Mapping
from typing import Final

from edge_agent.core import eligibility, lists
from edge_agent.core.eligibility import Standing
from edge_agent.core.state import RUNNING, Dock, Lease, LeasePhase, Rental, State
from edge_agent.core.step import Step, with_item, without
from protocols.sync.changes import Holder, LeaseItem, ReservationItem
from protocols.sync.clock import Moment
from protocols.sync.facts import LeaseEnded, LeaseGranted, LeaseMoved, LeaseRefused

SETTLE_S: Final = 60.0  # after a start: how long docks may take to say what stands in them
SUBSTITUTE_AFTER_S: Final = 5.0  # an unfit vehicle is replaced by another
LOSE_AFTER_S: Final = 30.0  # … or, where there is none, the hub is told
LOSE_AFTER_FAULT_S: Final = 300.0  # a dock that does not answer may be back, with the vehicle still in it


def settle(step: Step) -> None:
    """Do what is due: answer wishes, give back, let expire, move what cannot be kept."""
    if not step.state.leases and "leases" not in step.state.lists:
        return
    wishes = lists.leases(step.state)
    listed = step.state.lists["leases"].raw if "leases" in step.state.lists else {}
    _forget(step, listed)
    for lease in held(step.state):
        _follow(step, lease, wishes.get(lease.lease_id), listed)
    if _is_settling(step):
        return
    for wish in sorted(wishes.values(), key=lambda one: (one.holder is None, one.from_ms, one.key)):
        _answer(step, wish)
    _mend(step)


def held(state: State) -> list[Lease]:
    """What is kept now, in the order in which it was asked for."""
    return [one for _, one in sorted(state.leases.items()) if one.phase is LeasePhase.HELD]


def is_held(state: State, lease_id: uuid.UUID) -> bool:
    """Whether the lease is kept and nobody is about to ride with it."""
    lease = state.leases.get(lease_id)
    return lease is not None and lease.phase is LeasePhase.HELD and lease_id not in in_use(state)


def in_use(state: State) -> set[uuid.UUID]:
    """The leases with which somebody has opened a dock or rides."""
    return {one.renter.lease_id for one in state.rentals.values() if one.renter.lease_id and one.phase in RUNNING}


def booking_with_code(state: State, code: str) -> tuple[ReservationItem, Lease | None] | None:
    """What is promised under this code, and the lease behind it (none for an old hub's reservations)."""
    for lease in held(state):
        holder = lease.holder
        if holder is not None and holder.code.upper() == code:
            item = ReservationItem(
                key=str(holder.reservation_id),
                code=holder.code,
                pin_hash=holder.pin_hash,
                account_id=holder.account_id,
                from_ms=holder.from_ms,
                until_ms=holder.until_ms,
                vehicle_id=lease.vehicle_id,
                vehicle_kind=lease.vehicle_kind,
            )
            return item, lease
    plain = next((item for item in lists.reservations(state) if item.code.upper() == code), None)
    return None if plain is None else (plain, None)


def verifier_of(state: State, code: str) -> tuple[uuid.UUID, str] | None:
    """The booking with this code and its PIN's verifier, also when it is used; None for one that is not known here."""
    holders = [one.holder for one in state.leases.values() if one.holder is not None]
    found = [(one.reservation_id, one.pin_hash) for one in holders if one.code.upper() == code]
    plain = [(uuid.UUID(one.key), one.pin_hash) for one in lists.reservations(state) if one.code.upper() == code]
    return next(iter(found + plain), None)


def remembered(state: State) -> set[uuid.UUID]:
    """The reservations that leases speak of."""
    rows = {one.holder.reservation_id for one in state.leases.values() if one.holder is not None}
    return rows | {one.holder.reservation_id for one in lists.leases(state).values() if one.holder is not None}


def kept_until_ms(lease: Lease) -> int:
    """Until when it is kept for its holder, without the margin."""
    return lease.until_ms if lease.holder is None else min(lease.until_ms, lease.holder.until_ms)


def used(step: Step, rental: Rental) -> None:
    """The vehicle left with the lease's holder: the promise is kept."""
    lease = step.state.leases.get(rental.renter.lease_id) if rental.renter.lease_id else None
    if lease is not None and lease.phase is LeasePhase.HELD:
        _end(step, lease, "used", "", rental.rental_id)


def earliest_ms(now: Moment, margin_ms: int) -> int:
    """The hub's clock certainly shows no less: this clock may be as far from it as was agreed, or as it is in doubt."""
    return min(now.at_ms - margin_ms, now.earliest_ms)


def latest_ms(now: Moment, margin_ms: int) -> int:
    """The hub's clock certainly shows no more."""
    return max(now.at_ms + margin_ms, now.latest_ms)


def _follow(step: Step, lease: Lease, wish: LeaseItem | None, listed: Mapping[str, bytes]) -> None:
    """Keep step with the hub's list: given back, assigned to a booking, forgotten; and with time."""
    if lease.lease_id in in_use(step.state):
        return
    if wish is not None and wish.ended:
        _end(step, lease, "released", wish.ended)
        return
    if wish is not None and wish.holder is not None and lease.holder is None:
        lease = dataclasses.replace(lease, holder=wish.holder)
        _put(step, lease)
    if earliest_ms(step.now, lease.margin_ms) > kept_until_ms(lease):
        late = wish is not None and wish.generation > lease.generation
        if not late:  # a renewal that has come is answered first
            over = lease.holder is not None and lease.holder.until_ms <= lease.until_ms
            _end(step, lease, "expired", "no_show" if over else "")
    elif str(lease.lease_id) not in listed or (wish is not None and _is_unknown(wish, lease)):
        _tell_again(step, lease)


def _is_unknown(wish: LeaseItem, lease: Lease) -> bool:
    """Whether the hub thinks that it is another's. With a new generation it may only give its holder more time."""
    same = wish.holder is not None and lease.holder is not None
    if same and wish.generation > lease.generation:
        return _whose(lease.holder, wish.holder) != wish.holder
    return wish.holder != lease.holder


def _whose(known: Holder | None, wished: Holder | None) -> Holder | None:
    """Whose it is after a renewal: whose it was, with the time that the hub gives him now."""
    if known is None or (wished is not None and wished.reservation_id == known.reservation_id):
        return wished
    return known


def _tell_again(step: Step, lease: Lease) -> None:
    """The list does not show what is kept here, or for whom: the hub has forgotten it. Said once for each version.

    Whose it is once, it stays: a hub that was restored may have sold it again.
    """
    version = step.state.lists["leases"].version if "leases" in step.state.lists else 0
    if lease.told_version != version:
        _put(step, dataclasses.replace(lease, told_version=version))
        step.record(_granted(step, lease, again=True))


def _answer(step: Step, wish: LeaseItem) -> None:
    lease_id = uuid.UUID(wish.key)
    known = step.state.leases.get(lease_id)
    if (known is not None and known.generation >= wish.generation) or lease_id in in_use(step.state):
        return
    if wish.ended:
        if known is None:
            _end(step, _lease(lease_id, wish), "released", wish.ended)
        return
    if known is not None and known.phase is LeasePhase.HELD:
        renewed = dataclasses.replace(_lease(lease_id, wish), vehicle_id=known.vehicle_id)
        _grant(step, dataclasses.replace(renewed, holder=_whose(known.holder, wish.holder)))
        return
    if step.now_ms < wish.from_ms:
        return
    why_not = _why_not(step, wish)
    if why_not is None:
        _grant(step, _lease(lease_id, wish))
    elif why_not == "over" or step.now_ms >= wish.answer_by_ms:
        _refuse(step, lease_id, wish, why_not)


def _why_not(step: Step, wish: LeaseItem) -> str | None:
    """Why nothing can be kept for this wish now; None when it can."""
    if step.now.earliest_ms >= wish.until_ms:
        return "over"
    here = eligibility.standing(step.state, step.now_ms)
    if wish.vehicle_id is not None:
        named = next((one for one in here if one.vehicle_id == wish.vehicle_id), None)
        if named is None or named.why_not is not None:
            return "vehicle_gone" if named is None else named.why_not
    elif not any(_is_free(one, wish.vehicle_kind) for one in here):
        return "no_vehicle"
    return "walk_ins" if _free_count(here) - 1 < _walk_in_share(step.state, here) else None


def _is_free(one: Standing, kind: str | None) -> bool:
    return one.why_not is None and one.item is not None and one.item.kind == kind


def _free_count(here: list[Standing]) -> int:
    return sum(one.why_not is None for one in here)


def _walk_in_share(state: State, here: list[Standing]) -> int:
    """How many vehicles stay for people without a booking: the greatest of the hub's wish and the station's own."""
    policy = lists.lease_policy(state)
    fit = sum(one.why_not in (None, *eligibility.PROMISED) for one in here)
    share = 0 if policy is None else max(policy.walk_in_min, math.ceil(fit * policy.walk_in_pct / 100))
    return max(share, state.walk_in_min)


def _mend(step: Step) -> None:
    """What is kept must be fit to ride: another of its kind steps in, or the hub is told that the promise is lost."""
    shaken = dict(step.state.shaken)
    here, riding = eligibility.standing(step.state, step.now_ms), in_use(step.state)
    for lease in held(step.state):
        trouble = None if lease.lease_id in riding else _trouble(here, lease)
        if trouble is None:
            shaken.pop(lease.lease_id, None)
            continue
        since = shaken.setdefault(lease.lease_id, step.now.mono_s)
        lasted_s = math.inf if trouble == "gone" else step.now.mono_s - since
        if lasted_s >= SUBSTITUTE_AFTER_S and _substitute(step, lease, trouble):
            here = eligibility.standing(step.state, step.now_ms)
        elif lasted_s >= (LOSE_AFTER_FAULT_S if trouble == "fault" else LOSE_AFTER_S):
            _end(step, lease, "lost", trouble)
            shaken.pop(lease.lease_id)
    shaken = {key: since for key, since in shaken.items() if key in step.state.leases}
    if shaken != step.state.shaken:
        step.change(shaken=shaken)


def _trouble(here: list[Standing], lease: Lease) -> str | None:
    """Why no vehicle could be handed out for the lease now; None when one could."""
    mine = next((one for one in here if one.lease is not None and one.lease.lease_id == lease.lease_id), None)
    if mine is not None:
        return None if mine.why_not in eligibility.PROMISED else mine.why_not
    if lease.vehicle_id is not None:
        return "gone"
    unfit = [
        one.why_not for one in here if one.item is not None and one.item.kind == lease.vehicle_kind and one.why_not
    ]
    unfit = [why for why in unfit if why not in eligibility.PROMISED]
    return "fault" if "fault" in unfit or "dock_busy" in unfit else next(iter(unfit), "gone")


def _substitute(step: Step, lease: Lease, reason: str) -> bool:
    """Keep another of the kind instead of the named vehicle. Walk-ins' share goes before a promise that is made."""
    if lease.vehicle_id is None:
        return False
    kind = _kind_of(step.state, lease.vehicle_id)
    free = [one for one in eligibility.standing(step.state, step.now_ms) if _is_free(one, kind)]
    if kind is None or not free:
        return False
    best = max(free, key=lambda one: one.soc_pct)
    _put(step, dataclasses.replace(lease, vehicle_id=best.vehicle_id))
    moved = LeaseMoved(
        lease_id=lease.lease_id,
        vehicle_id=lease.vehicle_id,
        to_vehicle_id=best.vehicle_id,
        reason=reason,
        moved_ms=step.now_ms,
    )
    step.record(moved)
    return True


def _kind_of(state: State, vehicle_id: uuid.UUID) -> str | None:
    item = lists.vehicle(state, vehicle_id)
    return None if item is None else item.kind


def _is_settling(step: Step) -> bool:
    """Whether docks have yet to say what stands in them: nothing is refused or lost for want of their word."""
    if step.now.mono_s - step.state.woke_mono_s > SETTLE_S:
        return False
    return any(_is_silent(dock) for dock in step.state.docks.values()) or any(
        step.state.docks.get(dock_no, Dock(dock_no=dock_no)).battery is None for dock_no in step.state.occupants
    )


def _is_silent(dock: Dock) -> bool:
    return dock.report is None and not dock.faults


def _forget(step: Step, listed: Mapping[str, bytes]) -> None:
    """What is over is remembered for as long as the hub's list carries it."""
    over = [key for key, one in step.state.leases.items() if one.phase is LeasePhase.OVER and str(key) not in listed]
    running = in_use(step.state)
    over = [key for key in over if key not in running]
    if over:
        step.change(leases=without(step.state.leases, *over))


def _lease(lease_id: uuid.UUID, wish: LeaseItem) -> Lease:
    return Lease(
        lease_id=lease_id,
        generation=wish.generation,
        phase=LeasePhase.HELD,
        from_ms=wish.from_ms,
        until_ms=wish.until_ms,
        margin_ms=wish.margin_ms,
        vehicle_id=wish.vehicle_id,
        vehicle_kind=wish.vehicle_kind,
        holder=wish.holder,
    )


def _grant(step: Step, lease: Lease) -> None:
    _put(step, lease)
    step.record(_granted(step, lease))


def _granted(step: Step, lease: Lease, *, again: bool = False) -> LeaseGranted:
    return LeaseGranted(
        lease_id=lease.lease_id,
        generation=lease.generation,
        from_ms=lease.from_ms,
        until_ms=lease.until_ms,
        margin_ms=lease.margin_ms,
        granted_ms=step.now_ms,
        vehicle_id=lease.vehicle_id,
        vehicle_kind=lease.vehicle_kind,
        again=again,
        holder=lease.holder if again else None,
    )


def _refuse(step: Step, lease_id: uuid.UUID, wish: LeaseItem, reason: str) -> None:
    _put(step, dataclasses.replace(_lease(lease_id, wish), phase=LeasePhase.OVER))
    step.record(LeaseRefused(lease_id=lease_id, generation=wish.generation, reason=reason, refused_ms=step.now_ms))


def _end(step: Step, lease: Lease, how: str, reason: str, rental_id: uuid.UUID | None = None) -> None:
    _put(step, dataclasses.replace(lease, phase=LeasePhase.OVER, rental_id=rental_id))
    ended = LeaseEnded(
        lease_id=lease.lease_id,
        generation=lease.generation,
        how=how,
        reason=reason,
        ended_ms=step.now_ms,
        rental_id=rental_id,
    )
    step.record(ended)


def _put(step: Step, lease: Lease) -> None:
    step.change(leases=with_item(step.state.leases, lease.lease_id, lease))
