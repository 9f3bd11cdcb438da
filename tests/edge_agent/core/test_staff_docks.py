"""What staff do to docks by hand: each act once, with its fate; a dock out of service gives and charges nothing."""

import uuid

import pytest

from edge_agent.core import eligibility
from edge_agent.core.acts import StaffOnDock, StaffStays
from edge_agent.core.inputs import Outcome
from edge_agent.core.orders import LockDock, Order, RestartDock, SwitchContactor, UnlockDock
from edge_agent.core.staff import LONGEST_S, SESSION_S
from edge_agent.core.state import OUT_OF_SERVICE, ActState
from protocols.kiosk.staff import DockDeed, StaffDockAct
from protocols.sync.facts import DockFaultCleared, DockFaultRaised, OrderEnded, StaffActed, VehicleDocked
from tests.edge_agent.core.stage import Stage
from tests.edge_agent.core.test_staff import no, sign_in, staff_items, stage, why

__all__ = ["stage"]  # the fixture


def do(stage: Stage, token: uuid.UUID, what: DockDeed, dock_no: int = 1, act: int = 1) -> None:
    stage.ask(StaffOnDock(token=token, dock_no=dock_no, what=what, asked=StaffDockAct(**why(act))))


@pytest.mark.parametrize(("what", "shape"), [("unlock", UnlockDock), ("lock", LockDock), ("restart", RestartDock)])
def test_an_order_to_a_dock_is_journalled_sent_once_and_its_end_stands_on_the_dock(
    stage: Stage, what: DockDeed, shape: type[Order]
) -> None:
    token = sign_in(stage)
    for _ in range(2):
        do(stage, token, what)
    [order] = [one for one in stage.orders if isinstance(one, UnlockDock | LockDock | RestartDock)]
    assert isinstance(order, shape)
    [act] = stage.of(StaffActed)
    assert (act.what, act.dock_no, act.act_id) == (what, 1, order.order_id)
    assert stage.state.dock_acts[1].state is ActState.ASKED
    stage.ended(order, Outcome.REFUSED, "stuck")
    done = stage.state.dock_acts[1]
    assert (done.what, done.by, done.state, done.detail) == (what, "Anna", ActState.REFUSED, "stuck")
    assert [(one.order_id, one.outcome) for one in stage.of(OrderEnded)] == [(act.act_id, "refused")]


def test_an_older_acts_end_does_not_pass_for_the_last_ones(stage: Stage) -> None:
    token = sign_in(stage)
    do(stage, token, "unlock")
    do(stage, token, "lock", act=2)
    stage.ended(stage.unlocks()[0], Outcome.DONE)
    assert (stage.state.dock_acts[1].what, stage.state.dock_acts[1].state) == ("lock", ActState.ASKED)


def test_after_a_restart_an_act_that_was_on_its_way_stands_there_as_not_answered(stage: Stage) -> None:
    do(stage, sign_in(stage), "restart")
    stage.restart()
    assert (stage.state.dock_acts[1].state, stage.state.dock_acts[1].detail) == (ActState.NO_ANSWER, "agent restarted")


def test_a_dock_out_of_service_rents_nothing_and_charges_nothing_until_it_is_back_over_restarts(stage: Stage) -> None:
    token = sign_in(stage)
    for _ in range(2):
        do(stage, token, "out_of_service")
    [raised] = stage.of(DockFaultRaised)
    assert (raised.code, raised.detail) == (OUT_OF_SERVICE, "Anna: card is broken")
    assert eligibility.vehicle_at(stage.state, 1, stage.now_ms()).why_not == "fault"
    assert eligibility.vehicle_at(stage.state, 2, stage.now_ms()).why_not is None
    stage.restart()
    stage.stand(1, 1)
    assert eligibility.vehicle_at(stage.state, 1, stage.now_ms()).why_not == "fault"
    assert not [one for one in stage.orders if isinstance(one, SwitchContactor) and one.dock_no == 1 and one.closed][1:]
    do(stage, sign_in(stage), "in_service", act=2)
    assert [one.code for one in stage.of(DockFaultCleared)] == [OUT_OF_SERVICE]
    assert eligibility.vehicle_at(stage.state, 1, stage.now_ms()).why_not is None
    assert stage.state.dock_acts[1].state is ActState.DONE


def test_a_vehicle_that_is_pushed_into_a_dock_out_of_service_is_taken_all_the_same(stage: Stage) -> None:
    do(stage, sign_in(stage), "out_of_service", 3)
    stage.report(3, 3)
    assert [one.dock_no for one in stage.of(VehicleDocked)][-1] == 3


def test_a_dock_that_does_not_answer_takes_no_order_but_can_be_put_out_of_service(stage: Stage) -> None:
    stage.restart()
    token = sign_in(stage)
    for what in ("unlock", "lock", "restart"):
        asked = StaffOnDock(token=token, dock_no=1, what=what, asked=StaffDockAct(**why()))
        assert no(asked, stage) == "dock_out_of_order"
    do(stage, token, "out_of_service")
    assert OUT_OF_SERVICE in stage.state.docks[1].faults


def test_who_is_there_stays_signed_in_but_not_for_ever(stage: Stage) -> None:
    stage.give("staff", *staff_items(stage, hours=48))
    token = sign_in(stage)
    for _ in range(3):
        stage.wait(SESSION_S - 1)
        stage.ask(StaffStays(token=token))
    stage.wait(SESSION_S - 1)
    do(stage, token, "unlock")  # doing something is being there
    for _ in range(int(LONGEST_S / SESSION_S) - 4):
        stage.wait(SESSION_S)
        stage.ask(StaffStays(token=token))
    stage.wait(SESSION_S)
    assert no(StaffStays(token=token), stage) == "staff_session_over"
