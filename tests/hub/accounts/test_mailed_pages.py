"""The pages that mails lead to, in a real browser."""

import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import Page, expect

from hub.accounts.front_desk import FrontDesk
from hub.accounts.service import Accounts
from hub.kernel.mailing import MAIL, Mailing
from hub.kernel.web import Kernel
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.accounts.letterbox import Letterbox, carry_out
from tests.hub.accounts.person import ADA, Person
from tests.hub.conftest import Serve
from tests.journeys.browser import chromium

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


async def _pressed(page: Page, address: str, **fields: str) -> str:
    """Open a page, fill in exactly what it asks for, press its button; what it says then."""
    await page.goto("about:blank")
    await page.goto(address)
    inputs = [await one.get_attribute("id") for one in await page.locator("input:visible").all()]
    assert sorted(filter(None, inputs)) == sorted(fields)
    for name, value in fields.items():
        await page.locator(f"#{name}").fill(value)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("status")).to_have_text(re.compile("."))
    return await page.get_by_role("status").inner_text()


async def test_a_person_opens_an_account_and_chooses_a_new_password_by_the_links_of_mails(
    hub_kernel: Kernel, desk: FrontDesk, box: Letterbox, serve: Serve
) -> None:
    client: TestClient[Any, Any] = await serve(hub_kernel, desk.routes())
    handlers = {**desk.handlers(), MAIL: Mailing(box).deliver}
    new = {"email": ADA, "display_name": "Ada", "password": PASSWORD, "locale": "de"}
    assert (await Person(client).call("POST", "/auth/register", new))[0] == 202
    await carry_out(hub_kernel.database, handlers)
    async with chromium() as browser:
        page = await (await browser.new_context(locale="de-DE")).new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        confirm = f"{client.make_url('/account/confirm')}#{box.got[0].secret}"
        assert await _pressed(page, confirm) == "Danke. Sie können sich jetzt anmelden."
        assert await Person(client).sign_in() == 200
        reset = str(client.make_url("/account/reset"))
        assert "ist eine Mail unterwegs" in await _pressed(page, reset, email=ADA)
        await carry_out(hub_kernel.database, handlers)
        link = f"{reset}#{box.got[-1].secret}"
        assert "geändert" in await _pressed(page, link, password="a wholly new word")
        assert await Person(client).sign_in(password="a wholly new word") == 200
        assert faults == []
        assert "schon benutzt" in await _pressed(page, link, password="a wholly new word")


async def test_the_pages_speak_english_where_they_do_not_know_the_language(
    hub_kernel: Kernel, desk: FrontDesk, serve: Serve, accounts: Accounts
) -> None:
    await accounts.create(a_new(ADA))
    client: TestClient[Any, Any] = await serve(hub_kernel, desk.routes())
    async with chromium() as browser:
        page = await (await browser.new_context(locale="fr-FR")).new_page()
        said = await _pressed(page, f"{client.make_url('/account/confirm')}#nonsense")
        assert said == "This link has been used or is too old. Please ask for a new one."
