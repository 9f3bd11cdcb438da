"""A member of staff at the station's own pages with the hub gone: keyboard only, looked at by axe, told once after."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from playwright.async_api import FilePayload, Page, expect

from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.plan import STATION_ID
from firmware_sim.waiting import until
from protocols.photo import jpeg
from tests.journeys.browser import chromium, kiosk_context
from tests.journeys.test_kiosk import the_station_knows_the_key, voucher

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(240)]
PIN: Final = "2468"
AXE: Final = Path("node_modules/axe-core/axe.min.js")
PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MOST_TABS: Final = 120
_SERIOUS: Final = """async () => {
  const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] });
  return found.violations.filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) => one.id);
}"""


async def tab_to(page: Page, test_id: str) -> None:
    """By the Tab key alone."""
    await page.get_by_test_id(test_id).first.wait_for()
    for _ in range(MOST_TABS):
        if await page.evaluate("() => document.activeElement?.dataset.testid ?? ''") == test_id:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {test_id}")


async def press(page: Page, test_id: str, key: str = "Enter") -> None:
    await tab_to(page, test_id)
    await page.keyboard.press(key)


async def looks_well(page: Page) -> None:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    assert await page.evaluate(_SERIOUS) == []


async def ride(stage: Stage, dock_no: int) -> str:
    """Somebody rents and rides away; the rental's id."""
    token = await voucher(stage)
    await the_station_knows_the_key(stage, token)
    quote = await stage.kiosk.quote(token, dock_no)
    rental_id = str((await stage.kiosk.agree(quote["quote_id"]))["rental_id"])
    yard = stage.world.yard

    async def is_open() -> bool:
        return yard.can_pull(yard.docks[dock_no])

    async def is_active() -> bool:
        return bool((await stage.kiosk.rental(rental_id))["state"] == "active")

    await until("the lock", is_open, timeout_s=20)
    yard.pull(dock_no)
    await until("the ride", is_active, timeout_s=20)
    return rental_id


async def sign_in(page: Page, stage: Stage) -> None:
    await page.goto(f"{stage.kiosk_url}/staff")
    await looks_well(page)
    await tab_to(page, "pin")
    await page.keyboard.type("1111")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "staff_unknown")
    await press(page, "pin", "End")
    await page.keyboard.type(PIN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("me")).to_have_text("Demo staff")


async def open_a_dock(page: Page) -> None:
    await looks_well(page)
    await press(page, "dock-2")
    await press(page, "deed-unlock")
    await press(page, "act-yes")
    await expect(page.get_by_role("alert").first).to_be_visible()  # why?
    await press(page, "reason-renter_helped", "Space")
    await press(page, "act-yes")
    await expect(page.get_by_test_id("fate")).to_have_attribute("data-state", "done", timeout=15_000)
    await expect(page.get_by_test_id("lock")).to_contain_text("Open")
    await looks_well(page)


async def check_in(page: Page) -> None:
    await press(page, "nav-rides")
    await press(page, "check-in")
    await tab_to(page, "photo")
    picture = FilePayload(name="bike.png", mimeType="image/png", buffer=PICTURE)
    await page.get_by_test_id("photo").set_input_files(picture)
    await expect(page.locator(".shots img")).to_be_visible()
    await press(page, "reason-dock_broken", "Space")
    await looks_well(page)
    await press(page, "act-yes")
    await expect(page.get_by_test_id("check-in-done")).to_be_visible()
    await expect(page.get_by_test_id("bill")).to_have_attribute("data-minor", "100")


async def fill_a_checklist(page: Page) -> None:
    await press(page, "nav-lists")
    await press(page, "list-closing")
    await press(page, "fill-send")
    await expect(page.get_by_test_id("missing")).to_be_visible()
    await press(page, "locked-yes", "Space")
    await press(page, "tidy-yes", "Space")
    await page.keyboard.press("ArrowRight")  # no: something lies around
    await press(page, "tidy-note")
    await page.keyboard.type("a helmet")
    await tab_to(page, "left")
    await page.keyboard.type("0")
    await looks_well(page)
    await press(page, "fill-send")
    await expect(page.get_by_test_id("fill-done")).to_have_attribute("data-passed", "false")


