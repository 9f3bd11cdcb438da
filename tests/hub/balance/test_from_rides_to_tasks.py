"""The whole way, on both databases: rides that stations told become demand, demand a plan, the plan tasks, tasks rides.

Nothing is put into the tables here: stations tell, people ask by the API.
"""

import datetime as dt
import uuid
import zoneinfo
from typing import Any

import pytest

from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.values import BatteryReading, to_ms
from tests.hub.balance.test_tasks import ANN, LEAD, WORKER, Town, vehicle
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

CHARGED, EMPTY = (1, 2, 3, 4), (5, 6)
WEEKS = 11
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
TARIFF = uuid.UUID(int=201)


@pytest.fixture
async def town(world: World, auth: FixedAuth) -> Town:
    """Every week four people ride from the second station to the first; today two empty vehicles are left at it."""
    auth.sign_in(*LEAD, "stations:read", "stations:write", "vehicles:write")
    made = Town(world, await world.station("1"), await world.station("2"))
    for double, longitude in ((made.full, 106.70), (made.bare, 106.71)):
        await place(world, double, longitude)
        for dock_no in range(1, 7):
            double.tell(facts.DockSeen(dock_no=dock_no, kind="latch", serial=f"D{dock_no}", firmware="1.0"))
        await world.sync(double, double.batch(Lane.OPERATIONS))
    for number in (*CHARGED, *EMPTY):
        status, answer = await made.post("vehicles", {
            "id": str(vehicle(number)), "label": f"V-{number}", "kind": "scooter", "model": "Breeze",
            "full_range_km": 70,
        })  # fmt: skip
        assert status == 201, answer
    for week in range(WEEKS, 0, -1):
        at = START.astimezone(BERLIN) - dt.timedelta(weeks=week) + dt.timedelta(minutes=70)  # by their own clocks
        for number in CHARGED:
            ride(made, number, to_ms(at))
    for number, double, soc in (
        *((one, made.full, 90.0) for one in CHARGED),
        *((one, made.bare, 4.0) for one in EMPTY),
    ):
        docked(double, number, AT_MS - 60_000, soc)
    for double in (made.bare, made.full):
        await world.sync(double, double.batch(Lane.BUSINESS))
        double._hlc = AT_MS << 16
    assert await world.rooms.demand.learn(world.kernel.database) == 2
    return made


async def place(world: World, double: StationDouble, longitude: float) -> None:
    path = f"/api/v1/stations/{double.station_id}"
    async with world.client.get(path) as answer:
        tag = answer.headers["ETag"]
    edit = {"latitude": 10.77, "longitude": longitude}
    async with world.client.patch(path, json=edit, headers={"If-Match": tag}) as answer:
        assert answer.status == 200, await answer.text()


def docked(double: StationDouble, number: int, at_ms: int, soc: float) -> None:
    battery = BatteryReading(soc_pct=soc)
    body = facts.VehicleDocked(vehicle_id=vehicle(number), dock_no=number, docked_ms=at_ms, battery=battery)
    double.tell(body, hlc=at_ms << 16)


def ride(town: Town, number: int, at_ms: int) -> None:
    """Somebody brought it in the morning; somebody takes it to the other station, half an hour away."""
    docked(town.bare, number, at_ms - 3_600_000, 95.0)
    rental_id = uuid.uuid4()
    started = facts.RentalStarted(
        rental_id=rental_id, vehicle_id=vehicle(number), dock_no=number, started_ms=at_ms,
        renter=facts.Renter(by="staff"), tariff_id=TARIFF, tariff_version=1, offline=False,
    )  # fmt: skip
    town.bare.tell(started, hlc=at_ms << 16)
    town.bare.tell(facts.RentalActivated(rental_id=rental_id, undocked_ms=at_ms + 1000), hlc=(at_ms << 16) + 1)
    docked(town.full, number, at_ms + 1_800_000, 80.0)


def by_name(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in plan["body"]["stations"]}


async def test_rides_that_happened_say_where_vehicles_will_be_missed_and_empty_ones_do_not_help(town: Town) -> None:
    found = await town.get(f"stations/{town.bare.station_id}/demand?hours=3")
    assert found["items"][1]["out"] > 2.5
    status, plan = await town.plan(vans=[{"capacity": 4, "batteries": 0}])
    assert (status, plan["state"]) == (201, "proposed")
    bare = by_name(plan)["Station 2"]
    assert (bare["usable"], bare["empty"], bare["supply"]) == (0, 2, 0.0)
    moves = plan["body"]["actions"]
    assert {(one["what"], one["from_name"], one["to_name"]) for one in moves} == {("move", "Station 1", "Station 2")}
    assert {uuid.UUID(one["vehicle_id"]) for one in moves} <= {vehicle(number) for number in CHARGED}
    assert len(moves) >= 3
    assert plan["shortage_before"] > 2.5 > plan["shortage_after"]


async def test_an_empty_vehicle_that_gets_a_battery_is_supply_again(town: Town) -> None:
    _, plan = await town.plan(vans=[{"capacity": 0, "batteries": 2}], most_moves=0)
    swaps = {(one["what"], one["vehicle_id"]) for one in plan["body"]["actions"]}
    assert swaps == {("swap", str(vehicle(number))) for number in EMPTY}
    for number in EMPTY:
        await town.dock(town.bare, number, number, soc=97)
    _, again = await town.plan(vans=[{"capacity": 4, "batteries": 2}])
    assert by_name(again)["Station 2"]["supply"] == 2.0
    assert again["shortage_before"] < plan["shortage_before"] - 1.5


async def test_the_plan_becomes_tasks_that_staff_does_and_then_nothing_is_missed(
    town: Town, auth: FixedAuth, clock: ManualClock
) -> None:
    _, plan = await town.plan(vans=[{"capacity": 4, "batteries": 0}])
    status, accepted = await town.accept(plan["id"], ANN)
    assert (status, accepted["left_out"]) == (200, [])
    auth.sign_in(*WORKER, account_id=ANN)
    tasks = (await town.get("tasks?mine=true&under_way=true"))["items"]
    assert {one["vehicle_id"] for one in tasks} == {one["vehicle_id"] for one in plan["body"]["actions"]}
    clock.move(600)
    for task in tasks:
        assert (await town.post(f"tasks/{task['id']}/start"))[1]["state"] == "started"
        number = uuid.UUID(task["vehicle_id"]).int - 1000
        await town.undock(town.full, number)
        await town.dock(town.bare, number, number)
    assert (await town.get("tasks?mine=true&under_way=true"))["items"] == []
    done = [await town.get(f"tasks/{task['id']}") for task in tasks]
    assert {(one["state"], one["ended_by"]) for one in done} == {("done", None)}
    auth.sign_in(*LEAD)
    _, after = await town.plan(vans=[{"capacity": 4, "batteries": 0}])
    assert by_name(after)["Station 2"]["supply"] == len(tasks)
    assert after["shortage_before"] < plan["shortage_before"] / 2
