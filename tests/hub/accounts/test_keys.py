"""API keys over real sockets, on both databases."""

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from hub.accounts.access import Access
from hub.accounts.api import AccountsApi
from hub.accounts.buckets import Buckets
from hub.accounts.front_desk import FrontDesk
from hub.accounts.key_api import KeysApi
from hub.accounts.key_tables import ApiKey
from hub.accounts.keys import COARSE, WRONG_BURST, ApiKeys
from hub.accounts.rights import Grant, rights_of
from hub.accounts.roles import Role
from hub.accounts.service import Accounts
from hub.accounts.tables import Account
from hub.kernel.audit_log import AuditRecord
from hub.kernel.auth import AccessTokens, BearerAuth
from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.routes import SIGNED_IN, Call, route, routes_of
from hub.kernel.web import Kernel
from tests.hub.accounts.conftest import a_new
from tests.hub.conftest import START, ManualClock, Serve

Client = TestClient[Any, Any]
AT_ONCE = 5
IN_A_MONTH = (START + dt.timedelta(days=30)).isoformat()


class ThingsApi:
    """Routes of each kind of permission."""

    @route("GET", "/vehicles", summary="v", tags=["t"], permission="vehicles:read")
    async def vehicles(self, call: Call[None, None]) -> None:
        """Nothing."""

    @route("PUT", "/vehicles", summary="v", tags=["t"], permission="vehicles:write")
    async def change(self, call: Call[None, None]) -> None:
        """Nothing."""

    @route("GET", "/rentals", summary="r", tags=["t"], permission=SIGNED_IN, wide="rentals:read")
    async def rentals(self, call: Call[None, None]) -> None:
        """Nothing."""

    @route("GET", "/mine", summary="m", tags=["t"], permission=SIGNED_IN)
    async def mine(self, call: Call[None, None]) -> None:
        """Nothing."""


@pytest.fixture
def keyed(database: Database, clock: ManualClock, tokens: AccessTokens) -> Kernel:
    keys = ApiKeys(database, clock, burst=AT_ONCE)
    return Kernel(
        database=database, clock=clock, bus=Bus(), nudges=LocalNudges(),
        authenticate=BearerAuth(tokens, rights_of, keys),
    )  # fmt: skip


@pytest.fixture
async def client(keyed: Kernel, accounts: Accounts, serve: Serve) -> Client:
    apis = (KeysApi(ApiKeys(keyed.database, keyed.clock)), AccountsApi(accounts), ThingsApi())
    return await serve(keyed, [one for api in apis for one in routes_of(api)])


@pytest.fixture
async def operator(accounts: Accounts) -> Account:
    return await accounts.create(a_new("op@b.cd", Role.FLEET_OPERATOR))


@pytest.fixture
def token(tokens: AccessTokens, operator: Account) -> str:
    return tokens.issue(operator.id, operator.roles)


