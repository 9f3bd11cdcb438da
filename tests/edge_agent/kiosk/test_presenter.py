import uuid

import pytest

from edge_agent.core.inputs import (
    Agreed,
    ChargeStarted,
    ConnectorReported,
    ConnectorState,
    DockLost,
    LockState,
    Outcome,
)
from edge_agent.kiosk.presenter import money, reference, rental_view, station_view
from edge_agent.kiosk.telemetry import telemetry_of
from protocols.kiosk.views import DockView, RentalView, StationView
from tests.edge_agent.core.stage import Stage, vehicle_id, voucher


@pytest.fixture
def stage() -> Stage:
    stage = Stage().furnish()
    stage.stand(1, 1)
    stage.stand(2, 2, soc_pct=60)
    return stage


def view(stage: Stage, trouble: str | None = None) -> StationView:
    return station_view(stage.state, stage.now(), seq=1, labels={"CP1": "Left"}, trouble=trouble)


def dock(stage: Stage, dock_no: int) -> DockView:
    return view(stage).docks[dock_no - 1]


def start(stage: Stage) -> uuid.UUID:
    rental = stage.ask(Agreed(quote_id=stage.quote(voucher(1), 1).quote_id))
    found: uuid.UUID = rental.rental_id
    return found


def shown(stage: Stage, rental_id: uuid.UUID) -> RentalView:
    return rental_view(stage.state, stage.state.rentals[rental_id], stage.now())


def test_a_dock_is_shown_as_it_stands(stage: Stage) -> None:
    assert [one.state for one in view(stage).docks] == ["occupied", "occupied", "unknown"]
    stage.find(3)
    stage.report(3, None, LockState.UNLOCKED)
    assert dock(stage, 3).state == "free"
    stage.report(3, None, LockState.MOVING)
    assert dock(stage, 3).state == "moving"
    stage.tell(DockLost(dock_no=3, reason="no_answer"))
    assert (dock(stage, 3).state, dock(stage, 3).fault) == ("out_of_order", "no_answer")


def test_a_dock_that_never_spoke_and_is_lost_is_out_of_order(stage: Stage) -> None:
    stage.tell(DockLost(dock_no=3, reason="bad_proof"))
    assert (dock(stage, 3).state, dock(stage, 3).fault) == ("out_of_order", "bad_proof")


def test_a_stolen_vehicle_does_not_close_its_dock_to_others(stage: Stage) -> None:
    stage.report(2, None, LockState.UNLOCKED)
    assert (dock(stage, 2).state, dock(stage, 2).fault) == ("free", None)


def test_only_a_dock_opened_for_a_rental_is_open(stage: Stage) -> None:
    stage.report(2, 2, LockState.UNLOCKED, age_s=4000)
    assert dock(stage, 2).state == "occupied"
    start(stage)
    stage.report(1, 1, LockState.UNLOCKED, age_s=4000)
    assert dock(stage, 1).state == "open"
    vehicle = dock(stage, 1).vehicle
    assert vehicle is not None
    assert (vehicle.rentable, vehicle.why_not) == (False, "dock_busy")


def test_the_best_charged_vehicle_is_marked_and_its_range_follows_charge(stage: Stage) -> None:
    vehicles = [one.vehicle for one in view(stage).docks[:2]]
    assert [one.best for one in vehicles if one] == [True, False]
    assert [one.range_km for one in vehicles if one] == [64.0, 48.0]


def test_an_unsure_rental_looks_void_until_the_dock_shows_that_it_is_open(stage: Stage) -> None:
    rental_id = start(stage)
    assert shown(stage, rental_id).state == "starting"
    stage.ended(stage.unlocks()[0], Outcome.NO_ANSWER)
    assert (shown(stage, rental_id).state, shown(stage, rental_id).void_reason) == ("voided", "no_answer")
    assert shown(stage, rental_id).pull_until is None
    stage.report(1, 1, LockState.UNLOCKED, age_s=4000)
    assert (shown(stage, rental_id).state, shown(stage, rental_id).void_reason) == ("open", None)
    assert shown(stage, rental_id).pull_until is not None
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    assert shown(stage, rental_id).state == "active"


def test_a_receipt_is_shown_for_two_minutes_on_the_start_screen(stage: Stage) -> None:
    start(stage)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.wait(60)
    stage.report(1, 1, age_s=0)
    (receipt,) = view(stage).returns
    assert (receipt.total.minor, receipt.vehicle_label, receipt.queued) == (100, "V-1", True)
    stage.wait(121)
    assert not view(stage).returns


def test_nothing_that_identifies_the_renter_is_shown(stage: Stage) -> None:
    rental_id = start(stage)
    rental = stage.state.rentals[rental_id]
    text = view(stage).model_dump_json() + shown(stage, rental_id).model_dump_json()
    for secret in (rental.renter.account_id, rental.renter.voucher_id):
        assert str(secret) not in text


def test_a_charger_shows_what_runs_on_its_connectors(stage: Stage) -> None:
    for number, state in ((0, ConnectorState.AVAILABLE), (1, ConnectorState.CHARGING)):
        stage.tell(
            ConnectorReported(
                charger_id="CP1", connector_no=number, state=state, error_code="NoError", reported_at=stage.at
            )
        )
    stage.ask(
        ChargeStarted(charger_id="CP1", connector_no=1, id_token="04A1B2C3", meter_start_wh=1, started_at=stage.at)
    )
    (charger,) = view(stage).chargers
    assert charger.label == "Left"
    assert [(one.connector_no, one.state) for one in charger.connectors] == [(1, "charging")]
    assert charger.connectors[0].since is not None


def test_trouble_is_said(stage: Stage) -> None:
    assert view(stage, "store_full").not_accepting == "store_full"
    assert view(stage).not_accepting is None


def test_money_knows_its_decimals() -> None:
    assert [money(1, one).decimals for one in ("EUR", "VND", "KWD")] == [2, 0, 3]


def test_a_reference_is_short_and_says_the_same_every_time() -> None:
    assert reference(uuid.UUID(int=0)) == "VD-R-000000"
    assert reference(uuid.UUID(int=(1 << 128) - 1)) == "VD-R-ZZZZZZ"


def test_telemetry_shows_docks_chargers_and_meters(stage: Stage) -> None:
    found = telemetry_of(stage.state, stage.now())
    assert found.docks[0]["vehicle_id"] == str(vehicle_id(1))
    assert found.docks[0]["soc_pct"] == 80.0
    assert [one["charger_id"] for one in found.chargers] == ["CP1"]
