"""Enrolment: one code, one key, once."""

import ipaddress
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete

from hub import wiring
from hub.intake.tables import StationKey
from hub.kernel.callers import Callers
from hub.kernel.web import Kernel
from hub.payments.till import Till
from protocols.sync.enrolment import PREFIX
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.stations_double import StationDouble, World, world_of


def ask(code: str, key: Ed25519PrivateKey, /, **changed: str) -> dict[str, str]:
    given = {
        "code": code,
        "public_key": key.public_key().public_bytes_raw().hex(),
        "proof": key.sign(PREFIX + code.encode()).hex(),
        "agent": "voltdock-edge 0.1",
    }
    return given | changed


async def enrol(world: World, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
    async with world.client.post("/api/v1/stations/enrol", json=body) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.fixture
async def code(world: World, auth: FixedAuth) -> str:
    """A code for a station that has no key yet."""
    double = await world.station()
    async with world.kernel.database.transaction() as session:
        await session.execute(delete(StationKey))
    auth.sign_in("stations:enrol")
    async with world.client.post(
        "/api/v1/stations/enrolment-codes", json={"station_id": str(double.station_id)}
    ) as answer:
        assert answer.status == 201
        made: dict[str, str] = await answer.json()
    auth.principal = None
    return made["code"]


async def test_a_code_binds_a_key_that_can_sync(world: World, code: str) -> None:
    key = Ed25519PrivateKey.generate()
    status, reply = await enrol(world, ask(code, key))
    assert (status, reply["name"], reply["time_key"]) == (201, "Station 014", world.doors.time_key)
    await world.sync(StationDouble(uuid.UUID(reply["station_id"]), key))


async def test_a_code_is_good_once_but_its_own_key_may_ask_again(world: World, code: str) -> None:
    key = Ed25519PrivateKey.generate()
    assert (await enrol(world, ask(code, key)))[0] == 201
    assert (await enrol(world, ask(code, key)))[0] == 201
    status, problem = await enrol(world, ask(code, Ed25519PrivateKey.generate()))
    assert (status, problem["code"]) == (409, "code_used")


@pytest.mark.parametrize(
    ("changed", "status", "name"),
    [
        ({"proof": "00" * 64}, 422, "bad_proof"),
        ({"proof": "zz"}, 400, "bad_public_key"),
        ({"public_key": "00"}, 400, "bad_public_key"),
        ({"code": ""}, 400, "bad_code"),
    ],
)
async def test_a_wrong_wish_binds_nothing(
    world: World, code: str, changed: dict[str, str], status: int, name: str
) -> None:
    given, problem = await enrol(world, ask(code, Ed25519PrivateKey.generate(), **changed))
    assert (given, problem["code"]) == (status, name)
    assert not await world.rows(StationKey, "station_id")


async def test_an_unknown_and_an_expired_code_are_refused(world: World, code: str, clock: ManualClock) -> None:
    key = Ed25519PrivateKey.generate()
    status, problem = await enrol(world, ask("AAAA-BBBB", key))
    assert (status, problem["code"]) == (404, "code_unknown")
    clock.move(49 * 3600)
    status, problem = await enrol(world, ask(code, key))
    assert (status, problem["code"]) == (410, "code_expired")


async def test_a_newer_code_ends_the_older_one(world: World, code: str, clock: ManualClock) -> None:
    fresh = await wiring.enrol_code(world.kernel.database, world.kernel.clock, name="014")
    clock.move(1)
    key = Ed25519PrivateKey.generate()
    assert (await enrol(world, ask(code, key)))[0] == 410
    typed = fresh.lower().replace("-", " ")
    assert (await enrol(world, ask(typed, key)))[0] == 201


async def test_behind_a_trusted_proxy_tries_are_counted_by_the_callers_address(kernel: Kernel, serve: Serve) -> None:
    till = Till(callers=Callers([ipaddress.ip_network("127.0.0.1")]))
    kernel, _, _, routes = world_of(kernel, till)
    client = await serve(kernel, routes)

    async def tried(address: str) -> int:
        body, headers = ask("NOPE", Ed25519PrivateKey.generate()), {"X-Forwarded-For": address}
        async with client.post("/api/v1/stations/enrol", json=body, headers=headers) as answer:
            return answer.status

    assert [await tried("203.0.113.7") for _ in range(11)] == [404] * 10 + [429]
    assert await tried("203.0.113.8") == 404


async def test_a_flood_of_tries_is_held_back(world: World, code: str, clock: ManualClock) -> None:
    key = Ed25519PrivateKey.generate()
    statuses = [(await enrol(world, ask("NOPE", key)))[0] for _ in range(11)]
    assert statuses == [404] * 10 + [429]
    clock.move(61)
    assert (await enrol(world, ask(code, key)))[0] == 201


async def test_a_code_for_no_station_is_refused(world: World, auth: FixedAuth) -> None:
    auth.sign_in("stations:enrol")
    body = {"station_id": str(uuid.UUID(int=1))}
    async with world.client.post("/api/v1/stations/enrolment-codes", json=body) as answer:
        assert answer.status == 404
