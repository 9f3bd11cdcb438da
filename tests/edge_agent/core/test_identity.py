import datetime as dt
import uuid
from typing import Any

import pytest

from edge_agent.core.inputs import Agreed, HubReached, LockState, Ticked
from protocols.errors import Refused
from protocols.kiosk.actions import REFUSALS, ByReservation
from protocols.sync.changes import DenialItem
from protocols.sync.clock import ClockQuality
from protocols.values import to_ms
from tests.edge_agent.core.stage import (
    BEGAN,
    STATION,
    Stage,
    account_id,
    reservation_item,
    vehicle_id,
    vehicle_item,
    voucher,
)


@pytest.fixture
def stage() -> Stage:
    stage = Stage(4).furnish()
    stage.give("vehicles", vehicle_item(1), vehicle_item(2), vehicle_item(3, kind="car"))
    for number in (1, 2, 3):
        stage.stand(number, number, soc_pct=50.0 + 10 * number)
    return stage


def by_code(number: int, pin: str = "1234", code: str = "") -> ByReservation:
    return ByReservation(kind="reservation", code=code or f"RES{number}", pin=pin)


def refused(stage: Stage, *args: object) -> str:
    with pytest.raises(Refused) as caught:
        stage.quote(*args)  # type: ignore[arg-type]
    assert caught.value.code in REFUSALS
    return caught.value.code


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (voucher(1, stations=(uuid.UUID(int=1),)), "voucher_wrong_station"),
        (voucher(1, expires=BEGAN), "voucher_expired"),
        (voucher(1, not_before=BEGAN + dt.timedelta(seconds=1)), "voucher_not_yet"),
        (voucher(1, may=("charge",)), "voucher_invalid"),
        ("VD1:NONSENSE AND MORE", "voucher_invalid"),
    ],
)
def test_a_voucher_that_is_not_for_here_and_now_is_refused(stage: Stage, token: str, code: str) -> None:
    assert refused(stage, token, 1) == code


def test_a_revoked_voucher_is_refused(stage: Stage) -> None:
    stage.give("voucher_denials", DenialItem(key=str(uuid.UUID(int=0x70C0 + 1))))
    assert refused(stage, voucher(1), 1) == "voucher_revoked"


def test_a_voucher_for_one_vehicle_gives_that_one_whatever_is_pressed(stage: Stage) -> None:
    assert stage.quote(voucher(1, vehicle_id=vehicle_id(2)), 1).dock_no == 2
    assert refused(stage, voucher(2, vehicle_id=vehicle_id(77)), 1) == "vehicle_gone"


def test_a_voucher_without_a_dock_gets_the_best_charged(stage: Stage) -> None:
    assert stage.quote(voucher(1)).dock_no == 3


@pytest.mark.parametrize(
    ("more", "passes"),
    [({}, True), ({"stations": ()}, False), ({"max_uses": 2}, False)],
    ids=["here", "roaming", "two"],
)
def test_a_doubtful_clock_is_lenient_only_to_vouchers_for_here_and_once(
    stage: Stage, more: dict[str, Any], passes: bool
) -> None:
    stage.quality, stage.uncertainty_ms = ClockQuality.UNKNOWN, 24 * 3600 * 1000
    token = voucher(1, expires=BEGAN - dt.timedelta(hours=2), not_before=BEGAN - dt.timedelta(days=1), **more)
    if passes:
        assert stage.quote(token, 1).dock_no == 1
    else:
        assert refused(stage, token, 1) == "voucher_expired"


def test_a_voucher_used_twice_of_two_is_used_up(stage: Stage) -> None:
    for dock_no in (1, 2):
        token = voucher(1, max_uses=2)
        rental = stage.ask(Agreed(quote_id=stage.quote(token, dock_no).quote_id))
        stage.report(dock_no, None, LockState.UNLOCKED, age_s=0)
        stage.report(4, dock_no, age_s=0)
        stage.report(4, None, LockState.UNLOCKED, age_s=0)
        assert stage.rental(rental).phase.value == "ended"
    assert refused(stage, voucher(1, max_uses=2), 3) == "voucher_used"


def test_a_reservation_keeps_its_vehicle_from_others_and_gives_it_to_its_holder(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(2)))
    assert refused(stage, voucher(1), 2) == "vehicle_not_rentable"
    quote = stage.quote(by_code(1, code=" res1 "), 1)
    assert (quote.dock_no, quote.renter.account_id) == (2, account_id(101))
    stage.ask(Agreed(quote_id=quote.quote_id))
    assert refused(stage, by_code(1)) == "too_many_rentals" or refused(stage, by_code(1)) == "reservation_unknown"


def test_a_reservation_whose_vehicle_is_absent_is_told_so(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(88)))
    assert refused(stage, by_code(1)) == "vehicle_gone"


