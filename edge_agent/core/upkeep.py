"""What time brings: the start of the agent, and the look at what is due every second."""

import dataclasses
from typing import Final

from edge_agent.core import charging, clocks, docking, hub, identity, leases, lists, staff_docks
from edge_agent.core.inputs import AgentWoke, LockState, MeterLost, MeterReported, Ticked
from edge_agent.core.state import IN_DOCK, Phase
from edge_agent.core.step import Step, with_item, without
from protocols.sync.facts import AgentStarted

KEEP_RENTAL_S: Final = 600.0  # a finished rental stays for receipts and repeats of the same yes
KEEP_CARD_S: Final = 60.0
FEATURES: Final = ("leases", "rich_tariffs", "extensions")  # what a hub may count on
DAY_MS: Final = 24 * 3600 * 1000
LOCK_GRACE_S: Final = 3.0  # the dock locks by itself at the end of the period; we ask only if it did not


def wake(step: Step, woke: AgentWoke) -> None:
    """A new start: nothing that was on its way is sent again; the docks' sensors will say how things stand."""
    # Monotonic instants may be another boot's: whoever can still pull gets a full period from here.
    until = step.now.mono_s + step.state.profile.pull_out_s
    for rental in step.state.rentals.values():
        if rental.phase in IN_DOCK:
            unsure = dataclasses.replace(rental, phase=Phase.UNSURE, unlocking=False, restarted=True)
            step.put_rental(dataclasses.replace(unsure, pull_until_mono_s=until, unlock_order=None))
    clocks.wake(step, woke.last_boot, woke.last_mono_s)
    hub.wake(step)
    staff_docks.wake(step)
    step.change(boot=step.now.boot_id, woke_mono_s=step.now.mono_s)
    step.record(AgentStarted(epoch=woke.epoch, version=woke.version, unclean=woke.unclean, features=FEATURES))


def tick(step: Step, _ticked: Ticked) -> None:
    """Close what stayed open, forget what is over."""
    _relock(step)
    charging.close_forgotten(step)
    leases.settle(step)
    _forget_people(step)
    _forget_business(step)


def _relock(step: Step) -> None:
    for rental in step.state.rentals.values():
        if rental.phase not in IN_DOCK or rental.pull_until_mono_s is None:
            continue
        dock = step.state.docks.get(rental.dock_no)
        # A bolt that stuck is driven again too: else the rental would wait for ever for a lock that may be free.
        if dock is None or dock.report is None or dock.report.lock not in (LockState.UNLOCKED, LockState.STUCK):
            continue
        if step.now.mono_s > rental.pull_until_mono_s + LOCK_GRACE_S and dock.report.vehicle_present:
            docking.lock_again(step, rental.dock_no)


def _forget_people(step: Step) -> None:
    quotes = [one.quote_id for one in step.state.quotes.values() if one.expires_mono_s < step.now.mono_s]
    if quotes:
        step.change(quotes=without(step.state.quotes, *quotes))
    if step.state.card is not None and step.now.mono_s - step.state.card.mono_s > KEEP_CARD_S:
        step.change(card=None)
    over = [
        one.rental_id
        for one in step.state.rentals.values()
        if one.finished_at is not None and abs((step.now.at - one.finished_at).total_seconds()) > KEEP_RENTAL_S
    ]
    if over:
        step.change(rentals=without(step.state.rentals, *over))
    signed_out = [one.token for one in step.state.staff_sessions.values() if one.expires_mono_s < step.now.mono_s]
    if signed_out:
        step.change(staff_sessions=without(step.state.staff_sessions, *signed_out))


def _forget_business(step: Step) -> None:
    state, now_ms = step.state, step.now.earliest_ms  # what is forgotten too early could be used twice
    spent = [key for key, one in state.spent.items() if one.expires_ms + 2 * DAY_MS < now_ms]
    if spent:
        step.change(spent=without(state.spent, *spent))
    sessions = [
        key
        for key, one in state.sessions.items()
        if one.stopped_at is not None and one.closed_ms + charging.KEEP_CLOSED_MS < now_ms
    ]
    if sessions:
        step.change(sessions=without(state.sessions, *sessions))
    orphans = [key for key, at_ms in state.orphans.items() if at_ms + charging.KEEP_CLOSED_MS < now_ms]
    if orphans:
        step.change(orphans=without(state.orphans, *orphans))
    orders = [key for key, one in state.hub_orders.items() if one.taken_ms + 7 * DAY_MS < now_ms]
    if orders:
        step.change(hub_orders=without(state.hub_orders, *orders))
    _forget_reservations(step)


def _forget_reservations(step: Step) -> None:
    """A used reservation, and its wrong PINs, are remembered for as long as the hub's list still carries it."""
    if not step.state.used_reservations and not step.state.pin_tries:
        return
    listed = {item.key for item in lists.reservations(step.state)}
    listed |= {str(one) for one in leases.remembered(step.state)}
    tries = [
        key
        for key, one in step.state.pin_tries.items()
        if str(key) not in listed and not identity.is_locked_out(step, one)
    ]
    if tries:
        step.change(pin_tries=without(step.state.pin_tries, *tries))
    gone = [key for key in step.state.used_reservations if str(key) not in listed]
    running = {one.renter.reservation_id for one in step.state.rentals.values()}
    gone = [key for key in gone if key not in running]
    if gone:
        step.change(used_reservations=without(step.state.used_reservations, *gone))


def meter(step: Step, seen: MeterReported) -> None:
    """The grid meter's readings; the next ones replace them."""
    step.change(meters=with_item(step.state.meters, seen.meter_id, seen.readings))


def meter_lost(step: Step, seen: MeterLost) -> None:
    """A meter is silent: an old reading must not look fresh."""
    step.change(meters=without(step.state.meters, seen.meter_id))
