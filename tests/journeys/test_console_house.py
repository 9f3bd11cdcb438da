"""An admin keeps house at the console, in a real browser: a second factor, somebody's roles, a vehicle, the alarms."""

from pathlib import Path
from typing import Final

import pyotp
import pytest
from playwright.async_api import Page, expect

from firmware_sim.demo.clients import ADMIN, PASSWORD
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.plan import STATION_ID
from tests.journeys.browser import chromium
from tests.journeys.test_console import no_serious_fault, press, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

GOOD_VIN: Final = "1M8GDM9AXKP042788"
WRONG_VIN: Final = "1M8GDM9A0KP042788"  # its ninth place should be X


async def test_an_admin_guards_his_account_gives_a_role_at_a_station_and_enters_a_vehicle(tmp_path: Path) -> None:
    async with (
        open_stage(tmp_path, free_ports(), speed=60.0, poll_s=1.0, say=lambda _text: None) as stage,
        chromium() as browser,
    ):
        await stage.hub.sign_in()
        context = await browser.new_context(
            viewport={"width": 1440, "height": 1000}, locale="en-GB", reduced_motion="reduce"
        )
        wrong: list[str] = []
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await sign_in(page, stage.hub_url)
        await expect(page.locator(".live")).to_be_visible(timeout=15_000)
        await _second_factor(page, stage)
        await _role_at_a_station(page, stage)
        await _vehicle(page, stage)
        await _alarms_and_audit(page, stage)
        assert wrong == []


async def _second_factor(page: Page, stage: Stage) -> None:
    """Set up, asked for at the next sign-in, answered by a recovery code, turned off again."""
    await page.goto(f"{stage.hub_url}/me")
    await press(page, "[data-testid=second-factor-card] .button")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".qr")).to_be_visible()
    await no_serious_fault(page)
    secret = await page.get_by_test_id("once").inner_text()
    await page.locator("input[name=code]").focus()
    await page.keyboard.type(pyotp.TOTP(secret.strip()).now())
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("recovery-codes")).to_be_visible()
    await no_serious_fault(page)
    codes = (await page.get_by_test_id("once").inner_text()).split()
    await page.locator("dialog input[type=checkbox]").check()
    await press(page, "dialog .button.primary")
    await no_serious_fault(page)

    await press(page, "[data-testid=me]")
    await press(page, "[data-testid=sign-out]")
    await page.locator("input[type=email]").focus()
    await page.keyboard.type(ADMIN)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("input[name=code]")).to_be_focused()
    await no_serious_fault(page)
    await press(page, "[data-testid=second-factor] .link")
    await expect(page.locator("input[name=code]")).to_be_focused()
    await page.keyboard.type(codes[0])
    await page.keyboard.press("Enter")

    card = page.get_by_test_id("second-factor-card")
    await expect(card).to_contain_text("9 recovery codes", timeout=15_000)
    await press(page, "[data-testid=second-factor-card] .button.danger")
    await page.locator("dialog input[type=password]").fill(PASSWORD)
    await page.locator("dialog input[name=code]").fill(codes[1])
    await page.keyboard.press("Enter")
    await expect(card).to_contain_text("Set up a second factor", timeout=10_000)


async def _role_at_a_station(page: Page, stage: Stage) -> None:
    """An account made by staff; a technician at one station only."""
    await page.goto(f"{stage.hub_url}/people")
    await press(page, ".head-acts .button")
    await no_serious_fault(page)
    await page.locator("dialog input[name=display_name]").fill("Minh")
    await page.locator("dialog input[name=email]").fill("minh@voltdock.example")
    await page.locator("dialog input[name=password]").fill("short")
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog .field.wrong")).to_contain_text("At least 10 characters.")
    await page.locator("dialog input[name=password]").fill("four words in a row")
    await page.locator("dialog input[name=renter]").check()
    await page.keyboard.press("Enter")
    await expect(page.locator("main h1")).to_have_text("Minh", timeout=10_000)
    await no_serious_fault(page)

    await press(page, "[data-testid=roles] .button")
    form = page.get_by_test_id("roles-form")
    await form.get_by_label("Role", exact=True).select_option("technician")
    await form.get_by_label("Station", exact=True).select_option(str(STATION_ID))
    await press(page, "[data-testid=roles-form] .add-row .button")
    await form.locator("input[name=reason]").fill("mends the docks there")
    await no_serious_fault(page)
    await page.keyboard.press("Enter")
    await expect(form).to_have_count(0, timeout=10_000)
    await expect(page.get_by_test_id("roles")).to_contain_text("technician")
    accounts = await stage.hub.all_of("/api/v1/accounts")
    roles = next(one["roles"] for one in accounts if one["email"] == "minh@voltdock.example")
    assert roles == ["renter", f"technician@{STATION_ID}"]


