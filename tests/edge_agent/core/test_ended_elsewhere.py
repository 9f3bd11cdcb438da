"""A ride that ends at another station: the hub tells the station where it began."""

import uuid

import pytest

from edge_agent.core.inputs import Agreed, LockState, Outcome
from edge_agent.core.state import Phase, Rental
from edge_agent.kiosk.presenter import station_view
from protocols.errors import Refused
from protocols.sync.changes import CloseRental
from protocols.sync.facts import OrderEnded, RentalEnded, VehicleDocked
from tests.edge_agent.core.stage import Stage, durable, voucher


@pytest.fixture
def stage() -> Stage:
    stage = Stage().furnish()
    stage.stand(1, 1)
    stage.stand(2, 2)
    return stage


def agree(stage: Stage) -> Rental:
    rental: Rental = stage.ask(Agreed(quote_id=stage.quote(voucher(1), 1).quote_id))
    return rental


def ride(stage: Stage) -> Rental:
    rental = agree(stage)
    stage.report(1, 1, LockState.UNLOCKED, age_s=4000)
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.wait(5)
    stage.report(1, None, LockState.UNLOCKED, age_s=1)
    assert stage.rental(rental).phase is Phase.ACTIVE
    return rental


def close(stage: Stage, rental_id: uuid.UUID) -> OrderEnded:
    stage.order(CloseRental(rental_id=rental_id, ended_ms=stage.now_ms(), where="Harbour", reason="other_station"))
    return stage.of(OrderEnded)[-1]


def test_a_ride_that_ended_elsewhere_frees_the_account_without_a_bill_of_ours(stage: Stage) -> None:
    rental = ride(stage)
    with pytest.raises(Refused, match="too_many_rentals"):
        stage.quote(voucher(2, account=1), 2)
    stage.wait(600)
    ended = close(stage, rental.rental_id)
    assert (ended.outcome, ended.detail) == ("done", "")
    held = stage.rental(rental)
    assert (held.phase, held.ended_elsewhere, held.bill) == (Phase.ENDED, "Harbour", None)
    assert not stage.of(RentalEnded)
    assert station_view(stage.state, stage.now(), seq=1, labels={}, trouble=None).returns == []
    stage.quote(voucher(2, account=1), 2)
    assert durable(stage.restored()) == durable(stage.state)


def test_the_vehicle_that_comes_back_days_later_bills_nobody(stage: Stage) -> None:
    rental = ride(stage)
    close(stage, rental.rental_id)
    stage.wait(3 * 86_400)
    stage.report(1, 1, age_s=1)
    assert stage.of(VehicleDocked)[-1].rental_id is None
    assert not stage.of(RentalEnded)


def test_a_repeated_a_late_or_a_strange_order_changes_nothing(stage: Stage) -> None:
    rental = ride(stage)
    close(stage, rental.rental_id)
    before = stage.rental(rental)
    assert close(stage, rental.rental_id).detail == "rental_ended"
    assert stage.rental(rental) == before
    assert (close(stage, uuid.UUID(int=5)).outcome, stage.of(OrderEnded)[-1].detail) == ("done", "rental_unknown")


def test_a_return_that_the_station_saw_itself_keeps_its_bill(stage: Stage) -> None:
    rental = ride(stage)
    stage.wait(60)
    stage.report(1, 1, age_s=1)
    bill = stage.rental(rental).bill
    close(stage, rental.rental_id)
    assert bill is not None
    assert (stage.rental(rental).bill, stage.rental(rental).ended_elsewhere) == (bill, None)


def test_a_vehicle_that_stands_in_its_dock_is_not_taken_for_a_ride(stage: Stage) -> None:
    rental = agree(stage)
    assert close(stage, rental.rental_id).detail == "rental_starting"
    assert stage.rental(rental).phase is Phase.STARTING


def test_an_order_that_waited_past_its_life_is_reported_as_expired(stage: Stage) -> None:
    rental = ride(stage)
    body = CloseRental(rental_id=rental.rental_id, ended_ms=0, where="Harbour", reason="other_station")
    stage.order(body, not_after_ms=stage.now_ms() - 1)
    assert stage.of(OrderEnded)[-1].outcome == "expired"
    assert stage.rental(rental).phase is Phase.ACTIVE
