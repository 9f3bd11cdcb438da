"""How people come in at the console's door, in a real browser: a hub, and an OpenID provider of another host's name."""

import contextlib
import json
import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from firmware_sim.demo.children import Child
from firmware_sim.demo.clients import ADMIN, RENTER, Hub
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


async def _mailed_link(folder: Path, to: str) -> str:
    """The newest letter's link to somebody, out of the folder that stands for the mail server."""

    async def found() -> bool:
        return bool(_links(folder, to))

    await until(f"a mail to {to}", found, timeout_s=20)
    return _links(folder, to)[-1]


def _links(folder: Path, to: str) -> list[str]:
    letters = [
        message_from_bytes(one.read_bytes(), policy=default) for one in sorted((folder / "hub/mail").glob("*.eml"))
    ]
    bodies = [one.get_body(("plain",)) for one in letters if to in one["To"]]
    return [
        found for body in bodies if body for found in re.findall(r"http://\S+/account/confirm#\S+", body.get_content())
    ]


async def test_a_stranger_opens_an_account_at_the_door_and_finds_what_is_hers(tmp_path: Path) -> None:
    bo = "bo@voltdock.example"
    async with hub_with_provider(tmp_path) as (url, _), chromium() as browser, somebody(browser) as page:
        await page.goto(f"{url}/?lang=en")
        await page.get_by_role("button", name="No account yet? Open one").press("Enter")
        await expect(page.locator("input[name=display_name]")).to_be_focused()
        await no_serious_fault(page)
        await page.keyboard.type("Bo")
        await page.keyboard.press("Tab")
        await page.keyboard.type(bo)
        await page.keyboard.press("Tab")
        await page.keyboard.type("short")
        await page.keyboard.press("Enter")
        await expect(page.locator(".field.wrong")).to_contain_text("At least 10 characters.")
        await expect(page.locator("input[name=password]")).to_be_focused()
        await no_serious_fault(page)
        await page.locator("input[name=password]").fill("four words in a row")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("look-into-mail")).to_contain_text(bo)
        await no_serious_fault(page)

        await page.goto(await _mailed_link(tmp_path, bo))
        await page.get_by_role("button").press("Enter")
        await page.get_by_role("link", name="To the sign-in").press("Enter")
        await page.locator("input[type=email]").fill(bo)
        await page.locator("input[type=password]").fill("four words in a row")
        await page.keyboard.press("Enter")
        await expect(page.locator("main h1")).to_have_text("My rides and bills", timeout=15_000)
        await expect(page.get_by_test_id("my-rides")).to_contain_text("No rentals yet.")
        await expect(page.locator(".failure")).to_have_count(0)
        await no_serious_fault(page)


async def test_the_door_says_the_same_to_an_address_that_it_knows(tmp_path: Path) -> None:
    async with hub_with_provider(tmp_path) as (url, _), chromium() as browser, somebody(browser) as page:
        said = []
        for address in (RENTER, "nobody@voltdock.example"):
            await page.goto(f"{url}/?register&lang=en")
            await page.locator("input[name=display_name]").fill("Somebody")
            await page.locator("input[name=email]").fill(address)
            await page.locator("input[name=password]").fill("four words in a row")
            await page.keyboard.press("Enter")
            words = await page.get_by_test_id("look-into-mail").inner_text()
            said.append(words.replace(address, "…"))
        assert said[0] == said[1]
