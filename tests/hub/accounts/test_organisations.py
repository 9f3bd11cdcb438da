"""Operators on one hub: made by the house, and nobody's account is two organisations'; on both databases."""

import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from hub.accounts.access import Access
from hub.accounts.access_api import AccessApi
from hub.accounts.api import AccountsApi
from hub.accounts.front_desk import FrontDesk
from hub.accounts.organisation_api import OrganisationsApi
from hub.accounts.organisations import Organisations
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.service import Accounts
from hub.accounts.tables import Account
from hub.kernel.auth import AccessTokens
from hub.kernel.belonging import HOUSE
from hub.kernel.db import Database
from hub.kernel.routes import routes_of
from hub.kernel.web import Kernel
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.accounts.letterbox import Letterbox, carry_out
from tests.hub.conftest import ManualClock, Serve

API = "/api/v1"
NEW = {
    "slug": "harbour", "name": "Harbour Rides",
    "admin": {"email": "hana@harbour.example", "display_name": "Hana", "password": PASSWORD},
}  # fmt: skip


class Places:
    """No stations."""

    async def name_of(self, session: object, station_id: uuid.UUID) -> str | None:
        return None


class Hub:
    """A served accounts room."""

    def __init__(self, client: TestClient[Any, Any], kernel: Kernel, desk: FrontDesk) -> None:
        self.client, self.kernel, self.desk = client, kernel, desk

    async def call(
        self, method: str, path: str, token: str = "", body: object = None, **headers: str
    ) -> tuple[int, Any]:
        given = {"Idempotency-Key": str(uuid.uuid4()), **headers}
        if token:
            given["Authorization"] = f"Bearer {token}"
        async with self.client.request(method, API + path, json=body, headers=given) as answer:
            self.etag = answer.headers.get("ETag", "")
            return answer.status, await answer.json(content_type=None)

    async def sign_in(self, email: str) -> str:
        status, body = await self.call("POST", "/auth/token", body={"email": email, "password": PASSWORD})
        assert status == 200, body
        token: str = body["access_token"]
        return token


@pytest.fixture
async def hub(
    database: Database, clock: ManualClock, passwords: Passwords, hub_kernel: Kernel, desk: FrontDesk,
    accounts: Accounts, serve: Serve,
) -> Hub:  # fmt: skip
    organisations = Organisations(database=database, clock=clock, passwords=passwords)
    routes = [
        *desk.routes(), *routes_of(AccountsApi(accounts)), *routes_of(OrganisationsApi(organisations)),
        *routes_of(AccessApi(Access(Places(), desk.sessions))),
    ]  # fmt: skip
    await accounts.create(a_new("admin@voltdock.example", Role.ADMIN))
    return Hub(await serve(hub_kernel, routes), hub_kernel, desk)


@pytest.fixture
async def house(hub: Hub) -> str:
    return await hub.sign_in("admin@voltdock.example")


@pytest.fixture
async def hana(hub: Hub, house: str) -> str:
    """The admin of another organisation."""
    status, body = await hub.call("POST", "/organisations", house, NEW)
    assert status == 201, body
    return await hub.sign_in("hana@harbour.example")


async def test_an_organisation_begins_with_its_admin_who_lets_the_others_in(hub: Hub, hana: str) -> None:
    status, me = await hub.call("GET", "/me", hana)
    assert (status, me["roles"]) == (200, ["admin"])
    assert me["organisation_id"] != str(HOUSE)
    new = {"email": "ben@harbour.example", "display_name": "Ben", "password": PASSWORD, "roles": ["finance"]}
    status, ben = await hub.call("POST", "/accounts", hana, new)
    assert (status, ben["organisation_id"]) == (201, me["organisation_id"])
    _, listed = await hub.call("GET", "/accounts", hana)
    assert {one["email"] for one in listed["items"]} == {"hana@harbour.example", "ben@harbour.example"}


