"""The kiosk's page: bytes over the wire, and time to interactive with the CPU slowed six times.

A real agent serves the built page to headless Chromium with an empty cache. Interactive means: the docks are drawn
from the live view and *Rent* takes a press; measured from the navigation's start by the page's own clock.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from benchmarks.results import Result, at_most
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from tests.journeys.browser import chromium, kiosk_context

RUNS: Final = 5
SLOWED: Final = 6


def run() -> list[Result]:
    """Kilobytes (10^3, compressed as sent) of everything the first load fetches, and seconds (median of the runs)."""
    sizes, times = asyncio.run(_measure())
    return [
        at_most("kiosk bytes over the wire", max(sizes) / 1000, "kB", 200, "first load, all requests, gzip"),
        at_most("kiosk time to interactive, CPU slowed 6x", statistics.median(times), "s", 2, f"median of {RUNS}"),
    ]


async def _measure() -> tuple[list[int], list[float]]:
    with tempfile.TemporaryDirectory(prefix="voltdock-bench-") as folder:
        async with (
            open_stage(Path(folder), free_ports(), speed=1.0, poll_s=5.0, say=lambda _text: None) as stage,
            chromium() as browser,
        ):
            loads = [await _load(browser, stage) for _ in range(RUNS)]
    return [size for size, _ in loads], [took for _, took in loads]


async def _load(browser: Browser, stage: Stage) -> tuple[int, float]:
    context = await kiosk_context(browser)
    try:
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        received = [0]
        await devtools.send("Network.enable")
        devtools.on("Network.loadingFinished", lambda event: _add(received, int(event["encodedDataLength"])))
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        await page.goto(stage.kiosk_url, wait_until="commit")
        await page.get_by_test_id("rent").and_(page.locator(":enabled")).wait_for()
        await page.get_by_test_id("dock-1").first.wait_for()
        # A frame after the press could be handled: what a person would feel.
        took_ms: float = await page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"
        )
        return received[0], took_ms / 1000
    finally:
        await context.close()


def _add(total: list[int], more: int) -> None:
    total[0] += more
