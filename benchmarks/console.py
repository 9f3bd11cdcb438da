"""The console's first page: time to interactive with the CPU slowed four times, and bytes over the wire.

A real hub serves the built page to headless Chromium with an empty cache. Two first pages are measured: the door, and
the network for somebody who is signed in. Interactive means: the field takes letters; the list of what needs a person
is there and its links take a press. Measured from the navigation's start by the page's own clock.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page

from benchmarks.results import Result, at_most
from firmware_sim.demo.clients import ADMIN, PASSWORD
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from tests.journeys.browser import chromium

RUNS: Final = 5
SLOWED: Final = 4
_IS_READY = "() => document.querySelector('[data-testid=needs-ready]') !== null"
_AFTER_A_FRAME = "() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"


def run() -> list[Result]:
    """Seconds (median of the runs), and kilobytes (10^3, compressed as sent) until the page is interactive."""
    doors, homes = asyncio.run(_measure())
    slow = f"CPU slowed {SLOWED}x"
    return [
        at_most(f"console sign-in, {slow}", _median([one[1] for one in doors]), "s", 1.5, f"median of {RUNS}"),
        at_most(f"console first page, {slow}", _median([one[1] for one in homes]), "s", 1.5, f"median of {RUNS}"),
        at_most("console bytes until interactive", max(one[0] for one in homes) / 1000, "kB", 250, "empty cache, gzip"),
    ]


async def _measure() -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    with tempfile.TemporaryDirectory(prefix="voltdock-bench-") as folder:
        async with (
            open_stage(Path(folder), free_ports(), speed=1.0, poll_s=5.0, say=lambda _text: None) as stage,
            chromium() as browser,
        ):
            doors = [await _door(browser, stage) for _ in range(RUNS)]
            kept = await _signed_in(browser, stage)
            homes = [await _home(browser, stage, kept) for _ in range(RUNS)]
    return doors, homes


async def _door(browser: Browser, stage: Stage) -> tuple[int, float]:
    page, received = await _slow_page(browser, None)
    try:
        await page.goto(stage.hub_url, wait_until="commit")
        await page.locator("input[type=email]").press_sequentially("a")
        return received[0], await page.evaluate(_AFTER_A_FRAME) / 1000
    finally:
        await page.context.close()


async def _home(browser: Browser, stage: Stage, kept: Any) -> tuple[int, float]:
    page, received = await _slow_page(browser, kept)
    try:
        await page.goto(f"{stage.hub_url}/network", wait_until="commit")
        await page.wait_for_function(_IS_READY)  # looks at every frame; a locator looks twice a second at worst
        return received[0], await page.evaluate(_AFTER_A_FRAME) / 1000
    finally:
        await page.context.close()


async def _signed_in(browser: Browser, stage: Stage) -> Any:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(stage.hub_url)
    await page.locator("input[type=email]").fill(ADMIN)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_test_id("needs-ready").wait_for()
    kept = await context.storage_state()
    await context.close()
    return kept


async def _slow_page(browser: Browser, kept: Any) -> tuple[Page, list[int]]:
    context = await browser.new_context(viewport={"width": 1440, "height": 1000}, storage_state=kept)
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    received = [0]
    await devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda event: _add(received, int(event["encodedDataLength"])))
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    return page, received


def _median(values: list[float]) -> float:
    return statistics.median(values)


def _add(total: list[int], more: int) -> None:
    total[0] += more
