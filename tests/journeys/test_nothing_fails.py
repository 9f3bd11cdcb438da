"""No page asks for what is not there: every page of console, station and staff, with an ear at the browser's log."""

import asyncio
import collections
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect

from firmware_sim.demo.clients import ADMIN, PASSWORD, RENTER
from firmware_sim.demo.ports import free_ports
from firmware_sim.demo.stage import open_stage
from hub.app import SECTIONS
from tests.journeys.browser import chromium
from tests.journeys.test_console import WITHIN
from tests.journeys.test_staff import PIN, ride

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

TECHNICIAN: Final = "technician@voltdock.example"
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_LINKS: Final = "() => [...document.querySelectorAll('a[href]')].map((one) => one.href)"


class Ear:
    """What went wrong on any page of a browser, with the page on which it did."""

    def __init__(self, context: BrowserContext) -> None:
        self.heard: list[str] = []
        self._asked: set[Request] = set()
        context.on("request", self._sent)
        context.on("requestfinished", self._done)
        context.on("response", self._answer)
        context.on("requestfailed", self._failed)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.heard.append(f"thrown: {error.error}"))

    def _answer(self, answer: Response) -> None:
        if answer.status >= 400:
            self.heard.append(f"{answer.status}: {answer.request.method} {answer.url} on {_page_of(answer.request)}")

    def _sent(self, request: Request) -> None:
        self._asked.add(request)

    def _done(self, request: Request) -> None:
        self._asked.discard(request)

    async def quiet(self) -> None:
        """Wait until nothing is asked any more; streams are listened to as long as their page is there."""
        calm = 0
        while calm < 4:
            await asyncio.sleep(0.06)
            waiting = [one for one in self._asked if not one.url.endswith("/stream")]
            calm = 0 if waiting else calm + 1

    def _failed(self, request: Request) -> None:
        self._asked.discard(request)
        if request.failure != "net::ERR_ABORTED":  # a page that is left stops listening to its streams
            self.heard.append(f"{request.failure}: {request.url} on {_page_of(request)}")

    def _said(self, message: ConsoleMessage) -> None:
        is_ours = "GL Driver Message" not in message.text  # the map without a graphics card
        if message.type in ("error", "warning") and is_ours:
            self.heard.append(f"{message.type}: {message.text} {message.location.get('url', '')}")


def _page_of(request: Request) -> str:
    return "" if request.is_navigation_request() else urlsplit(request.frame.url).path


async def test_no_request_fails_on_any_page_of_the_console(tmp_path: Path) -> None:
    async with (
        open_stage(tmp_path, free_ports(), speed=60.0, poll_s=1.0, say=lambda _text: None) as stage,
        chromium() as browser,
    ):
        await stage.hub.sign_in()
        await ride(stage, 4)
        for email in (ADMIN, TECHNICIAN, RENTER):
            context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
            ear = Ear(context)
            page = await context.new_page()
            await _sign_in(page, stage.hub_url, email)
            more = (*SECTIONS, *WITHIN) if email == ADMIN else ()  # also what no link leads to on the first day
            seen = await _walk(page, ear, stage.hub_url, more)
            assert (email, ear.heard) == (email, [])
            assert len(seen) > (40 if email == ADMIN else 3), seen
            if email == ADMIN:
                await _back_from_half_a_checklist(page, stage.hub_url)
            await context.close()


async def test_no_request_fails_at_the_station(tmp_path: Path) -> None:
    async with (
        open_stage(tmp_path, free_ports(), speed=60.0, poll_s=1.0, say=lambda _text: None) as stage,
        chromium() as browser,
    ):
        context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
        ear = Ear(context)
        page = await context.new_page()
        await page.goto(stage.kiosk_url)
        await expect(page.get_by_test_id("screen-start")).to_be_visible()
        await ear.quiet()
        await page.goto(f"{stage.kiosk_url}/staff")
        await page.get_by_test_id("pin").fill(PIN)
        await page.keyboard.press("Enter")
        await page.get_by_test_id("nav-lists").wait_for()
        for tab in await page.locator("[data-testid^=nav-]").all():
            await tab.click()
            await ear.quiet()
        for url in (f"{stage.kiosk_url}/favicon.ico", f"{stage.hub_url}/favicon.ico", f"{stage.hub_url}/docs"):
            await page.goto(url)
        assert ear.heard == []


async def _sign_in(page: Page, url: str, email: str) -> None:
    await page.goto(url)
    await page.locator("input[type=email]").fill(email)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("me")).to_be_visible(timeout=15_000)


async def _walk(page: Page, ear: Ear, url: str, more: Sequence[str]) -> set[str]:
    """From page to page by whatever link leads on; one of each kind, as `/fleet/<this vehicle>`."""
    wanted = collections.deque([page.url, *(f"{url}/{one}" for one in more)])
    kinds = set[str]()
    seen: set[str] = set()
    while wanted:
        one = wanted.popleft()
        kind = _ID.sub(":id", one)
        if one in seen or kind in kinds or not one.startswith(url + "/") or "/api/" in one:
            continue
        seen.add(one)
        kinds.add(kind)
        await page.goto(one)
        if not one.endswith("/docs"):
            await expect(page.locator("main h1").first).to_be_visible()
        await ear.quiet()
        wanted += [urldefrag(link).url for link in await page.evaluate(_LINKS)]
    return seen


async def _back_from_half_a_checklist(page: Page, url: str) -> None:
    """The browser's Back is asked about; whoever stays has all that was typed, and whoever leaves is back."""
    await page.goto(f"{url}/checklists/asked")
    await page.locator("a[href='/checklists/new']").first.click()
    await expect(page.get_by_test_id("checklist-form")).to_be_visible()
    title = page.get_by_test_id("checklist-form").locator("input").first
    await title.fill("Half a list")
    await page.evaluate("() => history.back()")
    await expect(page.get_by_test_id("unsaved")).to_be_visible()
    await page.locator("[data-testid=unsaved] .button.primary").click()
    await expect(title).to_have_value("Half a list")
    assert page.url == f"{url}/checklists/new"
    await page.evaluate("() => history.back()")
    await page.locator("[data-testid=unsaved] .button.danger").click()
    await expect(page.get_by_test_id("checklist-form")).to_have_count(0)
    await expect(page).to_have_url(f"{url}/checklists/asked")
