"""Two hub processes on one PostgreSQL are replaced one after the other under load, and no request fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg

from firmware_sim.demo.ports import free_ports
from hub.stations import seed
from tests.hub.stations_double import StationDouble
from tests.journeys.balancer import Balancer
from tests.journeys.rolling import WAIT_S, HubProcess, Load, books_agree, enrolled, signed_in
from tests.postgres import cluster

_DRAIN = {"VOLTDOCK_HUB_DRAIN_S": "1.0"}


@contextlib.asynccontextmanager
async def _hubs(url: str, folder: Path) -> AsyncIterator[list[HubProcess]]:
    ports = free_ports()
    hubs = [HubProcess(url, folder, port, **_DRAIN) for port in (ports.hub, ports.kiosk)]
    try:
        for hub in hubs:
            await hub.start()
        yield hubs
    finally:
        for hub in hubs:
            hub.kill()


async def test_no_request_fails_while_both_hubs_are_replaced(tmp_path: Path) -> None:
    with cluster() as postgres:
        control = await asyncpg.connect(postgres.dsn("postgres"))
        await control.execute("CREATE DATABASE rolling")
        await control.close()
        url = postgres.url("rolling")
        async with _hubs(url, tmp_path) as hubs, Balancer([hub.port for hub in hubs]).running() as balancer:
            await _until_ready(balancer, hubs)
            base = f"http://127.0.0.1:{balancer.port}"
            double = StationDouble(seed.ID)
            await enrolled(url, double)
            async with aiohttp.ClientSession(base) as http:
                load = Load(base, double, await signed_in(http))
            running = asyncio.create_task(load.run())
            for hub in (*hubs, *hubs):
                before = load.done.copy()
                assert await hub.stop() == 0
                await hub.start()
                await _until_ready(balancer, hubs)
                assert not running.done()
                assert all(load.done[what] > before[what] for what in ("sync", "read", "order"))
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert not load.failed, load.failed
            assert (balancer.unplaced, balancer.refused) == (0, 0)  # no port closed before it was known
            assert load.linked >= 3  # it was sent elsewhere and came again
            await books_agree(url, double, load)


async def _until_ready(balancer: Balancer, hubs: list[HubProcess]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not all(balancer.ready(hub.port) for hub in hubs):
            await asyncio.sleep(0.05)
