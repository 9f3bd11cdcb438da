"""Roles that are given for one station: every route × every such role, about another station's things."""

import uuid
from typing import Any

import pytest
from sqlalchemy import update

from hub import wiring
from hub.accounts.passwords import Passwords
from hub.accounts.rights import Grant, rights_of
from hub.accounts.roles import Role
from hub.accounts.rules import ASSIGNABLE
from hub.kernel.auth import AccessTokens, Principal
from hub.kernel.belonging import lies_at_station
from hub.kernel.columns import Base
from hub.kernel.routes import Route
from hub.kernel.web import Kernel
from hub.rentals.offer_tables import OfferStation
from tests.hub.conftest import FixedAuth, Serve
from tests.hub.foreign import Place, everything, nowhere, settle
from tests.hub.stations_double import world_of
from tests.hub.walk import call, fits, names_in

ME = uuid.UUID(int=7)


def assigned(role: Role, place: Place) -> Principal:
    rights = rights_of([str(Grant(role=role, station_id=place.ids["stations"]))])
    return Principal(account_id=ME, roles=frozenset(), permissions=rights.permissions, limits=rights.limits)


def at_stations(place: Place) -> set[str]:
    """The ids of what lies at this place's station."""
    bound = [name for name, table in Base.metadata.tables.items() if lies_at_station(table)]
    return {str(place.ids[name]) for name in bound}


def echoed(route: Route, place: Place) -> set[str]:
    """What an answer may say because it was asked: whose list it is, where there is one of anybody's."""
    asked = "{" in route.path and not route.path.endswith("}")
    return {str(place.ids["stations"]), str(place.ids["vehicles"])} if asked else set()


@pytest.fixture
async def hub(kernel: Kernel, serve: Serve) -> tuple[Any, list[Route]]:
    wired, _, doors, _ = world_of(kernel)
    routes = wiring.routes(wired, AccessTokens.throwaway(kernel.clock), Passwords(), doors)
    return await serve(wired, routes), [one for one in routes if isinstance(one, Route) and one.permission]


async def test_whoever_is_assigned_to_a_station_sees_and_changes_nothing_of_another(
    hub: tuple[Any, list[Route]], kernel: Kernel, auth: FixedAuth
) -> None:
    client, routes = hub
    here, there = nowhere(), await settle(kernel.database)
    before = await everything(kernel.database)
    for role in sorted(ASSIGNABLE):
        auth.principal = assigned(role, here)
        for route in routes:
            status, text = await call(client, route, there)
            where = (role, route.method, route.path, status, text[:300])
            # Rows that are made up may break a list of the whole hub's things (500): that is another test's matter.
            if route.method == "GET":
                assert status != 200 or not names_in(text, at_stations(there) - echoed(route, there)), where
            else:
                assert status >= 400, where
    assert await everything(kernel.database) == before


async def test_whoever_is_assigned_to_a_station_books_nothing_at_another(
    hub: tuple[Any, list[Route]], kernel: Kernel, auth: FixedAuth
) -> None:
    client, _ = hub
    there = await settle(kernel.database)
    auth.principal = assigned(Role.STATION_STAFF, nowhere())
    before = await everything(kernel.database)
    body = {
        "station_id": str(there.ids["stations"]), "account_id": str(uuid.uuid4()), "vehicle_kind": "scooter",
        "from_at": "2026-11-21T15:00:00Z", "until_at": "2026-11-21T16:00:00Z",
    }  # fmt: skip
    async with client.post("/api/v1/reservations", json=body, headers={"Idempotency-Key": "k"}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
    assert await everything(kernel.database) == before


async def test_whoever_is_assigned_to_a_station_is_offered_nothing_of_another(
    hub: tuple[Any, list[Route]], kernel: Kernel, auth: FixedAuth
) -> None:
    client, _ = hub
    here, there = await settle(kernel.database), await settle(kernel.database)
    async with kernel.database.transaction() as session:
        await session.execute(update(OfferStation).values(latitude=52.5, longitude=13.4))
    auth.principal = assigned(Role.STATION_STAFF, here)
    async with client.get("/api/v1/availability", params={"lat": 52.5, "lon": 13.4}) as answer:
        assert [one["station_id"] for one in (await answer.json())["stations"]] == [str(here.ids["stations"])]
    for place, status in ((here, 200), (there, 404)):
        query = {"station_id": str(place.ids["stations"])}
        async with client.get("/api/v1/availability", params=query) as answer:
            assert answer.status == status


async def test_the_walk_knocks_with_bodies_of_which_nearly_all_are_let_in(hub: tuple[Any, list[Route]]) -> None:
    bodies = {route.body for route in hub[1] if route.body is not None}
    assert len([one for one in bodies if not fits(one)]) <= len(bodies) // 5


@pytest.mark.parametrize("path", ["stations", "orders", "reservations", "rentals", "cases", "vehicles"])
async def test_whoever_is_assigned_to_a_station_sees_what_is_there(
    hub: tuple[Any, list[Route]], kernel: Kernel, auth: FixedAuth, path: str
) -> None:
    client, _ = hub
    here, there = await settle(kernel.database), await settle(kernel.database)
    auth.principal = assigned(Role.STATION_STAFF, here)
    async with client.get(f"/api/v1/{path}") as answer:
        items = (await answer.json())["items"]
    assert [one["id"] for one in items] == [str(here.ids[path])]
    async with client.get(f"/api/v1/{path}/{there.ids[path]}") as answer:
        assert answer.status == 404


def test_a_permission_that_is_held_everywhere_is_not_narrowed_by_an_assignment() -> None:
    station = uuid.uuid4()
    rights = rights_of(["renter", f"station_staff@{station}"])
    assert rights.limits["rentals:read"] == {station}
    assert "stations:read" not in rights.limits
    assert "cards:read" not in rights.permissions
    assert rights_of(["station_staff", f"station_staff@{station}"]).limits == {}


@pytest.mark.parametrize("text", ["king", f"admin@{uuid.UUID(int=7)}", "station_staff@here", "station_staff@"])
def test_what_cannot_be_given_permits_nothing(text: str) -> None:
    assert rights_of([text]).permissions == frozenset()
