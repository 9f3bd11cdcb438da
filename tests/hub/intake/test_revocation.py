"""A stolen key: revoked at every door, and the real station's waiting facts come once it is enrolled anew."""

import uuid
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.intake.tables import FactRow
from protocols.sync import facts
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.intake.test_enrolment import ask, enrol
from tests.hub.intake.test_live import connect, nudge
from tests.hub.rentals.test_rentals import life
from tests.hub.stations_double import StationDouble, World

ADMIN = uuid.UUID(int=0xAD)


async def revoke(world: World, auth: FixedAuth, station_id: uuid.UUID) -> tuple[int, dict[str, Any]]:
    auth.sign_in("stations:enrol", "stations:read", account_id=ADMIN)
    async with world.client.post(
        f"/api/v1/stations/{station_id}/revoke",
        json={"reason": "the computer was stolen"},
        headers={"Idempotency-Key": str(uuid.uuid4())},
    ) as answer:
        return answer.status, await answer.json()


async def new_code(world: World, auth: FixedAuth, station_id: uuid.UUID) -> str:
    auth.sign_in("stations:enrol")
    async with world.client.post("/api/v1/stations/enrolment-codes", json={"station_id": str(station_id)}) as answer:
        made: dict[str, str] = await answer.json()
    return made["code"]


async def refused(world: World, double: StationDouble, *batches: Any) -> tuple[int, str]:
    async with await world.post(double, double.request(*batches)) as answer:
        return answer.status, (await answer.json(content_type=None))["code"]


async def test_from_the_revocation_on_nothing_of_the_key_is_taken(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await world.station()
    await world.sync(double)
    status, shown = await revoke(world, auth, double.station_id)
    assert (status, shown["revoked_by"], shown["revoked_why"]) == (200, str(ADMIN), "the computer was stolen")
    double.tell(life()[0])
    assert await refused(world, double, double.batch()) == (403, "station_revoked")
    assert await world.rows(FactRow, "seq") == []
    clock.move(60)
    assert (await revoke(world, auth, double.station_id))[1]["revoked_at"] == shown["revoked_at"]
    async with world.client.get(f"/api/v1/stations/{double.station_id}") as answer:
        assert (await answer.json())["revoked_at"] == shown["revoked_at"]


async def test_only_who_holds_the_key_is_told_that_it_is_revoked(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    await revoke(world, auth, double.station_id)
    stranger = StationDouble(double.station_id)
    assert await refused(world, stranger) == (401, "bad_signature")


async def test_enrolled_anew_the_station_sends_what_waited_exactly_once(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    start, ride, end = life()
    double.tell(start)
    await world.sync(double, double.batch())
    await revoke(world, auth, double.station_id)
    double.tell(ride)
    double.tell(end)
    assert (await refused(world, double, double.batch(first=2)))[1] == "station_revoked"
    code = await new_code(world, auth, double.station_id)
    stolen, double.key = double.key, Ed25519PrivateKey.generate()
    status, _ = await enrol(world, ask(code, double.key) | {"station_id": str(double.station_id)})
    assert status == 201
    reply = await world.sync(double, double.batch(first=2))
    assert [one.acked for one in reply.results] == [3]
    await world.sync(double, double.batch())
    assert await world.rows(FactRow, "seq", "type") == [
        (1, "RentalStarted"), (2, "RentalActivated"), (3, "RentalEnded"),
    ]  # fmt: skip
    async with world.client.get(f"/api/v1/stations/{double.station_id}") as answer:
        assert (await answer.json()).get("revoked_at") is None
    thief = StationDouble(double.station_id, stolen)
    thief.epoch = 9
    thief.tell(facts.AgentStarted(epoch=9, version="stolen"))
    assert await refused(world, thief) == (401, "bad_signature")


async def test_the_revoked_key_itself_cannot_be_enrolled_again(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    await revoke(world, auth, double.station_id)
    status, problem = await enrol(world, ask(await new_code(world, auth, double.station_id), double.key))
    assert (status, problem["code"]) == (409, "key_revoked")


async def test_a_code_that_was_made_before_the_revocation_is_over(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    code = await new_code(world, auth, double.station_id)
    await revoke(world, auth, double.station_id)
    status, problem = await enrol(world, ask(code, Ed25519PrivateKey.generate()))
    assert (status, problem["code"]) == (410, "code_expired")


async def test_a_code_of_another_station_is_refused_and_stays_good(world: World, auth: FixedAuth) -> None:
    one, other = await world.station("1"), await world.station("2")
    code = await new_code(world, auth, other.station_id)
    key = Ed25519PrivateKey.generate()
    status, problem = await enrol(world, ask(code, key) | {"station_id": str(one.station_id)})
    assert (status, problem["code"]) == (409, "code_of_another_station")
    assert (await enrol(world, ask(code, key) | {"station_id": str(other.station_id)}))[0] == 201


async def test_an_open_live_link_is_nudged_and_closed_and_no_new_one_opens(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    async with await connect(world, double) as socket:
        await nudge(socket)
        await revoke(world, auth, double.station_id)
        await nudge(socket)
        closed = await socket.receive(timeout=5)
        assert closed.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}
    with pytest.raises(aiohttp.WSServerHandshakeError) as answer:
        await connect(world, double)
    assert answer.value.status == 403


async def test_a_station_that_does_not_exist_or_never_enrolled_has_no_key_to_revoke(
    world: World, auth: FixedAuth
) -> None:
    assert (await revoke(world, auth, uuid.UUID(int=5)))[0] == 404
