"""Rides that began here before this store knew of them: a new card learns them from the hub.

The list `open_rentals` comes once, to a station that starts from nothing. What is in it is taken over when it comes
and not again: a ride that is over must not begin anew because an old list still names it.
"""

import uuid
from typing import Final

from edge_agent.core import lists, rental
from edge_agent.core.state import ListState, Phase, Rental
from edge_agent.core.step import Step
from protocols.sync.changes import OpenRentalItem
from protocols.sync.facts import Renter
from protocols.values import from_ms

LIST: Final = "open_rentals"
_NO_BOOT: Final = ""  # its monotonic instants are another boot's: the wall clock bills


def take_over(step: Step, before: ListState | None, after: ListState) -> None:
    """Know the rides that this list names and the one before did not. One whose vehicle is back ends at once."""
    for key, item in after.items.items():
        if not isinstance(item, OpenRentalItem) or (before is not None and key in before.raw):
            continue
        rental_id = uuid.UUID(key)
        if rental_id not in step.state.rentals:
            ride = _ride(rental_id, item)
            step.put_rental(ride)
            _end_if_back(step, ride)


def _ride(rental_id: uuid.UUID, item: OpenRentalItem) -> Rental:
    renter = Renter(
        by=item.by,
        account_id=item.account_id,
        voucher_id=item.voucher_id,
        reservation_id=item.reservation_id,
        card_uid=item.card_uid,
    )
    return Rental(
        rental_id=rental_id,
        quote_id=rental_id,
        vehicle_id=item.vehicle_id,
        dock_no=item.dock_no,
        phase=Phase.ACTIVE,
        renter=renter,
        tariff=lists.tariff_of(item.tariff),
        started_at=from_ms(item.started_ms),
        boot=_NO_BOOT,
        undocked_at=from_ms(item.undocked_ms),
        odometer_m=item.odometer_m,
        due_ms=item.due_ms,
    )


def _end_if_back(step: Step, ride: Rental) -> None:
    """The docks have spoken before the hub: then the vehicle was pushed in while nobody here knew its ride."""
    dock_no = next((no for no, one in step.state.occupants.items() if one == ride.vehicle_id), None)
    if dock_no is None:
        return
    dock = step.state.docks.get(dock_no)
    age_s = 0.0 if dock is None or dock.report is None else dock.report.presence_age_s
    rental.end(step, ride, dock_no, age_s, None if dock is None else dock.battery)
