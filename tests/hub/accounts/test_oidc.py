"""Signing in elsewhere, against real providers in processes of their own; forged tokens; on both databases."""

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select
from yarl import URL

from hub.accounts.api import AccountsApi
from hub.accounts.desk import Entrance
from hub.accounts.front_desk import FrontDesk
from hub.accounts.letter_texts import TEXTS
from hub.accounts.oidc import LOST
from hub.accounts.oidc_provider import Provider
from hub.accounts.oidc_tables import Identity
from hub.accounts.organisation_tables import Organisation
from hub.accounts.passwords import Passwords
from hub.accounts.rights import rights_of
from hub.accounts.second_factor_tables import SecondFactor
from hub.accounts.service import Accounts
from hub.accounts.tables import Account
from hub.kernel.auth import AccessTokens, BearerAuth
from hub.kernel.belonging import HOUSE
from hub.kernel.bus import Bus
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.routes import routes_of
from hub.kernel.web import Kernel
from hub.kernel.wishes import PRIVATE, Wish
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.accounts.elsewhere import elsewhere
from tests.hub.accounts.letterbox import Letterbox
from tests.hub.conftest import START, Serve

REACH = "https://hub.example"
OIDC = "/api/v1/auth/oidc"
ADA = "ada@voltdock.example"
Client = TestClient[Any, Any]


