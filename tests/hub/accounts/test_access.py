"""Roles given and taken, accounts closed and opened again."""

import asyncio
import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from hub.accounts.access import Access
from hub.accounts.access_api import AccessApi
from hub.accounts.api import AccountsApi
from hub.accounts.front_desk import FrontDesk
from hub.accounts.roles import Role
from hub.accounts.service import Accounts
from hub.accounts.tables import Account
from hub.kernel.audit_api import AuditApi
from hub.kernel.routes import routes_of
from hub.kernel.web import Kernel
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.conftest import FixedAuth, Serve

Client = TestClient[Any, Any]
STATION = uuid.UUID(int=0x57)


class OnePlace:
    """A world with one station."""

    async def name_of(self, _session: object, station_id: uuid.UUID) -> str | None:
        return "North" if station_id == STATION else None


@pytest.fixture
async def admin(accounts: Accounts) -> Account:
    return await accounts.create(a_new("admin@b.cd", Role.ADMIN))


@pytest.fixture
async def ada(accounts: Accounts) -> Account:
    return await accounts.create(a_new("ada@b.cd", Role.RENTER))


@pytest.fixture
async def client(
    kernel: Kernel, accounts: Accounts, desk: FrontDesk, auth: FixedAuth, admin: Account, serve: Serve
) -> Client:
    auth.sign_in("accounts:write", "accounts:read", "audit:read", account_id=admin.id)
    apis = (AccessApi(Access(OnePlace(), desk.sessions)), AccountsApi(accounts), AuditApi())
    return await serve(kernel, [*desk.routes(), *(route for api in apis for route in routes_of(api))])


async def give(client: Client, account: Account, *roles: str, reason: str = "because") -> tuple[int, dict[str, Any]]:
    body = {"roles": roles, "reason": reason}
    async with client.put(f"/api/v1/accounts/{account.id}/roles", json=body) as answer:
        return answer.status, await answer.json()


async def say(client: Client, account: Account, what: str) -> tuple[int, dict[str, Any]]:
    path, key = f"/api/v1/accounts/{account.id}/{what}", {"Idempotency-Key": str(uuid.uuid4())}
    async with client.post(path, json={"reason": "because"}, headers=key) as answer:
        return answer.status, await answer.json()


async def test_roles_are_given_with_a_reason_and_stand_in_the_log(client: Client, ada: Account, admin: Account) -> None:
    status, shown = await give(client, ada, "analyst", f"station_staff@{STATION}", reason="Takes over the north")
    assert (status, shown["roles"]) == (200, ["analyst", f"station_staff@{STATION}"])
    async with client.get("/api/v1/audit", params={"target_id": str(ada.id)}) as answer:
        [record] = (await answer.json())["items"]
    assert (record["reason"], record["actor_id"], record["target_kind"]) == (
        "Takes over the north", str(admin.id), "accounts",
    )  # fmt: skip
    [row] = record["changes"]["rows"]
    assert row["columns"]["roles"] == [["renter"], ["analyst", f"station_staff@{STATION}"]]


@pytest.mark.parametrize("role", ["king", f"admin@{STATION}", "station_staff@here"])
async def test_a_role_that_cannot_be_given_is_refused_by_name(client: Client, ada: Account, role: str) -> None:
    status, problem = await give(client, ada, role)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/roles/0")


async def test_an_unknown_station_is_refused(client: Client, ada: Account) -> None:
    status, problem = await give(client, ada, f"station_staff@{uuid.UUID(int=9)}")
    assert (status, problem["code"]) == (422, "station_unknown")


async def test_a_reason_is_needed(client: Client, ada: Account) -> None:
    assert (await give(client, ada, "analyst", reason=""))[0] == 422


async def test_the_last_admin_stays_one(client: Client, ada: Account, admin: Account) -> None:
    assert (await give(client, admin, "analyst"))[1]["code"] == "last_admin"
    assert (await say(client, admin, "deactivate"))[1]["code"] == "last_admin"
    assert (await give(client, ada, "admin"))[0] == 200
    assert (await give(client, admin, "analyst"))[0] == 200
    assert (await give(client, ada, "analyst"))[1]["code"] == "last_admin"


async def test_a_closed_admin_counts_for_nothing(client: Client, ada: Account, admin: Account) -> None:
    await give(client, ada, "admin")
    assert (await say(client, ada, "deactivate"))[0] == 200
    assert (await give(client, admin, "analyst"))[1]["code"] == "last_admin"


async def test_two_admins_who_go_at_once_do_not_both_go(client: Client, ada: Account, admin: Account) -> None:
    await give(client, ada, "admin")
    gone = await asyncio.gather(give(client, admin, "analyst"), give(client, ada, "analyst"))
    assert sorted(status for status, _ in gone) == [200, 409]


async def test_a_closed_account_is_signed_out_and_cannot_sign_in_until_it_is_opened(
    client: Client, ada: Account
) -> None:
    async def sign_in() -> tuple[int, dict[str, Any]]:
        async with client.post("/api/v1/auth/token", json={"email": ada.email, "password": PASSWORD}) as answer:
            return answer.status, await answer.json()

    _, tokens = await sign_in()
    assert (await say(client, ada, "deactivate"))[1]["active"] is False
    again = {"refresh_token": tokens["refresh_token"]}
    async with client.post("/api/v1/auth/refresh", json=again) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "refresh_token_invalid")
    assert (await sign_in())[0] == 401
    assert (await say(client, ada, "reactivate"))[1]["active"] is True
    assert (await sign_in())[0] == 200


async def test_an_account_that_does_not_exist_is_not_found(client: Client) -> None:
    nobody = Account(id=uuid.UUID(int=99))
    assert (await give(client, nobody, "analyst"))[0] == 404
    assert (await say(client, nobody, "deactivate"))[0] == 404
