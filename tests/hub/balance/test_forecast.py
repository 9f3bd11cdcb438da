"""Demand in the hub, on both databases: from the stations' facts to what the API expects."""

import datetime as dt
import uuid
import zoneinfo
from typing import Any

from hub.balance.forecast import LEARN
from hub.balance.tables import BalanceVehicle, DemandRide
from hub.kernel.wishes import Wish
from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.values import BatteryReading, to_ms
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

VEHICLE = uuid.UUID(int=118)
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
TARIFF = uuid.UUID(int=201)
BILL = facts.Bill(tariff_id=TARIFF, tariff_version=1, currency="EUR", total_minor=0, tax_minor=0, lines=[])


def ride(double: StationDouble, at_ms: int, *, vehicle: uuid.UUID = VEHICLE, ended: bool = True) -> uuid.UUID:
    """A ride of half an hour from the station and back, told."""
    rental_id = uuid.uuid4()
    hlc = at_ms << 16
    renter = facts.Renter(by="staff")
    double.tell(
        facts.RentalStarted(
            rental_id=rental_id, vehicle_id=vehicle, dock_no=1, started_ms=at_ms, renter=renter, tariff_id=TARIFF,
            tariff_version=1, offline=False,
        ),
        hlc=hlc,
    )  # fmt: skip
    double.tell(facts.RentalActivated(rental_id=rental_id, undocked_ms=at_ms + 1000), hlc=hlc + 1)
    if ended:
        double.tell(
            facts.RentalEnded(
                rental_id=rental_id, vehicle_id=vehicle, dock_no=1, ended_ms=at_ms + 1_800_000, duration_s=1800,
                duration_by="wall", bill=BILL,
            ),
            hlc=(at_ms + 1_800_000) << 16,
        )  # fmt: skip
    return rental_id


async def expected(world: World, double: StationDouble, query: str = "") -> dict[str, Any]:
    async with world.client.get(f"/api/v1/stations/{double.station_id}/demand{query}") as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def test_what_stations_tell_becomes_the_demand_that_is_expected(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    auth.sign_in("balance:read")
    double = await world.station()
    assert (await expected(world, double))["items"] == []
    async with world.client.get(f"/api/v1/stations/{uuid.uuid4()}/demand") as answer:
        assert answer.status == 404
    for week in range(1, 12):
        for number in (1, 2):
            at = START.astimezone(BERLIN) - dt.timedelta(weeks=week) + dt.timedelta(minutes=70)  # by its clocks
            ride(double, to_ms(at), vehicle=uuid.UUID(int=number))
    await world.sync(double, double.batch())
    assert await world.rooms.demand.learn(world.kernel.database) == 1
    found = await expected(world, double, "?hours=3")
    hours = [(one["at"], one["kind"], one["out"]) for one in found["items"]]
    assert [at for at, _, _ in hours] == [f"2026-11-21T{hour}:00:00.000Z" for hour in (14, 15, 16)]
    assert hours[1][2] > 1.4
    assert max(hours[0][2], hours[2][2]) < 0.1
    assert (found["items"][1]["out_high"], found["learnt_at"]) == (4, "2026-11-21T14:00:00.000Z")


async def test_rides_are_copied_as_they_are_told_and_what_is_none_is_not(world: World, clock: ManualClock) -> None:
    double, other = await world.station("1"), await world.station("2")
    first = ride(double, AT_MS - 7_200_000)
    second = ride(double, AT_MS - 3_600_000, vehicle=uuid.UUID(int=119), ended=False)
    third = uuid.uuid4()
    started = facts.RentalStarted(
        rental_id=third, vehicle_id=uuid.UUID(int=120), dock_no=1, started_ms=AT_MS, renter=facts.Renter(by="staff"),
        tariff_id=TARIFF, tariff_version=1, offline=False,
    )  # fmt: skip
    double.tell(started)
    double.tell(facts.RentalVoided(rental_id=third, reason="not_taken", voided_ms=AT_MS + 5))
    await world.sync(double, double.batch())
    rows = await world.rows(DemandRide, "rental_id", "from_station_id", "to_station_id")
    assert sorted(rows, key=repr) == sorted(
        [(first, double.station_id, double.station_id), (second, double.station_id, None)], key=repr
    )
    other.tell(facts.VehicleDocked(vehicle_id=uuid.UUID(int=119), dock_no=3, docked_ms=AT_MS), hlc=AT_MS << 16)
    await world.sync(other, other.batch())
    found = {row[0]: row[1] for row in await world.rows(DemandRide, "rental_id", "to_station_id")}
    assert found == {first: double.station_id, second: other.station_id}


async def test_vehicles_are_copied_with_place_and_charge(world: World) -> None:
    double = await world.station()
    battery = BatteryReading(soc_pct=42)
    double.tell(facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=3, docked_ms=AT_MS, battery=battery))
    await world.sync(double, double.batch(Lane.BUSINESS))
    rows = await world.rows(BalanceVehicle, "vehicle_id", "station_id", "docked", "soc_pct")
    assert rows == [(VEHICLE, double.station_id, True, 42)]


async def test_learning_is_wished_once_a_day_and_old_rides_are_forgotten(world: World, clock: ManualClock) -> None:
    double = await world.station()
    ride(double, AT_MS - 7_200_000)
    await world.sync(double, double.batch())
    for hours, wishes, rides in ((0, 1, 1), (1, 1, 1), (24, 2, 1), (28 * 7 * 24, 3, 0)):
        clock.move(hours * 3600)
        async with world.kernel.database.transaction() as session:
            await world.rooms.demand.wish(session, clock.now())
            await world.rooms.copies.forget_old(session, clock.now())
        kinds = [kind for (kind,) in await world.rows(Wish, "kind") if kind == LEARN]
        assert (len(kinds), len(await world.rows(DemandRide, "rental_id"))) == (wishes, rides)