class Browser:
    """Walks redirects between the hub and a provider, as a browser would."""

    def __init__(self, hub: Client) -> None:
        self.hub = hub
        self.web = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def start(self, query: str = "") -> str:
        """Where the hub sends it."""
        async with self.hub.get(f"{OIDC}/city/start{query}", allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            cookie = answer.headers["Set-Cookie"]
            assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", f"Path={OIDC}", "Secure"))
            self.keep(cookie)
            return answer.headers["Location"]

    def keep(self, cookie: str) -> None:
        # The test's hub is not behind TLS, so its jar would not send a Secure cookie.
        self.cookie = cookie.partition(";")[0]

    async def come_back(self, address: str, provider: str = "city") -> str:
        """With what the provider's last redirect said; where the hub sends it on."""
        assert address.startswith(f"{REACH}{OIDC}/city/callback?"), address
        path = f"{OIDC}/{provider}/callback?{urlsplit(address).query}"
        async with self.hub.get(path, allow_redirects=False, headers={"Cookie": self.cookie}) as answer:
            assert answer.status == 302, await answer.text()
            self.keep(answer.headers["Set-Cookie"])
            return answer.headers["Location"]

    async def session(self) -> tuple[int, Any]:
        async with self.hub.post(f"{OIDC}/session", headers={"Cookie": self.cookie}) as answer:
            if answer.status == 200:
                self.keep(answer.headers["Set-Cookie"])
            return answer.status, await answer.json()

    async def through_forger(self) -> tuple[int, Any]:
        """The whole way through a provider that asks nothing."""
        address = await self.start()
        async with self.web.get(address, allow_redirects=False) as answer:
            await self.come_back(answer.headers["Location"])
        return await self.session()

    async def through_provider(self, name: str, *, query: str = "") -> tuple[str, tuple[int, Any]]:
        """The whole way, typing a name and agreeing; where the hub sends it on, and the session."""
        address = await self.start(query)
        form: dict[str, str] | None = None
        for _ in range(20):
            method = "POST" if form else "GET"
            async with self.web.request(method, address, data=form, allow_redirects=False) as answer:
                form, text = None, await answer.text()
                if answer.status in {302, 303}:
                    target = answer.headers["Location"]
                    if target.startswith(REACH):
                        return await self.come_back(target), await self.session()
                    address = str(answer.url.join(URL(target)))
                    continue
            address = next(iter(re.findall(r'action="([^"]+)"', text)))
            prompt = re.findall(r'name="prompt" value="(\w+)"', text)[0]
            form = {"prompt": prompt} | ({"login": name, "password": "x"} if prompt == "login" else {})
        raise AssertionError("never came back")


@pytest.fixture
def real(database: Database) -> Kernel:
    """A kernel by the machine's clock: the providers go by it too."""
    clock = SystemClock()
    tokens = AccessTokens.throwaway(clock)
    return Kernel(
        database=database, clock=clock, bus=Bus(), nudges=LocalNudges(), authenticate=BearerAuth(tokens, rights_of)
    )


@pytest.fixture
def made(real: Kernel, passwords: Passwords) -> Accounts:
    return Accounts(database=real.database, clock=real.clock, passwords=passwords)


@contextlib.asynccontextmanager
async def at_hub(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve, issuer: str, **more: Any
) -> AsyncIterator[Browser]:
    provider = Provider(name="city", title="City", issuer=issuer, client_id="voltdock", **more)
    entrance = Entrance(mail=Letterbox(), people_reach=REACH, providers=(provider,))
    desk = FrontDesk(real, AccessTokens.throwaway(real.clock), passwords, entrance)
    client = await serve(real, [*routes_of(AccountsApi(made)), *desk.routes()])
    browser = Browser(client)
    try:
        yield browser
    finally:
        await browser.web.close()


async def _accounts(real: Kernel) -> list[Account]:
    async with real.database.reading() as session:
        return list((await session.scalars(select(Account).order_by(Account.email))).all())


async def test_a_person_signs_in_through_a_real_provider_and_is_the_same_account_again(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    ada = await made.create(a_new(ADA))
    async with (
        elsewhere("provider.mjs", f"{REACH}{OIDC}/city/callback") as provider,
        at_hub(real, passwords, made, serve, provider.issuer, client_secret="a secret: with / signs") as browser,
    ):
        async with browser.hub.get(OIDC) as answer:
            assert (await answer.json())["items"] == [{"name": "city", "title": "City", "start": f"{OIDC}/city/start"}]
        gone_to, (status, tokens) = await browser.through_provider("ada", query="?return_to=/console/")
        assert (gone_to, status) == ("/console/", 200), tokens
        assert tokens["refresh_token"]
        assert (await browser.session())[0] == 401, "once"
        other = Browser(browser.hub)
        _, (status, _) = await other.through_provider("bo")
        assert status == 200
        await other.web.close()
        eve = Browser(browser.hub)
        _, (status, body) = await eve.through_provider("unverified-eve")
        assert (status, body["code"]) == (403, "oidc_email_unverified")
        await eve.web.close()
    found = await _accounts(real)
    assert [(one.email, one.roles, one.display_name, one.locale) for one in found] == [
        ("ada@voltdock.example", ["renter"], "Ada", "en"),
        ("bo@voltdock.example", ["renter"], "The person bo", "de"),
    ]
    async with real.database.reading() as session:
        identities = (await session.scalars(select(Identity).order_by(Identity.subject))).all()
    assert [(one.subject, one.account_id) for one in identities] == [
        ("ada", ada.id), ("bo", found[1].id),
    ]  # fmt: skip


GOOD: dict[str, Any] = {}
FORGED: list[tuple[str, dict[str, Any]]] = [
    ("of another issuer", {"payload": {"iss": "http://localhost:1"}}),
    ("for another client", {"payload": {"aud": "somebody else"}}),
    ("for another client too, and obtained by it", {"payload": {"aud": ["voltdock", "x"], "azp": "x"}}),
    ("of another log-in", {"payload": {"nonce": "of another log-in"}}),
    ("of no log-in", {"drop": ["nonce"]}),
    ("of nobody", {"drop": ["sub"]}),
    ("of somebody with an endless name", {"payload": {"sub": "x" * 256}}),
    ("expired", {"payload": {"exp": 1_700_000_000, "iat": 1_699_999_000}}),
    ("that never expires", {"drop": ["exp"]}),
    ("from the future", {"payload": {"nbf": 4_000_000_000}}),
    ("unsigned", {"forge": "none"}),
    ("signed with the public key as a secret", {"forge": "hmac"}),
    ("signed by a stranger under the right key's name", {"forge": "stranger"}),
    ("that is none", {"forge": "garbled"}),
    ("about another access token", {"payload": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}),
]


async def test_no_forged_token_lets_anybody_in(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    await made.create(a_new(ADA))
    async with (
        elsewhere("forger.mjs") as forger,
        at_hub(real, passwords, made, serve, forger.issuer) as browser,
    ):
        for what, wish in FORGED:
            await forger.tell(**wish)
            status, body = await browser.through_forger()
            assert (status, body.get("code")) == (401, "oidc_token_invalid"), what
        await forger.tell(**GOOD)
        assert (await browser.through_forger())[0] == 200
    async with real.database.reading() as session:
        assert len((await session.scalars(select(Identity))).all()) == 1


async def test_a_key_that_the_hub_has_not_seen_is_asked_for_once(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    async with (
        elsewhere("forger.mjs") as forger,
        at_hub(real, passwords, made, serve, forger.issuer) as browser,
    ):
        assert (await browser.through_forger())[0] == 200
        assert (await browser.through_forger())[0] == 200
        assert await forger.tell(rotate=True) == 1, "kept"
        assert (await browser.through_forger())[0] == 200
        assert await forger.tell() == 2, "read again for the new key"
        assert (await browser.through_forger())[0] == 200
        assert await forger.tell() == 2


async def test_an_organisations_provider_lets_nobody_in_as_somebody_of_another(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    await made.create(a_new(ADA))  # the house's
    harbour = real.clock.new_id()
    async with real.database.transaction() as session:
        session.add(Organisation(id=harbour, created_at=START, slug="harbour", name="H", seller=None, version=1))
    async with (
        elsewhere("forger.mjs") as forger,
        at_hub(real, passwords, made, serve, forger.issuer, organisation="harbour") as browser,
    ):
        await forger.tell(payload={"email": ADA})
        assert (await browser.through_forger())[1]["code"] == "oidc_account_elsewhere"
        await forger.tell(payload={"sub": "hana", "email": "hana@harbour.example"})
        assert (await browser.through_forger())[0] == 200
    assert [one.organisation_id for one in await _accounts(real)] == [HOUSE, harbour]


async def test_an_account_is_linked_by_a_verified_address_and_then_by_subject_alone(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    ada = await made.create(a_new(ADA))
    async with (
        elsewhere("forger.mjs") as forger,
        at_hub(real, passwords, made, serve, forger.issuer, role="analyst") as browser,
    ):
        for claims in ({"email_verified": False}, {"email_verified": None}, {"email_verified": "yes"}):
            await forger.tell(payload=claims)
            status, body = await browser.through_forger()
            assert (status, body["code"]) == (403, "oidc_email_unverified"), claims
        for email in (None, "no address", "a@b@c.de", "x" * 255 + "@voltdock.example", 7):
            await forger.tell(payload={"email": email})
            status, body = await browser.through_forger()
            assert (status, body["code"]) == (403, "oidc_email_missing"), email
        await forger.tell(payload={"email": "ADA@voltdock.example"})
        assert (await browser.through_forger())[0] == 200
        await forger.tell(payload={"email": "renamed@voltdock.example", "email_verified": False})
        assert (await browser.through_forger())[0] == 200
        await forger.tell(payload={"sub": "another", "email": "new@voltdock.example", "name": "  "})
        assert (await browser.through_forger())[0] == 200
    async with real.database.reading() as session:
        told = (await session.scalars(select(Wish))).all()
    assert [(one.payload[PRIVATE]["to"], one.payload[PRIVATE]["subject"]) for one in told] == [
        (ada.email, TEXTS["en"]["linked"].subject)
    ]
    assert [(one.email, one.roles, one.display_name) for one in await _accounts(real)] == [
        (ada.email, ["renter"], "Ada"), ("new@voltdock.example", ["analyst"], "new"),
    ]  # fmt: skip


async def test_only_the_browser_that_began_goes_on_and_within_ten_minutes(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    async with (
        elsewhere("forger.mjs") as forger,
        at_hub(real, passwords, made, serve, forger.issuer) as browser,
    ):
        victim = Browser(browser.hub)
        address = await browser.start("?return_to=/console/")
        async with browser.web.get(address, allow_redirects=False) as answer:
            theirs = answer.headers["Location"]
        await victim.start("?return_to=/console/")
        assert await victim.come_back(theirs) == LOST, "another's code is not taken"
        assert (await victim.session())[1]["code"] == "oidc_state_invalid"
        victim.cookie = ""
        assert await victim.come_back(theirs) == LOST
        assert (await victim.session())[0] == 401
        kept = browser.cookie
        assert await browser.come_back(theirs.replace("state=", "state=x")) == LOST
        browser.cookie = kept
        assert await browser.come_back(theirs, provider="town") == LOST
        browser.cookie = kept
        assert await browser.come_back(theirs + "&iss=https://other.example") == "/console/"
        assert (await browser.session())[1]["code"] == "oidc_token_invalid"
        browser.cookie = kept
        assert await browser.come_back(theirs.replace("code=", "error=access_denied&x=")) == "/console/"
        assert (await browser.session())[1]["code"] == "oidc_denied"
        browser.cookie = kept
        assert (await browser.session())[1]["code"] == "oidc_state_invalid", "it has not come back yet"
        assert await browser.come_back(theirs) == "/console/"
        assert (await browser.session())[0] == 200
        await victim.web.close()


async def test_where_to_go_on_is_a_path_of_this_hub(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    async with at_hub(real, passwords, made, serve, "http://127.0.0.1:9") as browser:
        for bad in ("//evil.example", "https://evil.example", "/\\evil.example", "console", "/a b", ""):
            async with browser.hub.get(f"{OIDC}/city/start", params={"return_to": bad}) as answer:
                assert answer.status == 422, bad
        async with browser.hub.get(f"{OIDC}/town/start") as answer:
            assert answer.status == 404


async def test_a_provider_that_does_not_answer_is_told_by_the_page_that_one_came_from(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    async with at_hub(real, passwords, made, serve, "http://127.0.0.1:9") as browser:
        assert await browser.start("?return_to=/rentals?back=elsewhere") == "/rentals?back=elsewhere"
        status, body = await browser.session()
        assert (status, body["code"]) == (502, "oidc_unreachable")


async def test_an_account_with_a_second_factor_is_asked_for_it_here_too(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    ada = await made.create(a_new(ADA))
    async with real.database.transaction() as session:
        session.add(
            SecondFactor(
                account_id=ada.id, sealed_secret="x", created_at=real.clock.now(), confirmed_at=real.clock.now(),
                last_step=0,
            )
        )  # fmt: skip
    async with (
        elsewhere("forger.mjs") as forger,
        at_hub(real, passwords, made, serve, forger.issuer) as browser,
    ):
        status, body = await browser.through_forger()
    assert (status, body["code"]) == (401, "second_factor_required")
    assert body["params"]["challenge"]


async def test_an_account_without_a_password_cannot_be_signed_in_to_by_one(
    real: Kernel, passwords: Passwords, made: Accounts, serve: Serve
) -> None:
    async with (
        elsewhere("forger.mjs") as forger,
        at_hub(real, passwords, made, serve, forger.issuer) as browser,
    ):
        assert (await browser.through_forger())[0] == 200
        for password in ("", PASSWORD):
            async with browser.hub.post("/api/v1/auth/token", json={"email": ADA, "password": password}) as answer:
                assert answer.status == 401