def test_a_reservation_for_a_class_gets_the_best_of_it_and_nothing_else(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_kind="scooter"), reservation_item(2, vehicle_kind="moped"))
    assert stage.quote(by_code(1), 3).dock_no == 2  # the car was pressed
    assert refused(stage, by_code(2), 3) == "no_vehicle"
    assert refused(stage, by_code(2)) == "no_vehicle"


def test_two_reservations_for_a_class_hold_two_vehicles(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_kind="scooter"), reservation_item(2, vehicle_kind="scooter"))
    assert {stage.quote(by_code(number)).dock_no for number in (1, 2)} == {1, 2}
    assert refused(stage, voucher(1), 1) == "vehicle_not_rentable"


def test_a_reservation_counts_only_in_its_time(stage: Stage) -> None:
    later = to_ms(BEGAN) + 60_000
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1), from_ms=later))
    assert refused(stage, by_code(1)) == "reservation_not_now"
    assert stage.quote(voucher(1), 1).dock_no == 1


def test_a_void_rental_gives_the_reservation_back(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    rental = stage.ask(Agreed(quote_id=stage.quote(by_code(1)).quote_id))
    stage.restart()
    stage.stand(1, 1)
    assert stage.rental(rental).phase.value == "voided"
    assert stage.quote(by_code(1)).dock_no == 1


def test_five_wrong_pins_lock_the_reservation_whatever_way_its_code_is_typed_and_over_a_restart(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    for code in ("RES1", "res1", " RES1", "R ES1", "RES1"):
        assert refused(stage, by_code(1, "9999", code)) == "reservation_unknown"
    assert refused(stage, by_code(1)) == "reservation_locked"
    stage.restart(boot="boot-2")
    stage.stand(1, 1)
    assert refused(stage, by_code(1)) == "reservation_locked"
    stage.wait(601)
    assert stage.quote(by_code(1)).dock_no == 1


def test_a_right_pin_forgets_the_wrong_ones(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    for _ in range(3):
        for _ in range(4):
            assert refused(stage, by_code(1, "9999")) == "reservation_unknown"
        stage.quote(by_code(1))
    assert not stage.state.pin_tries


def test_a_clock_that_is_put_back_does_not_lock_a_reservation_for_years(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    stage.at += dt.timedelta(days=365 * 3)
    for _ in range(5):
        refused(stage, by_code(1, "9999"))
    stage.at = BEGAN
    assert refused(stage, by_code(1)) == "reservation_locked"
    stage.mono_s += 600
    assert stage.quote(by_code(1)).dock_no == 1


def test_what_is_remembered_of_a_reservation_goes_with_it(stage: Stage) -> None:
    stage.give("reservations", reservation_item(1, vehicle_id=vehicle_id(1)))
    refused(stage, by_code(1, "9999"))
    stage.tell(Ticked())
    assert stage.state.pin_tries
    stage.give("reservations")
    stage.tell(Ticked())
    assert not stage.state.pin_tries
    assert not stage.restored().pin_tries


def test_spent_vouchers_are_remembered_until_they_have_certainly_expired(stage: Stage) -> None:
    stage.ask(Agreed(quote_id=stage.quote(voucher(1), 1).quote_id))
    stage.wait(2 * 24 * 3600)
    stage.tell(Ticked())
    assert stage.state.spent
    stage.wait(2 * 24 * 3600)
    stage.tell(Ticked())
    assert not stage.state.spent


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda stage: stage.give("vehicles"), "unknown_vehicle"),
        (lambda stage: stage.give("vehicles", vehicle_item(1, rentable=False, why_not="maintenance")), "maintenance"),
        (lambda stage: stage.give("vehicles", vehicle_item(1, papers_until_ms=stage.now_ms())), "document_over"),
        (lambda stage: stage.stand(1, 1, soc_pct=19.9), "low_charge"),
        (lambda stage: stage.report(1, 1, LockState.UNLOCKED), "fault"),
        (lambda stage: stage.report(1, 1, tamper=True), "fault"),
        (lambda stage: stage.report(1, 1, supply_voltage_v=9.0), "fault"),
        (lambda stage: stage.restart(), "fault"),
    ],
)
def test_a_vehicle_that_is_not_fit_says_why(stage: Stage, spoil: object, why: str) -> None:
    spoil(stage)  # type: ignore[operator]
    with pytest.raises(Refused, match="vehicle_not_rentable") as caught:
        stage.quote(voucher(1), 1)
    assert caught.value.params["why"] == why


def test_a_rental_knows_whether_the_hub_was_there(stage: Stage) -> None:
    assert stage.ask(Agreed(quote_id=stage.quote(voucher(1), 1).quote_id)).offline
    stage.tell(HubReached(hub_at=stage.at))
    assert not stage.ask(Agreed(quote_id=stage.quote(voucher(2), 2).quote_id)).offline
    assert stage.state.station_id == STATION
