"""The live link over a real WebSocket."""

import asyncio
import uuid

import aiohttp
import pytest
from aiohttp import WSMsgType

from protocols.sync.changes import DenialItem
from protocols.sync.live import Nudge, Telemetry, decode_live, encode_live
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.stations_double import StationDouble, World

_WAIT_S = 5


async def connect(world: World, double: StationDouble) -> aiohttp.ClientWebSocketResponse[bool]:
    return await world.client.ws_connect("/api/v1/live", headers=double.live_headers())


async def nudge(socket: aiohttp.ClientWebSocketResponse[bool]) -> int:
    heard = decode_live(await socket.receive_bytes(timeout=_WAIT_S))
    assert isinstance(heard, Nudge)
    return heard.rev


async def until_picture(world: World, double: StationDouble, at_ms: int) -> dict[str, object]:
    async with asyncio.timeout(_WAIT_S):
        while True:
            async with world.client.get(f"/api/v1/stations/{double.station_id}") as answer:
                detail: dict[str, object] = await answer.json()
            picture = detail["picture"]
            if isinstance(picture, dict) and picture["docks"] == [{"at": at_ms}]:
                return detail
            await asyncio.sleep(0.01)


async def test_a_station_is_told_where_the_revisions_stand_and_of_each_commit(world: World) -> None:
    double = await world.station()
    async with await connect(world, double) as socket:
        assert await nudge(socket) == 1
        async with world.kernel.database.transaction() as session:
            await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key="v1")])
        assert await nudge(socket) == 2


async def test_the_last_picture_is_shown_with_its_age_and_kept(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in("stations:read")
    double = await world.station()
    async with await connect(world, double) as socket:
        for at_ms in (1, 2):
            await socket.send_bytes(encode_live(Telemetry(at_ms=at_ms, docks=[{"at": at_ms}])))
        await until_picture(world, double, 2)
        clock.move(30)
        detail = await until_picture(world, double, 2)
        assert detail["online"] is True
        assert isinstance(detail["picture"], dict)
        assert detail["picture"]["age_s"] == 30
        await socket.send_bytes(b"not a message")
        await socket.send_bytes(encode_live(Telemetry(at_ms=3, docks=[{"at": 3}])))
        await until_picture(world, double, 3)
    async with asyncio.timeout(_WAIT_S):
        while (await until_picture(world, double, 3))["online"]:
            await asyncio.sleep(0.01)
    world.rooms.pictures._last.clear()  # another process, or after a restart
    await until_picture(world, double, 3)
    assert world.doors.live.malformed == 1


async def test_the_newest_link_of_a_station_wins(world: World) -> None:
    double = await world.station()
    async with await connect(world, double) as first:
        await nudge(first)
        async with await connect(world, double) as second:
            await nudge(second)
            closed = await first.receive(timeout=_WAIT_S)
            assert closed.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}
            async with world.kernel.database.transaction() as session:
                await world.rooms.downlink.put(session, "voucher_denials", [DenialItem(key="v1")])
            assert await nudge(second) == 2


async def test_a_replayed_or_forged_opening_is_refused(world: World) -> None:
    double = await world.station()
    headers = double.live_headers()
    async with world.client.ws_connect("/api/v1/live", headers=headers) as socket:
        await nudge(socket)
    with pytest.raises(aiohttp.WSServerHandshakeError) as replayed:
        await world.client.ws_connect("/api/v1/live", headers=headers)
    assert replayed.value.status == 409
    stranger = StationDouble(uuid.UUID(int=3))
    with pytest.raises(aiohttp.WSServerHandshakeError) as unknown:
        await connect(world, stranger)
    assert unknown.value.status == 401


async def test_the_hub_closes_every_link_when_it_stops(world: World) -> None:
    double = await world.station()
    async with await connect(world, double) as socket:
        await nudge(socket)
        job = asyncio.create_task(world.doors.live.run())
        await asyncio.sleep(0)
        job.cancel()
        closed = await socket.receive(timeout=_WAIT_S)
        assert closed.type is WSMsgType.CLOSE
        with pytest.raises(asyncio.CancelledError):
            await job
