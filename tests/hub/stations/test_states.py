"""Every station's state: what the list says, and what a console hears as it changes."""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse

from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.web import Kernel
from hub.stations import watch as watch_module
from protocols.sync import facts
from protocols.sync.envelope import Backlog, Health, Lane, SyncRequest
from protocols.sync.live import Telemetry
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.stations_double import AT_MS, StationDouble, World, world_of

_WAIT_S = 10
STREAM = "/api/v1/stations/states/stream"
DOCKS: list[dict[str, Any]] = [
    {"dock_no": 1, "online": True, "vehicle_id": "v1", "soc_pct": 80, "temperature_c": 21.0},
    {"dock_no": 2, "online": True, "vehicle_id": "v2", "soc_pct": 5},
    {"dock_no": 3, "online": True},
]
CHARGERS: list[dict[str, Any]] = [
    {"charger_id": "CP-1", "online": True, "connectors": [{"connector_no": 1, "state": "charging"}]}
]


async def tell(world: World, double: StationDouble, request: SyncRequest) -> None:
    async with await world.post(double, request) as answer:
        assert answer.status == 200, await answer.text()


async def state(world: World) -> dict[str, Any]:
    async with world.client.get("/api/v1/stations/states") as answer:
        assert answer.status == 200, await answer.text()
        (item,) = (await answer.json())["items"]
        found: dict[str, Any] = item
        return found


async def paint(world: World, double: StationDouble, docks: list[dict[str, Any]]) -> None:
    """The station shows this picture, and it is written down."""
    world.rooms.pictures.hear(double.station_id, Telemetry(at_ms=AT_MS, docks=docks, chargers=CHARGERS))
    async with world.kernel.database.transaction() as session:
        await world.rooms.pictures.write(session, double.station_id)


async def test_a_sync_says_how_clock_outbox_and_store_are(world: World, auth: FixedAuth) -> None:
    auth.sign_in("telemetry:read")
    double = await world.station()
    request = msgspec.structs.replace(
        double.request(),
        backlog=[
            Backlog(lane=Lane.BUSINESS, waiting=3, oldest_at_ms=AT_MS - 400_000),
            Backlog(lane=Lane.TELEMETRY, waiting=0),
        ],
        health=Health(up_s=77.5, store_low=True, store_pressure="thin", disk_free_bytes=5),
    )
    await tell(world, double, request)
    found = await state(world)
    assert found["clock"] == {"quality": "synced", "trusted": True, "uncertainty_ms": 100, "offset_ms": 0}
    assert (found["outbox"]["waiting"], found["outbox"]["late"]) == (3, True)
    assert found["outbox"]["oldest_at"] == "2026-11-21T13:53:20.000Z"
    assert (found["agent"]["up_s"], found["agent"]["store_low"], found["agent"]["store_damaged"]) == (77.5, True, False)
    assert (found["level"], found["why"]) == ("attention", ["store_low", "outbox_late"])


async def test_an_older_agent_that_says_nothing_of_itself_is_shown_without(world: World, auth: FixedAuth) -> None:
    auth.sign_in("telemetry:read")
    double = await world.station()
    assert (await state(world))["level"] == "new"
    await world.sync(double)
    found = await state(world)
    assert (found["level"], found["agent"]["up_s"], found["outbox"]["waiting"]) == ("ok", None, 0)


