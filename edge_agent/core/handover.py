"""A vehicle that staff hand over by hand, because its dock cannot: the ride is on at once, whatever the dock feels."""

from edge_agent.core import clocks, rental
from edge_agent.core.inputs import DockReported
from edge_agent.core.state import Rental
from edge_agent.core.step import Step, without
from protocols.sync.facts import OfflineLeft, VehicleUndocked
from protocols.values import BatteryReading


def hand_over(step: Step, given: Rental, battery: BatteryReading | None, left: OfflineLeft | None) -> None:
    """It is given out by hand and its dock opens nothing: begun and on its way in one commit."""
    dock_no = given.dock_no
    step.record(rental.started_fact(step, given, battery, left))
    if dock_no in step.state.occupants:
        step.change(occupants=without(step.state.occupants, dock_no))
        step.record(
            VehicleUndocked(
                vehicle_id=given.vehicle_id, dock_no=dock_no, undocked_ms=step.now_ms, rental_id=given.rental_id
            )
        )
    rental.activate(step, given, 0.0)
    step.answer = step.state.rentals[given.rental_id]


def never_left(step: Step, report: DockReported) -> bool:
    """It stands where it stood before it was handed over: its dock has not let go of it yet, it has not come back."""
    ride = None if report.vehicle_id is None else rental.riding(step, report.vehicle_id)
    if ride is None or not ride.by_hand or ride.dock_no != report.dock_no or report.age_since_restart:
        return False
    return report.presence_age_s > clocks.least_s(step, ride)
