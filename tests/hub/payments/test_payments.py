"""Tariffs with immutable versions, told to the stations."""

import datetime as dt
import uuid
from typing import Any

import msgspec

from hub.intake.tables import ListItem
from protocols.values import to_ms
from tests.hub.conftest import START, FixedAuth
from tests.hub.stations_double import World

NEW = {"name": "City", "use": "rental", "currency": "EUR", "prices": {"unlock_minor": 100, "tax_pct": 10}}


async def post(world: World, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    async with world.client.post(f"/api/v1/tariffs{path}", json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_new_version_ends_the_one_before_and_changes_nothing_in_it(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write", "tariffs:read")
    status, made = await post(world, "", NEW)
    assert (status, made["versions"][0]["prices"]["unlock_minor"]) == (201, 100)
    later = START + dt.timedelta(days=7)
    version = {"valid_from": later.isoformat(), "prices": {"unlock_minor": 150}}
    status, changed = await post(world, f"/{made['id']}/versions", version)
    assert status == 201
    assert [(one["version"], one["prices"]["unlock_minor"]) for one in changed["versions"]] == [(2, 150), (1, 100)]
    assert changed["versions"][1]["valid_to"] == changed["versions"][0]["valid_from"]
    items = {key: msgspec.json.decode(raw) for key, raw in await world.rows(ListItem, "key", "payload")}
    assert set(items) == {f"{made['id']}/1", f"{made['id']}/2"}
    assert items[f"{made['id']}/1"]["valid_to_ms"] == to_ms(later)
    assert items[f"{made['id']}/1"]["unlock_minor"] == 100
    assert (await post(world, f"/{made['id']}/versions", version))[0] == 422
    assert (await post(world, f"/{uuid.UUID(int=1)}/versions", version))[0] == 404
    async with world.client.get("/api/v1/tariffs?use=charging") as answer:
        assert (await answer.json())["items"] == []
    async with world.client.get(f"/api/v1/tariffs/{made['id']}") as answer:
        assert len((await answer.json())["versions"]) == 2


async def test_prices_that_cannot_be_are_refused(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write")
    for wrong in ({"unlock_minor": -1}, {"tax_pct": 101}, {"nonsense": 1}):
        assert (await post(world, "", NEW | {"prices": wrong}))[0] == 422
    assert (await post(world, "", NEW | {"currency": "euro"}))[0] == 422
