"""The stations' door in a crowd, and with its database away, over a real socket."""

import asyncio
import contextlib
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.intake.gate import MOST_OF_ONE
from hub.intake.tables import FactRow
from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.edge import Metrics
from hub.kernel.migrations import migrate
from hub.kernel.nudges import LocalNudges
from hub.kernel.system import system_routes
from hub.kernel.web import Kernel
from protocols.sync.envelope import Verdict, decode_reply
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.intake.test_sync import unknown
from tests.hub.stations_double import World, world_of
from tests.postgres import Server


async def test_a_full_door_turns_a_station_away_before_it_reads_the_body(world: World) -> None:
    double = await world.station()
    unknown(double, 3)
    with contextlib.ExitStack() as crowd:
        for number in range(206):
            crowd.enter_context(world.doors.gate.entered(_somebody(number)))
        headers = double.headers(b"") | {"Content-Length": "100"}  # and nothing follows
        async with asyncio.timeout(5):
            status, answer = await _raw(world, headers)
        assert status == 503
        assert b"retry-after: " in answer.lower()
        assert b'"code":"busy"' in answer.replace(b" ", b"")
    reply = await world.sync(double, double.batch())
    assert [one.verdict for one in reply.results] == [Verdict.TAKEN]


async def test_a_station_that_is_inside_too_often_is_refused_alone(world: World) -> None:
    double, other = await world.station(), await world.station("015")
    with contextlib.ExitStack() as mine:
        for _ in range(MOST_OF_ONE):
            mine.enter_context(world.doors.gate.entered(double.station_id))
        async with await world.post(double, double.request()) as answer:
            assert answer.status == 429
            assert int(answer.headers["Retry-After"]) >= 1
        await world.sync(other)
    await world.sync(double)


async def test_in_a_crowd_a_served_station_is_told_to_keep_its_telemetry(world: World) -> None:
    double = await world.station()
    calm = await world.sync(double)
    assert (calm.retry_after_s, calm.hold_telemetry_s) == (None, None)
    with contextlib.ExitStack() as crowd:
        for number in range(150):
            crowd.enter_context(world.doors.gate.entered(_somebody(number)))
        reply = await world.sync(double)
    assert reply.hold_telemetry_s is not None
    assert reply.retry_after_s is not None
    assert reply.room is None


async def test_a_crowd_is_served_whole_and_only_ever_told_to_wait(world: World) -> None:
    doubles = [await world.station(f"{number:03}") for number in range(12)]
    for double in doubles:
        unknown(double, 20)

    async def drain(double: Any) -> None:
        for _ in range(50):
            async with await world.post(double, double.request(double.batch())) as answer:
                if answer.status == 200:
                    assert decode_reply(await answer.read()).results[0].acked == 20
                    return
                assert answer.status in {429, 503}
                assert int(answer.headers["Retry-After"]) >= 1
                await asyncio.sleep(0.01)
        raise AssertionError("never let in")

    await asyncio.gather(*(drain(double) for double in doubles))
    assert len(await world.rows(FactRow, "seq")) == 12 * 20


@pytest.fixture
def mortal() -> Iterator[Server]:
    """A server that a test may stop, with room for few."""
    folder = Path(tempfile.mkdtemp(prefix="voltdock-pg-"))
    server = Server(folder, durable=False, max_connections=8)
    try:
        server.make()
        server.start()
        yield server
        with contextlib.suppress(RuntimeError):
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def hub(mortal: Server, clock: ManualClock, auth: FixedAuth, serve: Serve) -> AsyncIterator[World]:
    """A hub on that cluster, with what an operator looks at."""
    control = await asyncpg.connect(_dsn(mortal))
    await control.execute("CREATE DATABASE mortal")
    await control.close()
    database = Database(f"postgresql+asyncpg://postgres@127.0.0.1:{mortal.port}/mortal", pool_size=4)
    await migrate(database)
    base = Kernel(database=database, clock=clock, bus=Bus(), nudges=LocalNudges(), authenticate=auth)
    kernel, rooms, doors, routes = world_of(base)
    system = system_routes(database, Metrics(), routes, version="1")
    yield World(kernel, rooms, doors, await serve(kernel, [*routes, *system]))
    await database.close()


async def test_a_database_that_restarts_is_a_503_with_a_time_and_never_a_500(
    hub: World, mortal: Server, auth: FixedAuth
) -> None:
    auth.sign_in("stations:read")
    double = await hub.station()
    unknown(double, 3)
    stop = asyncio.Event()
    statuses: dict[str, set[int]] = {"sync": set(), "api": set(), "readyz": set()}

    async def ask(name: str, once: Any) -> None:
        while not stop.is_set():
            async with await once() as answer:
                statuses[name].add(answer.status)
                assert answer.status == 200 or int(answer.headers["Retry-After"]) >= 1, await answer.text()
            await asyncio.sleep(0)

    asking = [
        asyncio.create_task(ask("sync", lambda: hub.post(double, double.request(double.batch())))),
        asyncio.create_task(ask("api", lambda: hub.client.get("/api/v1/stations"))),
        asyncio.create_task(ask("readyz", lambda: hub.client.get("/readyz"))),
    ]
    await asyncio.sleep(0.2)
    for _ in range(2):
        await asyncio.to_thread(mortal.stop, "fast")
        await asyncio.sleep(0.2)
        await asyncio.to_thread(mortal.start)
        await asyncio.sleep(0.3)
    stop.set()
    async with asyncio.timeout(20):
        await asyncio.gather(*asking)
    assert statuses == {name: {200, 503} for name in statuses}
    reply = await hub.sync(double, double.batch())
    assert [one.acked for one in reply.results] == [3]


async def test_a_database_without_room_for_another_connection_is_a_503(
    hub: World, mortal: Server, auth: FixedAuth
) -> None:
    auth.sign_in("stations:read")
    double = await hub.station()
    await hub.kernel.database.engine.dispose()  # none in the pool: each has to be asked for
    taken = [await asyncpg.connect(_dsn(mortal)) for _ in range(8)]
    try:
        async with await hub.post(double, double.request()) as answer, hub.client.get("/api/v1/stations") as other:
            assert (answer.status, other.status) == (503, 503)
            assert int(answer.headers["Retry-After"]) >= 1
    finally:
        for one in taken:
            await one.close()
    await hub.sync(double)


def _dsn(server: Server) -> str:
    return f"postgresql://postgres@127.0.0.1:{server.port}/postgres"


def _somebody(number: int) -> uuid.UUID:
    return uuid.UUID(int=number + 1)


async def _raw(world: World, headers: dict[str, str]) -> tuple[int, bytes]:
    """The answer to a request whose body never comes."""
    reader, writer = await asyncio.open_connection(world.client.host, world.client.port)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join(["POST /api/v1/sync HTTP/1.1", "Host: hub", *lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.read(4096)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return int(head.split()[1]), head + body
