"""Plans and tasks in the hub, on both databases: proposed, accepted, done by people, ended by facts."""

import dataclasses
import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from hub.balance import exact
from hub.balance.tables import DemandRate
from hub.balance.task_tables import StaffTask
from hub.fleet.schemas import NewVehicle
from hub.rentals.tables import Lease, Reservation
from hub.stations import repository as stations_repository
from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.values import BatteryReading
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

LEAD = ("plans:read", "balance:read", "balance:write", "tasks:read", "tasks:do", "alarms:read")
WORKER = ("tasks:read", "tasks:do")
ANN, BEN = uuid.UUID(int=51), uuid.UUID(int=52)


def vehicle(number: int) -> uuid.UUID:
    return uuid.UUID(int=1000 + number)


@dataclass(frozen=True, slots=True)
class Town:
    """Two stations: vehicles stand at the first, renters at the second."""

    world: World
    full: StationDouble
    bare: StationDouble

    async def dock(self, double: StationDouble, number: int, dock_no: int, soc: float = 90.0) -> None:
        battery = BatteryReading(soc_pct=soc)
        body = facts.VehicleDocked(vehicle_id=vehicle(number), dock_no=dock_no, docked_ms=AT_MS, battery=battery)
        await self._tell(double, body)

    async def undock(self, double: StationDouble, number: int) -> None:
        await self._tell(double, facts.VehicleUndocked(vehicle_id=vehicle(number), dock_no=number, undocked_ms=AT_MS))

    async def _tell(self, double: StationDouble, body: facts.Body) -> None:
        others = [one for one in (self.full, self.bare) if one is not double]
        double._hlc = max(double._hlc, *(one._hlc for one in others))  # what happens later is later at both
        await self.world.sync(double, double.batch(Lane.BUSINESS, double.tell(body)))

    async def plan(self, **given: Any) -> tuple[int, dict[str, Any]]:
        body = {"vans": [{"capacity": 3, "batteries": 2}], "engine": "greedy"} | given
        async with self.world.client.post("/api/v1/restocking/plans", json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def accept(self, plan_id: str, *assigned_to: uuid.UUID) -> tuple[int, dict[str, Any]]:
        return await self.post(f"restocking/plans/{plan_id}/accept", {"assigned_to": [str(one) for one in assigned_to]})

    async def post(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        async with self.world.client.post(f"/api/v1/{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> dict[str, Any]:
        async with self.world.client.get(f"/api/v1/{path}") as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def a_task(self, *assigned_to: uuid.UUID) -> dict[str, Any]:
        """The first task of a plan that is accepted."""
        _, plan = await self.plan(most_moves=1)
        _, accepted = await self.accept(plan["id"], *assigned_to)
        task: dict[str, Any] = accepted["tasks"][0]
        return task


@pytest.fixture
async def town(world: World, auth: FixedAuth, clock: ManualClock) -> Town:
    auth.sign_in(*LEAD)
    made = Town(world, await world.station("1"), await world.station("2"))
    async with world.kernel.database.transaction() as session:
        for number in range(1, 5):
            await world.rooms.fleet.add(session, NewVehicle(id=vehicle(number), label=f"V-{number}", kind="scooter",
                                                            model="Breeze", full_range_km=70))  # fmt: skip
        for double, out, east in ((made.full, 0.0, 0.0), (made.bare, 0.25, 0.01)):
            await stations_repository.change(
                session, double.station_id, latitude=10.77, longitude=106.7 + east,
                devices={"docks": 6, "chargers": 0, "faults": []},
            )  # fmt: skip
            session.add(
                DemandRate(
                    station_id=double.station_id, kind="scooter", out=[out] * 168, back=[0.0] * 168,
                    since=clock.now(), learnt_at=clock.now(),
                )
            )  # fmt: skip
    for number in range(1, 5):
        await made.dock(made.full, number, number)
    return made


async def test_a_plan_brings_idle_vehicles_to_where_they_are_missed(town: Town) -> None:
    status, plan = await town.plan()
    assert (status, plan["state"], plan["engine"]) == (201, "proposed", "greedy")
    assert plan["shortage_before"] == pytest.approx(3.0)
    assert plan["shortage_after"] < 1.0
    actions = plan["body"]["actions"]
    assert {(one["what"], one["from_name"], one["to_name"]) for one in actions} == {("move", "Station 1", "Station 2")}
    assert all(one["worth"] > 0 for one in actions)
    stops = [stop for route in plan["body"]["routes"] for stop in route["stops"]]
    assert max(len(stop["load"]) for stop in stops) == 3
    assert (await town.get(f"restocking/plans/{plan['id']}")) == plan
    assert [one["id"] for one in (await town.get("restocking/plans"))["items"]] == [plan["id"]]


async def test_what_is_booked_leased_or_rented_is_not_moved(town: Town, clock: ManualClock) -> None:
    now = clock.now()
    leases = town.world.rooms.leases
    async with town.world.kernel.database.transaction() as session:
        named = leases.new_lease(town.full.station_id, now, now + dt.timedelta(hours=1), now)
        named.vehicle_id = vehicle(1)
        of_kind = leases.new_lease(town.full.station_id, now, now + dt.timedelta(hours=1), now)
        of_kind.vehicle_kind = "scooter"
        session.add_all([named, of_kind])
    await town.undock(town.full, 4)
    _, plan = await town.plan()
    moved = {one["vehicle_id"] for one in plan["body"]["actions"]}
    assert len(moved) == 1
    assert moved <= {str(vehicle(2)), str(vehicle(3))}
    assert len(await town.world.rows(Lease, "id")) == 2
    assert await town.world.rows(Reservation, "id") == []


async def test_an_empty_vehicle_gets_a_fresh_battery_where_it_is_missed(town: Town) -> None:
    await town.dock(town.bare, 4, 1, soc=4)
    _, plan = await town.plan(most_moves=0)
    (action,) = plan["body"]["actions"]
    assert (action["what"], action["vehicle_id"]) == ("swap", str(vehicle(4)))
    shown = {one["name"]: (one["usable"], one["empty"], one["supply"]) for one in plan["body"]["stations"]}
    assert shown["Station 2"] == (0, 1, 0.0)
    _, accepted = await town.accept(plan["id"])
    (task,) = accepted["tasks"]
    await town.dock(town.bare, 4, 1, soc=12)
    assert (await town.get(f"tasks/{task['id']}"))["state"] == "open"
    await town.dock(town.bare, 4, 1, soc=97)
    found = await town.get(f"tasks/{task['id']}")
    assert (found["state"], found["ended_by"]) == ("done", None)


async def test_accepting_makes_tasks_of_what_still_holds_and_only_once(town: Town, clock: ManualClock) -> None:
    _, plan = await town.plan()
    moved = [uuid.UUID(one["vehicle_id"]) for one in plan["body"]["actions"]]
    await town.undock(town.full, moved[0].int - 1000)
    status, accepted = await town.accept(plan["id"], ANN)
    assert status == 200
    assert accepted["left_out"] == [{"vehicle_id": str(moved[0]), "why": "gone"}]
    assert {(one["state"], one["assigned_to"]) for one in accepted["tasks"]} == {("assigned", str(ANN))}
    assert (await town.accept(plan["id"]))[1]["code"] == "plan_over"
    _, again = await town.plan()
    busy = {one["vehicle_id"] for one in accepted["tasks"]}
    assert busy.isdisjoint(one["vehicle_id"] for one in again["body"]["actions"])
    _, late = await town.plan()
    clock.move(2 * 3600 + 1)
    assert (await town.accept(late["id"]))[1]["code"] == "plan_over"
    assert (await town.post(f"restocking/plans/{late['id']}/dismiss"))[1]["state"] == "dismissed"


async def test_a_move_ends_by_itself_when_the_docks_show_it(town: Town, clock: ManualClock) -> None:
    task = await town.a_task()
    number = uuid.UUID(task["vehicle_id"]).int - 1000
    await town.undock(town.full, number)
    found = await town.get(f"tasks/{task['id']}")
    assert (found["state"], found["picked_at"] is None) == ("started", False)
    clock.move(1200)
    await town.world.rooms.alarm_keeper.look(town.world.kernel.database)
    rules = {one["rule"] for one in (await town.get("alarms"))["items"]}
    assert "vehicle_left" not in rules  # staff has it
    await town.dock(town.bare, number, 2)
    found = await town.get(f"tasks/{task['id']}")
    assert (found["state"], found["ended_by"], found["reason"]) == ("done", None, "it stands there")


async def test_a_move_that_ends_elsewhere_has_failed(town: Town) -> None:
    task = await town.a_task()
    number = uuid.UUID(task["vehicle_id"]).int - 1000
    third = await town.world.station("3")
    await town.undock(town.full, number)
    await dataclasses.replace(town, bare=third).dock(third, number, 1)
    assert (await town.get(f"tasks/{task['id']}"))["state"] == "failed"


async def test_a_task_is_started_ticked_off_and_done_by_whose_it_is(town: Town, auth: FixedAuth) -> None:
    task = await town.a_task(ANN)
    path = f"tasks/{task['id']}"
    auth.sign_in(*WORKER, account_id=BEN)
    assert (await town.post(f"{path}/start"))[1]["code"] == "not_yours"
    assert (await town.get("tasks?mine=true"))["items"] == []
    auth.sign_in(*WORKER, account_id=ANN)
    assert [one["id"] for one in (await town.get("tasks?mine=true&under_way=true"))["items"]] == [task["id"]]
    assert (await town.post(f"{path}/done"))[1]["code"] == "task_state"
    assert (await town.post(f"{path}/start"))[1]["state"] == "started"
    assert (await town.post(f"{path}/done"))[1]["code"] == "checklist_open"
    assert (await town.post(f"{path}/check", {"key": "nothing"}))[0] == 404
    for line in task["checklist"]:
        _, found = await town.post(f"{path}/check", {"key": line["key"]})
    assert {one["by"] for one in found["checklist"]} == {str(ANN)}
    _, found = await town.post(f"{path}/check", {"key": line["key"], "done": False})
    assert found["checklist"][-1]["at"] is None
    await town.post(f"{path}/check", {"key": line["key"]})
    status, found = await town.post(f"{path}/done")
    assert (status, found["state"], found["ended_by"]) == (200, "done", str(ANN))
    assert (await town.post(f"{path}/fail", {"why": "no"}))[1]["code"] == "task_state"


async def test_a_task_whose_vehicle_was_booked_or_has_left_is_not_started(town: Town, clock: ManualClock) -> None:
    task = await town.a_task()
    number, now = uuid.UUID(task["vehicle_id"]).int - 1000, clock.now()
    async with town.world.kernel.database.transaction() as session:
        lease = town.world.rooms.leases.new_lease(town.full.station_id, now, now + dt.timedelta(hours=1), now)
        lease.vehicle_id = vehicle(number)
        session.add(lease)
    assert (await town.post(f"tasks/{task['id']}/start"))[1]["code"] == "vehicle_promised"
    async with town.world.kernel.database.transaction() as session:
        held = await session.get(Lease, lease.id)
        assert held is not None
        held.state = "released"
        await session.execute(StaffTask.__table__.update().values(station_id=town.bare.station_id))  # type: ignore[attr-defined]
    assert (await town.post(f"tasks/{task['id']}/start"))[1]["code"] == "vehicle_gone"


async def test_tasks_by_hand_are_given_taken_back_and_given_up(town: Town, auth: FixedAuth) -> None:
    new = {"title": "Clean the docks", "station_id": str(town.full.station_id), "checklist": ["Swept", "Wiped"]}
    status, task = await town.post("tasks", new)
    assert (status, [line["text"] for line in task["checklist"]]) == (201, ["Swept", "Wiped"])
    assert (await town.post("tasks", new | {"station_id": str(uuid.uuid4())}))[0] == 404
    path = f"tasks/{task['id']}"
    assert (await town.post(f"{path}/assign", {"assigned_to": str(ANN)}))[1]["state"] == "assigned"
    assert (await town.post(f"{path}/assign", {"assigned_to": None}))[1]["state"] == "open"
    auth.sign_in(*WORKER, account_id=BEN)
    assert (await town.post(f"{path}/assign", {"assigned_to": str(BEN)}))[0] == 403
    assert (await town.post(f"{path}/start"))[1]["assigned_to"] == str(BEN)
    _, found = await town.post(f"{path}/fail", {"why": "no water"})
    assert (found["state"], found["reason"], found["ended_by"]) == ("failed", "no water", str(BEN))
    auth.sign_in(*LEAD)
    _, other = await town.post("tasks", new)
    assert (await town.post(f"tasks/{other['id']}/cancel", {"why": "it rains"}))[1]["state"] == "cancelled"
    shown = await town.get(f"tasks?station_id={town.full.station_id}&state=failed")
    assert [one["id"] for one in shown["items"]] == [task["id"]]


async def test_without_ortools_the_answer_says_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "is_there", lambda: False)
    assert (await town.plan(engine="auto"))[1]["engine"] == "greedy"
    status, found = await town.plan(engine="ortools")
    assert (status, found["code"]) == (409, "ortools_missing")


async def test_with_ortools_it_plans(town: Town) -> None:
    _, plan = await town.plan(engine="auto")
    assert (plan["engine"], plan["shortage_after"] < plan["shortage_before"]) == ("ortools", True)


async def test_a_station_with_too_few_charged_vehicles_raises_an_alarm_until_it_has_them(
    town: Town, clock: ManualClock
) -> None:
    database = town.world.kernel.database

    async def low(seconds: float) -> list[tuple[str, str]]:
        clock.move(seconds)
        await town.world.rooms.alarm_keeper.look(database)
        found = (await town.get("alarms?state=open&rule=supply_low"))["items"]
        return [(one["station_id"], one["subject"]) for one in found]

    assert await low(0) == []
    assert await low(900) == [(str(town.bare.station_id), "scooter")]
    await town.dock(town.bare, 1, 1, soc=10)  # present and empty is no supply
    assert len(await low(61)) == 1
    await town.dock(town.bare, 1, 1)
    await low(61)
    assert await low(301) == []
