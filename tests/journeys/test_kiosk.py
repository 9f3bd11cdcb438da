"""A person at the kiosk, in a real browser against real processes: one rental with the hub, one with it stopped."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from firmware_sim.demo.clients import RENTER
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.plan import RENTER_CARD, RESERVATION, STATION_ID
from firmware_sim.waiting import NotYetError, until
from protocols.values import UTC, rfc3339
from tests.journeys.browser import chromium, kiosk_context

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(180)]


async def voucher(stage: Stage) -> str:
    """A voucher for the demo's renter, as a partner would buy it."""
    accounts = await stage.hub.all_of("/api/v1/accounts")
    renter = next(one["id"] for one in accounts if one["email"] == RENTER)
    expires = dt.datetime.now(UTC) + dt.timedelta(hours=1)
    wish = {"account_id": renter, "stations": [str(STATION_ID)], "expires": rfc3339(expires)}
    return str((await stage.hub.post("/api/v1/vouchers", wish))["text"])


async def the_station_knows_the_key(stage: Stage, token: str) -> None:
    async def probe() -> bool:
        body = {"who": {"kind": "voucher", "token": token}}
        async with stage.kiosk._http.post(f"{stage.kiosk_url}/api/quotes", json=body) as response:
            return response.status == 201

    await until("the voucher's key", probe, timeout_s=20)


async def check_out(page: Page, stage: Stage, *, dock_no: int, token: str) -> None:
    await page.get_by_test_id("rent").tap()
    await page.get_by_test_id(f"dock-{dock_no}").tap()
    await page.keyboard.type(token)
    await page.keyboard.press("Enter")
    await agree_and_pull(page, stage, dock_no=dock_no)


async def check_in(page: Page, stage: Stage, *, dock_no: int, label: str) -> None:
    """The kiosk notices by itself and shows the bill."""
    await page.get_by_test_id("done").tap()
    await expect(page.get_by_test_id("screen-start")).to_be_visible()
    stage.world.yard.push(dock_no, label)
    await expect(page.get_by_test_id("receipt-total")).to_contain_text("1.00", timeout=15_000)
    await page.get_by_test_id("done").tap()
    await expect(page.get_by_test_id("screen-start")).to_be_visible()


async def test_a_booking_code_and_a_card_open_the_right_docks(tmp_path: Path) -> None:
    """The two other ways to say who one is: typed on the screen's own keys, and a card held to a dock's reader."""
    said: list[str] = []
    async with (
        open_stage(tmp_path, free_ports(), speed=60.0, poll_s=1.0, say=said.append) as stage,
        chromium() as browser,
    ):
        page = await (await kiosk_context(browser, width=800, height=480)).new_page()
        await page.goto(stage.kiosk_url)
        await page.get_by_test_id("rent").tap()
        await page.get_by_test_id("booked").tap()
        await page.get_by_test_id("by-reservation").tap()
        code, pin = RESERVATION
        for letter in code:
            await page.get_by_test_id(f"key-{letter}").tap()
        await page.get_by_test_id("code-next").tap()
        await type_pin(page, "0000")
        await expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "reservation_unknown")
        await page.get_by_test_id("next").tap()
        for letter in code:
            await page.get_by_test_id(f"key-{letter}").tap()
        await page.get_by_test_id("code-next").tap()
        await type_pin(page, pin)
        await agree_and_pull(page, stage, dock_no=2)
        await page.get_by_test_id("done").tap()
        stage.world.yard.push(2, "V-131")
        await expect(page.get_by_test_id("receipt-total")).to_be_visible(timeout=15_000)
        await page.get_by_test_id("done").tap()

        # A card takes over by itself: nothing is pressed before the price.
        stage.world.yard.card(4, RENTER_CARD)
        await agree_and_pull(page, stage, dock_no=4)


async def type_pin(page: Page, pin: str) -> None:
    for digit in pin:
        await page.get_by_test_id(f"pin-{digit}").tap()
    await page.get_by_test_id("identify-reservation").tap()


async def agree_and_pull(page: Page, stage: Stage, *, dock_no: int) -> None:
    await expect(page.get_by_test_id("screen-price")).to_be_visible(timeout=15_000)
    await page.get_by_test_id("agree").tap()
    await expect(page.get_by_test_id("open-now")).to_be_visible(timeout=15_000)
    stage.world.yard.pull(dock_no)
    await expect(page.get_by_test_id("ride-on")).to_be_visible(timeout=15_000)


async def rentals(stage: Stage) -> list[dict[str, Any]]:
    return [one for one in await stage.hub.all_of("/api/v1/rentals") if one["state"] == "ended"]


async def test_a_person_rents_and_returns_with_the_hub_and_again_without_it(tmp_path: Path) -> None:
    said: list[str] = []
    async with (
        open_stage(tmp_path, free_ports(), speed=60.0, poll_s=1.0, say=said.append) as stage,
        chromium() as browser,
    ):
        await stage.hub.sign_in()
        tokens = [await voucher(stage), await voucher(stage)]
        await the_station_knows_the_key(stage, tokens[0])
        context = await kiosk_context(browser)
        foreign: list[str] = []
        context.on("request", lambda request: foreign.append(request.url))
        page = await context.new_page()
        await page.goto(stage.kiosk_url)
        await expect(page.get_by_test_id("screen-start")).to_be_visible()

        await check_out(page, stage, dock_no=4, token=tokens[0])
        await check_in(page, stage, dock_no=3, label="V-118")

        await stage.stop_hub()
        await expect(page.get_by_test_id("offline-strip")).to_be_visible(timeout=30_000)
        await check_out(page, stage, dock_no=1, token=tokens[1])
        await check_in(page, stage, dock_no=4, label="V-104")

        await stage.start_hub()
        await expect(page.get_by_test_id("offline-strip")).to_be_hidden(timeout=30_000)
        await stage.hub.sign_in()
        await two_rentals_once_each(stage)
        assert all(url.startswith((stage.kiosk_url, "data:", "blob:")) for url in foreign), foreign


async def two_rentals_once_each(stage: Stage) -> None:
    async def probe() -> bool:
        found = await rentals(stage)
        if len(found) < 2:
            raise NotYetError(f"the hub holds {len(found)} ended rentals")
        return True

    await until("both rentals at the hub", probe, timeout_s=30)
    found = await rentals(stage)
    assert [one["offline"] for one in sorted(found, key=lambda one: one["started_at"])] == [False, True]
    assert [one["total"]["minor"] for one in found] == [100, 100]