async def _vehicle(page: Page, stage: Stage) -> None:
    """A type that wants a check digit; the hub's word on the VIN stands at the field, and what was typed stays."""
    made = await stage.hub.post(
        "/api/v1/vehicle-types",
        {
            "kind": "scooter", "form_factor": "scooter_standing", "make": "Kite", "model": "Kite 3", "battery_wh": 540,
            "wh_per_km": 11, "charge_w": 160, "vin_check_digit": True,
        },
    )  # fmt: skip
    for path in ("fleet/types", f"fleet/types/{made['id']}"):
        await page.goto(f"{stage.hub_url}/{path}")
        await page.wait_for_load_state("networkidle")
        await no_serious_fault(page)
    await page.goto(f"{stage.hub_url}/fleet")
    await press(page, ".head-acts .button")
    form = page.get_by_test_id("vehicle-form")
    await form.locator("input[name=label]").fill("K-301")
    await form.get_by_label("Type", exact=True).select_option(made["id"])
    await form.locator("input[name=vin]").fill(WRONG_VIN)
    await page.keyboard.press("Enter")
    await expect(form.locator(".field.wrong")).to_contain_text("the ninth place should be X")
    await expect(form.locator("input[name=vin]")).to_have_value(WRONG_VIN)
    await no_serious_fault(page)
    await form.locator("input[name=vin]").fill(GOOD_VIN)
    await page.keyboard.press("Enter")
    await expect(page.locator("main h1")).to_have_text("K-301", timeout=10_000)
    await expect(page.get_by_test_id("vehicle-facts")).to_contain_text(GOOD_VIN)

    await press(page, "[data-testid=papers] .card-head .button")
    await page.locator("dialog input[name=number]").fill("59-X1")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("papers")).to_contain_text("59-X1", timeout=10_000)
    await expect(page.get_by_test_id("history")).to_contain_text("Paper entered")
    await no_serious_fault(page)


async def _alarms_and_audit(page: Page, stage: Stage) -> None:
    """A forced dock is an alarm: muted with a reason. The log of all this proves itself."""
    await page.goto(f"{stage.hub_url}/alarms/rules")
    rule = page.get_by_test_id("alarm-rules").locator("li", has_text="Dock has a fault")
    await rule.get_by_role("button").press("Enter")
    await no_serious_fault(page)
    await page.locator("dialog input[name=after_s]").fill("0")
    await page.keyboard.press("Enter")
    await expect(rule).to_contain_text("All stations: after 0", timeout=10_000)
    await no_serious_fault(page)
    stage.world.yard.fault(2, "tamper")
    await page.goto(f"{stage.hub_url}/alarms")
    row = page.get_by_test_id("alarms").locator("li").first
    await expect(row).to_contain_text("Dock 2: was opened by force", timeout=60_000)
    await no_serious_fault(page)
    await press(page, "[data-testid=alarms] li .button:nth-of-type(2)")
    await page.locator("dialog input[name=reason]").fill("the mechanic is there")
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text("muted until", timeout=10_000)
    await row.locator("a").first.press("Enter")
    await expect(page.locator("main")).to_contain_text("the mechanic is there")
    await no_serious_fault(page)

    await page.goto(f"{stage.hub_url}/audit")
    await press(page, ".head-acts .button")
    await press(page, "[data-testid=verify] .button.primary")
    await expect(page.get_by_test_id("verdict")).to_contain_text("as it was written", timeout=15_000)
    await no_serious_fault(page)
