"""From a voucher's scan to the unlock frame on the wire, with 32 docks polled: the whole way a rider waits.

What is timed: the kiosk's two requests (quote with the voucher's text, agree) over HTTP to a real agent process,
signature check, decision, durable commit, the bus thread, and the frame's arrival at the other end of the
pseudo-terminal. Twice: with the pace of a real 115,200 baud line (the goal for people), and without (our own part).
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.results import Result, at_most, plain
from protocols.dock.codes import MessageType
from protocols.dock.framing import FrameStream
from tests.journeys.rig import Rig, rig

DOCKS: Final = 32
SCANS: Final = 300
WARM_UP: Final = 20
PAUSE_S: Final = 0.13  # not a multiple of the poll's period


def run() -> list[Result]:
    """p50 and p99 in milliseconds, paced and unpaced."""
    paced = asyncio.run(_measure(baud=115_200))
    own = asyncio.run(_measure(baud=None))
    return [
        plain("scan to unlock frame, 115,200 baud, p50", statistics.median(paced), "ms"),
        at_most("scan to unlock frame, 115,200 baud, p99", _p99(paced), "ms", 30, f"{DOCKS} docks, {SCANS} scans"),
        plain("scan to unlock frame, our own part, p50", statistics.median(own), "ms"),
        at_most("scan to unlock frame, our own part, p99", _p99(own), "ms", 10, "the line answers at once"),
    ]


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


class _Tap:
    """Hears the line and notes when an unlock frame for a dock has arrived."""

    def __init__(self) -> None:
        self._stream = FrameStream()
        self.unlocked: asyncio.Future[float] | None = None

    def __call__(self, direction: str, data: bytes) -> None:
        if direction != "to_docks":
            return
        now = time.perf_counter()
        for frame in self._stream.feed(data):
            if frame.type == MessageType.UNLOCK and self.unlocked is not None and not self.unlocked.done():
                self.unlocked.set_result(now)


async def _measure(baud: int | None) -> list[float]:
    tap = _Tap()
    with tempfile.TemporaryDirectory(prefix="voltdock-bench-") as folder:
        async with rig(Path(folder), docks=DOCKS, baud=baud, watch=tap) as station:
            return await _scan_all(station, tap)


async def _scan_all(station: Rig, tap: _Tap) -> list[float]:
    """One scan after the other, dock by dock; the docks before close again meanwhile, as at a busy station."""
    closing: dict[int, asyncio.Task[None]] = {}
    times = []
    for number in range(WARM_UP + SCANS):
        dock_no = number % DOCKS + 1
        if dock_no in closing:
            await closing.pop(dock_no)
        took, rental = await _scan(station, tap, dock_no)
        times.append(took * 1000)
        closing[dock_no] = asyncio.create_task(_put_back(station, rental))
        await asyncio.sleep(PAUSE_S)
    await asyncio.gather(*closing.values())
    return times[WARM_UP:]


async def _scan(station: Rig, tap: _Tap, dock_no: int) -> tuple[float, dict[str, Any]]:
    token = station.voucher()
    tap.unlocked = asyncio.get_running_loop().create_future()
    began = time.perf_counter()
    quote = await station.post("/api/quotes", {"who": {"kind": "voucher", "token": token}, "dock_no": dock_no})
    rental = await station.post("/api/rentals", {"quote_id": quote["quote_id"]})
    return await asyncio.wait_for(tap.unlocked, 5) - began, rental


async def _put_back(station: Rig, rental: dict[str, Any]) -> None:
    """Say that it did not open, and wait until the dock holds the vehicle again."""
    path = f"/api/rentals/{rental['rental_id']}"
    await station.post(f"{path}/not-open")
    async with asyncio.timeout(30):
        while (await station.get(path))["state"] != "voided":
            await asyncio.sleep(0.2)