async def call(client: Client, bearer: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {bearer}"}
    async with client.request(method, path, json=body, headers=headers) as answer:
        return answer.status, await answer.json() if await answer.read() else None


async def make(client: Client, token: str, *scopes: str, **more: object) -> tuple[int, Any]:
    body = {"name": "Dashboard", "scopes": scopes, "expires_at": IN_A_MONTH} | more
    return await call(client, token, "POST", "/api/v1/api-keys", body)


async def test_a_key_may_what_its_scopes_say_and_nothing_else(client: Client, token: str) -> None:
    status, made = await make(client, token, "vehicles:read")
    assert (status, made["key"].startswith("vd_"), made["prefix"]) == (201, True, made["key"][:11])
    assert (await call(client, made["key"], "GET", "/vehicles"))[0] == 204
    assert (await call(client, made["key"], "PUT", "/vehicles"))[0] == 403
    assert (await call(client, made["key"], "GET", "/rentals"))[0] == 403


@pytest.mark.parametrize("scope", ["rentals:read", "rentals:read_own"])
async def test_routes_for_everybody_take_a_key_with_the_scope_for_all_or_ones_own(
    client: Client, accounts: Accounts, tokens: AccessTokens, scope: str
) -> None:
    account = await accounts.create(a_new("both@b.cd", Role.FLEET_OPERATOR, Role.RENTER))
    _, made = await make(client, tokens.issue(account.id, account.roles), scope)
    assert (await call(client, made["key"], "GET", "/rentals"))[0] == 204
    assert (await call(client, made["key"], "GET", "/mine"))[0] == 403
    assert (await call(client, made["key"], "GET", "/api/v1/me"))[0] == 403


@pytest.mark.parametrize("scope", ["accounts:write", "api_keys:own", "no:such"])
async def test_nobody_gives_a_key_what_he_has_not_or_keys_of_its_own(client: Client, token: str, scope: str) -> None:
    status, problem = await make(client, token, "vehicles:read", scope)
    assert (status, problem["code"], problem["params"]) == (403, "scope_not_held", {"scope": scope})


async def test_a_key_makes_no_keys(client: Client, token: str) -> None:
    _, made = await make(client, token, "vehicles:read")
    assert (await make(client, made["key"], "vehicles:read"))[0] == 403
    assert (await call(client, made["key"], "GET", "/api/v1/api-keys"))[0] == 403


async def test_what_the_account_loses_its_keys_lose(
    client: Client, token: str, operator: Account, desk: FrontDesk, database: Database, accounts: Accounts
) -> None:
    await accounts.create(a_new("admin@b.cd", Role.ADMIN))
    _, made = await make(client, token, "vehicles:read", "vehicles:write")
    access = Access(_NoPlaces(), desk.sessions)
    async with database.transaction() as session:
        await access.give(session, operator.id, [Grant(role=Role.ANALYST)])
    assert (await call(client, made["key"], "PUT", "/vehicles"))[0] == 403
    assert (await call(client, made["key"], "GET", "/vehicles"))[0] == 204
    async with database.transaction() as session:
        await access.close(session, operator.id)
    status, problem = await call(client, made["key"], "GET", "/vehicles")
    assert (status, problem["code"]) == (401, "token_invalid")


class _NoPlaces:
    async def name_of(self, _session: object, _station_id: uuid.UUID) -> str | None:
        return None


async def test_a_key_that_is_over_says_so(client: Client, token: str, clock: ManualClock) -> None:
    _, made = await make(client, token, "vehicles:read")
    clock.move(30 * 86_400 - 1)
    assert (await call(client, made["key"], "GET", "/vehicles"))[0] == 204
    clock.move(1)
    status, problem = await call(client, made["key"], "GET", "/vehicles")
    assert (status, problem["code"]) == (401, "token_expired")


@pytest.mark.parametrize("days", [0, -1, 367])
async def test_a_key_ends_within_a_year(client: Client, token: str, days: int) -> None:
    expires_at = (START + dt.timedelta(days=days)).isoformat()
    status, problem = await make(client, token, "vehicles:read", expires_at=expires_at)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/expires_at")


async def test_a_revoked_key_is_let_in_no_more(client: Client, token: str) -> None:
    _, made = await make(client, token, "vehicles:read")
    status, revoked = await call(client, token, "DELETE", f"/api/v1/api-keys/{made['id']}")
    assert (status, revoked["revoked_at"]) == (200, "2026-11-21T14:00:00.000Z")
    assert (await call(client, made["key"], "GET", "/vehicles"))[0] == 401
    assert (await call(client, token, "DELETE", f"/api/v1/api-keys/{made['id']}"))[0] == 200


async def test_keys_of_others_are_theirs_and_the_admins(
    client: Client, token: str, accounts: Accounts, tokens: AccessTokens
) -> None:
    _, made = await make(client, token, "vehicles:read")
    other = await accounts.create(a_new("dev@b.cd", Role.DEVELOPER))
    admin = await accounts.create(a_new("admin@b.cd", Role.ADMIN))
    theirs, boss = tokens.issue(other.id, other.roles), tokens.issue(admin.id, admin.roles)
    assert (await call(client, theirs, "GET", "/api/v1/api-keys"))[1]["items"] == []
    assert (await call(client, theirs, "DELETE", f"/api/v1/api-keys/{made['id']}"))[0] == 404
    [shown] = (await call(client, boss, "GET", "/api/v1/api-keys"))[1]["items"]
    assert (shown["id"], "key" in shown) == (made["id"], False)
    assert (await call(client, boss, "DELETE", f"/api/v1/api-keys/{made['id']}"))[0] == 200


async def test_the_key_itself_is_kept_nowhere(client: Client, token: str, database: Database) -> None:
    _, made = await make(client, token, "vehicles:read")
    async with database.reading() as session:
        rows = (await session.execute(select(*ApiKey.__table__.columns))).all()
        records = (await session.execute(select(*AuditRecord.__table__.columns))).all()
    assert made["key"][11:] not in str(rows) + str(records)


async def test_what_a_key_does_stands_in_the_log_as_the_keys(client: Client, token: str, database: Database) -> None:
    _, made = await make(client, token, "vehicles:write")
    await call(client, made["key"], "PUT", "/vehicles")
    async with database.reading() as session:
        first, second = (await session.scalars(select(AuditRecord).order_by(AuditRecord.seq))).all()
    assert (first.actor_kind, first.target_kind, first.target_id) == ("account", "api-keys", made["id"])
    assert (second.actor_kind, str(second.actor_id)) == ("api_key", made["id"])


async def test_when_it_was_used_is_known_to_some_minutes(
    client: Client, token: str, database: Database, clock: ManualClock
) -> None:
    async def last() -> dt.datetime | None:
        async with database.reading() as session:
            return await session.scalar(select(ApiKey.last_used_at))

    _, made = await make(client, token, "vehicles:read")
    assert await last() is None
    await call(client, made["key"], "GET", "/vehicles")
    assert await last() == START
    clock.move(COARSE.total_seconds() - 1)
    await call(client, made["key"], "GET", "/vehicles")
    assert await last() == START
    clock.move(1)
    await call(client, made["key"], "GET", "/vehicles")
    assert await last() == START + COARSE


async def test_a_key_that_calls_too_often_is_told_to_wait(client: Client, token: str, clock: ManualClock) -> None:
    _, made = await make(client, token, "vehicles:read")
    called = await asyncio.gather(*(call(client, made["key"], "GET", "/vehicles") for _ in range(AT_ONCE + 3)))
    refused = [problem["code"] for status, problem in called if status == 429]
    assert refused == ["too_many_requests"] * 3
    clock.move(1)
    assert (await call(client, made["key"], "GET", "/vehicles"))[0] == 204


async def test_who_guesses_keys_is_told_to_wait(client: Client) -> None:
    guesses = [(await call(client, f"vd_{number}", "GET", "/vehicles"))[0] for number in range(WRONG_BURST + 1)]
    assert guesses == [401] * WRONG_BURST + [429]


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 20), st.floats(0.1, 5))
def test_a_bucket_lets_in_no_more_than_it_holds_and_what_it_fills_by(
    pauses: list[float], burst: int, per_s: float
) -> None:
    buckets, now, let_in = Buckets(burst=burst, per_s=per_s), START, 0
    for pause in pauses:
        now += dt.timedelta(seconds=pause)
        let_in += buckets.take("one", now) is None
        assert let_in <= burst + (now - START).total_seconds() * per_s + 1e-6
        assert buckets.take(object(), now) is None