async def test_faults_and_silence_are_trouble_until_they_are_over(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in("telemetry:read")
    double = await world.station()
    double.tell(facts.DockFaultRaised(dock_no=4, code="lock_stuck", at_ms=AT_MS, detail="bolt"))
    double.tell(
        facts.ConnectorChanged(charger_id="CP-1", connector_no=1, state="faulted", error_code="GroundFailure", at_ms=9)
    )
    await world.sync(double, double.batch(Lane.OPERATIONS))
    found = await state(world)
    assert [(one["thing"], one["thing_id"], one["code"]) for one in found["faults"]] == [
        ("connector", "CP-1/1", "GroundFailure"),
        ("dock", "4", "lock_stuck"),
    ]
    assert (found["level"], found["why"], found["docks"]["faulty"]) == ("trouble", ["faults"], 1)
    double.tell(facts.DockFaultCleared(dock_no=4, code="lock_stuck", at_ms=AT_MS))
    double.tell(facts.ConnectorChanged(charger_id="CP-1", connector_no=1, state="available", error_code="", at_ms=10))
    await world.sync(double, double.batch(Lane.OPERATIONS, 3))
    assert (await state(world))["level"] == "ok"
    clock.move(91)
    found = await state(world)
    assert (found["level"], found["why"], found["online"]) == ("trouble", ["silent"], False)


async def test_a_picture_is_counted_and_what_does_not_fit_is_not(world: World, auth: FixedAuth) -> None:
    auth.sign_in("telemetry:read")
    double = await world.station()
    await world.sync(double)
    await paint(world, double, [*DOCKS, {"dock_no": None}, {"dock_no": 9, "online": "yes", "soc_pct": "full"}])
    found = await state(world)
    assert found["docks"] == {"total": 4, "online": 3, "faulty": 0, "occupied": 2}
    assert found["vehicles"] == {"present": 2, "charged": 1}
    assert found["chargers"] == {"total": 1, "online": 1, "faulty": 0, "connectors": 1, "charging": 1}
    assert found["why"] == ["dock_unseen"]


async def test_what_is_worth_seeing_is_written_down_within_seconds_and_warmth_is_not(
    world: World, clock: ManualClock
) -> None:
    double = await world.station()
    await paint(world, double, DOCKS)
    clock.move(3)
    warmer = Telemetry(at_ms=1, docks=[DOCKS[0] | {"temperature_c": 30.0}, *DOCKS[1:]], chargers=CHARGERS)
    assert not world.rooms.pictures.hear(double.station_id, warmer)
    left = Telemetry(at_ms=2, docks=[{"dock_no": 1, "online": True}, *DOCKS[1:]], chargers=CHARGERS)
    assert world.rooms.pictures.hear(double.station_id, left)


@pytest.fixture
async def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The hub with its watch running."""
    async with watching(monkeypatch, world):
        yield world


@contextlib.asynccontextmanager
async def watching(monkeypatch: pytest.MonkeyPatch, *worlds: World) -> AsyncIterator[None]:
    monkeypatch.setattr(watch_module, "LOOK_EVERY_S", 0.06)
    monkeypatch.setattr(watch_module, "_LEAST_S", 0.01)
    tasks = [asyncio.create_task(one.doors.watch.run(one.kernel.database)) for one in worlds]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Console:
    """Reads a stream; `level` ends once nothing is new."""

    def __init__(self, answer: ClientResponse) -> None:
        self._answer = answer
        self.last_id = ""

    async def event(self) -> tuple[str, dict[str, Any]]:
        name = ""
        async with asyncio.timeout(_WAIT_S):
            while True:
                line = (await self._answer.content.readline()).decode()
                if not line:
                    raise EOFError
                key, _, value = line.rstrip("\n").partition(": ")
                if key == "event":
                    name = value
                elif key == "id":
                    self.last_id = value
                elif key == "data":
                    return name, json.loads(value)

    async def station(self) -> dict[str, Any]:
        """The next state that comes."""
        async with asyncio.timeout(_WAIT_S):
            while True:
                name, data = await self.event()
                if name == "station":
                    return data

    async def to_the_end(self) -> None:
        while True:
            await self.event()

    async def until_level(self) -> list[str]:
        """The numbers of the stations that come before the next mark."""
        found: list[str] = []
        while True:
            name, data = await self.event()
            if name == "level":
                return found
            found.append(data["number"])


@contextlib.asynccontextmanager
async def console(world: World, last_id: str = "") -> AsyncIterator[Console]:
    async with world.client.get(STREAM, headers={"Last-Event-ID": last_id} if last_id else {}) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        yield Console(answer)


async def test_a_console_hears_every_station_first_and_then_what_changes(watched: World, auth: FixedAuth) -> None:
    auth.sign_in("telemetry:read")
    first, _ = await watched.station("1"), await watched.station("2")
    async with console(watched) as heard:
        assert sorted(await heard.until_level()) == ["1", "2"]
        first.tell(facts.DockFaultRaised(dock_no=1, code="tamper", at_ms=AT_MS))
        await watched.sync(first, first.batch(Lane.OPERATIONS))
        shown = await heard.station()
    assert (shown["number"], shown["level"], shown["faults"][0]["code"]) == ("1", "trouble", "tamper")


async def test_who_is_assigned_to_a_station_hears_of_no_other(watched: World, auth: FixedAuth) -> None:
    mine, _ = await watched.station("1"), await watched.station("2")
    whole = auth.sign_in("telemetry:read")
    auth.principal = dataclasses.replace(whole, limits={"telemetry:read": frozenset({mine.station_id})})
    async with console(watched) as heard:
        assert await heard.until_level() == ["1"]


async def test_a_console_hears_that_a_station_fell_silent(watched: World, auth: FixedAuth, clock: ManualClock) -> None:
    auth.sign_in("telemetry:read")
    double = await watched.station()
    await watched.sync(double)
    async with console(watched) as heard:
        assert (await heard.station())["online"] is True
        clock.move(91)
        assert (await heard.station())["why"] == ["silent"]


async def test_who_comes_again_with_his_last_id_hears_only_what_changed_since(
    watched: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in("telemetry:read")
    one, two, _ = await watched.station("1"), await watched.station("2"), await watched.station("3")
    await watched.sync(one)
    await watched.sync(two)
    clock.move(60)
    async with console(watched) as heard:
        await heard.until_level()
        last_id = heard.last_id
    two.tell(facts.DockFaultRaised(dock_no=1, code="tamper", at_ms=AT_MS))
    await watched.sync(two, two.batch(Lane.OPERATIONS))
    clock.move(20)
    async with console(watched, last_id) as heard:
        assert await heard.until_level() == ["2"]
    clock.move(20)
    async with console(watched, last_id) as heard:  # meanwhile the first one has fallen silent
        assert sorted(await heard.until_level()) == ["1", "2"]
    clock.move(2 * 3600)
    async with console(watched, last_id) as heard:
        assert sorted(await heard.until_level()) == ["1", "2", "3"]
    async with console(watched, "of another server") as heard:
        assert sorted(await heard.until_level()) == ["1", "2", "3"]


async def test_what_one_process_hears_is_seen_at_another(
    database: Database, clock: ManualClock, auth: FixedAuth, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth.sign_in("telemetry:read")
    worlds = []
    for _ in range(2):
        base = Kernel(database=database, clock=clock, bus=Bus(), nudges=LocalNudges(), authenticate=auth)
        kernel, rooms, doors, routes = world_of(base)
        worlds.append(World(kernel, rooms, doors, await serve(kernel, routes)))
    here, there = worlds
    async with watching(monkeypatch, here, there):
        double = await here.station()
        async with console(there) as heard:
            await heard.until_level()
            clock.move(3)
            await paint(here, double, DOCKS)
            assert (await heard.station())["vehicles"]["charged"] == 1
            clock.move(3)
            await paint(here, double, [{"dock_no": 1, "online": True}, *DOCKS[1:]])
            assert (await heard.station())["vehicles"] == {"present": 1, "charged": 0}


async def test_a_slow_listener_gets_the_newest_state_of_each_station(world: World, clock: ManualClock) -> None:
    double = await world.station()
    with world.doors.watch.listening(None) as listener:
        for number in range(1, 6):
            clock.move(3)
            double.tell(facts.DockFaultRaised(dock_no=number, code="tamper", at_ms=AT_MS))
            await world.sync(double, double.batch(Lane.OPERATIONS, number))
            await world.doors.watch.look(world.kernel.database)
        (shown,) = listener.take()
        assert (len(shown.faults), listener.take()) == (5, [])


async def test_ages_alone_are_sent_twice_a_minute_at_the_most(world: World, clock: ManualClock) -> None:
    double = await world.station()
    sent = 0
    with world.doors.watch.listening(None) as listener:
        for _ in range(12):
            clock.move(10)
            await world.sync(double)
            await world.doors.watch.look(world.kernel.database)
            sent += len(listener.take())
    assert sent == 4


async def test_a_hub_that_leaves_ends_its_streams(watched: World, auth: FixedAuth) -> None:
    auth.sign_in("telemetry:read")
    async with console(watched) as heard:
        await heard.until_level()
        watched.kernel.draining.part()
        with pytest.raises(EOFError):
            await heard.to_the_end()
    async with watched.client.get(STREAM) as answer:
        assert answer.status == 503


async def test_a_stream_is_for_those_who_may_and_for_so_many(
    watched: World, auth: FixedAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched.client.get(STREAM) as answer:
        assert answer.status == 401
    auth.sign_in("rentals:read")
    async with watched.client.get(STREAM) as answer:
        assert answer.status == 403
    auth.sign_in("telemetry:read")
    monkeypatch.setattr(watch_module, "MOST_LISTENERS", 1)
    async with console(watched) as heard:
        await heard.until_level()
        async with watched.client.get(STREAM) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert (await answer.json(content_type=None))["code"] == "too_many_listeners"
