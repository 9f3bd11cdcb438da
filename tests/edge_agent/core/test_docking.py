import pytest

from edge_agent.core.inputs import (
    Agreed,
    DockFound,
    DockKind,
    DockLost,
    LockState,
    MoreTimeAsked,
    NotOpenReported,
    Outcome,
    Ticked,
)
from edge_agent.core.orders import LockDock
from edge_agent.core.state import Phase, Rental
from protocols.errors import Refused
from protocols.sync.facts import (
    DockFaultCleared,
    DockFaultRaised,
    RentalEnded,
    RentalVoided,
)
from tests.edge_agent.core.stage import Stage, vehicle_id, voucher


@pytest.fixture
def stage() -> Stage:
    stage = Stage().furnish()
    stage.stand(1, 1)
    stage.stand(2, 2, soc_pct=60)
    stage.find(3)
    stage.report(3)
    return stage


def agree(stage: Stage, token: str | None = None, dock_no: int = 1) -> Rental:
    quote = stage.quote(token or voucher(1), dock_no)
    rental: Rental = stage.ask(Agreed(quote_id=quote.quote_id))
    return rental


def opened(stage: Stage, rental: Rental) -> None:
    stage.report(rental.dock_no, 1, LockState.UNLOCKED, age_s=4000)
    stage.ended(stage.unlocks()[-1], Outcome.DONE)


def test_not_open_at_a_dock_that_is_silent_waits_for_the_docks_word(stage: Stage) -> None:
    rental = agree(stage)
    stage.tell(DockLost(dock_no=1, reason="no_answer"))
    stage.ended(stage.unlocks()[0], Outcome.NO_ANSWER)
    # Its last picture says locked, but that was before the unlock.
    assert stage.ask(NotOpenReported(rental_id=rental.rental_id)).phase is Phase.UNSURE
    stage.report(1, None, LockState.UNLOCKED, age_s=3)
    assert stage.rental(rental).phase is Phase.ACTIVE


@pytest.mark.parametrize("boot", [None, "boot-2"])
def test_a_restart_before_the_vehicle_left_asks_the_dock(stage: Stage, boot: str | None) -> None:
    rental = agree(stage)
    unlocks = len(stage.unlocks())
    stage.restart(boot=boot)
    assert stage.rental(rental).phase is Phase.UNSURE
    stage.find(1)
    stage.report(1, 1, age_s=5000)
    assert stage.of(RentalVoided)[0].reason == "restart"
    assert len(stage.unlocks()) == unlocks  # never sent again


@pytest.mark.parametrize("boot", [None, "boot-2"])
def test_a_vehicle_that_left_during_a_restart_is_on_its_ride(stage: Stage, boot: str | None) -> None:
    rental = agree(stage)
    stage.restart(boot=boot, off_s=20)
    stage.find(1)
    stage.report(1, None, LockState.UNLOCKED, age_s=12)
    assert stage.rental(rental).phase is Phase.ACTIVE
    stage.wait(100)
    stage.report(3, 1, age_s=0)
    assert stage.of(RentalEnded)[0].duration_s == pytest.approx(112)


def test_a_lock_that_stays_open_after_a_restart_is_asked_to_close(stage: Stage) -> None:
    agree(stage)
    stage.restart(boot="boot-2")
    stage.find(1)
    stage.report(1, 1, LockState.UNLOCKED, age_s=5000)
    stage.orders.clear()
    stage.wait(30)
    stage.tell(Ticked())
    assert not stage.orders
    stage.wait(60)
    stage.tell(Ticked())
    assert [type(one) for one in stage.orders] == [LockDock]


def test_a_ride_that_nobody_saw_ends_where_the_vehicle_turns_up(stage: Stage) -> None:
    """Dock 1 died with its lock open; the vehicle comes back to dock 3."""
    rental = agree(stage)
    stage.tell(DockLost(dock_no=1, reason="no_answer"))
    stage.ended(stage.unlocks()[0], Outcome.NO_ANSWER)
    stage.wait(1265)
    stage.report(3, 1, age_s=0)
    now = stage.rental(rental)
    assert now.phase is Phase.ENDED
    # It left by the end of the time to pull out at the latest: 5 s to send the unlock and 60 s.
    assert now.duration_s == pytest.approx(1200)
    assert stage.state.occupants == {2: vehicle_id(2), 3: vehicle_id(1)}


