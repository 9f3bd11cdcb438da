import dataclasses
import datetime as dt

import pytest

from edge_agent.core.inputs import (
    Agreed,
    CardRead,
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
from protocols.kiosk.actions import ByCard
from protocols.sync.facts import (
    RentalActivated,
    RentalEnded,
    RentalStarted,
    RentalVoided,
    VehicleDocked,
    VehicleUndocked,
)
from protocols.values import to_ms
from tests.edge_agent.core.stage import Stage, durable, vehicle_id, voucher


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


def test_a_whole_rental_is_billed_for_the_time_between_the_docks_own_instants(stage: Stage) -> None:
    rental = agree(stage)
    assert stage.of(RentalStarted)[0].rental_id == rental.rental_id
    assert stage.unlocks()[0].dock_no == 1
    stage.wait(1)
    opened(stage, rental)
    stage.wait(10)
    stage.report(1, None, LockState.UNLOCKED, age_s=2)
    left_at = stage.at - dt.timedelta(seconds=2)
    stage.wait(20 * 60 + 30)
    stage.report(3, 1, LockState.MOVING, age_s=0.2)
    assert stage.rental(rental).phase is Phase.ACTIVE
    stage.wait(1)
    stage.report(3, 1, age_s=1.2)
    ended = stage.of(RentalEnded)[0]
    # from 2 s before the first report to 1.2 s before the last: 20 min 32.8 s... less the ages, begun minutes 21
    assert ended.duration_s == pytest.approx(20 * 60 + 30 + 1 + 2 - 1.2)
    assert ended.duration_by == "monotonic"
    assert ended.bill.total_minor == 100 + 19 * (21 - 2)
    assert stage.of(RentalActivated)[0].undocked_ms == to_ms(left_at)
    assert [type(one) for one in stage.facts[-5:]] == [
        RentalStarted, VehicleUndocked, RentalActivated, VehicleDocked, RentalEnded,
    ]  # fmt: skip
    assert stage.state.occupants == {2: vehicle_id(2), 3: vehicle_id(1)}
    assert durable(stage.restored()) == durable(stage.state)


def test_a_return_that_is_noticed_an_hour_late_is_billed_to_its_own_instant(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.tell(DockLost(dock_no=3, reason="no_answer"))
    stage.wait(3600 + 300)
    stage.report(3, 1, age_s=3600)
    assert stage.of(RentalEnded)[0].duration_s == pytest.approx(300)


def test_a_clock_that_steps_during_the_ride_changes_no_duration(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.wait(120)
    stage.at -= dt.timedelta(days=3)
    stage.report(3, 1, age_s=0)
    assert stage.of(RentalEnded)[0].duration_s == pytest.approx(120)


def test_another_boot_bills_by_the_wall_clock_and_never_less_than_nothing(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.restart(boot="boot-2", off_s=600)
    stage.find(3)
    stage.report(3, 1, age_s=0)
    ended = stage.of(RentalEnded)[0]
    assert ended.duration_s == pytest.approx(600)
    assert ended.duration_by == "wall"

    other = agree(stage, voucher(2), dock_no=3) if stage.state.docks[3].battery else None
    assert other is None  # no battery was told since: not rentable, rather than a ride into the unknown


def test_a_wall_clock_that_went_back_over_a_boot_bills_no_negative_time(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.at -= dt.timedelta(days=400)
    stage.restart(boot="boot-2")
    stage.find(3)
    stage.report(3, 1, age_s=0)
    ended = stage.of(RentalEnded)[0]
    assert (ended.duration_s, ended.duration_by) == (10.0, "counted")  # what this boot's monotonic clock has seen
    assert stage.of(RentalEnded)[0].bill.total_minor == 100


def test_a_presence_age_before_the_rental_does_not_bill_the_time_before(stage: Stage) -> None:
    rental = agree(stage)
    stage.wait(5)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=9_000)
    stage.wait(60)
    stage.report(3, 1, age_s=0)
    assert stage.of(RentalEnded)[0].duration_s == pytest.approx(65)


def test_a_refused_unlock_voids_gives_the_voucher_back_and_says_the_lock_is_stuck(stage: Stage) -> None:
    rental = agree(stage)
    stage.ended(stage.unlocks()[0], Outcome.REFUSED, "stuck")
    assert stage.rental(rental).phase is Phase.VOIDED
    assert stage.of(RentalVoided)[0].reason == "unlock_failed"
    assert stage.state.docks[1].faults == ("lock_stuck",)
    with pytest.raises(Refused, match="vehicle_not_rentable"):
        stage.quote(voucher(1), 1)
    assert stage.quote(voucher(1), 2).dock_no == 2


def test_an_unlock_that_was_not_sent_in_time_voids_as_expired(stage: Stage) -> None:
    agree(stage)
    stage.ended(stage.unlocks()[0], Outcome.EXPIRED)
    assert stage.of(RentalVoided)[0].reason == "expired"


def test_nobody_pulls_and_the_dock_locks_again_so_nothing_is_charged(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.wait(60)
    stage.report(1, 1, age_s=5000)
    assert stage.of(RentalVoided)[0].reason == "not_taken"
    assert not stage.of(RentalEnded)
    assert agree(stage, voucher(1)).phase is Phase.STARTING  # the voucher was given back


def test_a_bolt_that_stuck_is_driven_again_once_the_time_is_over(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, 1, lock=LockState.STUCK, age_s=5000)
    stage.wait(70)
    stage.tell(Ticked())
    assert any(isinstance(one, LockDock) and one.dock_no == 1 for one in stage.orders)
    stage.report(1, 1, age_s=5070)
    assert stage.of(RentalVoided)


def test_a_cancelled_rental_is_not_void_while_its_unlock_is_still_on_its_way(stage: Stage) -> None:
    rental = agree(stage)
    stage.ask(NotOpenReported(rental_id=rental.rental_id))
    assert any(isinstance(one, LockDock) for one in stage.orders)
    stage.report(1, 1, age_s=5000)  # said before the bolt moved
    assert stage.rental(rental).phase is Phase.STARTING
    opened(stage, rental)
    stage.report(1, 1, age_s=5000)  # now the lock order was carried out
    assert stage.of(RentalVoided)[0].reason == "unlock_failed"


def test_an_extended_rental_is_not_void_while_its_second_unlock_is_on_its_way(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.wait(59.9)
    stage.ask(MoreTimeAsked(rental_id=rental.rental_id))
    stage.wait(0.2)
    stage.report(1, 1, age_s=5000)  # the dock's timer was faster than our order
    assert stage.rental(rental).phase is Phase.OPEN
    stage.report(1, 1, LockState.UNLOCKED, age_s=5000)
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    assert stage.rental(rental).phase is Phase.ACTIVE


def test_a_second_unlock_that_fails_leaves_the_first_ones_end_to_the_dock(stage: Stage) -> None:
    rental = agree(stage)
    opened(stage, rental)
    stage.ask(MoreTimeAsked(rental_id=rental.rental_id))
    stage.ended(stage.unlocks()[-1], Outcome.REFUSED, "busy")
    assert stage.rental(rental).phase is Phase.OPEN
    stage.report(1, 1, age_s=5000)
    assert stage.rental(rental).phase is Phase.VOIDED


def test_an_unanswered_unlock_is_void_once_the_dock_says_locked(stage: Stage) -> None:
    rental = agree(stage)
    stage.ended(stage.unlocks()[0], Outcome.NO_ANSWER)
    assert stage.rental(rental).phase is Phase.UNSURE
    stage.report(1, 1, age_s=5000)
    assert stage.of(RentalVoided)[0].reason == "unlock_failed"


def test_the_same_yes_twice_is_one_rental_and_a_quote_is_used_once(stage: Stage) -> None:
    quote = stage.quote(voucher(1), 1)
    first = stage.ask(Agreed(quote_id=quote.quote_id))
    assert stage.ask(Agreed(quote_id=quote.quote_id)) == first
    assert len(stage.of(RentalStarted)) == len(stage.unlocks()) == 1
    stage.ended(stage.unlocks()[0], Outcome.EXPIRED)
    stage.at += dt.timedelta(hours=1)  # a clock step: the finished rental is forgotten at the next tick
    stage.tell(Ticked())
    with pytest.raises(Refused, match="quote_expired"):
        stage.ask(Agreed(quote_id=quote.quote_id))


def test_a_quote_expires(stage: Stage) -> None:
    quote = stage.quote(voucher(1), 1)
    stage.wait(181)
    with pytest.raises(Refused, match="quote_expired"):
        stage.ask(Agreed(quote_id=quote.quote_id))


def test_of_two_quotes_for_one_vehicle_the_second_yes_is_refused(stage: Stage) -> None:
    one, other = stage.quote(voucher(1), 1), stage.quote(voucher(2), 1)
    stage.ask(Agreed(quote_id=one.quote_id))
    with pytest.raises(Refused, match="dock_busy"):
        stage.ask(Agreed(quote_id=other.quote_id))


def test_of_two_quotes_for_one_voucher_the_second_yes_is_refused(stage: Stage) -> None:
    one, other = stage.quote(voucher(1), 1), stage.quote(voucher(1), 2)
    stage.ask(Agreed(quote_id=one.quote_id))
    with pytest.raises(Refused, match="voucher_used"):
        stage.ask(Agreed(quote_id=other.quote_id))


def test_an_account_rents_one_vehicle_at_a_time(stage: Stage) -> None:
    quote = stage.quote(voucher(2, account=1), 2)
    agree(stage)
    with pytest.raises(Refused, match="too_many_rentals"):
        stage.quote(voucher(2, account=1), 2)
    with pytest.raises(Refused, match="too_many_rentals"):
        stage.ask(Agreed(quote_id=quote.quote_id))


def test_a_vehicle_exchanged_between_price_and_yes_is_not_rented(stage: Stage) -> None:
    quote = stage.quote(voucher(1), 1)
    stage.report(1, 3, age_s=0)
    with pytest.raises(Refused, match="vehicle_gone"):
        stage.ask(Agreed(quote_id=quote.quote_id))


def test_a_price_shown_is_the_price_paid(stage: Stage) -> None:
    from tests.edge_agent.core.stage import tariff_item

    quote = stage.quote(voucher(1), 1)
    stage.give("tariffs", tariff_item(), tariff_item(2, per_minute_minor=99, valid_from_ms=1))
    rental = stage.ask(Agreed(quote_id=quote.quote_id))
    assert (rental.tariff.version, rental.tariff.per_minute_minor) == (1, 19)


def test_more_time_is_given_ten_times(stage: Stage) -> None:
    rental = agree(stage)
    for _ in range(10):
        opened(stage, rental)
        stage.ask(MoreTimeAsked(rental_id=rental.rental_id))
    opened(stage, rental)
    with pytest.raises(Refused, match="rental_not_open"):
        stage.ask(MoreTimeAsked(rental_id=rental.rental_id))


def test_a_card_speaks_for_its_holder_once(stage: Stage) -> None:
    stage.tell(CardRead(dock_no=1, uid="04a1b2c3"))
    read = stage.state.card
    assert read is not None
    who = ByCard(kind="card", read_id=read.read_id)
    rental = stage.ask(Agreed(quote_id=stage.quote(who, 1).quote_id))
    assert rental.renter.card_uid == "04A1B2C3"
    with pytest.raises(Refused, match="card_not_read"):
        stage.quote(who, 2)


def test_a_card_read_is_too_old_after_a_minute(stage: Stage) -> None:
    stage.tell(CardRead(dock_no=1, uid="04A1B2C3"))
    read = stage.state.card
    assert read is not None
    stage.wait(61)
    with pytest.raises(Refused, match="card_not_read"):
        stage.quote(ByCard(kind="card", read_id=read.read_id), 1)


@pytest.mark.parametrize(
    ("uid", "code"), [("04A1B2C4", "card_blocked"), ("04A1B2C5", "card_unknown"), ("FFFFFFFF", "card_unknown")]
)
def test_a_card_without_the_right_is_refused(stage: Stage, uid: str, code: str) -> None:
    stage.tell(CardRead(dock_no=1, uid=uid))
    read = stage.state.card
    assert read is not None
    with pytest.raises(Refused, match=code):
        stage.quote(ByCard(kind="card", read_id=read.read_id), 1)


def test_finished_rentals_are_forgotten_after_a_while_and_running_ones_never(stage: Stage) -> None:
    rental = agree(stage)
    stage.ended(stage.unlocks()[0], Outcome.EXPIRED)
    running = agree(stage, voucher(2), dock_no=2)
    stage.report(2, None, LockState.UNLOCKED, age_s=0)
    stage.wait(601)
    stage.tell(Ticked())
    assert set(stage.state.rentals) == {running.rental_id}
    assert rental.rental_id not in stage.restored().rentals
    assert dataclasses.asdict(stage.rental(running))["phase"] == "active"
