"""How fast one hub process on PostgreSQL takes bookings in a town, at a steady rate; see `search` for how it is timed.

Each books a vehicle of its own choice for an hour within the day, so that its station is asked to keep it. A few meet
a booking that is there: that answer counts as well. Making the PIN's verifier is most of the hub's work for each.
"""

import asyncio
import datetime as dt
import random
import statistics
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks import town
from benchmarks.hub_process import create, hub_process
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
            hub_process(url, folder) as hub,
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

            await steadily(book, RATE, _WARM_S)
            before_s = cpu_s(hub)
            times = await steadily(book, RATE, SECONDS)
            each_s = (cpu_s(hub) - before_s) / len(times)
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
    note = f"{RATE}/s, {', '.join(f'{count:,} {state}' for state, count in answers.most_common())}"
    return [
        at_most("booking: p95", p95 * 1000, "ms", GOAL_MS, note),
        plain("booking: p50", p50 * 1000, "ms"),
        plain("booking: the hub's own CPU for one", each_s * 1000, "ms"),
    ]
