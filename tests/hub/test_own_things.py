"""What is one's own: roles that may see all of nothing see nothing of somebody else, on any route."""

import uuid
from typing import Any

import pytest

from hub import wiring
from hub.accounts.passwords import Passwords
from hub.accounts.rights import rights_of
from hub.accounts.roles import Role
from hub.kernel.auth import AccessTokens, Principal
from hub.kernel.columns import Base
from hub.kernel.routes import SIGNED_IN, Route
from hub.kernel.web import Kernel
from tests.hub.conftest import FixedAuth, Serve
from tests.hub.foreign import Place, everything, settle
from tests.hub.stations_double import world_of
from tests.hub.walk import call, names_in

ME = uuid.UUID(int=7)
OWN_ONLY = (Role.RENTER, Role.VEHICLE_OWNER)


def belongings(place: Place) -> set[str]:
    """The ids of this place's account and of what is its own."""
    owned = [name for name, table in Base.metadata.tables.items() if "account_id" in table.columns]
    return {str(place.ids[name]) for name in ("accounts", *owned)}


@pytest.fixture
async def hub(kernel: Kernel, serve: Serve) -> tuple[Any, list[Route]]:
    wired, _, doors, _ = world_of(kernel)
    routes = wiring.routes(wired, AccessTokens.throwaway(kernel.clock), Passwords(), doors)
    return await serve(wired, routes), [one for one in routes if isinstance(one, Route) and one.permission]


@pytest.mark.parametrize("role", OWN_ONLY)
async def test_whoever_has_but_his_own_sees_and_changes_nothing_of_another(
    hub: tuple[Any, list[Route]], kernel: Kernel, auth: FixedAuth, role: Role
) -> None:
    client, routes = hub
    there = await settle(kernel.database)
    before = await everything(kernel.database)
    rights = rights_of([role])
    auth.principal = Principal(account_id=ME, roles=frozenset({role}), permissions=rights.permissions)
    for route in routes:
        status, text = await call(client, route, there)
        where = (route.method, route.path, status, text[:300])
        permitted = route.permission == SIGNED_IN or route.permission in rights.permissions
        assert permitted or status == 403, where
        assert status >= 300 or not names_in(text, belongings(there)), where
    after = await everything(kernel.database)
    changed = {name for name, rows in before.items() if not set(map(repr, rows)) <= set(map(repr, after[name]))}
    assert changed == set()
