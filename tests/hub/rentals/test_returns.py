"""Rides that end elsewhere: at another station, unseen, twice; over the real sync, on both databases."""

import asyncio
import uuid
from typing import Any

import msgspec
import pytest

from hub.rentals import returns
from hub.rentals.returns import DAY_MS, OPEN, Held, Sighting, closing_of, over_limit
from hub.rentals.tables import Rental
from protocols.sync import changes, facts
from protocols.values import BatteryReading, from_ms, rfc3339
from tests.hub.conftest import FixedAuth
from tests.hub.rentals.test_rentals import ACCOUNT, CITY, RENTAL, VEHICLE, life, tariffs, tell
from tests.hub.stations_double import AT_MS, StationDouble, World

MINUTE = 60_000
SECOND = uuid.UUID(int=0xA2)


def docked(minute: int, vehicle_id: uuid.UUID = VEHICLE, dock_no: int = 7) -> facts.VehicleDocked:
    return facts.VehicleDocked(
        vehicle_id=vehicle_id, dock_no=dock_no, docked_ms=AT_MS + minute * MINUTE, battery=BatteryReading(soc_pct=41.0)
    )


def left(minute: int) -> facts.VehicleUndocked:
    return facts.VehicleUndocked(vehicle_id=VEHICLE, dock_no=7, undocked_ms=AT_MS + minute * MINUTE)


def began(minute: int, rental_id: uuid.UUID = RENTAL, vehicle_id: uuid.UUID = VEHICLE, **who: Any) -> list[facts.Body]:
    start, ride, _ = life(**who)
    at_ms = AT_MS + minute * MINUTE
    return [
        msgspec.structs.replace(start, rental_id=rental_id, vehicle_id=vehicle_id, started_ms=at_ms),
        msgspec.structs.replace(ride, rental_id=rental_id, undocked_ms=at_ms),
    ]


async def at(world: World, double: StationDouble, minute: int, *bodies: facts.Body) -> list[changes.OrderBody | None]:
    """Told with the hybrid clock of that minute; the answer is what the hub orders in return."""
    first = len(double.chain().records) + 1
    for number, body in enumerate(bodies):
        double.tell(body, hlc=((AT_MS + minute * MINUTE) << 16) + number)
    orders = len(double.orders)
    reply = await world.sync(double, double.batch(first=first))
    assert reply.quarantined == []
    double.take(reply)
    return [changes.order_body_of(one) for one in double.orders[orders:]]


async def rental(world: World, auth: FixedAuth, rental_id: uuid.UUID = RENTAL) -> dict[str, Any]:
    auth.sign_in("rentals:read")
    async with world.client.get(f"/api/v1/rentals/{rental_id}") as answer:
        found: dict[str, Any] = await answer.json()
    return found


@pytest.mark.parametrize("late", [False, True], ids=["in_order", "the_return_first"])
async def test_a_return_at_another_station_ends_and_bills_the_ride_and_the_first_is_told(
    world: World, auth: FixedAuth, late: bool
) -> None:
    await tariffs(world)
    one, other = await world.station("1"), await world.station("2")
    if late:
        await at(world, other, 12, docked(12))
    await at(world, one, 0, *began(0))
    if not late:
        assert (await rental(world, auth))["state"] == "active"
        assert await at(world, other, 12, docked(12)) == []
    found = await rental(world, auth)
    assert (found["state"], found["ended_by"], found["ended_dock_no"]) == ("ended", "other_station", 7)
    assert (found["ended_station_id"], found["ended_at"]) == (
        str(other.station_id),
        rfc3339(from_ms(AT_MS + 12 * MINUTE)),
    )
    assert found["total"] == {"minor": 100 + (12 - 2) * 19, "currency": "EUR"}
    assert (found["duration_s"], found["duration_by"], found["soc_end_pct"]) == (720.0, "wall", 41.0)
    assert found["flags"] == ["other_station", "two_clocks"]
    told = one.orders or (await at(world, one, 13, left(13)), one.orders)[1]
    (order,) = told
    assert changes.order_body_of(order) == changes.CloseRental(
        rental_id=RENTAL, ended_ms=AT_MS + 12 * MINUTE, where="Station 2", reason="other_station"
    )
    assert order.not_after_ms - AT_MS >= 30 * DAY_MS
    await at(world, other, 20, docked(20))  # more of the same is no second order
    await at(world, one, 21, left(21))
    assert len(one.orders) == 1


