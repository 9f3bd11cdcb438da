"""Thousands of attempts on a few vehicles by fifty tasks at once: no overlap, no deadlock; both databases.

`VOLTDOCK_RUSH` sets how many (10000 is the issue's figure); fewer by default, so that `make test` stays short.
"""

import asyncio
import datetime as dt
import os
import random
import uuid
from typing import Final

import pytest
from sqlalchemy import text

from hub.rentals import booking, repository
from hub.rentals.schemas import NewReservation
from protocols.errors import Refused
from tests.hub.conftest import START, FixedAuth
from tests.hub.rentals.test_search import place, stand, vehicle
from tests.hub.stations_double import World

ATTEMPTS: Final = int(os.environ.get("VOLTDOCK_RUSH", "1000"))
TASKS: Final = 50
VEHICLES: Final = 4
_OVERLAPS: Final = """
SELECT count(*) FROM reservations a JOIN reservations b ON a.vehicle_id = b.vehicle_id AND a.id < b.id
WHERE a.blocks AND b.blocks AND a.from_at < b.kept_until_at AND b.from_at < a.kept_until_at
"""


@pytest.fixture
def cheap_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verifier's cost is not what is tested here."""
    monkeypatch.setattr(booking, "pin_hash", lambda pin, salt: f"{pin}{salt.hex()}")


@pytest.mark.timeout(90 + ATTEMPTS // 10)
@pytest.mark.usefixtures("cheap_pins")
async def test_ten_thousand_attempts_make_no_overlap_and_no_deadlock(world: World, auth: FixedAuth) -> None:
    stations = [await place(world, str(number)) for number in range(2)]
    await stand(world, auth, stations[0], *([90] * VEHICLES))
    dice = random.Random(7)
    outcomes: dict[str, int] = {}

    async def one() -> str:
        begins = START + dt.timedelta(minutes=dice.randrange(30_000))
        wish = NewReservation(
            station_id=stations[dice.randrange(2)].station_id, vehicle_id=vehicle(1 + dice.randrange(VEHICLES)),
            from_at=begins, until_at=begins + dt.timedelta(minutes=dice.randrange(1, 240)), hold=dice.random() < 0.5,
            trip_km=dice.choice([None, 0, 5, 30]),
        )  # fmt: skip
        try:
            async with world.kernel.database.transaction() as session:
                made, _ = await world.rooms.booking.book(session, wish, uuid.UUID(int=dice.randrange(1, 99)))
        except Refused as refused:
            return refused.code
        if dice.random() < 0.3:
            async with world.kernel.database.transaction() as session:
                held = await repository.reservation(session, made.id, lock=True)
                assert held is not None
                await world.rooms.booking.cancel(session, held, held.account_id)
        return "booked"

    async def many() -> None:
        for _ in range(ATTEMPTS // TASKS):
            outcome = await one()  # any other error, a deadlock too, ends the test
            outcomes[outcome] = outcomes.get(outcome, 0) + 1

    async with asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(many())
    async with world.kernel.database.reading() as session:
        assert (await session.execute(text(_OVERLAPS))).scalar() == 0
    assert set(outcomes) == {"booked", "reservation_overlap"}
    assert min(outcomes.values()) > ATTEMPTS // 20


@pytest.mark.usefixtures("cheap_pins")
async def test_of_two_people_for_the_last_vehicle_one_gets_it_and_the_other_is_told(
    world: World, auth: FixedAuth
) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90)
    wish = NewReservation(
        station_id=double.station_id, vehicle_id=vehicle(1), from_at=START, until_at=START + dt.timedelta(hours=1)
    )

    async def one(number: int) -> str:
        try:
            async with world.kernel.database.transaction() as session:
                await world.rooms.booking.book(session, wish, uuid.UUID(int=number))
        except Refused as refused:
            return refused.code
        return "booked"

    assert sorted(await asyncio.gather(one(1), one(2))) == ["booked", "reservation_overlap"]