def test_a_ride_that_nobody_saw_counts_from_its_last_unlock(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.tell(DockLost(dock_no=1, reason="no_answer"))
    stage.wait(600)
    stage.ask(MoreTimeAsked(rental_id=rental.rental_id))
    stage.wait(365)
    stage.report(3, 1, age_s=0)
    assert stage.rental(rental).duration_s == pytest.approx(300)


def test_a_ride_that_began_and_ended_while_the_agent_was_off_is_billed(stage: Stage) -> None:
    rental = agree(stage)
    stage.restart(off_s=3665)
    stage.find(1)
    stage.report(1, 1, age_s=600)  # it came back ten minutes ago
    now = stage.rental(rental)
    assert now.phase is Phase.ENDED
    assert now.duration_s == pytest.approx(3000)


def test_a_dock_that_restarted_does_not_turn_a_failed_unlock_into_a_ride(stage: Stage) -> None:
    """Its presence age counts from its own restart: that says nothing about the vehicle."""
    rental = agree(stage)
    stage.restart(off_s=3600)
    stage.find(1)
    stage.report(1, 1, age_s=600, age_since_restart=True)
    assert stage.rental(rental).phase is Phase.VOIDED


def test_a_vehicle_that_leaves_without_a_rental_is_an_alarm_until_one_stands_there_again(stage: Stage) -> None:
    stage.report(2, None, LockState.UNLOCKED, age_s=0)
    assert [one.code for one in stage.of(DockFaultRaised)] == ["left_without_rental"]
    stage.report(2, 2, age_s=0)
    assert [one.code for one in stage.of(DockFaultCleared)] == ["left_without_rental"]


def test_a_used_voucher_stays_used_over_a_restart(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.report(3, 1, age_s=0)
    stage.restart()
    stage.stand(2, 2)
    with pytest.raises(Refused, match="voucher_used"):
        stage.quote(voucher(1), 2)


def test_an_unreadable_tag_is_no_departure_and_ends_no_ride_until_it_is_read(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, 1, LockState.UNLOCKED, age_s=5000, vehicle_id=None)
    assert stage.rental(rental).phase is Phase.OPEN
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.wait(60)
    stage.report(3, 1, age_s=0, vehicle_id=None)
    stage.wait(600)
    stage.report(3, 1, age_s=600)
    assert stage.of(RentalEnded)[0].duration_s == pytest.approx(60)


def test_a_vehicle_in_an_open_dock_is_asked_to_be_locked_and_then_ends_its_ride(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.wait(30)
    stage.orders.clear()
    stage.report(3, 1, LockState.UNLOCKED, age_s=0)
    assert [type(one) for one in stage.orders] == [LockDock]
    stage.wait(2)
    stage.report(3, 1, LockState.STUCK, age_s=2)  # our lock is broken: that is not the rider's time
    assert stage.of(RentalEnded)[0].duration_s == pytest.approx(30)


def test_a_fault_raised_before_a_restart_is_cleared_after_it(stage: Stage) -> None:
    stage.report(2, 2, age_s=9000, tamper=True)
    stage.restart()
    assert stage.state.docks[2].faults == ("tamper",)
    stage.find(2)
    stage.report(2, 2, age_s=9000)
    assert [one.code for one in stage.of(DockFaultCleared)] == ["tamper"]


def test_a_dock_that_comes_back_clears_its_silence(stage: Stage) -> None:
    stage.tell(DockLost(dock_no=2, reason="no_answer"))
    stage.tell(DockLost(dock_no=2, reason="bad_proof"))
    assert stage.state.docks[2].faults == ("bad_proof",)
    stage.tell(DockFound(dock_no=2, kind=DockKind.LATCH, serial="S2", firmware="1", can_charge=True))
    assert not stage.state.docks[2].faults
