"""A ride that is to end beside full docks, as the kiosk shows it."""

from edge_agent.core.state import Handback, State
from edge_agent.kiosk import presenter, staff_presenter
from protocols.kiosk.views import HandbackView
from protocols.sync.clock import Moment
from protocols.values import rfc3339


def handback_view(state: State, handback: Handback, now: Moment) -> HandbackView:
    """What it would cost if it ended now: how far it went is not counted, for no dock can tell."""
    ride = state.rentals[handback.rental_id]
    so_far, shown = staff_presenter.so_far(state, ride, now), presenter.rental_view(state, ride, now)
    return HandbackView(
        handback_id=handback.handback_id,
        vehicle_label=shown.vehicle_label,
        vehicle_kind=shown.vehicle_kind,
        started_at=rfc3339(ride.undocked_at or ride.started_at),
        duration_s=so_far.duration_s,
        lines=so_far.lines,
        total=so_far.total,
        offline=not state.hub.online,
    )
