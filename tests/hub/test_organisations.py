"""Several operators on one hub, strictly apart: every route × who may most, about another organisation's things."""

import uuid
from typing import Any

import pytest

from hub import wiring
from hub.accounts.passwords import Passwords
from hub.accounts.rights import rights_of
from hub.accounts.roles import Role
from hub.kernel.auth import AccessTokens, Principal
from hub.kernel.belonging import HOUSE, HOUSES, HUB
from hub.kernel.routes import Route
from hub.kernel.web import Kernel
from tests.hub.conftest import FixedAuth, Serve
from tests.hub.foreign import Place, everything, settle
from tests.hub.stations_double import world_of
from tests.hub.walk import call, names_in

OTHER = uuid.UUID(int=9)
ME = uuid.UUID(int=7)


def caller(organisation_id: uuid.UUID, role: Role) -> Principal:
    rights = rights_of([role], organisation_id)
    return Principal(
        account_id=ME, roles=frozenset(), permissions=rights.permissions, limits=rights.limits,
        organisation_id=organisation_id,
    )  # fmt: skip


@pytest.fixture
async def hub(kernel: Kernel, serve: Serve) -> tuple[Any, list[Route]]:
    wired, _, doors, _ = world_of(kernel)
    routes = wiring.routes(wired, AccessTokens.throwaway(kernel.clock), Passwords(), doors)
    return await serve(wired, routes), [one for one in routes if isinstance(one, Route) and one.permission]


def of(place: Place, rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that say one of this place's ids."""
    ids = set(place.ids.values())
    return {
        name: [row for row in found if ids & {one for one in row if isinstance(one, uuid.UUID)}]
        for name, found in rows.items()
    }


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RENTER])
@pytest.mark.parametrize("mine", [HOUSE, OTHER], ids=["house", "other"])
async def test_nobody_sees_or_changes_anything_of_another_organisation(
    hub: tuple[Any, list[Route]], kernel: Kernel, auth: FixedAuth, mine: uuid.UUID, role: Role
) -> None:
    client, routes = hub
    await settle(kernel.database, mine)
    there = await settle(kernel.database, OTHER if mine == HOUSE else HOUSE)
    auth.principal = caller(mine, role)
    hidden = {str(row_id) for name, row_id in there.ids.items() if name not in HUB | HOUSES}
    before = of(there, await everything(kernel.database))
    for route in routes:
        status, text = await call(client, route, there)
        where = (role, route.method, route.path, status, text[:300])
        assert status != 500, where
        if route.method == "GET":
            assert status != 200 or not names_in(text, hidden - _echoed(route, there)), where
        elif "{" in route.path:
            assert status >= 400, where
    assert of(there, await everything(kernel.database)) == before


def _echoed(route: Route, place: Place) -> set[str]:
    """What an answer may say because it was asked."""
    asked = "{" in route.path and not route.path.endswith("}")
    return {str(place.ids[name]) for name in ("stations", "vehicles", "accounts")} if asked else set()


async def test_what_concerns_the_whole_hub_is_the_houses(
    hub: tuple[Any, list[Route]], kernel: Kernel, auth: FixedAuth
) -> None:
    client, _ = hub
    for mine, status in ((HOUSE, 200), (OTHER, 403)):
        auth.principal = caller(mine, Role.ADMIN)
        async with client.get("/api/v1/work") as answer:
            assert answer.status == status
