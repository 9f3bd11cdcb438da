"""A new card learns from the hub which rides are out, and ends them as the old card would have."""

import uuid
from typing import Any

import msgspec

from edge_agent.core.inputs import Agreed, ChangesArrived
from edge_agent.core.state import Phase
from protocols.sync.changes import CloseRental, OpenRentalItem
from protocols.sync.facts import RentalEnded, VehicleDocked
from protocols.values import to_ms
from tests.edge_agent.core.stage import BEGAN, Stage, account_id, tariff_item, vehicle_id, voucher

RENTAL = uuid.UUID(int=0x4E47)


def open_rental(**more: Any) -> OpenRentalItem:
    """Vehicle 1 left dock 1 ten minutes before the new card's first look."""
    given: dict[str, Any] = {
        "vehicle_id": vehicle_id(1), "dock_no": 1, "started_ms": to_ms(BEGAN) - 610_000,
        "undocked_ms": to_ms(BEGAN) - 600_000, "tariff": tariff_item(7, per_minute_minor=30), "by": "voucher",
        "account_id": account_id(5), "voucher_id": uuid.UUID(int=1),
    } | more  # fmt: skip
    return OpenRentalItem(key=str(RENTAL), **given)


def new_card() -> Stage:
    stage = Stage().furnish()
    for dock_no in (1, 2, 3):
        stage.find(dock_no)
        stage.report(dock_no)
    return stage


def test_a_ride_from_before_ends_here_by_the_tariff_it_began_with() -> None:
    stage = new_card()
    stage.give("open_rentals", open_rental())
    stage.wait(300)
    stage.report(2, 1, age_s=60.0)
    [docked] = stage.of(VehicleDocked)
    [ended] = stage.of(RentalEnded)
    assert (docked.rental_id, ended.rental_id, ended.dock_no) == (RENTAL, RENTAL, 2)
    assert (ended.duration_s, ended.duration_by) == (840.0, "wall")
    assert (ended.bill.tariff_version, ended.bill.total_minor) == (7, 100 + 12 * 30)


def test_a_vehicle_that_was_back_before_the_hub_spoke_ends_its_ride_at_once() -> None:
    stage = new_card()
    stage.report(3, 1, age_s=120.0)
    assert not stage.of(RentalEnded)
    stage.give("open_rentals", open_rental())
    [ended] = stage.of(RentalEnded)
    assert (ended.dock_no, ended.duration_s) == (3, 480.0)


def test_a_ride_is_taken_over_once_and_never_again() -> None:
    stage = new_card()
    stage.give("open_rentals", open_rental())
    stage.report(2, 1)
    stage.wait(3600)
    stage.state = stage.restored()
    stage.restart()
    stage.give("open_rentals", open_rental())
    assert RENTAL not in stage.state.rentals or stage.state.rentals[RENTAL].phase is Phase.ENDED
    assert len(stage.of(RentalEnded)) == 1


def test_the_rider_is_known_and_the_hub_may_still_close_the_ride() -> None:
    stage = new_card()
    stage.stand(2, 2)
    stage.give("open_rentals", open_rental(account_id=account_id(9)))
    assert stage.state.rentals[RENTAL].phase is Phase.ACTIVE
    told = CloseRental(rental_id=RENTAL, ended_ms=to_ms(BEGAN), where="Elsewhere", reason="other_station")
    stage.order(told)
    assert stage.state.rentals[RENTAL].phase is Phase.ENDED
    assert not stage.of(RentalEnded)


def test_a_ride_that_the_store_still_knows_stays_as_it_is() -> None:
    stage = Stage().furnish()
    stage.stand(1, 1)
    quote = stage.quote(voucher(1))
    rental = stage.ask(Agreed(quote_id=quote.quote_id))
    stage.give("open_rentals", OpenRentalItem(
        key=str(rental.rental_id), vehicle_id=vehicle_id(1), dock_no=1, started_ms=0, undocked_ms=0,
        tariff=tariff_item(), by="voucher",
    ))  # fmt: skip
    assert stage.rental(rental).started_at == rental.started_at


def test_an_item_that_no_rule_can_work_with_is_left_alone() -> None:
    stage = new_card()
    stage.give("open_rentals", open_rental(undocked_ms=-5), OpenRentalItem(
        key="no id", vehicle_id=vehicle_id(2), dock_no=1, started_ms=0, undocked_ms=0, tariff=tariff_item(), by="card",
    ))  # fmt: skip
    assert not stage.state.rentals


def test_what_cannot_be_read_is_kept_but_not_without_end() -> None:
    stage = new_card()
    for number in range(300):
        rev = stage.state.rev + 1
        raw = msgspec.json.encode({"kind": "firmware", "rev": rev, "number": number})
        stage.tell(ChangesArrived(rev=rev, changes=(raw, b"no change at all")))
    assert len(stage.state.kept) == 200
    assert any(b"299" in raw for raw in stage.state.kept.values())
    assert stage.restored().kept == stage.state.kept
