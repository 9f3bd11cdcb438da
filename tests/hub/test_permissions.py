"""Every route × every role, against the one table of permissions."""

import dataclasses
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub import wiring
from hub.accounts.passwords import Passwords
from hub.accounts.roles import Role
from hub.accounts.rules import PERMISSIONS_OF
from hub.kernel.auth import AccessTokens, BearerAuth
from hub.kernel.bus import Bus
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.kernel.routes import SIGNED_IN, Call, RawRoute, Route, Unit
from hub.kernel.web import Kernel
from tests.hub.conftest import Serve

# Open to everybody on purpose; anything else that loses its permission fails here.
PUBLIC = {
    ("POST", "/api/v1/auth/token"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/register/resend"),
    ("POST", "/api/v1/auth/register/confirm"),
    ("POST", "/api/v1/auth/password/forgot"),
    ("POST", "/api/v1/auth/password/reset"),
    ("GET", "/api/v1/auth/oidc"),
    ("GET", "/api/v1/auth/oidc/{provider}/start"),
    ("GET", "/api/v1/auth/oidc/{provider}/callback"),
    ("POST", "/api/v1/auth/oidc/session"),
    # Pages that mails lead to; they hold nothing.
    ("GET", "/account/confirm"),
    ("GET", "/account/reset"),
    ("GET", "/account/account.css"),
    ("GET", "/account/account.js"),
    ("GET", "/api/v1/vnpay/return"),  # a page for payers who come back; it believes what is signed only
    ("GET", "/api/v1/time"),  # for stations whose clock takes no certificate: the answer is signed, not the question
}
# Doors of stations and gateways, which sign their requests instead.
SIGNED = (
    "/api/v1/webhooks", "/api/v1/sync", "/api/v1/live", "/api/v1/station-photos",
    "/api/v1/enrol", "/api/v1/stations/enrol",
)  # fmt: skip
# Writes that are no deeds of their own.
UNAUDITED = {("POST", "/api/v1/auth/refresh")}


def _unserved() -> tuple[Kernel, AccessTokens]:
    clock = SystemClock()
    tokens = AccessTokens.throwaway(clock)
    kernel = Kernel(
        database=Database("sqlite+aiosqlite:///never-opened"),
        clock=clock,
        bus=Bus(),
        nudges=LocalNudges(),
        authenticate=wiring.authenticate(tokens),
    )
    return kernel, tokens


def _routes() -> list[Route | RawRoute]:
    kernel, tokens = _unserved()
    doors = wiring.Doors(kernel, wiring.Rooms(kernel.clock, kernel.nudges), Ed25519PrivateKey.generate())
    return wiring.routes(kernel, tokens, Passwords(), doors)


def test_no_route_is_open_by_accident() -> None:
    open_routes = {(one.method, one.path) for one in _routes() if one.permission is None}
    unexpected = {(method, path) for method, path in open_routes - PUBLIC if not path.startswith(SIGNED)}
    assert not unexpected
    assert open_routes >= PUBLIC


def test_no_route_that_writes_leaves_the_audit_log_by_accident() -> None:
    typed = [one for one in _routes() if isinstance(one, Route)]
    silent = {(one.method, one.path) for one in typed if one.method != "GET" and not one.audited}
    assert silent == UNAUDITED
    assert not any(one.audited for one in typed if one.method == "GET")


def test_every_route_asks_for_a_permission_that_somebody_has() -> None:
    asked = {one.permission for one in _routes()} - {None, SIGNED_IN}
    given = frozenset().union(*PERMISSIONS_OF.values())
    assert asked <= given


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_call_exactly_what_its_row_says(role: Role, serve: Serve) -> None:
    kernel, tokens = _unserved()
    routes = _routes()
    client = await serve(kernel, [_only_guard(one) for one in routes if isinstance(one, Route)])
    headers = {"Authorization": f"Bearer {tokens.issue(uuid.UUID(int=1), [role])}"}
    for one in routes:
        if not isinstance(one, Route) or one.permission is None:
            continue
        path = one.path.replace("{", "").replace("}", "")
        async with client.request(one.method, path, headers=headers) as answer:
            allowed = one.permission == SIGNED_IN or one.permission in PERMISSIONS_OF[role]
            assert (answer.status != 403) == allowed, (one.method, one.path, await answer.text())
        async with client.request(one.method, path) as answer:
            assert answer.status == 401, (one.method, one.path)
    await kernel.database.close()


def _only_guard(one: Route) -> Route:
    """The same guard before an empty room: what the handler would do needs no database here."""

    async def nothing(_call: Call[Any, Any]) -> None:
        return None

    return dataclasses.replace(
        one, handler=nothing, body=None, query=None, unit=Unit.NONE, idempotent=False, status=204
    )


def test_bearer_auth_is_what_the_wiring_uses() -> None:
    assert isinstance(_unserved()[0].authenticate, BearerAuth)
