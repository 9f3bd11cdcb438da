"""The agent's memory: at rest, and after an hour's work of a busy station, with docks, chargers, meter, kiosk and hub.

The hour is one of work, not of waiting: as many check-outs, returns, charging sessions and meter values as a busy
station has in an hour, one after the other as fast as the hardware allows. What would grow with work grows here.
"""

import asyncio
import contextlib
import datetime as dt
import tempfile
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil

from benchmarks.results import Result, at_most
from firmware_sim.demo.clients import RENTER
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.plan import RENTER_CARD, STATION_ID
from protocols.values import UTC, rfc3339

RENTALS: Final = 60
CHARGES: Final = 8
WARM_UP: Final = 10
SPEED: Final = 300.0  # energy and meter values flow so much faster: a charge of an hour takes twelve seconds
REST_S: Final = 10.0
GROWTH_MB: Final = 3.0  # what an allocator keeps is no growth; a leak of a kilobyte a rental would show at 60 as more


def run() -> list[Result]:
    """Resident set in MB at rest, after the hour, and the growth between warm and end."""
    rest, warm, end, work = asyncio.run(_measure())
    return [
        at_most("agent memory at rest", rest, "MB", 90),
        at_most("agent memory after an hour's work", end, "MB", 90, work),
        at_most("agent memory growth over the hour", end - warm, "MB", GROWTH_MB, f"after {WARM_UP} warm-up rentals"),
    ]


async def _measure() -> tuple[float, float, float, str]:
    with tempfile.TemporaryDirectory(prefix="voltdock-bench-") as folder:
        async with open_stage(Path(folder), free_ports(), speed=SPEED, poll_s=5.0, say=lambda _text: None) as stage:
            await asyncio.sleep(REST_S)
            rest = _resident_mb(stage)
            async with aiohttp.ClientSession() as http, _watching(http, stage):
                return await _work(stage, rest)


async def _work(stage: Stage, rest: float) -> tuple[float, float, float, str]:
    await stage.hub.sign_in()
    for number in range(WARM_UP):
        await _rent(stage, number)
    await asyncio.sleep(2)
    warm = _resident_mb(stage)
    charging = asyncio.create_task(_charge_all(stage))
    for number in range(RENTALS):
        await _rent(stage, number)
    await charging
    await asyncio.sleep(REST_S)
    return rest, warm, _resident_mb(stage), f"{RENTALS} rentals, {CHARGES} charges, a kiosk watching"


@contextlib.asynccontextmanager
async def _watching(http: aiohttp.ClientSession, stage: Stage) -> Any:
    """A kiosk's socket that reads every view, as the screen does."""

    async def watch() -> None:
        async with http.ws_connect(f"{stage.kiosk_url}/api/live") as socket:
            async for _frame in socket:
                pass

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _rent(stage: Stage, number: int) -> None:
    """Out of the one dock and into the other, to and fro."""
    there, back = (4, 3) if number % 2 == 0 else (3, 4)
    await _until(lambda: _is_rentable(stage, there))
    quote = await stage.kiosk.quote(await _voucher(stage), there)
    rental = await stage.kiosk.agree(quote["quote_id"])
    yard = stage.world.yard
    await _until(lambda: _is(yard.can_pull(yard.docks[there])))
    yard.pull(there)
    await _until(lambda: _in_state(stage, rental["rental_id"], "active"))
    yard.push(back, "V-118")
    await _until(lambda: _in_state(stage, rental["rental_id"], "ended"))


async def _voucher(stage: Stage) -> str:
    accounts = await stage.hub.all_of("/api/v1/accounts")
    renter = next(one["id"] for one in accounts if one["email"] == RENTER)
    expires = rfc3339(dt.datetime.now(UTC) + dt.timedelta(hours=1))
    wish = {"account_id": renter, "stations": [str(STATION_ID)], "expires": expires}
    return str((await stage.hub.post("/api/v1/vouchers", wish))["text"])


async def _charge_all(stage: Stage) -> None:
    for _ in range(CHARGES):
        stage.world.plug("CP-01")
        await stage.world.present_card("CP-01", RENTER_CARD)
        await asyncio.sleep(3600 / SPEED / 2)
        await stage.world.present_card("CP-01", RENTER_CARD)
        stage.world.unplug("CP-01")


async def _is_rentable(stage: Stage, dock_no: int) -> bool:
    docks = (await stage.kiosk.view())["docks"]
    return any(one["dock_no"] == dock_no and one["vehicle"] and one["vehicle"]["rentable"] for one in docks)


async def _in_state(stage: Stage, rental_id: str, state: str) -> bool:
    return bool((await stage.kiosk.rental(rental_id))["state"] == state)


async def _is(value: bool) -> bool:
    return value


async def _until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


def _resident_mb(stage: Stage) -> float:
    """Of the agent's process and its children, in 10^6 bytes."""
    process = psutil.Process(stage.agent_process.pid)
    return float(sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 1e6)
