"""The simulator's page in a real browser: what a person clicks is what the world does."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.firmware_sim.test_control import Door, eventually, opened

pytestmark = pytest.mark.browser


@pytest.fixture
async def shown() -> AsyncIterator[tuple[Page, Door]]:
    browser_path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    async with opened() as door, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = await browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(door.url)
        yield page, door
        await browser.close()
        assert errors == []


async def test_a_person_pulls_rides_and_pushes_back(shown: tuple[Page, Door]) -> None:
    page, door = shown
    await expect(page.get_by_role("button", name="Pull V-118 out")).to_be_disabled()
    door.world.yard.docks[4]._mechanics.drive_open(b"command1", 60.0)
    await page.get_by_role("button", name="Pull V-118 out").click()
    await expect(page.locator("#outside")).to_contain_text("V-118")
    await page.get_by_role("button", name="Ride 10 minutes").click()
    await expect(page.get_by_role("status")).to_contain_text("Rode 4.2 km.")
    await page.get_by_role("button", name="Push into dock 3").click()
    await expect(page.get_by_test_id("sim-dock-3")).to_contain_text("Locked in")
    assert door.world.yard.find("V-118").dock_no == 3


async def test_a_person_plugs_a_car_in_and_charges(shown: tuple[Page, Door]) -> None:
    page, door = shown
    charger = page.get_by_test_id("sim-CP-01")
    await charger.get_by_role("button", name="Plug the car in").click()
    await charger.get_by_role("button", name="Hold renter's card").click()
    await eventually(lambda: door.world.chargers["CP-01"].power_w > 10_000)
    await expect(charger).to_contain_text("kWh so far")
    await charger.get_by_role("button", name="Unplug").click()
    await expect(charger.get_by_role("button", name="Plug the car in")).to_be_visible()


async def test_a_fault_is_made_and_mended_with_the_menu_staying_open(shown: tuple[Page, Door]) -> None:
    page, door = shown
    dock = page.get_by_test_id("sim-dock-1")
    await dock.get_by_text("Card and faults").click()
    await dock.get_by_role("button", name="Goes silent").click()
    await expect(dock).to_contain_text("Fault: silence")
    assert door.world.yard.docks[1].faults.silent
    await dock.get_by_role("button", name="All well again").click()
    await expect(dock).not_to_contain_text("Fault")