async def test_a_return_that_the_first_station_saw_later_does_not_bill_a_second_time(
    world: World, auth: FixedAuth
) -> None:
    await tariffs(world)
    one, other = await world.station("1"), await world.station("2")
    await at(world, one, 0, *began(0))
    ended = msgspec.structs.replace(life()[2], ended_ms=AT_MS + 50 * MINUTE, duration_s=3000.0)
    await at(world, one, 50, ended)
    assert (await rental(world, auth))["ended_by"] == "station"
    await at(world, other, 12, docked(12))
    found = await rental(world, auth)
    assert (found["ended_by"], found["total"]["minor"]) == ("other_station", 290)
    assert "station_bill_replaced" in found["flags"]
    await at(world, one, 60, left(60))
    assert one.orders == []


async def test_a_vehicle_seen_leaving_again_without_a_return_closes_the_ride_within_a_day(
    world: World, auth: FixedAuth
) -> None:
    await tariffs(world)
    one, other = await world.station("1"), await world.station("2")
    await at(world, one, 0, *began(0))
    await at(world, other, 90, *began(90, SECOND, account_id=uuid.UUID(int=0xD2)))
    found = await rental(world, auth)
    assert (found["ended_by"], found["duration_s"], found["ended_dock_no"]) == ("missing_return", 5400.0, None)
    assert "missing_return" in found["flags"]
    assert (await rental(world, auth, SECOND))["state"] == "active"
    assert one.orders == []
    await at(world, one, 5000, left(5000))  # it has heard by now; and the second ride ends unseen, too
    assert [changes.order_body_of(order).reason for order in one.orders] == ["missing_return"]  # type: ignore[union-attr]
    second = await rental(world, auth, SECOND)
    assert (second["ended_by"], second["duration_s"]) == ("missing_return", 86_400.0)
    await at(world, other, 30, docked(30))  # the return was only late: the ride is billed anew
    found = await rental(world, auth)
    assert (found["ended_by"], found["duration_s"]) == ("other_station", 1800.0)
    assert "missing_return" not in found["flags"]


async def test_two_rides_of_one_account_at_once_are_both_billed_and_the_second_is_flagged(
    world: World, auth: FixedAuth
) -> None:
    one, other = await world.station("1"), await world.station("2")
    await at(world, other, 5, *began(5, SECOND, uuid.UUID(int=0xB2)))
    assert (await rental(world, auth, SECOND))["flags"] == []
    await at(world, one, 0, *began(0))
    assert (await rental(world, auth, SECOND))["flags"] == ["over_limit"]
    assert (await rental(world, auth))["flags"] == []
    for query, ids in (("flag=over_limit", [str(SECOND)]), ("flag=missing_return", [])):
        async with world.client.get(f"/api/v1/rentals?{query}") as answer:
            assert [each["id"] for each in (await answer.json())["items"]] == ids
    async with world.client.get("/api/v1/rentals?flag=nonsense") as answer:
        assert answer.status == 422
    await at(world, other, 3, docked(3))  # the first had ended before the second began
    assert (await rental(world, auth, SECOND))["flags"] == []
    assert (await rental(world, auth))["ended_by"] == "other_station"


async def test_an_end_without_a_beginning_waits_for_it(world: World, auth: FixedAuth) -> None:
    double = await world.station()
    await at(world, double, 5, life()[2])
    assert (await rental(world, auth))["flags"] == ["orphan_return"]
    await at(world, double, 0, *life()[:2])
    assert (await rental(world, auth))["flags"] == []


