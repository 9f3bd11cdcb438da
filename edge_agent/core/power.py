"""When a docked vehicle is connected to its charging contacts. One rule for now; the site's limit is another room."""

import dataclasses
from typing import Final

from edge_agent.core.eligibility import is_locked_in
from edge_agent.core.orders import SwitchContactor
from edge_agent.core.state import IN_DOCK
from edge_agent.core.step import Step

START_BELOW_PCT: Final = 98.0  # hysteresis: a resting full battery is not topped up for every tenth
STOP_AT_PCT: Final = 100.0
RETRY_S: Final = 20.0
_DISPATCH_S: Final = 5.0


def settle(step: Step, dock_no: int) -> None:
    """Order the contactor to where it should be, at most every RETRY_S."""
    dock = step.state.docks[dock_no]
    if not dock.online or not dock.can_charge or dock.report is None or dock.battery is None:
        return
    closed = dock.report.contactor_closed
    limit = STOP_AT_PCT if closed else START_BELOW_PCT
    leaving = any(one.dock_no == dock_no and one.phase in IN_DOCK for one in step.state.rentals.values())
    wanted = is_locked_in(dock.report) and not dock.faults and not leaving and dock.battery.soc_pct < limit
    if wanted == closed or step.now.mono_s - dock.contactor_asked_mono_s < RETRY_S:
        return
    step.put_dock(dataclasses.replace(dock, contactor_asked_mono_s=step.now.mono_s))
    step.order(
        SwitchContactor(
            order_id=step.context.new_id(),
            dock_no=dock_no,
            closed=wanted,
            expires_mono_s=step.now.mono_s + _DISPATCH_S,
        )
    )
