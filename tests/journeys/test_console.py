"""An admin at the console, in a real browser against real processes: by keyboard alone, an order and a new price."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from firmware_sim.demo.clients import ADMIN, PASSWORD
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import open_stage
from firmware_sim.plan import STATION_ID
from hub.app import SECTIONS
from tests.journeys.browser import chromium

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(240)]

ROOT: Final = Path(__file__).parents[2]
AXE: Final = ROOT / "node_modules/axe-core/axe.min.js"
TARIFF: Final = "01900000-0000-7000-8000-000000000201"
WITHIN: Final = (
    "alarms/rules", "fleet/types", "balance/tasks", "payments/bills", "payments/attempts", "payments/invoices",
    "payments/deposits", "payments/payouts", "people/staff", "access/cards", "access/blocks", "system/work",
    "system/facts", "checklists/asked",
    "checklists/new?from=opening", f"stations/{STATION_ID}/demand",
)  # fmt: skip
"""Pages beside the first ones of their sections."""
_RUN_AXE: Final = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]);
}"""


async def no_serious_fault(page: Page) -> None:
    """What axe finds serious or critical on the page as it is now."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = await page.evaluate(_RUN_AXE)
    assert found == [], json.dumps(found, indent=1)


async def sign_in(page: Page, url: str) -> None:
    """By keyboard: the field has the focus when the page is there."""
    await page.goto(url)
    await expect(page.locator("input[type=email]")).to_be_focused()
    await no_serious_fault(page)
    await page.keyboard.type(ADMIN)
    await page.keyboard.press("Tab")
    await page.keyboard.type("not the password")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("sign-in-problem")).to_be_visible()
    await page.keyboard.type(PASSWORD)  # the wrong one is selected, so it is typed over
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("needs-ready")).to_be_visible(timeout=15_000)


async def go(page: Page, words: str) -> None:
    """By Ctrl-K, as somebody goes who knows what it is called."""
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type(words)
    await expect(page.get_by_role("option").first).to_contain_text(words)
    await page.keyboard.press("Enter")


async def press(page: Page, handle: str) -> None:
    """Press a button by the keyboard."""
    await page.locator(handle).first.focus()
    await page.keyboard.press("Enter")


async def test_an_admin_opens_a_dock_and_changes_a_price_by_keyboard_alone(tmp_path: Path) -> None:
    said: list[str] = []
    async with (
        open_stage(tmp_path, free_ports(), speed=60.0, poll_s=1.0, say=said.append) as stage,
        chromium() as browser,
    ):
        context = await browser.new_context(
            viewport={"width": 1440, "height": 1000}, locale="en-GB", reduced_motion="reduce"
        )
        asked: list[str] = []
        wrong: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await sign_in(page, stage.hub_url)
        await no_serious_fault(page)

        await go(page, "Riverside")
        dock = page.get_by_test_id("dock-3")
        await expect(dock).to_have_attribute("data-state", "free", timeout=20_000)
        await no_serious_fault(page)
        await press(page, "[data-testid=dock-3] .dock-acts .button")
        await page.locator("input[name=reason]").focus()
        await page.keyboard.type("looking at the latch")
        await page.keyboard.press("Enter")
        fate = dock.get_by_test_id("fate")
        await expect(fate).to_have_attribute("data-state", "done", timeout=20_000)
        await expect(page.get_by_test_id("orders")).to_contain_text("looking at the latch")

        await go(page, "Tariffs")
        await page.get_by_role("link", name="City ride").press("Enter")
        await expect(page.get_by_test_id("line-minutes")).to_be_visible()
        await no_serious_fault(page)
        price = page.locator("input[name=per_minute_minor]")
        await price.focus()
        await page.keyboard.press("Control+a")
        await page.keyboard.type("0.29")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("versions")).to_contain_text("€0.29", timeout=10_000)
        await expect(page.get_by_test_id("quote")).to_contain_text("€0.29", timeout=10_000)

        for section in (*SECTIONS, *WITHIN):
            await page.goto(f"{stage.hub_url}/{section}")
            await expect(page.locator("main h1")).to_be_visible()
            await page.wait_for_load_state("networkidle")
            await no_serious_fault(page)
        await page.goto(f"{stage.hub_url}/organisations")
        await press(page, ".head-acts .button")
        await expect(page.get_by_test_id("new-organisation")).to_be_visible()
        await no_serious_fault(page)

        await stage.hub.sign_in()
        tariff = await stage.hub.get(f"/api/v1/tariffs/{TARIFF}")
        assert [one["prices"]["per_minute_minor"] for one in tariff["versions"]] == [29, 19]
        orders = await stage.hub.all_of("/api/v1/orders")
        assert [(one["station_id"], one["outcome"]) for one in orders] == [(str(STATION_ID), "done")]
        assert all(url.startswith((stage.hub_url, "data:", "blob:")) for url in asked), asked
        assert wrong == []
