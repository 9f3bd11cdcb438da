"""Thousands of attempts on a few vehicles by fifty tasks at once: no overlap, no deadlock; both databases.

`VOLTDOCK_RUSH` sets how many (10000 is the issue's figure); fewer by default, so that `make test` stays short.
"""

import asyncio
import datetime as dt
import os
import random
import uuid
from typing import Any, Final

import pytest
from sqlalchemy import select, text

from hub.intake.tables import StationFeed
from hub.rentals import pins, repository
from hub.rentals.schemas import NewReservation
from protocols.errors import Refused
from protocols.values import rfc3339
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
    monkeypatch.setattr(pins, "pin_hash", lambda pin, salt: f"{pin}{salt.hex()}")


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


async def test_a_pin_is_hashed_while_nobody_waits_for_the_booking(
    world: World, auth: FixedAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90)
    auth.sign_in("reservations:write_own", account_id=uuid.UUID(int=1))
    held: list[int] = []
    pool: Any = world.kernel.database.engine.pool

    def slow(pin: str, salt: bytes) -> str:
        held.append(pool.checkedout())
        return f"{pin}{salt.hex()}"

    monkeypatch.setattr(pins, "pin_hash", slow)
    assert await post(world, double.station_id) == 201
    assert held == [0]


async def test_a_booking_waits_for_no_other_station(world: World, auth: FixedAuth) -> None:
    if world.kernel.database.is_sqlite:
        pytest.skip("one writes at a time")
    double, other = await place(world, "1"), await place(world, "2")
    await stand(world, auth, double, 90)
    async with world.kernel.database.transaction() as session:
        await world.doors.vouchers.publish_key(session)  # as the hub does when it starts
    auth.sign_in("reservations:write_own", account_id=uuid.UUID(int=1))
    async with world.kernel.database.transaction() as session:
        held = select(StationFeed).where(StationFeed.station_id == other.station_id).with_for_update()
        (await session.scalars(held)).one()
        assert await post(world, double.station_id) == 201


async def post(world: World, station_id: uuid.UUID) -> int:
    wish = {
        "station_id": str(station_id), "vehicle_id": str(vehicle(1)), "from_at": rfc3339(START),
        "until_at": rfc3339(START + dt.timedelta(hours=1)),
    }  # fmt: skip
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    asked = world.client.post("/api/v1/reservations", json=wish, headers=headers)
    async with asyncio.timeout(5), asked as answer:
        return answer.status
