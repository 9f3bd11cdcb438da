"""The time for stations that know none: signed by a key that they were given before."""

from hub.intake.time_api import PER_MINUTE
from protocols.sync.first_time import PATH, read_time
from protocols.values import to_ms
from tests.hub.conftest import ManualClock
from tests.hub.stations_double import World

NONCE = "0123456789abcdef" * 2


async def test_the_time_is_signed_by_the_key_that_stations_get_when_they_enrol(
    world: World, clock: ManualClock
) -> None:
    key = bytes.fromhex(world.doors.time_key)
    async with world.client.get(PATH, params={"nonce": NONCE}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
        assert read_time(await answer.read(), NONCE, [key]) == to_ms(clock.now())


async def test_a_question_without_a_proper_number_is_refused(world: World) -> None:
    for query in ({}, {"nonce": ""}, {"nonce": "F" * 32}, {"nonce": "0" * 31}, {"nonce": "0" * 65}):
        async with world.client.get(PATH, params=query) as answer:
            assert answer.status == 422


async def test_one_address_does_not_ask_for_ever(world: World, clock: ManualClock) -> None:
    for _ in range(PER_MINUTE):
        async with world.client.get(PATH, params={"nonce": NONCE}) as answer:
            assert answer.status == 200
    async with world.client.get(PATH, params={"nonce": NONCE}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "61")
    clock.move(60)
    async with world.client.get(PATH, params={"nonce": NONCE}) as answer:
        assert answer.status == 200