async def test_a_ride_by_a_tariff_that_the_hub_does_not_know_ends_without_a_price(world: World) -> None:
    one, other = await world.station("1"), await world.station("2")
    await at(world, one, 0, *began(0))
    await at(world, other, 12, docked(12))
    rows = await world.rows(Rental, "state", "total_minor", "flags", "tariff_id")
    assert rows == [("ended", None, " other_station two_clocks unpriced ", CITY)]


async def test_a_station_that_is_no_more_needs_no_word(world: World) -> None:
    """Told by `tell`, whose clocks tie: the order of the stations decides, and nothing fails."""
    one = await world.station("1")
    await tell(world, one, *began(0), docked(1))
    assert await world.rows(Rental, "state", "ended_by", "account_id") == [("ended", "sighting", ACCOUNT)]


async def test_a_start_and_its_return_told_at_the_same_instant_find_each_other(world: World) -> None:
    """Twenty times, for it is a race: two requests, two transactions, on PostgreSQL truly at once."""
    one, other = await world.station("1"), await world.station("2")
    for number in range(20):
        vehicle_id, rental_id = uuid.UUID(int=0x100 + number), uuid.UUID(int=0x200 + number)
        who = uuid.UUID(int=0x300 + number)
        await asyncio.gather(
            at(world, one, number, *began(number, rental_id, vehicle_id, account_id=who)),
            at(world, other, number + 5, docked(number + 5, vehicle_id)),
        )
    assert set(await world.rows(Rental, "state", "ended_by")) == {("ended", "other_station")}


def seen(hlc: int, what: str, station: int, rental: int | None = None, at_ms: int | None = None) -> Sighting:
    return Sighting(
        vehicle_id=VEHICLE, key=(hlc, b"", b""), what=what, station_id=uuid.UUID(int=station), dock_no=3,
        at_ms=hlc if at_ms is None else at_ms, rental_id=None if rental is None else uuid.UUID(int=rental),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sightings", "end"),
    [
        ([], None),
        ([seen(9, "docked", 2)], None),
        ([seen(10, "started", 1, 1)], None),
        ([seen(8, "docked", 1, 1), seen(11, "started", 2, 2)], ("station", 8)),
        ([seen(8, "docked", 2, 1)], None),
        ([seen(11, "docked", 1, 1), seen(12, "docked", 2)], ("station", 11)),
        ([seen(11, "docked", 2), seen(12, "docked", 1, 1)], ("other_station", 11)),
        ([seen(11, "docked", 1)], ("sighting", 11)),
        ([seen(11, "docked", 2, 2)], ("other_station", 11)),
        ([seen(11, "left", 2), seen(12, "docked", 2)], ("missing_return", 11)),
        ([seen(11, "started", 2, 2)], ("missing_return", 11)),
        ([seen(11, "left", 1, at_ms=9 * DAY_MS)], ("missing_return", 10 + DAY_MS)),
    ],
)
def test_a_ride_ends_where_the_vehicle_was_seen_first(sightings: list[Sighting], end: tuple[str, int] | None) -> None:
    found = closing_of(uuid.UUID(int=1), uuid.UUID(int=1), (10, b"", b""), 10, sightings)
    assert (None if found is None else (found.ended_by, found.at_ms)) == end


def test_who_is_out_on_two_vehicles_is_over_the_limit_by_the_later_ones() -> None:
    def held(*spans: tuple[int, int]) -> list[Held]:
        return [Held(key=(began, b"", bytes([n])), ended_hlc=ended) for n, (began, ended) in enumerate(spans)]

    assert over_limit(held((1, 5), (5, 9), (9, OPEN))) == set()
    assert over_limit(held((7, 8), (1, OPEN), (2, 3))) == {(7, b"", b"\x00"), (2, b"", b"\x02")}
    assert returns.over_limit([]) == set()
