"""A ride's money at the console, in a real browser: its invoice, a payout, and what the renter finds of it."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from firmware_sim.demo.booking import add_card
from firmware_sim.demo.clients import ADMIN, PASSWORD, RENTER
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.plan import STATION_ID
from firmware_sim.waiting import NotYetError, until
from protocols.values import UTC, rfc3339
from tests.journeys.browser import chromium
from tests.journeys.test_console import no_serious_fault, press

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(240)]

SOON_S = 30.0


async def a_paid_ride(stage: Stage) -> str:
    """The demo's renter takes a vehicle out of dock 4, brings it back to dock 3, and it is paid."""
    await add_card(stage.hub)
    await stage.hub.sign_in()
    renter = next(one["id"] for one in await stage.hub.all_of("/api/v1/accounts") if one["email"] == RENTER)
    expires = rfc3339(dt.datetime.now(UTC) + dt.timedelta(hours=1))
    wish = {"account_id": renter, "stations": [str(STATION_ID)], "expires": expires}
    voucher = (await stage.hub.post("/api/v1/vouchers", wish))["text"]
    quote = await stage.kiosk.quote(voucher, 4)
    rental = await stage.kiosk.agree(quote["quote_id"])
    yard = stage.world.yard

    async def open_() -> bool:
        return yard.can_pull(yard.docks[4])

    await until("the lock", open_, timeout_s=SOON_S)
    label = yard.pull(4).plan.label

    async def rides() -> bool:
        return bool((await stage.kiosk.rental(rental["rental_id"]))["state"] == "active")

    await until("the ride", rides, timeout_s=SOON_S)
    yard.push(3, label)

    async def paid() -> bool:
        bills = await stage.hub.all_of("/api/v1/bills")
        if [one["state"] for one in bills if one["id"] == rental["rental_id"]] != ["paid"]:
            raise NotYetError(f"the bills are {bills}")
        return True

    await until("the bill", paid, timeout_s=SOON_S)
    return str(rental["rental_id"])


async def come_in(page: Page, url: str, email: str) -> None:
    await page.goto(url)
    await page.locator("input[type=email]").fill(email)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("main#page h1")).to_be_visible(timeout=15_000)


async def paper_of(page: Page, name: str) -> bytes:
    """The file that a button of this name saves."""
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=name, exact=True).press("Enter")
    path = await (await waiting.value).path()
    return await asyncio.to_thread(Path(path).read_bytes)


async def _at_the_desk(page: Page, url: str, rental_id: str) -> None:
    """Finance writes the ride's invoice, reads it, and asks for a payout."""
    await page.goto(f"{url}/rentals/{rental_id}")
    await expect(page.get_by_test_id("line-unlock")).to_be_visible()
    assert (await paper_of(page, "Invoice (PDF)")).startswith(b"%PDF-")
    await page.get_by_test_id("bill-papers").get_by_role("link").press("Enter")
    await expect(page.get_by_test_id("paper-paid")).to_contain_text("€1.00")
    await expect(page.get_by_test_id("paper-lines")).to_contain_text("Unlock")
    await no_serious_fault(page)
    for place in ("invoices", "deposits", "payouts"):
        await page.goto(f"{url}/payments/{place}")
        await expect(page.locator("main h1")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await no_serious_fault(page)
    await press(page, ".head-acts .button")
    form = page.get_by_test_id("new-payout")
    await expect(form).to_contain_text("€1.00 stands there by the ledger.")
    await no_serious_fault(page)
    await form.locator("input[name=amount]").fill("0.60")
    await form.locator("input[name=why]").fill("month's end")
    await page.keyboard.press("Enter")
    await expect(form).to_have_count(0, timeout=10_000)
    await expect(page.locator("main table")).to_contain_text("month's end", timeout=10_000)


async def _corrected(page: Page, url: str, rental_id: str) -> None:
    """Finance credits a part of the ride; it goes back, and a credit note names the invoice."""
    await page.goto(f"{url}/rentals/{rental_id}")
    corrections = page.get_by_test_id("corrections")
    await press(page, "[data-testid=corrections] .actions .button")
    form = page.get_by_test_id("correct-bill")
    await form.locator("input[name=amount]").fill("0.40")
    await expect(page.get_by_test_id("effect")).to_contain_text("Goes back€0.40")
    await no_serious_fault(page)
    await form.locator("input[name=reason]").fill("The scooter was slow.")
    await form.locator("input[name=note]").fill("ticket 4711")
    await page.keyboard.press("Enter")
    await expect(form).to_have_count(0, timeout=10_000)
    await expect(corrections).to_contain_text("-€0.40 Credit: goodwill")
    await expect(corrections).to_contain_text("Paid€0.60", timeout=20_000)
    await expect(page.get_by_test_id("bill-papers")).to_contain_text("Credit note", timeout=10_000)
    await no_serious_fault(page)
    await page.goto(f"{url}/payments/bills/{rental_id}")
    await expect(corrections).to_contain_text("ticket 4711")
    await no_serious_fault(page)


async def _at_home(page: Page) -> None:
    """The renter finds the ride with its bill, what it was corrected by, and the invoice as a file."""
    await expect(page.locator("main#page h1")).to_have_text("My rides and bills")
    ride = page.get_by_test_id("my-ride")
    await expect(ride).to_have_count(1)
    await expect(ride).to_contain_text("€1.00")
    await ride.locator("summary").press("Enter")
    await expect(ride.get_by_test_id("line-unlock")).to_be_visible()
    await expect(ride.get_by_test_id("my-correction")).to_contain_text("The scooter was slow.")
    await expect(ride).not_to_contain_text("ticket 4711")
    await no_serious_fault(page)
    assert (await paper_of(page, "Invoice (PDF)")).startswith(b"%PDF-")
    await expect(page.locator(".failure")).to_have_count(0)


async def test_a_ride_is_invoiced_and_its_renter_finds_it(tmp_path: Path) -> None:
    wrong: list[str] = []
    asked: list[Any] = []
    async with (
        open_stage(tmp_path, free_ports(), speed=60.0, poll_s=1.0, say=lambda _text: None) as stage,
        chromium() as browser,
    ):
        rental_id = await a_paid_ride(stage)
        for email in (ADMIN, RENTER):
            context = await browser.new_context(
                viewport={"width": 1440, "height": 1000}, locale="en-GB", reduced_motion="reduce"
            )
            page = await context.new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("response", lambda answer: asked.append((answer.status, answer.url)))
            await come_in(page, stage.hub_url, email)
            if email == ADMIN:
                await _at_the_desk(page, stage.hub_url, rental_id)
                await _corrected(page, stage.hub_url, rental_id)
            else:
                asked.clear()
                await _at_home(page)
            await context.close()
        assert [one for one in asked if one[0] >= 400] == [], "a renter is asked nothing of what is not his"
        assert wrong == []
