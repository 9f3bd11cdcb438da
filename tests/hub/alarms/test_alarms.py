"""Alarms in the hub, on both databases: from facts and time to rows, events and what people do."""

import asyncio
import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.alarms import repository
from hub.alarms.keeper import AlarmKeeper
from hub.alarms.tables import AlarmRow
from hub.intake.tables import QuarantinedFact
from hub.kernel.reach import Reach, reaching
from protocols.sync import facts
from protocols.sync.envelope import Lane
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, World

VEHICLE = uuid.UUID(int=118)
READ, WRITE = "alarms:read", "alarms:write"


async def look(world: World) -> bool:
    return await world.rooms.alarm_keeper.look(world.kernel.database)


async def shown(world: World, query: str = "") -> list[dict[str, Any]]:
    async with world.client.get(f"/api/v1/alarms{query}") as answer:
        assert answer.status == 200, await answer.text()
        found: list[dict[str, Any]] = (await answer.json())["items"]
        return found


async def act(world: World, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    async with world.client.post(f"/api/v1/alarms/{path}", json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def silent(world: World, clock: ManualClock) -> None:
    """A station that is not heard of for as long as its rule allows."""
    double = await world.station()
    await world.sync(double)
    await look(world)
    clock.move(600)
    await look(world)


async def test_a_station_that_is_silent_for_too_long_raises_an_alarm_until_it_is_back(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in(READ)
    double = await world.station()
    await look(world)
    assert await shown(world) == []  # never heard of: it is not missed
    await world.sync(double)
    for seconds in (100, 499):
        clock.move(seconds)
        await look(world)
    assert await shown(world) == []
    clock.move(1)
    await look(world)
    (alarm,) = await shown(world)
    assert (alarm["rule"], alarm["severity"], alarm["state"]) == ("station_silent", "critical", "open")
    assert alarm["since"] == "2026-11-21T14:00:00.000Z"
    await world.sync(double)
    await look(world)
    clock.move(60)
    await world.sync(double)
    await look(world)
    assert [one["state"] for one in await shown(world)] == ["cleared"]


async def test_what_facts_say_raises_and_clears_alarms(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    auth.sign_in(READ)
    double = await world.station()
    double.tell(facts.DockFaultRaised(dock_no=4, code="lock_stuck", at_ms=AT_MS, detail="bolt"))
    double.tell(facts.VehicleUndocked(vehicle_id=VEHICLE, dock_no=1, undocked_ms=AT_MS))
    double.tell_raw(Lane.BUSINESS, "VehicleDocked", b'{"vehicle_id": 5}')
    await world.sync(double, double.batch(Lane.BUSINESS), double.batch(Lane.OPERATIONS))
    clock.move(700)
    await world.sync(double)
    await look(world)
    found = {one["rule"]: one for one in await shown(world)}
    assert set(found) == {"dock_fault", "vehicle_left", "quarantine"}
    assert (found["dock_fault"]["subject"], found["dock_fault"]["seen"]["detail"]) == ("dock 4 lock_stuck", "bolt")
    assert (found["vehicle_left"]["subject"], found["quarantine"]["seen"]) == (str(VEHICLE), {"waiting": 1})
    double.tell(facts.DockFaultCleared(dock_no=4, code="lock_stuck", at_ms=AT_MS))
    double.tell(facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=1, docked_ms=AT_MS + 9))
    await world.sync(double, double.batch(Lane.BUSINESS, 3), double.batch(Lane.OPERATIONS, 2))
    await look(world)
    clock.move(301)
    await world.sync(double)
    await look(world)
    assert [one["rule"] for one in await shown(world, "?state=open")] == ["quarantine"]


async def test_a_flapping_station_is_one_alarm_in_the_database(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in(READ)
    double = await world.station()
    for number in range(50):
        double.tell(facts.DockFaultRaised(dock_no=1, code="no_answer", at_ms=AT_MS - 400_000 + number))
        await world.sync(double, double.batch(Lane.OPERATIONS, 2 * number + 1))
        await look(world)
        clock.move(40)
        double.tell(facts.DockFaultCleared(dock_no=1, code="no_answer", at_ms=AT_MS))
        await world.sync(double, double.batch(Lane.OPERATIONS, 2 * number + 2))
        await look(world)
        clock.move(40)
    ((state, times),) = await world.rows(AlarmRow, "state", "times")
    assert (state, times) == ("open", 50)


async def test_people_acknowledge_mute_and_unmute_and_others_see_who(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await silent(world, clock)
    person = auth.sign_in(READ, WRITE).account_id
    (alarm,) = await shown(world, "?state=open&acknowledged=false&muted=false&severity=critical")
    status, found = await act(world, f"{alarm['id']}/acknowledge", {"note": "on my way"})
    assert (status, found["note"], found["acknowledged_by"]) == (200, "on my way", str(person))
    until = (clock.now() + dt.timedelta(hours=1)).isoformat()
    status, found = await act(world, f"{alarm['id']}/mute", {"until": until, "why": "works"})
    assert (status, found["mute_reason"], len(await shown(world, "?muted=true&acknowledged=true"))) == (200, "works", 1)
    status, found = await act(world, f"{alarm['id']}/unmute")
    assert (status, found["muted_until"]) == (200, None)
    assert [one["what"] for one in found["history"]] == ["raised", "acknowledged", "muted", "unmuted"]
    status, found = await act(world, f"{alarm['id']}/mute", {"until": "2020-01-01T00:00:00Z", "why": "x"})
    assert (status, found["errors"][0]["pointer"]) == (422, "/until")
    assert (await act(world, f"{uuid.uuid4()}/acknowledge", {}))[0] == 404


async def test_what_is_cleared_or_still_waits_is_nobodys_to_act_on(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in(READ, WRITE)
    double = await world.station()
    await world.sync(double)
    clock.move(100)
    await look(world)
    ((alarm_id,),) = await world.rows(AlarmRow, "id")
    assert (await act(world, f"{alarm_id}/acknowledge", {}))[0] == 404
    clock.move(500)
    await look(world)
    await world.sync(double)
    await look(world)
    clock.move(61)
    await world.sync(double)
    await look(world)
    assert (await act(world, f"{alarm_id}/acknowledge", {}))[1]["code"] == "alarm_cleared"


async def test_every_change_is_told_to_other_rooms(
    world: World, auth: FixedAuth, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[events.AlarmChanged] = []

    async def hear(_session: AsyncSession, event: object) -> None:
        assert isinstance(event, events.AlarmChanged)
        told.append(event)

    monkeypatch.setattr(world.rooms.alarms, "_publish", hear)
    monkeypatch.setattr(world.rooms.alarm_keeper, "_publish", hear)
    auth.sign_in(READ, WRITE)
    await silent(world, clock)
    (alarm,) = await shown(world)
    until = (clock.now() + dt.timedelta(hours=1)).isoformat()
    await act(world, f"{alarm['id']}/mute", {"until": until, "why": "works"})
    assert [(one.what, one.rule, one.muted) for one in told] == [
        ("raised", "station_silent", False),
        ("muted", "station_silent", True),
    ]


async def test_a_rule_is_set_for_a_station_and_forgotten_again(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in(READ, "alarms:set")
    double = await world.station()
    await world.sync(double)

    async def put(rule: str, **body: Any) -> tuple[int, Any]:
        async with world.client.put(f"/api/v1/alarm-rules/{rule}", json=body) as answer:
            found = await answer.json(content_type=None)
        if answer.status != 200:
            return answer.status, found
        return 200, next(one for one in found["items"] if one["rule"] == rule)["settings"]

    station_id = str(double.station_id)
    for after_s in (7200, 3600):
        status, settings = await put("station_silent", station_id=station_id, after_s=after_s, severity="info")
    assert (status, len(settings), settings[0]["after_s"]) == (200, 1, 3600)
    clock.move(3599)
    await look(world)
    assert await shown(world) == []
    clock.move(1)
    await look(world)
    assert [one["severity"] for one in await shown(world)] == ["info"]
    assert await put("station_silent", station_id=station_id) == (200, [])
    assert (await put("no_such_rule"))[0] == 404
    assert (await put("quarantine", station_id=station_id, organisation_id=station_id))[0] == 422


async def test_what_an_organisation_sets_holds_at_its_own_stations(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    other = uuid.UUID(int=9)
    await world.sync(await world.station("014"))
    with reaching(Reach(organisation_id=other)):
        await world.sync(await world.station("015"))
    auth.sign_in(READ, "alarms:set")
    assert auth.principal is not None
    house, auth.principal = auth.principal, dataclasses.replace(auth.principal, organisation_id=other)
    async with world.client.put("/api/v1/alarm-rules/station_silent", json={"enabled": False}) as answer:
        [setting] = next(one for one in (await answer.json())["items"] if one["rule"] == "station_silent")["settings"]
    assert setting["organisation_id"] == str(other)
    await look(world)
    clock.move(700)
    await look(world)
    assert await shown(world) == []
    auth.principal = house
    assert [one["rule"] for one in await shown(world)] == ["station_silent"]
    async with world.client.get("/api/v1/alarm-rules") as answer:
        assert not any(one["settings"] for one in (await answer.json())["items"])


async def test_of_several_processes_one_looks_and_each_alarm_is_raised_once(world: World, clock: ManualClock) -> None:
    double = await world.station()
    inside, most = 0, 0

    async def slow(_session: AsyncSession, now: dt.datetime, /) -> Sequence[events.Condition]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.05)
        inside -= 1
        return [events.Condition(rule="store_damaged", station_id=double.station_id, since=now)]

    raised: list[object] = []

    async def hear(_session: AsyncSession, event: object) -> None:
        raised.append(event)

    keepers = [
        AlarmKeeper(clock, hear, [slow], world.rooms.stations)
        for _ in range(1 if world.kernel.database.is_sqlite else 5)
    ]
    looked = await asyncio.gather(*(one.look(world.kernel.database) for one in keepers))
    looked += [await one.look(world.kernel.database) for one in keepers]
    assert (most, sum(looked[: len(keepers)]), len(raised)) == (1, 1, 1)
    assert all(looked[len(keepers) :])
    assert len(await world.rows(AlarmRow, "id")) == 1


async def test_the_database_refuses_a_second_living_alarm_of_the_same_thing(world: World, clock: ManualClock) -> None:
    await silent(world, clock)
    async with world.kernel.database.reading() as session:
        (row,) = await repository.recent(session, clock.now())
    twin = row | {"id": uuid.uuid4()}
    with pytest.raises(Exception, match=r"uq_alarms_living|UNIQUE"):
        async with world.kernel.database.transaction() as session:
            await repository.put(session, [twin])


async def test_cleared_alarms_are_forgotten_after_a_year_and_more(world: World, clock: ManualClock) -> None:
    await silent(world, clock)
    async with world.kernel.database.transaction() as session:
        (row,) = await repository.recent(session, clock.now())
        await repository.put(session, [row | {"state": "cleared", "cleared_at": clock.now()}])
    for days, left in ((399, 1), (2, 0)):
        clock.move(days * 86_400)
        async with world.kernel.database.transaction() as session:
            await world.rooms.alarms.forget_old(session, clock.now())
        assert len(await world.rows(AlarmRow, "id")) == left
    assert await world.rows(QuarantinedFact, "id") == []
