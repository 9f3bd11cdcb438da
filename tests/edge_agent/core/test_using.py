"""What a ride took beside time: kilometres by the odometer, hours after the booking's end; never what is in doubt."""

import uuid
from typing import Any

import pytest

from edge_agent.core.acts import StaffEnds
from edge_agent.core.inputs import Agreed, LockState, Outcome
from edge_agent.core.state import Rental
from edge_agent.kiosk import presenter, staff_presenter
from protocols.kiosk.actions import ByReservation
from protocols.kiosk.staff import StaffEnd
from protocols.sync.changes import ExtendRental, OpenRentalItem
from protocols.sync.facts import OrderEnded, RentalEnded, RentalStarted, VehicleDocked
from protocols.tariff.tariff import MOST_M, Used, price_of_rental
from protocols.values import to_ms
from tests.edge_agent.core.stage import BEGAN, Stage, durable, reservation_item, tariff_item, vehicle_id, voucher
from tests.edge_agent.core.test_staff import sign_in, staff_items, why

END_MS = to_ms(BEGAN) + 3_600_000
PRICES = {"per_km_minor": 15, "late_grace_minutes": 10, "late_hour_minor": 500, "free_minutes": 0}


@pytest.fixture
def stage() -> Stage:
    stage = Stage().furnish()
    stage.stand(1, 1)
    stage.report(1, 1, age_s=3600.0, odometer_m=10_000)
    stage.stand(2, 2)
    stage.find(3)
    stage.report(3)
    stage.give("tariffs")
    stage.give("rich_tariffs", tariff_item(7, **PRICES))
    stage.give("staff", *staff_items(stage))
    return stage


def begin(stage: Stage, dock_no: int = 1, *, booked: bool = False) -> Rental:
    if booked:
        stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(dock_no)))
    who = ByReservation(kind="reservation", code="RES1", pin="1234") if booked else voucher(1)
    rental: Rental = stage.ask(Agreed(quote_id=stage.quote(who, dock_no).quote_id))
    return rental


def leave(stage: Stage, rental: Rental) -> Rental:
    number = rental.dock_no
    stage.report(number, number, LockState.UNLOCKED, age_s=4000)
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    stage.report(number, None, LockState.UNLOCKED, age_s=0)
    return stage.rental(rental)


def back(stage: Stage, number: int = 1, **more: Any) -> RentalEnded:
    stage.report(3, number, age_s=0, **more)
    return stage.of(RentalEnded)[-1]


def lines(told: RentalEnded) -> dict[str, tuple[float, int]]:
    return {line.key: (line.quantity, line.amount_minor) for line in told.bill.lines}


def is_right(stage: Stage, rental: Rental, told: RentalEnded) -> bool:
    """The hub's own sum, from what the fact says."""
    used = Used(distance_m=told.distance_m, energy_wh=told.energy_wh, late_s=told.late_s)
    price = price_of_rental(stage.rental(rental).tariff, told.duration_s, used=used)
    return (price.total_minor, price.tax_minor) == (told.bill.total_minor, told.bill.tax_minor)


def test_kilometres_are_billed_by_what_the_vehicle_had_run_before_and_after(stage: Stage) -> None:
    rental = begin(stage)
    assert stage.of(RentalStarted)[0].odometer_m == 10_000
    leave(stage, rental)
    stage.wait(600)
    told = back(stage, odometer_m=14_100)
    assert (told.odometer_m, told.distance_m, lines(told)["distance"]) == (14_100, 4_100, (4.1, 62))
    assert stage.of(VehicleDocked)[-1].odometer_m == 14_100
    assert is_right(stage, rental, told)
    receipt = presenter.receipt_view(stage.state, stage.rental(rental))
    assert receipt is not None
    assert [line.key for line in receipt.lines] == ["unlock", "minutes", "distance"]
    assert durable(stage.restored()) == durable(stage.state)


def test_the_odometer_is_remembered_over_a_restart_of_the_machine(stage: Stage) -> None:
    rental = leave(stage, begin(stage))
    stage.restart(boot="another")
    assert back(stage, odometer_m=11_000).distance_m == 1_000
    assert stage.rental(rental).bill is not None


@pytest.mark.parametrize("after_m", [None, 9_999, 10_000 + MOST_M + 1])
def test_an_odometer_that_says_nothing_or_nonsense_costs_nothing(stage: Stage, after_m: int | None) -> None:
    rental = leave(stage, begin(stage))
    told = back(stage, odometer_m=after_m)
    assert (told.distance_m, "distance" in lines(told)) == (None, False)
    assert is_right(stage, rental, told)


