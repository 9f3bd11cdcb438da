"""A thousand stations come back at once to one hub process on PostgreSQL: drained, refused, and orders afterwards.

The load generator runs on the same cores. `VOLTDOCK_BENCH_STORM` is `stations` or `stations×facts` (1000x500);
`VOLTDOCK_BENCH_HUBS` serves them by so many hub processes on the one database, for the figures in docs/scale.md.
"""

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Final

import aiohttp
import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.hub_process import Child, create, hub_process, stations, watching_memory
from benchmarks.results import Result, at_most, plain
from benchmarks.returning import Returning, Tally
from firmware_sim.demo.clients import Hub
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from tests.postgres import cluster

_GIVEN: Final = os.environ.get("VOLTDOCK_BENCH_STORM", "1000x500").split("x")
STATIONS: Final = int(_GIVEN[0])
FACTS: Final = int(_GIVEN[-1]) if len(_GIVEN) > 1 else 500
HUBS: Final = int(os.environ.get("VOLTDOCK_BENCH_HUBS", "1"))
DRAINED_S: Final = 60.0
ORDER_P99_S: Final = 1.0
HUB_MB: Final = 400.0
_LISTENING: Final = 100  # stations that hold a live link afterwards and are sent orders
_ORDERS: Final = 300
_ORDER_EVERY_S: Final = 0.05
_MOST_S: Final = 900.0
_ADMIN, _PASSWORD = "storm@voltdock.example", "a long password of the benchmark's own"


def run() -> list[Result]:
    """How long the storm takes, what is refused, and how late orders are afterwards."""
    return asyncio.run(_measure())


async def _measure() -> list[Result]:
    with (
        cluster(durable=True, max_connections=100, max_wal_size="2GB") as running,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        await create(running.dsn("postgres"))
        url = running.url("bench")
        database = Database(url)
        await migrate(database)
        keys = await stations(database, STATIONS)
        await database.close()
        _admin(url, folder)
        async with contextlib.AsyncExitStack() as stack:
            hubs = [await stack.enter_async_context(hub_process(url, folder)) for _ in range(HUBS)]
            return await _storm(hubs, keys, running.dsn("bench"))


async def _storm(hubs: list[Child], keys: list[tuple[uuid.UUID, Ed25519PrivateKey]], dsn: str) -> list[Result]:
    crowd = [Returning(*key, number=number, facts=FACTS) for number, key in enumerate(keys)]
    tally = Tally()
    timeout = aiohttp.ClientTimeout(total=60, sock_connect=30)
    async with (
        aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http,
        watching_memory(hubs) as most,
    ):
        began = time.perf_counter()
        async with asyncio.timeout(_MOST_S), asyncio.TaskGroup() as group:
            for number, one in enumerate(crowd):
                group.create_task(one.come_back(http, hubs[number % len(hubs)].address, tally))
        drained_s = time.perf_counter() - began
        delays_s = await _orders(http, hubs, crowd[:_LISTENING])
    await _check(dsn)
    refused = tally.statuses[429] + tally.statuses[503]
    wrong = len(tally.wrong) + tally.without_time + tally.cut
    p99_s = statistics.quantiles(delays_s, n=100, method="inclusive")[98]
    rate = f"{STATIONS:,} × {FACTS:,} facts, {STATIONS * FACTS / drained_s:,.0f}/s, {HUBS} hub process(es)"
    told = "; ".join(sorted(set(tally.wrong))[:3])
    return [
        at_most("storm: all stations drained", drained_s, "s", DRAINED_S, rate),
        at_most("storm: refused otherwise than by 429/503 with Retry-After", wrong, "requests", 0, told),
        plain("storm: told to come back later", refused, "requests", f"of {sum(tally.statuses.values()):,}"),
        at_most("storm: order latency afterwards, p99", p99_s, "s", ORDER_P99_S, f"{len(delays_s)} orders"),
        at_most("storm: hub memory", max(most), "MB", HUB_MB),
    ]


async def _orders(http: aiohttp.ClientSession, hubs: list[Child], crowd: list[Returning]) -> list[float]:
    """From asking the hub's API until the station has the order."""
    arrived: dict[uuid.UUID, float] = {}

    def heard(order_id: uuid.UUID) -> None:
        arrived.setdefault(order_id, time.perf_counter())

    links = [
        asyncio.create_task(one.listen(http, hubs[number % len(hubs)].address, heard))
        for number, one in enumerate(crowd)
    ]
    try:
        await asyncio.sleep(3)
        api = Hub(http, hubs[0].address)
        await api.sign_in(_ADMIN, _PASSWORD)
        asked: dict[uuid.UUID, float] = {}
        for number in range(_ORDERS):
            station = crowd[number % len(crowd)].station_id
            before = time.perf_counter()
            wish = {"order": {"type": "RestartDock", "dock_no": 1}, "life_s": 60}
            order = await api.post(f"/api/v1/stations/{station}/orders", wish)
            asked[uuid.UUID(order["id"])] = before
            await asyncio.sleep(_ORDER_EVERY_S)
        async with asyncio.timeout(60):
            while not asked.keys() <= arrived.keys():
                await asyncio.sleep(0.05)
        return [arrived[order_id] - before for order_id, before in asked.items()]
    finally:
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)


async def _check(dsn: str) -> None:
    """The hub's books: every fact once."""
    connection = await asyncpg.connect(dsn)
    try:
        kept, ids = await connection.fetchrow("SELECT count(*), count(DISTINCT fact_id) FROM facts")
    finally:
        await connection.close()
    if not kept == ids == STATIONS * FACTS:
        raise RuntimeError(f"{kept} facts kept, {ids} different, {STATIONS * FACTS} sent")


def _admin(url: str, folder: Path) -> None:
    command = [sys.executable, "-m", "hub", "user", "create", "--email", _ADMIN, "--role", "admin"]
    environment = {**os.environ, "VOLTDOCK_HUB_DATABASE_URL": url, "VOLTDOCK_HUB_DATA_DIR": str(folder / "data")}
    subprocess.run(
        [*command, "--password-file", "-"],
        input=_PASSWORD, text=True, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
