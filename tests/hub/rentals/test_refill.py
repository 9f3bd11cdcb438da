"""A station that asks for everything is told its rides that are not over; a new card ends them with the right bill."""

import pytest

from hub.intake.tables import FactCursor
from hub.rentals.tables import Rental
from protocols.sync.changes import OpenRentalItem, item_of
from protocols.sync.enrolment import PREFIX, EnrolRequest
from protocols.sync.envelope import Verdict
from protocols.sync.facts import VehicleDocked
from tests.hub.rentals.test_rentals import CITY, RENTAL, VEHICLE, life, tariffs, tell
from tests.hub.stations_double import AT_MS, StationDouble, World

LIST = "open_rentals"


async def new_card(world: World, old: StationDouble) -> tuple[StationDouble, int]:
    """The station enrols again, with another key and an empty store; the epoch it begins with."""
    fresh = StationDouble(old.station_id)
    async with world.kernel.database.transaction() as session:
        code, _ = await world.rooms.enrolment.issue(session, old.station_id)
        asked = EnrolRequest(
            code=code,
            public_key=fresh.key.public_key().public_bytes_raw().hex(),
            proof=fresh.key.sign(PREFIX + code.encode()).hex(),
            agent="new",
        )
        floor = (await world.rooms.enrolment.enrol(session, asked)).epoch_floor
    fresh.epoch = max(1, floor)
    return fresh, floor


def named(double: StationDouble) -> list[OpenRentalItem]:
    if LIST not in double.lists:
        return []
    return [one for raw in double.lists[LIST][1].values() if isinstance(one := item_of(LIST, raw), OpenRentalItem)]


async def test_a_new_card_is_told_the_ride_that_the_old_one_began_and_ends_it_with_the_right_bill(world: World) -> None:
    await tariffs(world)
    old = await world.station()
    started, activated, ended = life()
    await tell(world, old, started, activated)
    fresh, floor = await new_card(world, old)
    assert floor == 2
    fresh.take(await world.sync(fresh))
    [item] = named(fresh)
    assert (item.key, item.vehicle_id, item.dock_no, item.undocked_ms) == (str(RENTAL), VEHICLE, 4, AT_MS + 5000)
    assert (item.tariff.tariff_id, item.tariff.version, item.by) == (CITY, 1, "card")
    fresh.tell(ended)
    reply = await world.sync(fresh, fresh.batch())
    assert [one.verdict for one in reply.results] == [Verdict.TAKEN]
    assert await world.rows(Rental, "state", "ended_by", "total_minor", "price_checked", "flags") == [
        ("ended", "station", 157, True, ""),
    ]  # fmt: skip
    assert all(forked is None for (forked,) in await world.rows(FactCursor, "forked_at"))


async def test_a_ride_that_is_over_is_not_named_and_no_longer_named(world: World) -> None:
    await tariffs(world)
    old = await world.station()
    started, activated, ended = life()
    await tell(world, old, started, activated)
    one, _ = await new_card(world, old)
    one.take(await world.sync(one))
    assert len(named(one)) == 1
    one.tell(ended)
    await world.sync(one, one.batch())
    two, floor = await new_card(world, old)
    assert floor == 3
    two.take(await world.sync(two))
    assert named(two) == []


@pytest.mark.parametrize("count", [1, 2], ids=["no ride yet", "no tariff"])
async def test_what_cannot_be_ended_there_is_not_named(world: World, count: int) -> None:
    if count == 1:
        await tariffs(world)
    old = await world.station()
    await tell(world, old, *life()[:count])
    fresh, _ = await new_card(world, old)
    fresh.take(await world.sync(fresh))
    assert named(fresh) == []


async def test_another_stations_rides_are_none_of_its_business(world: World) -> None:
    await tariffs(world)
    one, other = await world.station("1"), await world.station("2")
    await tell(world, one, *life()[:2])
    other.take(await world.sync(other))
    assert named(other) == []


async def test_a_ride_that_came_back_before_the_hub_spoke_has_one_end_and_the_right_bill(world: World) -> None:
    """The docks speak first: the return is told without its ride, and then the ride's end too."""
    await tariffs(world)
    old = await world.station()
    started, activated, ended = life()
    await tell(world, old, started, activated)
    fresh, _ = await new_card(world, old)
    fresh.take(await world.sync(fresh))
    await tell(world, fresh, VehicleDocked(vehicle_id=VEHICLE, dock_no=2, docked_ms=AT_MS + 305_000), ended)
    [(state, total)] = await world.rows(Rental, "state", "total_minor")
    assert (state, total) == ("ended", 157)


async def test_the_first_card_of_a_station_begins_with_the_first_epoch(world: World) -> None:
    _, floor = await new_card(world, await world.station())
    assert floor == 0
