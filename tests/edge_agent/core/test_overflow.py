"""A return to a full station at its own kiosk, with the hub gone: who rides says so, and the bill stops."""

import uuid

import pytest

from edge_agent.core.inputs import (
    Agreed,
    CardRead,
    DockLost,
    HandbackAsked,
    LockState,
    Outcome,
    VehicleParked,
)
from edge_agent.core.state import Handback, Phase, Rental
from edge_agent.kiosk import presenter
from edge_agent.kiosk.handbacks import handback_view
from protocols.errors import Refused
from protocols.kiosk.actions import ByCard, ByReservation, ByVoucher
from protocols.sync.changes import CardItem
from protocols.sync.facts import RentalEnded, VehicleDocked
from tests.edge_agent.core.stage import Stage, account_id, durable, reservation_item, vehicle_id, voucher

CARD = "04AABBCC"
Who = ByVoucher | ByReservation | ByCard


@pytest.fixture
def stage() -> Stage:
    """Vehicle 1 is to be ridden away; vehicle 2 stands; vehicle 3 comes into the dock that gets free."""
    stage = Stage().furnish()
    stage.stand(1, 1)
    stage.stand(2, 2)
    return stage


def by_voucher(number: int = 1) -> ByVoucher:
    return ByVoucher(kind="voucher", token=voucher(number))


def by_code(pin: str = "1234") -> ByReservation:
    return ByReservation(kind="reservation", code="RES1", pin=pin)


def by_card(stage: Stage, uid: str = CARD) -> ByCard:
    stage.tell(CardRead(dock_no=2, uid=uid))
    assert stage.state.card is not None
    return ByCard(kind="card", read_id=stage.state.card.read_id)


def ride(stage: Stage, who: Who | None = None) -> Rental:
    quote = stage.quote(who or by_voucher(), 1)
    rental: Rental = stage.ask(Agreed(quote_id=quote.quote_id))
    stage.report(1, 1, LockState.UNLOCKED, age_s=4000)
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    assert stage.rental(rental).phase is Phase.ACTIVE
    return rental


def fill(stage: Stage) -> None:
    """Somebody else's vehicle takes the last dock."""
    stage.report(1, 3, age_s=0)


def ask(stage: Stage, who: Who) -> Handback:
    handback: Handback = stage.ask(HandbackAsked(who=who))
    return handback


def park(stage: Stage, handback: Handback) -> Rental:
    ended: Rental = stage.ask(VehicleParked(handback_id=handback.handback_id))
    return ended


def refusal(stage: Stage, question: object) -> Refused:
    with pytest.raises(Refused) as caught:
        stage.ask(question)
    return caught.value


def test_the_bill_stops_when_the_vehicle_is_parked_and_its_renter_is_free(stage: Stage) -> None:
    rental = ride(stage)
    fill(stage)
    stage.wait(300)
    handback = ask(stage, by_voucher())
    shown = handback_view(stage.state, handback, stage.now())
    assert (shown.total.minor, shown.offline) == (100 + 3 * 19, True)
    assert stage.rental(rental).phase is Phase.ACTIVE, "nothing has happened yet"
    ended = park(stage, handback)
    [told] = stage.of(RentalEnded)
    assert (told.parked, told.dock_no, told.bill.total_minor) == (True, 0, shown.total.minor)
    receipt = presenter.receipt_view(stage.state, ended)
    assert receipt is not None
    assert (receipt.dock_no, receipt.total.minor, receipt.queued) == (None, 157, True)
    stage.wait(3600)
    assert park(stage, handback) == ended
    assert len(stage.of(RentalEnded)) == 1
    assert durable(stage.restored()) == durable(stage.state)
    stage.quote(voucher(8, account=1), 2)


def test_a_dock_that_is_free_or_gets_free_is_better(stage: Stage) -> None:
    ride(stage)
    told = refusal(stage, HandbackAsked(who=by_voucher()))
    assert (told.code, dict(told.params)) == ("docks_free", {"dock": 1, "count": 1})
    fill(stage)
    handback = ask(stage, by_voucher())
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    assert refusal(stage, VehicleParked(handback_id=handback.handback_id)).code == "docks_free"
    assert stage.of(RentalEnded) == []


def test_docks_that_are_broken_or_silent_take_nothing(stage: Stage) -> None:
    ride(stage)
    stage.tell(DockLost(dock_no=1, reason="no_answer"))
    assert park(stage, ask(stage, by_voucher())).parked


def test_the_vehicle_that_is_pushed_in_later_ends_nothing_again(stage: Stage) -> None:
    rental = ride(stage)
    fill(stage)
    park(stage, ask(stage, by_voucher()))
    bill = stage.rental(rental).bill
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.wait(600)
    stage.report(1, 1, age_s=0)
    assert stage.of(VehicleDocked)[-1].rental_id is None
    assert (stage.rental(rental).bill, len(stage.of(RentalEnded))) == (bill, 1)


def test_a_voucher_that_is_over_by_now_still_ends_its_own_ride(stage: Stage) -> None:
    rental = ride(stage)
    fill(stage)
    stage.wait(3 * 86_400)
    assert ask(stage, by_voucher()).rental_id == rental.rental_id
    assert refusal(stage, HandbackAsked(who=by_voucher(2))).code == "no_ride"
    forged = ByVoucher(kind="voucher", token=voucher(1)[:-6] + "AAAAAA")
    assert refusal(stage, HandbackAsked(who=forged)).code == "no_ride"


def test_a_booking_ends_by_its_code_and_pin_and_wrong_pins_lock_it(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    rental = ride(stage, by_code())
    fill(stage)
    assert ask(stage, by_code()).rental_id == rental.rental_id
    unknown = ByReservation(kind="reservation", code="RES9", pin="1234")
    assert refusal(stage, HandbackAsked(who=unknown)).code == "reservation_unknown"
    for _ in range(5):
        assert refusal(stage, HandbackAsked(who=by_code("0000"))).code == "reservation_unknown"
    assert refusal(stage, HandbackAsked(who=by_code())).code == "reservation_locked"


def test_a_card_ends_its_own_ride_also_when_it_is_blocked_by_now(stage: Stage) -> None:
    stage.give("cards", CardItem(key=CARD, account_id=account_id(5), may=["rent"]))
    rental = ride(stage, by_card(stage))
    fill(stage)
    stage.give("cards", CardItem(key=CARD, account_id=account_id(5), may=["rent"], blocked=True))
    assert ask(stage, by_card(stage)).rental_id == rental.rental_id
    assert refusal(stage, HandbackAsked(who=by_card(stage, "04DDEEFF"))).code == "no_ride"
    late = by_card(stage)
    stage.wait(61)
    assert refusal(stage, HandbackAsked(who=late)).code == "card_not_read"


def test_who_takes_his_time_or_whose_station_restarted_says_again_who_he_is(stage: Stage) -> None:
    ride(stage)
    fill(stage)
    handback = ask(stage, by_voucher())
    stage.wait(301)
    assert refusal(stage, VehicleParked(handback_id=handback.handback_id)).code == "handback_expired"
    handback = ask(stage, by_voucher())
    stage.restart()
    fill(stage)
    stage.stand(2, 2)
    assert refusal(stage, VehicleParked(handback_id=handback.handback_id)).code == "handback_expired"
    assert refusal(stage, VehicleParked(handback_id=uuid.UUID(int=3))).code == "handback_expired"
    assert park(stage, ask(stage, by_voucher())).parked
