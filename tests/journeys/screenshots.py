"""`make screenshots`: plays the demo in a headless browser and regenerates docs/images/."""

import asyncio
import datetime as dt
import io
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Browser, FloatRect, Page, expect

from firmware_sim.demo.booking import add_card
from firmware_sim.demo.clients import ADMIN, PASSWORD, RENTER
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.plan import STATION_ID
from protocols.values import UTC, rfc3339
from tests.journeys.browser import chromium, kiosk_context
from tests.journeys.test_staff import fill_a_checklist

PIN: Final = "2468"
OUT: Final = Path("docs/images")
CONSOLE: Final = {
    "console-network": ("/network", ".mark"),
    "console-station": (f"/stations/{STATION_ID}", "main canvas"),
    "console-tariff": ("/tariffs/01900000-0000-7000-8000-000000000201", "[data-testid=line-minutes]"),
    "console-reservations": ("/reservations", ".bar"),
    "console-checklists": ("/checklists", "[data-testid=found] li"),
    "console-checklist-form": ("/checklists/new?from=inspection", "[data-testid=checklist-form]"),
}
"""Picture → address, and what must be there before it is taken."""
_BOTTOM: Final = """() => Math.max(0, ...[...document.querySelectorAll('main#page > *, main#page .card')]
  .map((one) => one.getBoundingClientRect().bottom))"""
SIZES: Final = {"1080x1920": (1080, 1920), "1280x800": (1280, 800), "800x480": (800, 480)}


async def main() -> None:
    """Every picture that README and docs show."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="voltdock-pictures-") as folder:
        async with (
            open_stage(Path(folder), free_ports(), speed=1.0, poll_s=1.0, say=_say) as stage,
            chromium() as browser,
        ):
            await add_card(stage.hub)
            await stage.hub.sign_in()
            await _start_screens(browser, stage)
            await _rental(browser, stage)
            await _staff(browser, stage)
            await _console(browser, stage)
            await _mine(browser, stage)
            await _others(browser, stage)


async def _start_screens(browser: Browser, stage: Stage) -> None:
    for name, (width, height) in SIZES.items():
        page = await _open(browser, stage.kiosk_url, width, height)
        await expect(page.get_by_test_id("screen-start")).to_be_visible()
        await _shoot(page, "kiosk-start" if name == "1080x1920" else f"kiosk-start-{name}")
        await page.context.close()


async def _rental(browser: Browser, stage: Stage) -> None:
    """The way of one rider, picture by picture."""
    page = await _open(browser, stage.kiosk_url, 1080, 1920)
    await page.get_by_test_id("rent").tap()
    await page.get_by_test_id("dock-4").tap()
    await _shoot(page, "kiosk-identify")
    await page.keyboard.type(await _voucher(stage))
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("screen-price")).to_be_visible()
    await _shoot(page, "kiosk-price")
    await page.get_by_test_id("agree").tap()
    await expect(page.get_by_test_id("open-now")).to_be_visible(timeout=15_000)
    await _shoot(page, "kiosk-open")
    stage.world.yard.pull(4)
    await expect(page.get_by_test_id("ride-on")).to_be_visible(timeout=15_000)
    await expect(page.locator("svg.qr")).to_be_visible()
    await _shoot(page, "kiosk-ride-on")
    await page.get_by_test_id("done").tap()
    stage.world.yard.push(3, "V-118")
    await expect(page.get_by_test_id("receipt-total")).to_be_visible(timeout=15_000)
    await _shoot(page, "kiosk-bill")
    await page.context.close()
    await stage.stop_hub()
    page = await _open(browser, stage.kiosk_url, 1080, 1920)
    await expect(page.get_by_test_id("offline-strip")).to_be_visible(timeout=30_000)
    await _shoot(page, "kiosk-offline")
    await page.context.close()
    await stage.start_hub()


async def _staff(browser: Browser, stage: Stage) -> None:
    """The staff pages: on a desk and on a phone, with the hub gone."""
    await stage.stop_hub()
    for name, width, height in (("desk", 1440, 1000), ("phone", 390, 1000)):
        page = await _open(browser, f"{stage.kiosk_url}/staff", width, height)
        if name == "phone":
            await _shoot(page, "staff-sign-in")
        await page.get_by_test_id("pin").fill(PIN)
        await page.keyboard.press("Enter")
        await page.get_by_test_id("dock-2").tap()
        await page.get_by_test_id("deed-unlock").tap()
        if name == "phone":
            await page.get_by_test_id("reason-renter_helped").check()
            await _shoot(page, "staff-dock-phone")
        else:
            await page.get_by_test_id("act-cancel").tap()
            await _shoot(page, "staff-station")
            await page.get_by_test_id("nav-lists").tap()
            await page.get_by_test_id("list-inspection").tap()
            await page.get_by_test_id("brakes-yes").check()
            await page.get_by_test_id("lights-no").check()
            await _shoot(page, "staff-checklist")
            await fill_a_checklist(page)
        await page.context.close()
    await stage.start_hub()


async def _console(browser: Browser, stage: Stage) -> None:
    """The console as an operator has it open: light, and the station in the dark too."""
    kept = None
    rentals = await stage.hub.all_of("/api/v1/rentals")
    ended = next(one["id"] for one in rentals if one["state"] == "ended")
    light = CONSOLE | {
        "console-rental": (f"/rentals/{ended}", "[data-testid=line-minutes]"),
        "console-correction": (f"/payments/bills/{ended}", "[data-testid=corrections] li"),
        "console-task": (f"/balance/tasks/{await _task(stage)}", "main h1"),
    }
    await _credit(stage, ended)
    for mode, shots in (("light", light), ("dark", {"console-station-dark": CONSOLE["console-station"]})):
        context = await browser.new_context(
            viewport={"width": 1440, "height": 1000}, locale="en-GB", timezone_id="Asia/Ho_Chi_Minh",
            reduced_motion="reduce", color_scheme="dark" if mode == "dark" else "light", storage_state=kept,
        )  # fmt: skip
        page = await context.new_page()
        if kept is None:
            await page.goto(stage.hub_url)
            await page.locator("input[type=email]").fill(ADMIN)
            await page.locator("input[type=password]").fill(PASSWORD)
            await page.keyboard.press("Enter")
            await page.get_by_test_id("needs-ready").wait_for()
        for name, (path, handle) in shots.items():
            await page.goto(stage.hub_url + path)
            await page.locator(handle).first.wait_for()
            await asyncio.sleep(1.5)  # lists and lines that come after the first
            await _take(page, name)
        kept = await context.storage_state()
        await context.close()


async def _mine(browser: Browser, stage: Stage) -> None:
    """What a renter finds of his own."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Asia/Ho_Chi_Minh", reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.goto(stage.hub_url)
    await page.locator("input[type=email]").fill(RENTER)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_test_id("my-ride").first.locator("summary").click()
    await page.get_by_test_id("my-correction").wait_for()
    await asyncio.sleep(1)
    await _take(page, "console-mine")
    await context.close()


