"""A process that leaves says so, serves on, and ends its connections one by one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import WSMsgType

from hub.kernel.draining import UNSEEN, Draining, drain
from hub.kernel.edge import Metrics
from hub.kernel.system import system_routes
from hub.kernel.web import Kernel
from tests.hub.conftest import Serve
from tests.hub.stations_double import World

_WAIT_S = 10


async def nothing(_over_s: float) -> None:
    return


async def test_a_leaving_process_is_not_ready_and_ends_the_connection_of_each_answer(
    kernel: Kernel, serve: Serve
) -> None:
    client = await serve(kernel, system_routes(kernel.database, Metrics(), [], version="1"))
    draining = kernel.draining
    async with client.get("/readyz") as answer:
        assert (answer.status, answer.headers.get("Connection")) == (200, None)
    draining.begin()
    async with client.get("/readyz") as answer:
        assert (answer.status, answer.headers["Connection"]) == (503, "close")
        assert (await answer.json(content_type=None))["code"] == "stopping"
    async with client.get("/healthz") as answer:
        assert (answer.status, answer.headers["Connection"]) == (200, "close")


async def test_the_wait_is_as_long_as_it_shall_be_unless_somebody_is_in_a_hurry() -> None:
    draining, hurry = Draining(), asyncio.Event()
    waiting = asyncio.create_task(drain(draining, nothing, for_s=3600, hurry=hurry))
    await asyncio.sleep(0.01)
    assert draining.begun
    assert not waiting.done()
    hurry.set()
    await asyncio.wait_for(waiting, _WAIT_S)
    await asyncio.wait_for(drain(Draining(), nothing, for_s=0, hurry=asyncio.Event()), _WAIT_S)


@contextlib.asynccontextmanager
async def linked(world: World, count: int) -> AsyncIterator[list[aiohttp.ClientWebSocketResponse]]:
    sockets = []
    for number in range(count):
        double = await world.station(f"{number}")
        sockets.append(await world.client.ws_connect("/api/v1/live", headers=double.live_headers()))
        await sockets[-1].receive_bytes(timeout=_WAIT_S)
    yield sockets
    for socket in sockets:
        await socket.close()


async def test_live_links_are_sent_elsewhere_one_after_the_other(world: World) -> None:
    async with linked(world, 4) as sockets:
        began = asyncio.get_running_loop().time()
        away = asyncio.create_task(world.doors.live.send_away(0.4))
        gone: list[float] = []

        async def until_closed(socket: aiohttp.ClientWebSocketResponse) -> None:
            message = await socket.receive(timeout=_WAIT_S)
            assert (message.type, message.data) == (WSMsgType.CLOSE, 1012)
            gone.append(asyncio.get_running_loop().time() - began)

        await asyncio.gather(*(until_closed(socket) for socket in sockets))
        await away
        assert max(gone) - min(gone) > 0.15


async def test_links_are_sent_away_once_balancers_have_had_the_time_to_look_away() -> None:
    draining, sent = Draining(), asyncio.Event()

    async def send_away(_over_s: float) -> None:
        assert draining.parting
        sent.set()

    began = asyncio.get_running_loop().time()
    leaving = asyncio.create_task(drain(draining, send_away, for_s=0.5, hurry=asyncio.Event()))
    await asyncio.sleep(0.01)
    assert (draining.begun, draining.parting) == (True, False)
    await asyncio.wait_for(sent.wait(), _WAIT_S)
    assert asyncio.get_running_loop().time() - began >= 0.5 * UNSEEN
    await asyncio.wait_for(leaving, _WAIT_S)


async def test_a_leaving_process_takes_live_links_until_balancers_bring_none(world: World) -> None:
    world.kernel.draining.begin()
    async with linked(world, 1):
        pass
    world.kernel.draining.part()
    double = await world.station()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await world.client.ws_connect("/api/v1/live", headers=double.live_headers())
    assert refused.value.status == 503
