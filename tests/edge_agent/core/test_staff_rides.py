"""Check-out and check-in by hand where a dock or the network fails: the ride is right, and so is its bill."""

import uuid
from typing import Any

from edge_agent.core.acts import StaffEnds, StaffRents
from edge_agent.core.inputs import CardRead, DockLost, LockState, Outcome
from edge_agent.core.orders import UnlockDock
from edge_agent.core.state import LEFT_WITHOUT_RENTAL, Phase, Rental
from protocols.kiosk.staff import StaffEnd, StaffRent
from protocols.sync.facts import (
    Picture,
    RentalActivated,
    RentalEnded,
    RentalStarted,
    StaffActed,
    VehicleDocked,
    VehicleUndocked,
)
from tests.edge_agent.core.stage import Stage, account_id, reservation_item, vehicle_id, vehicle_item
from tests.edge_agent.core.test_staff import ANNA, no, sign_in, stage, why

__all__ = ["stage"]  # the fixture
PHOTO = "ab" * 32
PICTURE = Picture(sha256=PHOTO, media_type="image/jpeg", size=9, ago_ms=5000)


def hand_over(
    stage: Stage, token: uuid.UUID, number: int = 1, act: int = 1, pictures: tuple[Picture, ...] = (), **more: Any
) -> Rental:
    asked = StaffRent(vehicle_id=vehicle_id(number), **why(act), **more)
    begun: Rental = stage.ask(StaffRents(token=token, asked=asked, pictures=pictures))
    return begun


def end(stage: Stage, token: uuid.UUID, ride: Rental, act: int = 9, **more: Any) -> Rental:
    asked = StaffEnd(**why(act, reason="dock_broken"), **more)
    ended: Rental = stage.ask(StaffEnds(token=token, rental_id=ride.rental_id, asked=asked))
    return ended


def test_a_vehicle_in_a_dock_that_does_not_answer_is_handed_over_by_hand_and_billed_from_then(stage: Stage) -> None:
    stage.tell(DockLost(dock_no=1, reason="no_answer"))
    token = sign_in(stage)
    ride = hand_over(stage, token, account_id=account_id(9), photos=(PHOTO,), pictures=(PICTURE,))
    assert hand_over(stage, token, account_id=account_id(9)).rental_id == ride.rental_id
    assert (ride.phase, ride.by_hand) == (Phase.ACTIVE, True)
    assert not [one for one in stage.orders if isinstance(one, UnlockDock)]
    kinds = (StaffActed, RentalStarted, VehicleUndocked, RentalActivated)
    assert [type(one) for one in stage.facts if isinstance(one, kinds)] == list(kinds)
    [act] = stage.of(StaffActed)
    assert (act.what, act.dock_no, act.rental_id, act.photos) == ("hand_over", 1, ride.rental_id, (PHOTO,))
    assert act.pictures == (PICTURE,)
    assert stage.of(RentalStarted)[0].renter.staff_id == ANNA
    stage.wait(240)
    ended = end(stage, token, ride, dock_no=3)
    assert ended.bill is not None
    assert ended.bill.total_minor == 100 + 2 * 19
    assert LEFT_WITHOUT_RENTAL not in stage.state.docks[1].faults


def test_a_stuck_dock_that_still_feels_the_vehicle_ends_no_ride_that_was_handed_over(stage: Stage) -> None:
    stage.report(1, 1, LockState.STUCK, age_s=3600)
    token = sign_in(stage)
    ride = hand_over(stage, token)
    for _ in range(3):
        stage.wait(10)
        stage.report(1, 1, LockState.STUCK, age_s=3600 + 10)
    assert stage.rental(ride).phase is Phase.ACTIVE
    stage.report(1, None, LockState.UNLOCKED)
    stage.wait(60)
    stage.report(1, 1, age_s=2)
    [ended] = stage.of(RentalEnded)
    assert (ended.rental_id, ended.dock_no, ended.by_staff) == (ride.rental_id, 1, None)
    assert [one.rental_id for one in stage.of(VehicleDocked)][-1] == ride.rental_id


def test_a_vehicle_that_stands_beside_the_docks_is_handed_over_too(stage: Stage) -> None:
    ride = hand_over(stage, sign_in(stage), 3)
    assert (ride.phase, ride.dock_no) == (Phase.ACTIVE, 0)
    assert not stage.of(VehicleUndocked)


def test_what_cannot_be_handed_over_is_refused_and_says_why(stage: Stage) -> None:
    token = sign_in(stage)

    def asked(**more: Any) -> StaffRents:
        return StaffRents(token=token, asked=StaffRent(**why(), **more))

    assert no(asked(vehicle_id=vehicle_id(1)), stage) == "dock_opens"
    assert no(asked(vehicle_id=vehicle_id(77)), stage) == "vehicle_unknown"
    assert no(asked(dock_no=1, code="RES1"), stage) == "reservation_unknown"
    assert no(asked(dock_no=1, read_id=uuid.UUID(int=1)), stage) == "card_not_read"
    stage.give("vehicles", vehicle_item(1), vehicle_item(2, rentable=False, why_not="insurance"), vehicle_item(3))
    assert no(asked(dock_no=2), stage) == "vehicle_not_rentable"
    hand_over(stage, token, 3, act=2)
    assert no(asked(vehicle_id=vehicle_id(3)), stage) == "vehicle_out"


def test_a_booking_is_fetched_by_its_code_alone_and_only_once(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    token = sign_in(stage)
    nobody = StaffRents(token=token, asked=StaffRent(dock_no=1, **why(3)))
    assert no(nobody, stage) == "vehicle_not_rentable"
    ride: Rental = stage.ask(StaffRents(token=token, asked=StaffRent(dock_no=1, code="res1", **why())))
    assert (ride.renter.by, ride.renter.account_id) == ("staff", account_id(101))
    assert ride.renter.reservation_id is not None
    stage.ended(stage.unlocks()[-1], Outcome.DONE)
    again = StaffRents(token=token, asked=StaffRent(dock_no=2, code="RES1", **why(2)))
    assert no(again, stage) == "reservation_unknown"


def test_a_card_that_was_held_to_a_dock_says_for_whom(stage: Stage) -> None:
    token = sign_in(stage)
    stage.tell(CardRead(dock_no=2, uid="04A1B2C4"))
    assert stage.state.card is not None
    blocked = StaffRents(token=token, asked=StaffRent(dock_no=1, read_id=stage.state.card.read_id, **why()))
    assert no(blocked, stage) == "card_blocked"
    stage.tell(CardRead(dock_no=2, uid="04A1B2C3"))
    asked = StaffRent(dock_no=1, read_id=stage.state.card.read_id, **why())
    ride: Rental = stage.ask(StaffRents(token=token, asked=asked))
    assert (ride.renter.account_id, ride.renter.by) == (account_id(51), "staff")


def test_a_vehicle_that_has_stood_there_for_a_while_is_billed_to_when_it_came_and_never_to_before_it_left(
    stage: Stage,
) -> None:
    token = sign_in(stage)
    ride = hand_over(stage, token, 3)
    stage.wait(20 * 60)
    token = sign_in(stage)
    ended = end(stage, token, ride, ago_s=16 * 60)
    assert ended.bill is not None
    assert (ended.duration_s, ended.bill.total_minor) == (240.0, 100 + 2 * 19)
    again = hand_over(stage, token, 3, act=2)
    stage.wait(60)
    ended = end(stage, token, again, act=8, ago_s=3600)
    assert (ended.duration_s, ended.finished_at) == (0.0, again.undocked_at)