async def _others(browser: Browser, stage: Stage) -> None:
    page = await _open(browser, f"{stage.hub_url}/docs", 1280, 900)
    await page.locator("h1").first.wait_for()
    await _shoot(page, "hub-docs")
    await page.context.close()
    page = await _open(browser, stage.control_url, 1280, 1150)
    await page.locator("h1").first.wait_for()
    await asyncio.sleep(1.5)  # it listens to the yard: its line is never still
    await _take(page, "simulator")
    await page.context.close()


async def _open(browser: Browser, url: str, width: int, height: int) -> Page:
    page = await (await kiosk_context(browser, width=width, height=height)).new_page()
    await page.goto(url)
    return page


async def _shoot(page: Page, name: str) -> None:
    await page.wait_for_load_state("networkidle")
    await page.evaluate("() => document.fonts.ready")
    await _take(page, name)


async def _take(page: Page, name: str) -> None:
    """In 256 colours: half the bytes, and nobody sees it."""
    whole = Image.open(io.BytesIO(await page.screenshot(clip=await _filled(page)))).convert("RGB")
    # The colours that are seldom count too: one lime dot is the brand.
    few = whole.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(OUT / f"{name}.png", optimize=True)
    _say(f"{name}.png")


async def _filled(page: Page) -> FloatRect:
    """The window, without what stays empty below a short page of the console and below its menu."""
    size = page.viewport_size or {"width": 0, "height": 0}
    bottom = await page.evaluate(_BOTTOM)
    height = min(size["height"], max(bottom + 28, 760)) if bottom else size["height"]
    return {"x": 0, "y": 0, "width": size["width"], "height": height}


async def _task(stage: Stage) -> str:
    """Something for staff to do, as an operator gives it out."""
    wish = {
        "title": "Look after dock 2: its latch closes slowly", "station_id": str(STATION_ID),
        "due_at": rfc3339(dt.datetime.now(UTC) + dt.timedelta(hours=6)),
        "checklist": ["Clean the latch", "Open and close it three times", "Take a picture"],
    }  # fmt: skip
    return str((await stage.hub.post("/api/v1/tasks", wish))["id"])


async def _credit(stage: Stage, rental_id: str) -> None:
    """A bill that somebody has corrected by hand."""
    wish = {
        "kind": "credit", "cause": "goodwill", "currency": "EUR", "amount_minor": 40,
        "reason": "The scooter was slow.", "note": "Told by telephone, ticket 4711.",
    }  # fmt: skip
    await stage.hub.post(f"/api/v1/bills/{rental_id}/adjustments", wish)


async def _voucher(stage: Stage) -> str:
    accounts = await stage.hub.all_of("/api/v1/accounts")
    renter = next(one["id"] for one in accounts if one["email"] == RENTER)
    expires = rfc3339(dt.datetime.now(UTC) + dt.timedelta(hours=1))
    wish = {"account_id": renter, "stations": [str(STATION_ID)], "expires": expires}
    return str((await stage.hub.post("/api/v1/vouchers", wish))["text"])


def _say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")


if __name__ == "__main__":
    asyncio.run(main())
