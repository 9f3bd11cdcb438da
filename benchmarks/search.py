"""How fast one hub process on PostgreSQL answers searches in a town, at a steady rate.

The load generator runs on the same cores. Requests are sent at their time whether or not earlier ones are answered
(an open loop), and each is timed from when it should have been sent: a hub that cannot keep up shows it.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks import town
from benchmarks.hub_process import Child, create, hub_process
from benchmarks.results import Result, at_most, plain
from firmware_sim.demo.clients import Hub
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from tests.postgres import cluster

RATE: Final = 200
SECONDS: Final = 20
GOAL_MS: Final = 50.0
_WARM_S: Final = 3


def run() -> list[Result]:
    """The time of an answer at 200 searches a second."""
    return asyncio.run(_measure())


async def _measure() -> list[Result]:
    dice = random.Random(4)
    with cluster(durable=True, max_connections=60) as running, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await create(running.dsn("postgres"))
        url = running.url("bench")
        database = Database(url)
        await migrate(database)
        await town.build(database, dice)
        await database.close()
        town.add_admin(url, folder)
        async with (
            hub_process(url, folder) as hub,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as http,
        ):
            api = Hub(http, hub.address)
            await api.sign_in(town.ADMIN, town.PASSWORD)
            found: list[int] = []

            async def search() -> None:
                lat = town.CENTRE[0] + dice.uniform(-1, 1) * town.SPREAD[0]
                lon = town.CENTRE[1] + dice.uniform(-1, 1) * town.SPREAD[1]
                path = f"/api/v1/availability?lat={lat}&lon={lon}&radius_m=1000&trip_km={dice.uniform(2, 30)}"
                found.append(len((await api.get(path))["items"]))

            await steadily(search, RATE, _WARM_S)
            before_s = cpu_s(hub)
            times = await steadily(search, RATE, SECONDS)
            each_s = (cpu_s(hub) - before_s) / len(times)
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
    note = f"{RATE}/s, {town.STATIONS} stations, {town.VEHICLES:,} vehicles, {statistics.mean(found):.0f} shown"
    return [
        at_most("search: p95", p95 * 1000, "ms", GOAL_MS, note),
        plain("search: p50", p50 * 1000, "ms"),
        plain("search: the hub's own CPU for one", each_s * 1000, "ms"),
    ]


def cpu_s(hub: Child) -> float:
    """The CPU time that the hub process has used, its threads included."""
    used = hub.process.cpu_times()
    return float(used.user + used.system)


async def steadily(act: Callable[[], Awaitable[None]], rate: int, seconds: int) -> list[float]:
    """Do it so often a second; how long each took from its time on. Raises what any of them raised."""
    times: list[float] = []

    async def one(due: float) -> None:
        await act()
        times.append(time.perf_counter() - due)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(rate * seconds):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    return times
