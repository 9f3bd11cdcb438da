"""Nudges between the hub's processes: two composed hubs on one PostgreSQL, and their connections cut."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from hub.kernel.backoff import Backoff
from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.pg_nudges import APPLICATION, CHANNEL, PostgresNudges, nudges_of, payloads
from hub.kernel.web import Kernel
from protocols.errors import Malformed
from protocols.sync.changes import RestartDock
from protocols.sync.live import Nudge, decode_live
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.stations_double import World, world_of

STATION = uuid.UUID(int=14)
_WAIT_S = 10
revs = st.integers(0, 2**63 - 1)


class Process:
    """One hub process: a database and nudges of its own."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, pool_size=3)
        self.nudges = LocalNudges()
        self.link = PostgresNudges(
            self.database, self.nudges, backoff=Backoff(base_s=0.1, chance=lambda: 0.5), beat_s=0.2
        )
        self.woken: list[int | None] = []
        self.nudges.subscribe(STATION, self.woken.append)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_WAIT_S):
            while not holds():
                await asyncio.sleep(0.01)

    async def heard(self, rev: int) -> None:
        await self.until(lambda: rev in self.woken)


@contextlib.asynccontextmanager
async def running(*jobs: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        yield
        assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def processes(database: Database) -> AsyncIterator[tuple[Process, Process]]:
    first, second = Process(database.url), Process(database.url)
    async with running(first.link.run, second.link.run):
        await first.until(lambda: bool(first.link.connections and second.link.connections))
        yield first, second
    await first.database.close()
    await second.database.close()


only_postgres = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@only_postgres
async def test_a_nudge_reaches_the_other_process_with_its_revision_and_does_not_come_back(
    processes: tuple[Process, Process],
) -> None:
    first, second = processes
    first.nudges.nudge(STATION, 7)
    assert first.woken == [None, 7]
    await second.heard(7)
    second.nudges.nudge(STATION, 8)
    await first.heard(8)
    assert first.woken == [None, 7, 8]
    assert second.woken == [None, 7, 8]


@only_postgres
async def test_an_order_given_to_one_process_nudges_the_station_whose_live_link_another_holds(
    processes: tuple[Process, Process], serve: Serve, clock: ManualClock, auth: FixedAuth
) -> None:
    here, there = [await _world(one, serve, clock, auth) for one in processes]
    double = await here.station()
    async with there.client.ws_connect("/api/v1/live", headers=double.live_headers()) as socket:
        first = decode_live(await socket.receive_bytes(timeout=_WAIT_S))
        assert isinstance(first, Nudge)
        took_s = []
        for _ in range(3):  # the machine may be busy with something else for a second
            began = asyncio.get_running_loop().time()
            async with here.kernel.database.transaction() as session:
                body = RestartDock(dock_no=1)
                order = await here.rooms.downlink.send_order(session, double.station_id, body, life_s=30, by=None)
            assert decode_live(await socket.receive_bytes(timeout=_WAIT_S)) == Nudge(rev=order.rev)
            took_s.append(asyncio.get_running_loop().time() - began)
        assert min(took_s) < 1


@only_postgres
async def test_what_is_rolled_back_nudges_nobody(
    processes: tuple[Process, Process], serve: Serve, clock: ManualClock, auth: FixedAuth
) -> None:
    here = await _world(processes[0], serve, clock, auth)
    other = processes[1]
    double = await here.station("1")
    here.kernel.nudges.nudge(STATION, 98)
    await other.heard(98)  # and all before it
    woken: list[int | None] = []
    other.nudges.subscribe(double.station_id, woken.append)
    with contextlib.suppress(ZeroDivisionError):
        async with here.kernel.database.transaction() as session:
            body = RestartDock(dock_no=1)
            await here.rooms.downlink.send_order(session, double.station_id, body, life_s=30, by=None)
            raise ZeroDivisionError
    here.kernel.nudges.nudge(STATION, 99)  # sent after it, so it would have come before this one
    await other.heard(99)
    assert woken == []


@only_postgres
async def test_a_connection_that_was_cut_comes_back_and_everybody_looks_for_what_was_missed(
    processes: tuple[Process, Process],
) -> None:
    first, second = processes
    for times in (2, 3):
        await _terminate(first.database)
        await first.until(lambda times=times: first.link.connections == second.link.connections == times)  # type: ignore[misc]
        first.nudges.nudge(STATION, times)
        await second.heard(times)
    assert second.woken == [None, None, 2, None, 3]


@only_postgres
async def test_what_was_nudged_while_the_connection_was_cut_is_sent_when_it_is_back(database: Database) -> None:
    first, second = Process(database.url), Process(database.url)
    for rev in range(1, 50):
        first.nudges.nudge(STATION, rev)
    async with running(second.link.run):
        await second.until(lambda: second.woken == [None])
        async with running(first.link.run):
            await second.heard(49)
    assert second.woken == [None, 49]
    await first.database.close()
    await second.database.close()


@only_postgres
async def test_garbage_on_the_channel_is_counted_and_harms_nothing(processes: tuple[Process, Process]) -> None:
    first, second = processes
    async with first.database.transaction() as session:
        for bad in ("", "x", f"{STATION.hex}", f"{STATION.hex}:", f"{STATION.hex}:-1", f"{STATION.hex}:²", "zz:1"):
            await session.execute(text("SELECT pg_notify(:channel, :bad)"), {"channel": CHANNEL, "bad": bad})
    first.nudges.nudge(STATION, 5)
    await second.heard(5)
    assert (second.woken, second.link.malformed) == ([None, 5], 7)


async def test_a_server_that_is_away_is_tried_again(unused_tcp_port_factory: Callable[[], int]) -> None:
    process = Process(f"postgresql+asyncpg://nobody@127.0.0.1:{unused_tcp_port_factory()}/none")
    async with running(process.link.run):
        await process.until(lambda: process.link._lost)
    await process.database.close()


@given(st.dictionaries(st.uuids(), revs, max_size=300))
def test_payloads_carry_every_nudge_and_are_never_too_long(news: dict[uuid.UUID, int]) -> None:
    told = list(payloads(news))
    assert dict(one for payload in told for one in nudges_of(payload)) == news
    assert all(len(payload) < 8000 for payload in told)


@given(st.text(max_size=200))
def test_any_text_is_a_nudge_or_malformed(payload: str) -> None:
    with contextlib.suppress(Malformed):
        assert list(nudges_of(payload))


async def _world(process: Process, serve: Serve, clock: ManualClock, auth: FixedAuth) -> World:
    base = Kernel(database=process.database, clock=clock, bus=Bus(), nudges=process.nudges, authenticate=auth)
    kernel, rooms, doors, routes = world_of(base)
    return World(kernel, rooms, doors, await serve(kernel, routes))


async def _terminate(database: Database) -> None:
    connection = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", APPLICATION
        )
    finally:
        await connection.close()
