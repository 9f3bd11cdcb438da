"""What a clock that moves means for the business: it is told, and what this boot has dated moves with it.

Monotonic time is never touched: what is due after so many seconds stays due then.
"""

import dataclasses
import datetime as dt
from typing import Final

from edge_agent.core.inputs import ClockMoved
from edge_agent.core.state import IN_DOCK, RUNNING, PinTries, Rental
from edge_agent.core.step import Step, with_item
from protocols.sync.facts import ClockStepped

LOCK_OUT_S: Final = 600.0  # after too many wrong PINs


def moved(step: Step, seen: ClockMoved) -> None:
    """Say it, and put right what was dated in this boot; a jump of the machine's clock has not touched ours."""
    step.record(
        ClockStepped(
            reason=seen.reason,
            old_ms=seen.old_ms,
            new_ms=seen.new_ms,
            offset_ms=seen.offset_ms,
            quality=step.now.quality.value,
            uncertainty_ms=step.now.uncertainty_ms,
        )
    )
    if seen.reason == "jump":
        return
    by = dt.timedelta(milliseconds=seen.new_ms - seen.old_ms)
    hub = step.state.hub
    step.change(hub=dataclasses.replace(hub, since=_moved(hub.since, by), last_contact=_moved(hub.last_contact, by)))
    for rental in step.state.rentals.values():
        if rental.boot == step.now.boot_id and not rental.crossed:
            step.put_rental(_dated_anew(rental, by, step.now.uncertainty_ms))


def _dated_anew(rental: Rental, by: dt.timedelta, uncertainty_ms: int) -> Rental:
    return dataclasses.replace(
        rental,
        started_at=rental.started_at + by,
        undocked_at=_moved(rental.undocked_at, by),
        finished_at=_moved(rental.finished_at, by),
        uncertainty_ms=uncertainty_ms,
    )


def _moved(at: dt.datetime | None, by: dt.timedelta) -> dt.datetime | None:
    return None if at is None else at + by


def wake(step: Step, last_boot: str, last_mono_s: float) -> None:
    """A new boot: what the last one's monotonic clock counted is kept, and this one's counts on from its zero."""
    for rental in step.state.rentals.values():
        if rental.phase in RUNNING and rental.boot != step.now.boot_id:
            began_s = rental.started_mono_s if rental.phase in IN_DOCK else rental.undocked_mono_s or 0.0
            counted_s = max(0.0, last_mono_s - began_s) if last_boot == rental.boot else 0.0
            step.put_rental(
                dataclasses.replace(
                    rental,
                    boot=step.now.boot_id,
                    started_mono_s=0.0,
                    undocked_mono_s=None if rental.undocked_mono_s is None else 0.0,
                    counted_s=rental.counted_s + counted_s,
                    crossed=True,
                )
            )
    for key, tries in step.state.pin_tries.items():
        if _may_be_locked(step, tries):
            step.change(pin_tries=with_item(step.state.pin_tries, key, _locked_again(step, tries)))
    for who, tries in step.state.staff_tries.items():
        if _may_be_locked(step, tries):
            step.change(staff_tries=with_item(step.state.staff_tries, who, _locked_again(step, tries)))


def _may_be_locked(step: Step, tries: PinTries) -> bool:
    return tries.locked_until_ms > step.now.earliest_ms and tries.boot != step.now.boot_id


def _locked_again(step: Step, tries: PinTries) -> PinTries:
    """Nobody knows for how long the station was off: a lock-out that is not certainly over begins again."""
    return dataclasses.replace(tries, boot=step.now.boot_id, locked_until_mono_s=step.now.mono_s + LOCK_OUT_S)


def least_s(step: Step, rental: Rental) -> float:
    """For how long the rental (the ride, once the vehicle left) has certainly been going on, never too long.

    By the monotonic clock while one boot saw it all; else what the boots' monotonic clocks counted, or what lies
    between the latest that it can have begun and the earliest that it can be now.
    """
    began_s = rental.started_mono_s if rental.phase in IN_DOCK else rental.undocked_mono_s
    counted_s = 0.0
    if rental.boot == step.now.boot_id and began_s is not None:
        counted_s = max(0.0, step.now.mono_s - began_s) + rental.counted_s
        if not rental.crossed:
            return counted_s
    return max(counted_s, wall_least_s(step, rental))


def wall_least_s(step: Step, rental: Rental) -> float:
    """The same by the wall clock alone; not negative."""
    began = rental.started_at if rental.phase in IN_DOCK else rental.undocked_at or rental.started_at
    doubtful_ms = rental.uncertainty_ms + max(0, step.now.at_ms - step.now.earliest_ms)
    return max(0.0, (step.now.at - began).total_seconds() - doubtful_ms / 1000)
