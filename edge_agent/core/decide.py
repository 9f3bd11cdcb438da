"""decide(state, input, context) → the decision. Pure: the same arguments, the same decision.

One row for each input. A handler that raises `Refused` has decided against: its changes are thrown away, but for
the wrong PIN that must be remembered, and the refusal is the answer.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_agent.core import (
    acts,
    charging,
    checklists,
    clocks,
    connectors,
    docking,
    hub,
    inputs,
    overflow,
    rental,
    staff,
    staff_docks,
    staff_rides,
    upkeep,
)
from edge_agent.core.state import State
from edge_agent.core.step import Context, Decision, Step
from protocols.errors import Refused


def _dock_order_ended(step: Step, ended: inputs.DockOrderEnded) -> None:
    rental.unlock_ended(step, ended)
    hub.order_ended(step, ended)
    staff_docks.order_ended(step, ended)


def _more_time(step: Step, asked: inputs.MoreTimeAsked) -> None:
    rental.more_time(step, asked.rental_id)


def _not_open(step: Step, asked: inputs.NotOpenReported) -> None:
    rental.not_open(step, asked.rental_id)


HANDLERS: Final[Mapping[type, Callable[[Step, Any], None]]] = {
    inputs.DockFound: docking.found,
    inputs.DockLost: docking.lost,
    inputs.DockReported: docking.reported,
    inputs.BatteryReported: docking.battery,
    inputs.CardRead: docking.card,
    inputs.DockOrderEnded: _dock_order_ended,
    inputs.ChargerFound: connectors.charger_found,
    inputs.ChargerLost: connectors.charger_lost,
    inputs.ConnectorReported: connectors.connector_reported,
    inputs.AuthorizeCard: charging.authorize,
    inputs.ChargeStarted: charging.started,
    inputs.ChargeMetered: charging.metered,
    inputs.ChargeStopped: charging.stopped,
    inputs.ChargerOrderEnded: hub.order_ended,
    inputs.MeterReported: upkeep.meter,
    inputs.MeterLost: upkeep.meter_lost,
    inputs.HubReached: hub.reached,
    inputs.HubUnreachable: hub.unreachable,
    inputs.KeyRevoked: hub.revoked,
    inputs.ChangesArrived: hub.changed,
    inputs.QuoteAsked: rental.quote,
    inputs.Agreed: rental.agree,
    inputs.MoreTimeAsked: _more_time,
    inputs.NotOpenReported: _not_open,
    inputs.HandbackAsked: overflow.ask,
    inputs.VehicleParked: overflow.park,
    acts.StaffSignedIn: staff.sign_in,
    acts.StaffSignedOut: staff.sign_out,
    acts.StaffStays: staff.stay,
    acts.StaffOnDock: staff_docks.act,
    acts.StaffRents: staff_rides.rent,
    acts.StaffFills: checklists.fill,
    acts.StaffEnds: staff_rides.end,
    inputs.Ticked: upkeep.tick,
    inputs.AgentWoke: upkeep.wake,
    inputs.ClockMoved: clocks.moved,
}


def decide(state: State, seen: object, context: Context) -> Decision:
    """What follows from one input. The answer of a question that the rules refuse is the `Refused` itself."""
    step = Step(state, context)
    try:
        HANDLERS[type(seen)](step, seen)
    except Refused as refusal:
        tries = (step.state.pin_tries, step.state.staff_tries)
        if tries == (state.pin_tries, state.staff_tries):
            return Decision(state=state, answer=refusal)
        return Decision(state=dataclasses.replace(state, pin_tries=tries[0], staff_tries=tries[1]), answer=refusal)
    return step.decision()
