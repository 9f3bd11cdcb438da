"""How fast one hub process on PostgreSQL takes bookings in a town, at a steady rate; see `search` for how it is timed.

Each books a vehicle of its own choice for an hour within the day, so that its station is asked to keep it. A few meet
a booking that is there: that answer counts as well. The crowd comes to a hub that has made PINs ahead for it
(`booking.pins_ahead`); how many it takes without, one after the other from a few, is measured behind it.
"""

import asyncio
import datetime as dt
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks import town
from benchmarks.hub_process import Child, create, hub_process
from benchmarks.results import Result, at_most, plain
from benchmarks.search import cpu_s, steadily
from firmware_sim.demo.clients import Hub
from firmware_sim.waiting import DemoError
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from protocols.values import rfc3339
from tests.postgres import cluster

RATE: Final = 100
SECONDS: Final = 20
GOAL_MS: Final = 80.0
_WARM_S: Final = 3
_AHEAD: Final = RATE * (SECONDS + _WARM_S)
_FILLED_S: Final = 120  # so long the hub has for them, with half a core
_FEW, _LAST_S = 8, 10


def run() -> list[Result]:
    """The time of an answer at 100 bookings a second."""
    return asyncio.run(_measure())


async def _measure() -> list[Result]:
    dice = random.Random(5)
    with cluster(durable=True, max_connections=60) as running, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await create(running.dsn("postgres"))
        url = running.url("bench")
        database = Database(url)
        await migrate(database)
        _, vehicles = await town.build(database, dice)
        await database.close()
        town.add_admin(url, folder)
        async with (
            hub_process(url, folder, BOOKING__PINS_AHEAD=_AHEAD) as hub,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as http,
        ):
            api = Hub(http, hub.address)
            await api.sign_in(town.ADMIN, town.PASSWORD)
            answers: Counter[str] = Counter()

            async def book() -> None:
                vehicle, station = dice.choice(vehicles)
                begins = SystemClock().now() + dt.timedelta(minutes=dice.uniform(60, 1200))
                wish = {
                    "station_id": str(station), "vehicle_id": str(vehicle), "from_at": rfc3339(begins),
                    "until_at": rfc3339(begins + dt.timedelta(hours=1)), "trip_km": 5,
                }  # fmt: skip
                try:
                    answers[(await api.post("/api/v1/reservations", wish))["state"]] += 1
                except DemoError as error:
                    if "reservation_overlap" not in str(error) and "vehicle_not_fit" not in str(error):
                        raise
                    answers["refused"] += 1

            await _quiet(hub)
            await steadily(book, RATE, _WARM_S)
            before_s = cpu_s(hub)
            times = await steadily(book, RATE, SECONDS)
            each_s = (cpu_s(hub) - before_s) / len(times)
            sustained = await _as_they_can(book)
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
    note = f"{RATE}/s, {', '.join(f'{count:,} {state}' for state, count in answers.most_common())}"
    return [
        at_most("booking: p95", p95 * 1000, "ms", GOAL_MS, note),
        plain("booking: p50", p50 * 1000, "ms"),
        plain("booking: the hub's own CPU for one", each_s * 1000, "ms"),
        plain("booking: a second, each with a PIN made for it", sustained, "/s", f"{_FEW} at once"),
    ]


async def _quiet(hub: Child) -> None:
    """Until the hub has made its PINs, for which it uses half a core; its engine at rest uses up to a tenth."""
    for _ in range(_FILLED_S // 2):
        before_s = cpu_s(hub)
        await asyncio.sleep(2)
        if cpu_s(hub) - before_s < 0.5:
            return
    raise RuntimeError("the hub does not come to rest")


async def _as_they_can(book: Callable[[], Awaitable[None]]) -> float:
    """How many a second, where a few people book one after the other; the PINs made ahead are gone by then."""
    ends, done = time.perf_counter() + _LAST_S, 0

    async def one() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            await book()
            done += 1

    await asyncio.gather(*(one() for _ in range(_FEW)))
    return done / _LAST_S
