"""Live links of one station at several hub processes: nothing that one of them remembers is in the way."""

import asyncio
from typing import Any

import pytest

from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.web import Kernel
from protocols.sync.live import Telemetry, encode_live
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.stations_double import StationDouble, World, world_of

_WAIT_S = 10


@pytest.fixture
async def worlds(database: Database, clock: ManualClock, auth: FixedAuth, serve: Serve) -> tuple[World, World]:
    """Two hubs on one database, each with a memory of its own."""
    made = []
    for _ in range(2):
        base = Kernel(database=database, clock=clock, bus=Bus(), nudges=LocalNudges(), authenticate=auth)
        kernel, rooms, doors, routes = world_of(base)
        made.append(World(kernel, rooms, doors, await serve(kernel, routes)))
    auth.sign_in("stations:read")
    return made[0], made[1]


async def detail(world: World, double: StationDouble) -> dict[str, Any]:
    async with world.client.get(f"/api/v1/stations/{double.station_id}") as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def shown_dock(world: World, double: StationDouble) -> int | None:
    picture = (await detail(world, double))["picture"]
    return None if picture is None else picture["docks"][0]["no"]


async def until_dock(world: World, double: StationDouble, number: int) -> None:
    async with asyncio.timeout(_WAIT_S):
        while await shown_dock(world, double) != number:
            await asyncio.sleep(0.01)


async def test_an_old_link_that_ends_after_the_station_came_back_elsewhere_does_not_make_it_away(
    worlds: tuple[World, World], clock: ManualClock
) -> None:
    here, there = worlds
    double = await here.station()
    old = await here.client.ws_connect("/api/v1/live", headers=double.live_headers())
    await old.receive_bytes(timeout=_WAIT_S)
    clock.move(1)
    new = await there.client.ws_connect("/api/v1/live", headers=double.live_headers())
    await new.receive_bytes(timeout=_WAIT_S)
    clock.move(1)
    for number in (1, 2):
        await old.send_bytes(encode_live(Telemetry(at_ms=number, docks=[{"no": number}])))
        await until_dock(here, double, number)
    assert await shown_dock(there, double) == 1  # the second picture was not due
    await old.close()
    await until_dock(there, double, 2)  # written down with the link's end
    assert (await detail(here, double))["online"] is True
    await new.close()
    async with asyncio.timeout(_WAIT_S):
        while (await detail(here, double))["online"]:
            await asyncio.sleep(0.01)


async def test_a_station_that_comes_back_at_once_elsewhere_is_shown_as_online_at_once(
    worlds: tuple[World, World], clock: ManualClock
) -> None:
    here, there = worlds
    double = await here.station()
    async with here.client.ws_connect("/api/v1/live", headers=double.live_headers()) as first:
        await first.receive_bytes(timeout=_WAIT_S)
        clock.move(1)
        async with there.client.ws_connect("/api/v1/live", headers=double.live_headers()) as second:
            await second.receive_bytes(timeout=_WAIT_S)
            await first.close()
        async with asyncio.timeout(_WAIT_S):
            while (await detail(there, double))["online"]:
                await asyncio.sleep(0.01)
    clock.move(1)
    async with here.client.ws_connect("/api/v1/live", headers=double.live_headers()) as third:
        await third.receive_bytes(timeout=_WAIT_S)
        assert (await detail(there, double))["online"] is True


async def test_the_newest_picture_is_shown_by_every_process(worlds: tuple[World, World], clock: ManualClock) -> None:
    here, there = worlds
    double = await here.station()
    for number, world in enumerate((here, there, here), 1):
        async with world.client.ws_connect("/api/v1/live", headers=double.live_headers()) as socket:
            await socket.send_bytes(encode_live(Telemetry(at_ms=number, docks=[{"no": number}])))
            await until_dock(world, double, number)
        other = there if world is here else here
        await until_dock(other, double, number)  # written down when the link ended
        clock.move(61)
