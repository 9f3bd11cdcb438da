"""Vehicles and where they are, on both databases."""

import itertools
import uuid
from typing import Any

import msgspec
import pytest

from hub.fleet.tables import Custody
from hub.intake.tables import ListItem
from protocols.sync import facts
from protocols.values import BatteryReading
from tests.hub.conftest import FixedAuth
from tests.hub.stations_double import AT_MS, World

VEHICLE = uuid.UUID(int=0xB1)
NEW = {"id": str(VEHICLE), "label": "V-118", "kind": "scooter", "model": "Breeze", "full_range_km": 70}


async def add(world: World, auth: FixedAuth, **changed: Any) -> tuple[int, dict[str, Any]]:
    auth.sign_in("vehicles:write", "vehicles:read")
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    async with world.client.post("/api/v1/vehicles", json=NEW | changed, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_last_fact_by_the_stations_clock_says_where_a_vehicle_is(
    world: World, auth: FixedAuth, order: tuple[int, ...]
) -> None:
    one, other = await world.station("1"), await world.station("2")
    await add(world, auth)
    moves = [
        (one, facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=1, docked_ms=AT_MS, battery=BatteryReading(soc_pct=90))),
        (one, facts.VehicleUndocked(vehicle_id=VEHICLE, dock_no=1, undocked_ms=AT_MS + 1, rental_id=VEHICLE)),
        (other, facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=6, docked_ms=AT_MS + 2,
                                    battery=BatteryReading(soc_pct=40, soh_pct=97))),
    ]  # fmt: skip
    for index in order:
        double, body = moves[index]
        number = double.tell(body, hlc=(AT_MS << 16) + 1000 + index)
        await world.sync(double, double.batch(first=number))
    async with world.client.get(f"/api/v1/vehicles/{VEHICLE}") as answer:
        shown = await answer.json()
    assert (shown["state"], shown["station_id"], shown["dock_no"]) == ("docked", str(other.station_id), 6)
    assert (shown["soc_pct"], shown["soh_pct"], shown["rental_id"]) == (40, 97, None)
    for station, count in ((one, 0), (other, 1)):
        async with world.client.get(f"/api/v1/vehicles?station_id={station.station_id}") as answer:
            assert len((await answer.json())["items"]) == count


async def test_a_vehicle_that_nobody_registered_is_found_once_it_is(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    double.tell(facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=3, docked_ms=AT_MS))
    assert not (await world.sync(double, double.batch())).quarantined
    assert await world.rows(Custody, "dock_no") == [(3,)]
    _, made = await add(world, auth)
    assert (made["state"], made["dock_no"]) == ("docked", 3)


async def test_a_vehicle_is_told_to_the_stations_and_edited_by_its_etag(world: World, auth: FixedAuth) -> None:
    status, made = await add(world, auth)
    assert (status, made["state"]) == (201, "unknown")
    assert (await add(world, auth))[0] == 409
    assert (await add(world, auth, id=None))[0] == 409
    path = f"/api/v1/vehicles/{VEHICLE}"
    async with world.client.get(path) as answer:
        etag = answer.headers["ETag"]
    edit = {"rentable": False, "why_not": "in_service"}
    async with world.client.patch(path, json=edit) as answer:
        assert answer.status == 428
    async with world.client.patch(path, json=edit, headers={"If-Match": etag}) as answer:
        assert (answer.status, (await answer.json())["rentable"]) == (200, False)
    async with world.client.patch(path, json=edit, headers={"If-Match": etag}) as answer:
        assert answer.status == 412
    ((payload,),) = await world.rows(ListItem, "payload")
    item = msgspec.json.decode(payload)
    assert (item["key"], item["rentable"], item["why_not"]) == (str(VEHICLE), False, "in_service")
