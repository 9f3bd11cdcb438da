"""Returns to a full station: the bill stops at the scan, whatever is told later; both databases."""

import uuid
from typing import Any

import msgspec
import pytest

from protocols.sync import facts
from protocols.sync.live import Telemetry
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.rentals.test_rentals import ACCOUNT, RENTAL, VEHICLE, life, tariffs, tell
from tests.hub.stations_double import AT_MS, StationDouble, World

OWN = ("rentals:read_own",)
TAKEN: dict[str, object] = {"dock_no": 1, "online": True, "faults": [], "vehicle_id": str(uuid.UUID(int=9))}
FREE: dict[str, object] = {"dock_no": 2, "online": True, "faults": []}
BROKEN: dict[str, object] = {"dock_no": 3, "online": True, "faults": ["lock_stuck"]}


async def out(world: World, auth: FixedAuth) -> StationDouble:
    """A ride that is out since five seconds after two."""
    await tariffs(world)
    double = await world.station()
    started, activated, _ = life()
    assert await tell(world, double, started, activated) == []
    auth.sign_in(*OWN, account_id=ACCOUNT)
    return double


async def show(world: World, station: StationDouble, *docks: dict[str, object]) -> None:
    world.rooms.pictures.hear(station.station_id, Telemetry(at_ms=AT_MS, docks=list(docks)))
    async with world.kernel.database.transaction() as session:
        await world.rooms.pictures.write(session, station.station_id)


async def scan(world: World, station: StationDouble, vehicle_id: uuid.UUID = VEHICLE) -> tuple[int, Any]:
    body = {"station_id": str(station.station_id), "vehicle_id": str(vehicle_id)}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    path = f"/api/v1/rentals/{RENTAL}/overflow-return"
    async with world.client.post(path, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_the_bill_stops_at_the_scan_and_what_the_station_tells_later_changes_nothing(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await out(world, auth)
    other = await world.station("2")
    clock.move(305)  # five minutes: 1.00 + 3 × 0.19
    await show(world, other, TAKEN, BROKEN)
    status, ended = await scan(world, other)
    assert (status, ended["state"], ended["ended_by"]) == (200, "ended", "overflow")
    assert ended["total"] == {"minor": 157, "currency": "EUR"}
    assert (ended["ended_station_id"], ended["ended_dock_no"]) == (str(other.station_id), None)
    assert "overflow" in ended["flags"]
    assert (await scan(world, other))[1]["total"] == ended["total"]
    clock.move(3600)
    docked = facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=1, docked_ms=AT_MS + 3_900_000)
    other.tell(docked, hlc=(AT_MS + 3_900_000) << 16)
    await world.sync(other, other.batch())
    late = life(total_minor=1297, duration_s=3900.0)[2]
    double.tell(late, hlc=(AT_MS + 3_905_000) << 16)
    await world.sync(double, double.batch(first=3))
    async with world.client.get(f"/api/v1/rentals/{RENTAL}") as answer:
        after = await answer.json()
    assert (after["total"], after["ended_by"], after["ended_at"]) == (ended["total"], "overflow", ended["ended_at"])
    auth.sign_in("cases:read")
    async with world.client.get("/api/v1/cases?kind=overflow_return") as answer:
        assert len((await answer.json())["items"]) == 1
    double.take(await world.sync(double))
    assert [one.type for one in double.orders] == ["CloseRental"]


@pytest.mark.parametrize(
    ("docks", "code"), [((TAKEN, FREE), "docks_free"), ((), "docks_not_known"), (None, "docks_not_known")]
)
async def test_where_a_dock_is_free_or_nobody_knows_it_is_refused(
    world: World, auth: FixedAuth, docks: tuple[dict[str, object], ...] | None, code: str
) -> None:
    double = await out(world, auth)
    if docks is not None:
        await show(world, double, *docks)
    assert (await scan(world, double))[1]["code"] == code


async def test_an_old_picture_says_nothing(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    double = await out(world, auth)
    await show(world, double, TAKEN)
    clock.move(301)
    assert (await scan(world, double))[1]["code"] == "docks_not_known"


async def test_only_ones_own_ride_that_is_out_and_its_own_vehicle(world: World, auth: FixedAuth) -> None:
    double = await out(world, auth)
    await show(world, double, TAKEN)
    assert (await scan(world, double, uuid.UUID(int=9)))[1]["code"] == "vehicle_differs"
    auth.sign_in(*OWN, account_id=uuid.UUID(int=0xD2))
    assert (await scan(world, double))[0] == 404
    auth.sign_in("rentals:read")
    assert (await scan(world, double))[0] == 403
    auth.sign_in(*OWN, account_id=ACCOUNT)
    await tell(world, double, life()[2])
    assert (await scan(world, double))[1]["code"] == "rental_not_out"


async def test_a_return_that_a_station_saw_before_the_scan_counts(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await out(world, auth)
    clock.move(600)
    await show(world, double, TAKEN)
    assert (await scan(world, double))[1]["ended_by"] == "overflow"
    await tell(world, double, life()[2])  # told late: it came back five minutes before
    async with world.client.get(f"/api/v1/rentals/{RENTAL}") as answer:
        after = await answer.json()
    assert (after["ended_by"], after["total"]["minor"]) == ("station", 157)


async def test_what_is_parked_by_its_renters_word_at_the_kiosk_is_over_and_waits_for_a_person(
    world: World, auth: FixedAuth
) -> None:
    double = await out(world, auth)
    parked = msgspec.structs.replace(life()[2], dock_no=0, parked=True)
    assert await tell(world, double, parked, parked) == []
    async with world.client.get(f"/api/v1/rentals/{RENTAL}") as answer:
        ended = await answer.json()
    assert (ended["ended_by"], ended["ended_dock_no"], ended["total"]["minor"]) == ("station", None, 157)
    assert (ended["price_checked"], ended["flags"]) == (True, ["parked"])
    auth.sign_in("cases:read")
    async with world.client.get("/api/v1/cases?kind=overflow_return") as answer:
        [case] = (await answer.json())["items"]
    assert (case["rental_id"], case["subjects"]["vehicle_id"]) == (str(RENTAL), str(VEHICLE))
    auth.sign_in(*OWN, account_id=ACCOUNT)
    await show(world, double, TAKEN)
    assert (await scan(world, double))[1]["code"] == "rental_not_out"
