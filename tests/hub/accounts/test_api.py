"""The accounts' routes over a real socket, on both databases."""

from typing import Any

from aiohttp.test_utils import TestClient

from hub.accounts.api import AccountsApi
from hub.accounts.front_desk import FrontDesk
from hub.accounts.roles import Role
from hub.accounts.service import Accounts
from hub.kernel.routes import routes_of
from hub.kernel.web import Kernel
from tests.hub.accounts.conftest import PASSWORD, a_new
from tests.hub.conftest import ManualClock, Serve

Client = TestClient[Any, Any]
TOKEN = "/api/v1/auth/token"


async def _call(client: Client, method: str, path: str, body: object = None, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with client.request(method, path, json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None) if await answer.read() else None


async def _admin(serve: Serve, kernel: Kernel, accounts: Accounts, desk: FrontDesk) -> tuple[Client, str]:
    await accounts.create(a_new("admin@voltdock.example", Role.ADMIN))
    client = await serve(kernel, [*routes_of(AccountsApi(accounts)), *desk.routes()])
    status, body = await _call(client, "POST", TOKEN, {"email": "admin@voltdock.example", "password": PASSWORD})
    assert status == 200
    return client, body["access_token"]


async def test_an_admin_creates_and_reads_accounts(
    hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk
) -> None:
    client, token = await _admin(serve, hub_kernel, accounts, desk)
    new = {"email": "Bo@voltdock.example", "display_name": "Bo", "password": PASSWORD, "roles": ["technician"]}
    status, made = await _call(client, "POST", "/api/v1/accounts", new, token)
    assert (status, made["roles"], made["email"]) == (201, ["technician"], "Bo@voltdock.example")
    assert (await _call(client, "GET", f"/api/v1/accounts/{made['id']}", token=token)) == (200, made)
    status, listed = await _call(client, "GET", "/api/v1/accounts?limit=1", token=token)
    assert (status, listed["items"]) == (200, [made])
    _, rest = await _call(client, "GET", f"/api/v1/accounts?limit=1&cursor={listed['next_cursor']}", token=token)
    assert [one["email"] for one in rest["items"]] == ["admin@voltdock.example"]
    assert rest["next_cursor"] is None
    status, body = await _call(client, "POST", "/api/v1/accounts", {**new, "email": "BO@voltdock.example"}, token)
    assert (status, body["code"]) == (409, "email_taken")
    assert "password" not in str(listed)


async def test_bad_accounts_are_refused_by_field(
    hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk
) -> None:
    client, token = await _admin(serve, hub_kernel, accounts, desk)
    bad = {"email": "no address", "display_name": "", "password": "short", "roles": ["king"], "locale": "??"}
    status, body = await _call(client, "POST", "/api/v1/accounts", bad, token)
    assert status == 422
    assert {one["pointer"] for one in body["errors"]} == {
        "/email", "/display_name", "/password", "/roles/0", "/locale",
    }  # fmt: skip
    nowhere = "/api/v1/accounts/01939f7e-5b60-7cc3-98c4-dc0c0c07398f"
    assert (await _call(client, "GET", nowhere, token=token))[0] == 404


async def test_me_says_what_i_may_do(hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk) -> None:
    client, token = await _admin(serve, hub_kernel, accounts, desk)
    status, me = await _call(client, "GET", "/api/v1/me", token=token)
    assert (status, me["email"]) == (200, "admin@voltdock.example")
    assert "accounts:write" in me["permissions"]


async def test_signing_in_needs_one_complete_proof(
    hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk
) -> None:
    client, _ = await _admin(serve, hub_kernel, accounts, desk)
    for body, pointer in (
        ({}, "/email"),
        ({"email": "a@b.cd"}, "/password"),
        ({"email": "a@b.cd", "refresh_token": "x"}, "/refresh_token"),
    ):
        status, answer = await _call(client, "POST", TOKEN, body)
        assert (status, answer["errors"][0]["pointer"]) == (422, pointer)


async def test_a_session_lives_by_refresh_and_ends_by_logout(
    hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk, clock: ManualClock
) -> None:
    client, _ = await _admin(serve, hub_kernel, accounts, desk)
    log_in = {"email": "admin@voltdock.example", "password": PASSWORD}
    _, first = await _call(client, "POST", TOKEN, log_in)
    clock.move(600)
    status, body = await _call(client, "GET", "/api/v1/me", token=first["access_token"])
    assert (status, body["code"]) == (401, "token_expired")
    status, second = await _call(client, "POST", "/api/v1/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert status == 200
    status, third = await _call(client, "POST", TOKEN, {"refresh_token": second["refresh_token"]})
    assert status == 200
    assert (await _call(client, "GET", "/api/v1/me", token=third["access_token"]))[0] == 200
    last = {"refresh_token": third["refresh_token"]}
    assert await _call(client, "POST", "/api/v1/auth/logout", last) == (204, None)
    assert (await _call(client, "POST", "/api/v1/auth/refresh", last))[0] == 401


async def test_a_reused_token_is_told_and_its_family_stays_ended(
    hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk
) -> None:
    client, _ = await _admin(serve, hub_kernel, accounts, desk)
    _, first = await _call(client, "POST", TOKEN, {"email": "admin@voltdock.example", "password": PASSWORD})
    refresh = "/api/v1/auth/refresh"
    _, second = await _call(client, "POST", refresh, {"refresh_token": first["refresh_token"]})
    _, told = await _call(client, "POST", refresh, {"refresh_token": first["refresh_token"]})
    assert told["code"] == "refresh_token_reused"
    assert (await _call(client, "POST", refresh, {"refresh_token": second["refresh_token"]}))[0] == 401


async def test_a_locked_log_in_says_how_long(
    hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk
) -> None:
    client, _ = await _admin(serve, hub_kernel, accounts, desk)
    wrong = {"email": "admin@voltdock.example", "password": "wrong"}
    answers = [(await _call(client, "POST", TOKEN, wrong)) for _ in range(6)]
    assert [status for status, _ in answers] == [401] * 5 + [429]
    assert answers[-1][1]["params"] == {"retry_after_s": 6}
    async with client.post(TOKEN, json=wrong) as answer:
        assert answer.headers["Retry-After"] == "6"


async def test_a_forged_token_is_refused(hub_kernel: Kernel, serve: Serve, accounts: Accounts, desk: FrontDesk) -> None:
    client, token = await _admin(serve, hub_kernel, accounts, desk)
    head, body, sign = token.split(".")
    none = "eyJhbGciOiJub25lIn0"
    for forged in (f"{none}.{body}.", f"{head}.{body}.{sign[:-4]}AAAA", "x", f"{head}..{sign}", "a.b.c"):
        status, answer = await _call(client, "GET", "/api/v1/me", token=forged)
        assert (status, answer["code"]) == (401, "token_invalid"), forged
