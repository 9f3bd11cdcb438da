"""A station whose agent cannot price a tariff does not rent by it, and says why; every other goes on."""

import datetime as dt
import uuid
from typing import Any

import msgspec
import pytest

from hub.payments.shield import WHY_NOT
from protocols.sync import facts
from protocols.sync.envelope import Lane
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.payments.test_payments import NEW, post
from tests.hub.payments.test_quotes import vehicle
from tests.hub.stations_double import StationDouble, World


async def start(world: World, double: StationDouble, *features: str) -> None:
    """The agent starts and says what it can; then it takes what is there for it."""
    first = len(double.chain(Lane.OPERATIONS).records) + 1
    double.tell(facts.AgentStarted(epoch=1, version="1", features=features))
    double.take(await world.sync(double, double.batch(Lane.OPERATIONS, first=first)))
    double.take(await world.sync(double))


def seen(double: StationDouble) -> tuple[bool, str]:
    """How the station was told the one vehicle."""
    ((_, items),) = [held for name, held in double.lists.items() if name == "vehicles"]
    ((_, raw),) = items.items()
    told: dict[str, Any] = msgspec.json.decode(raw)
    return told.get("rentable", True), told.get("why_not", "")


async def test_an_old_agent_is_given_neither_the_tariff_nor_a_vehicle_rented_by_it(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in("tariffs:write")
    old, new = await world.station("1"), await world.station("2")
    await start(world, old, "leases")
    await start(world, new, "leases", "rich_tariffs")
    _, made = await post(world, "", NEW)
    await vehicle(world, tariff_id=made["id"])
    for double in (old, new):
        double.take(await world.sync(double))
        assert seen(double) == (True, "")
    clock.move(1)
    await post(world, f"/{made['id']}/versions", {"prices": {"unlock_minor": 100, "per_km_minor": 30}})
    for double in (old, new):
        double.take(await world.sync(double))
    assert (seen(old), seen(new)) == ((False, WHY_NOT), (True, ""))
    assert list(old.lists["tariffs"][1]) == [f"{made['id']}/1"]
    assert list(new.lists["rich_tariffs"][1]) == [f"{made['id']}/2"]
    await start(world, old, "leases", "rich_tariffs")
    assert seen(old) == (True, "")


async def test_an_agent_that_is_set_back_loses_those_vehicles_again(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write")
    double = await world.station()
    await start(world, double, "rich_tariffs")
    await post(world, "", NEW | {"prices": {"late_hour_minor": 1}})
    await vehicle(world)
    await start(world, double)
    assert seen(double) == (False, WHY_NOT)


async def test_a_version_to_come_closes_vehicles_a_day_ahead(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    auth.sign_in("tariffs:write")
    double = await world.station()
    _, made = await post(world, "", NEW)
    await vehicle(world)
    later = START + dt.timedelta(days=7)
    await post(world, f"/{made['id']}/versions", {"valid_from": later.isoformat(), "prices": {"per_km_minor": 1}})
    for days, rentable in ((0, True), (6.5, False)):
        clock.move(days * 86_400)
        async with world.kernel.database.transaction() as session:
            await world.rooms.shield.sweep(session, clock.now())
        double.take(await world.sync(double))
        assert seen(double)[0] is rentable


async def test_vehicles_by_simple_tariffs_stay(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write")
    double = await world.station()
    _, simple = await post(world, "", NEW)
    await post(world, "", NEW | {"prices": {"unlock_minor": 1, "kinds": ["car"]}})
    await vehicle(world, tariff_id=simple["id"])
    double.take(await world.sync(double))
    assert seen(double) == (True, "")


async def test_a_station_that_is_added_is_news_to_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.station("1")
    told: list[uuid.UUID] = []
    replace = world.rooms.downlink.replace

    async def heard(session: Any, name: str, items: Any, *, station_id: uuid.UUID) -> None:
        told.append(station_id)
        await replace(session, name, items, station_id=station_id)

    monkeypatch.setattr(world.rooms.downlink, "replace", heard)
    added = await world.station("2")
    assert told == [added.station_id]
