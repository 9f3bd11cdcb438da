"""Stations and their devices, on both databases."""

import itertools
import uuid

import msgspec
import pytest

from hub.intake.tables import ListItem
from protocols.sync import facts
from protocols.sync.envelope import Lane
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, World

NEW = {"name": "Riverside Market", "number": "014", "timezone": "Asia/Ho_Chi_Minh", "currency": "EUR"}
DEVICES = (
    facts.DockSeen(dock_no=1, kind="latch", serial="S1", firmware="1.0"),
    facts.DockFaultRaised(dock_no=1, code="lock_stuck", at_ms=AT_MS),
    facts.DockFaultRaised(dock_no=1, code="tamper", at_ms=AT_MS),
    facts.DockFaultCleared(dock_no=1, code="lock_stuck", at_ms=AT_MS + 1),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
async def test_devices_are_what_the_last_facts_say_in_any_order(
    world: World, auth: FixedAuth, order: tuple[int, ...]
) -> None:
    auth.sign_in("stations:read")
    double = await world.station()
    for index in order:
        number = double.tell(DEVICES[index], hlc=(AT_MS << 16) + index + 1)
        await world.sync(double, double.batch(Lane.OPERATIONS, number))
    double.tell(facts.ChargerSeen(charger_id="CP-1", vendor="ACME", model="X", firmware="9"))
    double.tell(
        facts.ConnectorChanged(charger_id="CP-1", connector_no=2, state="Charging", error_code="NoError", at_ms=5)
    )
    double.tell(facts.AgentStarted(epoch=1, version="0.1.0", unclean=True))
    await world.sync(double, double.batch(Lane.OPERATIONS, 5))
    async with world.client.get(f"/api/v1/stations/{double.station_id}") as answer:
        shown = await answer.json()
    (dock,) = shown["docks"]
    assert (dock["serial"], [fault["code"] for fault in dock["faults"]]) == ("S1", ["tamper"])
    (charger,) = shown["chargers"]
    assert (charger["vendor"], charger["connectors"][0]["state"]) == ("ACME", "Charging")
    assert (shown["agent"], shown["unclean_start"]) == ("0.1.0", True)


async def test_a_station_is_online_while_it_is_heard_of(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    auth.sign_in("stations:read")
    double = await world.station()

    async def online() -> bool:
        async with world.client.get("/api/v1/stations") as answer:
            (item,) = (await answer.json())["items"]
        return bool(item["online"])

    assert not await online()
    await world.sync(double)
    assert await online()
    clock.move(91)
    assert not await online()
    await world.sync(double)
    assert await online()


async def test_a_station_is_added_edited_and_told(world: World, auth: FixedAuth) -> None:
    auth.sign_in("stations:write", "stations:read")
    async with world.client.post("/api/v1/stations", json=NEW, headers={"Idempotency-Key": "1"}) as answer:
        assert answer.status == 201, await answer.text()
        made = await answer.json()
    async with world.client.post("/api/v1/stations", json=NEW, headers={"Idempotency-Key": "2"}) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (409, "number_taken")
    wrong = NEW | {"number": "15", "timezone": "Mars/Base"}
    async with world.client.post("/api/v1/stations", json=wrong, headers={"Idempotency-Key": "3"}) as answer:
        assert (await answer.json(content_type=None))["errors"][0]["pointer"] == "/timezone"
    path = f"/api/v1/stations/{made['id']}"
    async with world.client.patch(path, json={"help_phone": "+49 1"}, headers={"If-Match": '"1"'}) as answer:
        assert answer.headers["ETag"] == '"2"'
    ((payload,),) = await world.rows(ListItem, "payload")
    assert msgspec.json.decode(payload)["help_phone"] == "+49 1"
    async with world.client.get(f"/api/v1/stations/{uuid.UUID(int=1)}") as answer:
        assert answer.status == 404
