"""How people come in at the console's door, in a real browser: a hub, and an OpenID provider of another host's name."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from firmware_sim.demo.children import Child
from firmware_sim.demo.clients import ADMIN, Hub
from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.waiting import until
from tests.hub.accounts.elsewhere import elsewhere
from tests.journeys.browser import chromium
from tests.journeys.test_console import no_serious_fault

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(120)]

SECRET: Final = "a secret: with / signs"  # of provider.mjs, which lives as long as the test


@contextlib.asynccontextmanager
async def hub_with_provider(folder: Path) -> AsyncIterator[tuple[str, Child]]:
    """A hub with the demo's people that takes log-ins of a provider; its address, which is another site than that's."""
    port = free_ports().hub
    url = f"http://localhost:{port}"  # the provider is at 127.0.0.1: cookies have to cross sites, as they do outside
    async with (
        elsewhere("provider.mjs", f"{url}/api/v1/auth/oidc/city/callback") as provider,
        aiohttp.ClientSession() as http,
    ):
        city = {"issuer": provider.issuer, "client_id": "voltdock", "client_secret": SECRET, "title": "City account"}
        environment = {
            "VOLTDOCK_HUB_DATA_DIR": str(folder / "hub"),
            "VOLTDOCK_HUB_HOST": HOST,
            "VOLTDOCK_HUB_PORT": str(port),
            "VOLTDOCK_HUB_PUBLIC_URL": url,
            "VOLTDOCK_HUB_OIDC": json.dumps({"city": city}),
        }
        process = Child("hub", ["hub", "run", "--demo"], log=folder / "hub.log", environment=environment)
        try:
            await process.start()
            await until("the hub", Hub(http, url).is_ready, timeout_s=60)
            yield url, process
        finally:
            await process.stop()


@contextlib.asynccontextmanager
async def somebody(browser: Browser) -> AsyncIterator[Page]:
    """Somebody's browser, who has been nowhere yet; what is not on this machine is not there."""
    context: BrowserContext = await browser.new_context(locale="en-GB", reduced_motion="reduce")
    await context.route(lambda url: not url.startswith(("http://127.0.0.1:", "http://localhost:")), _nowhere)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def _nowhere(route: object) -> None:
    await route.abort()  # type: ignore[attr-defined]


async def to_the_provider(page: Page, url: str) -> None:
    await page.goto(url)
    link = page.get_by_role("link", name="Sign in with City account")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("input[name=login]")).to_be_visible()


async def log_in_there(page: Page, name: str) -> None:
    """As the provider's own pages ask: a name and a password, then whether the hub may know it."""
    await page.locator("input[name=login]").fill(name)
    await page.locator("input[name=password]").fill("x")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Continue").press("Enter")


async def test_somebody_signs_in_with_a_provider_and_lands_where_he_wanted_to_go(tmp_path: Path) -> None:
    async with hub_with_provider(tmp_path) as (url, _), chromium() as browser, somebody(browser) as page:
        await to_the_provider(page, f"{url}/rentals?theme=dark")
        await log_in_there(page, ADMIN.partition("@")[0])
        await expect(page.locator("main h1")).to_have_text("Rentals", timeout=15_000)
        await expect(page).to_have_url(f"{url}/rentals?theme=dark")
        await page.get_by_test_id("me").press("Enter")
        await expect(page.locator("body")).to_contain_text(ADMIN)


async def test_whoever_is_refused_or_turns_back_reads_why_at_the_door(tmp_path: Path) -> None:
    async with hub_with_provider(tmp_path) as (url, _), chromium() as browser:
        async with somebody(browser) as page:
            await to_the_provider(page, url)
            await log_in_there(page, "unverified-eve")
            await expect(page.get_by_test_id("sign-in-problem")).to_contain_text("not confirmed", timeout=15_000)
            await no_serious_fault(page)
            await expect(page.locator("input[type=password]")).to_be_visible()
        async with somebody(browser) as page:
            await to_the_provider(page, url)
            await page.get_by_role("link", name="Cancel").press("Enter")
            await expect(page.get_by_test_id("sign-in-problem")).to_have_text("The other side did not let you in.")