async def test_the_house_sees_no_more_of_it_than_its_name(hub: Hub, house: str, hana: str) -> None:
    _, listed = await hub.call("GET", "/organisations", house)
    assert {one["slug"] for one in listed["items"]} == {"main", "harbour"}
    _, accounts = await hub.call("GET", "/accounts", house)
    assert [one["email"] for one in accounts["items"]] == ["admin@voltdock.example"]
    _, me = await hub.call("GET", "/me", hana)
    for method, path, body in (
        ("GET", f"/accounts/{me['id']}", None),
        ("PUT", f"/accounts/{me['id']}/roles", {"roles": ["renter"], "reason": "because"}),
        ("POST", f"/accounts/{me['id']}/deactivate", {"reason": "because"}),
    ):
        status, answer = await hub.call(method, path, house, body)
        assert (status, answer["code"]) == (404, "not_found"), (method, path)


async def test_others_see_themselves_and_make_none(hub: Hub, hana: str) -> None:
    _, listed = await hub.call("GET", "/organisations", hana)
    assert [one["slug"] for one in listed["items"]] == ["harbour"]
    status, answer = await hub.call("GET", f"/organisations/{HOUSE}", hana)
    assert (status, answer["code"]) == (404, "not_found")
    status, answer = await hub.call("POST", "/organisations", hana, NEW | {"slug": "third"})
    assert (status, answer["code"]) == (403, "forbidden")


async def test_what_concerns_the_whole_hub_is_not_permitted_in_another_organisation(
    hub: Hub, house: str, hana: str
) -> None:
    _, mine = await hub.call("GET", "/me", hana)
    _, houses = await hub.call("GET", "/me", house)
    assert set(houses["permissions"]) - set(mine["permissions"]) == {
        "organisations:read", "organisations:write", "payouts:ask", "reconciliation:run", "work:read", "work:write",
    }  # fmt: skip


async def test_an_admin_changes_his_own_organisation_and_no_other(hub: Hub, house: str, hana: str) -> None:
    _, listed = await hub.call("GET", "/organisations", hana)
    path = f"/organisations/{listed['items'][0]['id']}"
    seller = {"name": "Harbour Rides GmbH", "address": "Quay 1", "tax_number": "DE2", "prefix": "HR"}
    assert (await hub.call("PATCH", path, hana, {"seller": seller}))[0] == 428
    await hub.call("GET", path, hana)
    status, changed = await hub.call("PATCH", path, hana, {"seller": seller}, **{"If-Match": hub.etag})
    assert (status, changed["seller"], changed["name"]) == (200, seller, "Harbour Rides")
    status, _ = await hub.call("PATCH", path, house, {"name": "x"}, **{"If-Match": "*"})
    assert status == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"slug": "main"}, "organisation_exists"),
        ({"admin": NEW["admin"] | {"email": "Admin@voltdock.example"}}, "email_taken"),  # type: ignore[operator]
    ],
)
async def test_of_an_organisation_that_cannot_be_nothing_is_kept(
    hub: Hub, house: str, change: dict[str, Any], code: str
) -> None:
    status, body = await hub.call("POST", "/organisations", house, NEW | change)
    assert (status, body["code"]) == (409, code)
    _, listed = await hub.call("GET", "/organisations", house)
    assert [one["slug"] for one in listed["items"]] == ["main"]


async def test_a_renter_registers_with_the_organisation_he_names(hub: Hub, hana: str, box: Letterbox) -> None:
    new = {"email": "rita@b.cd", "display_name": "Rita", "password": PASSWORD, "organisation": "harbour"}
    assert (await hub.call("POST", "/auth/register", body=new))[0] == 202
    await carry_out(hub.kernel.database, hub.desk.handlers(), times=1)
    status, _ = await hub.call("POST", "/auth/register/confirm", body={"token": box.got[-1].secret})
    assert status == 204
    async with hub.kernel.database.reading() as session:
        rita = (await session.scalars(select(Account).where(Account.email == "rita@b.cd"))).one()
    _, me = await hub.call("GET", "/me", hana)
    assert str(rita.organisation_id) == me["organisation_id"]
    status, answer = await hub.call("POST", "/auth/register", body=new | {"organisation": "nowhere"})
    assert (status, answer["code"]) == (422, "organisation_unknown")


async def test_a_token_of_a_hub_that_knew_no_organisations_is_the_houses(
    hub: Hub, tokens: AccessTokens, hana: str
) -> None:
    assert tokens.check(hana).organisation_id != HOUSE
    old = tokens.issue(uuid.uuid4(), ["admin"])
    assert tokens.check(old).organisation_id == HOUSE
