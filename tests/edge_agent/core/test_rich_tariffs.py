"""The station prices by its own clock on the wall, and takes only tariffs that it can price."""

import uuid

import pytest

from edge_agent.core import lists
from edge_agent.core.inputs import LockState
from protocols.errors import Refused
from protocols.sync.changes import StationItem, TariffItem, WindowItem
from protocols.sync.facts import RentalEnded
from protocols.tariff.tariff import price_of_rental
from tests.edge_agent.core.stage import STATION, Stage, durable, tariff_item, voucher
from tests.edge_agent.core.test_rental import agree, opened

ELSEWHERE = uuid.UUID(int=1)
NOON = WindowItem(per_minute_minor=3, from_minute=13 * 60, to_minute=13 * 60 + 10)  # 12:00 UTC in Berlin


@pytest.fixture
def stage() -> Stage:
    stage = Stage().furnish()
    stage.stand(1, 1)
    stage.find(3)
    stage.report(3)
    stage.give("tariffs")
    move(stage, "Europe/Berlin")
    return stage


def move(stage: Stage, timezone: str) -> None:
    stage.give("station", StationItem(key="self", name="Test", number="1", timezone=timezone, currency="EUR"))


def rich(version: int, **more: object) -> TariffItem:
    return tariff_item(version, free_minutes=0, **more)


def test_a_ride_through_a_window_is_billed_as_the_hub_will_count_it(stage: Stage) -> None:
    stage.give("rich_tariffs", rich(7, windows=(NOON,)))
    rental = agree(stage)
    opened(stage, rental)
    stage.report(1, None, LockState.UNLOCKED, age_s=0)
    stage.wait(20 * 60 + 30)
    stage.report(3, 1, age_s=0)
    ride, ended = stage.rental(rental), stage.of(RentalEnded)[0]
    assert ride.undocked_at is not None
    began_at = lists.local(stage.state, ride.undocked_at)
    price = price_of_rental(ride.tariff, ended.duration_s, began_at=began_at)
    assert (ended.bill.total_minor, ended.bill.tax_minor) == (price.total_minor, price.tax_minor)
    assert [(line.quantity, line.unit_price_minor) for line in ended.bill.lines] == [(1, 100), (10, 3), (11, 19)]
    assert sum(line.tax_minor or 0 for line in ended.bill.lines) == ended.bill.tax_minor
    assert durable(stage.restored()) == durable(stage.state)


def test_a_tariff_for_another_station_or_kind_is_not_taken(stage: Stage) -> None:
    stage.give("rich_tariffs", rich(1, kinds=("car",)), rich(2, station_ids=(ELSEWHERE,)))
    with pytest.raises(Refused, match="no_tariff"):
        stage.quote(voucher(1), 1)


def test_the_narrowest_tariff_is_taken(stage: Stage) -> None:
    stage.give("rich_tariffs", rich(1, station_ids=(STATION,)), rich(2, kinds=("scooter",)))
    stage.give("tariffs", tariff_item(3))
    assert agree(stage).tariff.version == 1


def test_without_a_zone_that_this_machine_knows_windows_are_not_priced(stage: Stage) -> None:
    move(stage, "Mars/Olympus")
    stage.give("rich_tariffs", rich(7, windows=(NOON,)))
    with pytest.raises(Refused, match="no_tariff"):
        stage.quote(voucher(1), 1)


@pytest.mark.parametrize("wrong", [{"from_minute": 1440}, {"to_minute": 0}, {"weekdays": (8,)}])
def test_a_window_that_makes_no_sense_spoils_its_tariff_alone(stage: Stage, wrong: dict[str, object]) -> None:
    bad = WindowItem(**({"per_minute_minor": 1} | wrong))  # type: ignore[arg-type]
    stage.give("rich_tariffs", rich(7, windows=(bad,)), rich(6))
    assert agree(stage).tariff.version == 6
