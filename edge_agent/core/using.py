"""What a ride took beside time, as far as somebody measured it: metres by the odometer, seconds after it was due.

In the renter's favour: what is not known for certain is not charged.
"""

import dataclasses
import uuid

from edge_agent.core import leases, lists
from edge_agent.core.state import Dock, Rental
from edge_agent.core.step import Step
from protocols.sync.changes import ExtendRental
from protocols.sync.facts import Renter
from protocols.tariff.tariff import Used, distance_m


def due_ms(step: Step, renter: Renter) -> int | None:
    """When the vehicle is due back, by the hub's clock; None without a booking, or when its time is over already."""
    lease = step.state.leases.get(renter.lease_id) if renter.lease_id else None
    if lease is not None and lease.holder is not None:
        until_ms: int | None = lease.holder.until_ms
    else:
        key = str(renter.reservation_id)
        until_ms = next((one.until_ms for one in lists.reservations(step.state) if one.key == key), None)
        holders = [one.holder for one in leases.held(step.state) if one.holder is not None]
        until_ms = next((one.until_ms for one in holders if str(one.reservation_id) == key), until_ms)
    return until_ms if until_ms is not None and until_ms > step.now_ms else None


def extended(step: Step, told: ExtendRental) -> str:
    """The hub gives a ride more time; it never takes any. What came of it, in a word."""
    rental = step.state.rentals.get(told.rental_id)
    if rental is None:
        return "rental_unknown"
    if rental.finished_at is not None:
        return f"rental_{rental.phase.value}"
    if rental.due_ms is not None and told.until_ms > rental.due_ms:
        step.put_rental(dataclasses.replace(rental, due_ms=told.until_ms))
    return ""


def odometer_m(dock: Dock | None, vehicle_id: uuid.UUID) -> int | None:
    """What the vehicle in this dock has run in all, where the dock says that it is this one and tells it."""
    report = None if dock is None else dock.report
    return report.odometer_m if report is not None and report.vehicle_id == vehicle_id else None


def used(step: Step, rental: Rental, age_s: float, back_at_m: int | None) -> Used:
    """What the ride took that ended `age_s` seconds ago, or would end now."""
    return Used(distance_m=distance_m(rental.odometer_m, back_at_m), late_s=_late_s(step, rental, age_s))


def _late_s(step: Step, rental: Rental, age_s: float) -> float:
    if rental.due_ms is None:
        return 0.0
    certainly_ms = step.now.earliest_ms - round(age_s * 1000)
    return max(0, certainly_ms - rental.due_ms) / 1000