def test_a_vehicle_that_tells_none_has_no_line_and_its_price_says_so(stage: Stage) -> None:
    views = [presenter.quote_view(stage.state, stage.quote(voucher(number), number), stage.now()) for number in (1, 2)]
    assert [one.counts_km for one in views] == [True, False]
    assert [one.tariff.per_km and one.tariff.per_km.minor for one in views] == [15, 15]
    leave(stage, begin(stage, 2))
    assert "distance" not in lines(back(stage, 2, odometer_m=900))


def test_a_booking_that_is_returned_late_pays_for_each_hour_begun_after_the_grace(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    quote = stage.quote(ByReservation(kind="reservation", code="RES1", pin="1234"), 1)
    view = presenter.quote_view(stage.state, quote, stage.now())
    assert view.due_at is not None
    assert (view.tariff.late_hour and view.tariff.late_hour.minor, view.tariff.late_grace_minutes) == (500, 10)
    rental: Rental = stage.ask(Agreed(quote_id=quote.quote_id))
    assert stage.of(RentalStarted)[0].due_ms == END_MS
    leave(stage, rental)
    stage.wait((END_MS - stage.now_ms()) / 1000 + 70 * 60 + 1)
    so_far = staff_presenter.rides_view(stage.state, stage.now()).rides[0].so_far
    assert so_far is not None
    told = back(stage)
    assert (told.late_s, lines(told)["late"]) == (70 * 60 + 1, (2, 1000))
    assert so_far.total.minor == told.bill.total_minor
    assert is_right(stage, rental, told)


def test_in_time_within_the_grace_or_without_a_booking_nobody_is_late(stage: Stage) -> None:
    leave(stage, begin(stage, booked=True))
    stage.wait((END_MS - stage.now_ms()) / 1000 + 600)
    told = back(stage)
    assert (told.late_s, "late" in lines(told)) == (600, False)
    rental = leave(stage, begin(stage, 2))
    assert rental.due_ms is None
    stage.wait(5 * 86_400)
    stage.report(1, 2, age_s=0)
    assert stage.of(RentalEnded)[-1].late_s == 0


def test_a_clock_in_doubt_makes_nobody_late_who_may_be_in_time(stage: Stage) -> None:
    leave(stage, begin(stage, booked=True))
    stage.wait((END_MS - stage.now_ms()) / 1000 + 3600)
    stage.uncertainty_ms = 1_800_000
    assert back(stage).late_s == 1800


def test_a_ride_that_the_hub_gave_more_time_is_late_after_that_only_and_never_gets_less(stage: Stage) -> None:
    rental = leave(stage, begin(stage, booked=True))
    for more_ms in (7_200_000, 3_600_000):
        stage.order(ExtendRental(rental_id=rental.rental_id, until_ms=END_MS + more_ms))
        assert stage.of(OrderEnded)[-1].outcome == "done"
    assert stage.rental(rental).due_ms == END_MS + 7_200_000
    stage.wait((END_MS - stage.now_ms()) / 1000 + 7_200)
    assert back(stage).late_s == 0
    stage.order(ExtendRental(rental_id=rental.rental_id, until_ms=END_MS + 9_000_000))
    assert stage.of(OrderEnded)[-1].detail == "rental_ended"
    stage.order(ExtendRental(rental_id=uuid.UUID(int=7), until_ms=1))
    assert stage.of(OrderEnded)[-1].detail == "rental_unknown"


def test_what_staff_take_in_beside_the_docks_has_no_kilometres_but_its_hours(stage: Stage) -> None:
    rental = leave(stage, begin(stage, booked=True))
    stage.wait((END_MS - stage.now_ms()) / 1000 + 3600)
    asked = StaffEnd(**why(1, reason="dock_broken"), ago_s=60)
    stage.ask(StaffEnds(token=sign_in(stage), rental_id=rental.rental_id, asked=asked))
    told = stage.of(RentalEnded)[-1]
    assert (told.distance_m, told.late_s, lines(told)["late"]) == (None, 3540, (1, 500))


def test_a_new_card_learns_what_the_vehicle_had_run_and_when_it_is_due(stage: Stage) -> None:
    item = OpenRentalItem(
        key=str(uuid.UUID(int=5)), vehicle_id=vehicle_id(9), dock_no=1, started_ms=stage.now_ms() - 7_200_000,
        undocked_ms=stage.now_ms() - 7_200_000, tariff=tariff_item(7, **PRICES), by="reservation", odometer_m=500,
        due_ms=stage.now_ms() - 3_600_000,
    )  # fmt: skip
    stage.give("open_rentals", item)
    told = back(stage, 9, odometer_m=2_500)
    assert (told.distance_m, told.late_s) == (2_000, 3_600)