async def test_staff_work_without_the_hub_by_keyboard_and_all_of_it_stands_there_once_afterwards(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    async with (
        open_stage(tmp_path, free_ports(), speed=20.0, poll_s=1.0, say=said.append) as stage,
        chromium() as browser,
    ):
        await stage.hub.sign_in()
        rental_id = await ride(stage, 4)
        await stage.stop_hub()
        context = await kiosk_context(browser, width=768, height=1024)
        foreign: list[str] = []
        context.on("request", lambda request: foreign.append(request.url))
        page = await context.new_page()
        await sign_in(page, stage)
        await expect(page.get_by_test_id("offline-strip")).to_be_visible(timeout=30_000)
        await open_a_dock(page)
        await check_in(page)
        await fill_a_checklist(page)
        await press(page, "nav-waiting")
        await expect(page.get_by_test_id("waiting")).not_to_have_attribute("data-count", "0")
        await expect(page.get_by_test_id("photos-waiting")).to_have_text("1")
        await looks_well(page)

        await stage.start_hub()
        await stage.hub.sign_in()
        await expect(page.get_by_test_id("offline-strip")).to_be_hidden(timeout=60_000)
        await all_of_it_once(stage, rental_id)
        await expect(page.get_by_test_id("photos-waiting")).to_have_text("0", timeout=60_000)
        await the_picture_is_at_the_hub(stage, rental_id)
        await press(page, "sign-out")
        await expect(page.get_by_test_id("farewell")).to_be_visible()
        assert all(url.startswith((stage.kiosk_url, "data:", "blob:")) for url in foreign), foreign


async def the_picture_is_at_the_hub(stage: Stage, rental_id: str) -> None:
    [photo] = (await stage.hub.get(f"/api/v1/rentals/{rental_id}"))["photos"]
    assert (photo["what"], photo["state"]) == ("end_rental", "here")
    headers = stage.hub._headers()  # what it reads itself is JSON
    url = f"{stage.hub_url}/api/v1/rentals/{rental_id}/photos/{photo['id']}"
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
        jpeg.check(await answer.read())


async def all_of_it_once(stage: Stage, rental_id: str) -> None:
    async def told() -> bool:
        acts = [one["body"]["what"] for one in await facts(stage, "biz") if one["type"] == "StaffActed"]
        lists = [one for one in await facts(stage, "ops") if one["type"] == "ChecklistFilled"]
        return acts == ["unlock", "end_rental"] and len(lists) == 1

    await until("what staff did at the hub", told, timeout_s=30)
    ended = [one["body"] for one in await facts(stage, "biz") if one["type"] == "RentalEnded"]
    assert [(one["rental_id"], one["dock_no"], "by_staff" in one) for one in ended] == [(rental_id, 0, True)]
    [act] = [one["body"] for one in await facts(stage, "biz") if one["body"].get("what") == "end_rental"]
    assert (act["offline"], act["reason"], len(act["photos"])) == (True, "dock_broken", 1)
    assert (await stage.hub.get(f"/api/v1/rentals/{rental_id}"))["state"] == "ended"
    [filled] = await stage.hub.all_of("/api/v1/filled-checklists")
    assert (filled["key"], filled["passed"], filled["staff_name"]) == ("closing", False, "Demo staff")
    assert [(one["key"], one["note"]) for one in filled["answers"] if not one["ok"]] == [("tidy", "a helmet")]
    cases = await stage.hub.all_of("/api/v1/cases")
    kinds = sorted(one["kind"] for one in cases if one["kind"] in ("staff_override", "checklist_failed"))
    assert kinds == ["checklist_failed", "staff_override", "staff_override"]
    assert await stage.hub.all_of("/api/v1/quarantine") == []


async def facts(stage: Stage, lane: str) -> list[dict[str, Any]]:
    page = await stage.hub.get(f"/api/v1/facts?station_id={STATION_ID}&lane={lane}&limit=200")
    return sorted((json.loads(one["record"]) for one in page["items"]), key=lambda one: int(one["hlc"]))
