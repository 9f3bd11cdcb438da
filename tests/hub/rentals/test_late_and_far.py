"""What a ride took beside time, at the hub: its own end and its own booking count; both databases."""

import datetime as dt
import uuid
from typing import Any

import pytest

from hub.payments.money_tables import Bill
from protocols.sync import facts
from protocols.sync.changes import ExtendRental, OpenRentalItem, item_of, order_body_of
from protocols.tariff.tariff import Price, Tariff, Used, price_of_rental
from protocols.values import rfc3339
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.payments.test_payments import NEW, post
from tests.hub.rentals.test_booking import ME, OWN, RENTAL, Renter, renter
from tests.hub.rentals.test_overflow import TAKEN, show
from tests.hub.rentals.test_search import HOUR, vehicle
from tests.hub.stations_double import AT_MS, World

__all__ = ["renter"]  # the fixture
HOUR_MS = 3_600_000
PRICES = {"unlock_minor": 100, "per_km_minor": 15, "late_grace_minutes": 10, "late_hour_minor": 500, "tax_pct": 19}


def bill_of(tariff: Tariff, price: Price) -> facts.Bill:
    lines = [
        facts.BillLine(
            key=one.key, quantity=one.quantity, unit=one.unit, unit_price_minor=one.unit_price_minor,
            amount_minor=one.amount_minor, tax_minor=one.tax_minor,
        )
        for one in price.lines
    ]  # fmt: skip
    return facts.Bill(
        tariff_id=tariff.tariff_id, tariff_version=tariff.version, currency=price.currency,
        total_minor=price.total_minor, tax_minor=price.tax_minor, lines=lines,
    )  # fmt: skip


class Ride:
    """A booked ride with a per-km tariff, as its station tells it."""

    def __init__(self, renter: Renter, tariff: Tariff) -> None:
        self.renter, self.tariff = renter, tariff
        self.booking: Any = None

    async def begin(self, odometer_m: int | None = 10_000, due_ms: int | None = AT_MS + HOUR_MS) -> None:
        _, self.booking = await self.renter.book(0, 1)
        await self.renter.grant(self.booking)
        who = facts.Renter(by="reservation", account_id=ME, reservation_id=uuid.UUID(self.booking["id"]))
        started = facts.RentalStarted(
            rental_id=RENTAL, vehicle_id=vehicle(1), dock_no=1, started_ms=AT_MS, tariff_id=self.tariff.tariff_id,
            tariff_version=1, renter=who, offline=False, odometer_m=odometer_m, due_ms=due_ms,
        )  # fmt: skip
        await self.renter.tell(started, facts.RentalActivated(rental_id=RENTAL, undocked_ms=AT_MS))

    async def end(self, hours: float, late_h: float, distance_m: int | None = None) -> int:
        """The station's own end; what it billed."""
        used = Used(distance_m=distance_m, late_s=late_h * 3600)
        bill = bill_of(self.tariff, price_of_rental(self.tariff, hours * 3600, used=used))
        ended = facts.RentalEnded(
            rental_id=RENTAL, vehicle_id=vehicle(1), dock_no=1, ended_ms=AT_MS + int(hours * HOUR_MS),
            duration_s=hours * 3600, duration_by="monotonic", bill=bill, distance_m=distance_m, late_s=late_h * 3600,
        )  # fmt: skip
        await self.renter.tell(ended)
        return bill.total_minor

    async def see(self) -> Any:
        self.renter.auth.sign_in("rentals:read")
        return (await self.renter.call("GET", f"rentals/{RENTAL}"))[1]

    def keys(self, seen: Any) -> dict[str, tuple[float, int]]:
        return {line["key"]: (line["quantity"], line["amount_minor"]) for line in seen["bill"]}


@pytest.fixture
async def ride(world: World, auth: FixedAuth, renter: Renter) -> Ride:
    auth.sign_in("tariffs:write")
    _, made = await post(world, "", NEW | {"prices": PRICES})
    auth.sign_in(*OWN, "rentals:read_own", account_id=ME)
    tariff = Tariff(
        tariff_id=uuid.UUID(made["id"]), version=1, name="x", use="rental", currency="EUR", unlock_minor=100,
        per_km_minor=15, late_grace_minutes=10, late_hour_minor=500, tax_pct=19,
    )  # fmt: skip
    return Ride(renter, tariff)


async def test_a_late_ride_of_some_kilometres_is_billed_as_its_station_bills_it(ride: Ride) -> None:
    await ride.begin()
    total = await ride.end(2.5, late_h=1.5, distance_m=4_100)
    seen = await ride.see()
    assert (seen["total"]["minor"], seen["price_checked"], seen["flags"]) == (total, True, [])
    assert (seen["distance_m"], seen["late_s"]) == (4_100, 5_400)
    assert (ride.keys(seen)["distance"], ride.keys(seen)["late"]) == ((4.1, 62), (2, 1000))


async def test_who_rides_and_gets_more_time_is_not_late_though_his_station_never_heard_of_it(ride: Ride) -> None:
    await ride.begin()
    status, _ = await ride.renter.act(ride.booking, "extend", {"until_at": rfc3339(START + 2 * HOUR)})
    assert status == 200
    told = await ride.end(1.9, late_h=0.9)  # its line was cut: it billed an hour
    seen = await ride.see()
    assert (seen["total"]["minor"], seen["late_s"], seen["flags"]) == (told - 500, 0, ["late_forgiven"])
    assert "late" not in ride.keys(seen)
    assert await ride.renter.rows(Bill, "use", "total_minor") == [("rental", told - 500)]


async def test_a_station_hears_that_a_ride_has_more_time(ride: Ride) -> None:
    await ride.begin()
    until = START + 2 * HOUR
    await ride.renter.act(ride.booking, "extend", {"until_at": rfc3339(until)})
    double = ride.renter.double
    double.take(await ride.renter.world.sync(double))
    [order] = [one for one in double.orders if one.type == "ExtendRental"]
    assert order_body_of(order) == ExtendRental(rental_id=RENTAL, until_ms=AT_MS + 2 * HOUR_MS)


async def test_a_bill_that_does_not_add_up_is_not_forgiven_but_looked_at(ride: Ride) -> None:
    await ride.begin()
    await ride.renter.act(ride.booking, "extend", {"until_at": rfc3339(START + 2 * HOUR)})
    ride.tariff = Tariff(**{**{n: getattr(ride.tariff, n) for n in Tariff.__dataclass_fields__}, "unlock_minor": 999})
    told = await ride.end(1.9, late_h=0.9)
    seen = await ride.see()
    assert (seen["total"]["minor"], seen["price_checked"]) == (told, False)


async def test_a_station_that_forgot_to_be_late_is_believed(ride: Ride) -> None:
    """The hub lowers a bill for what it promised; it never raises one."""
    await ride.begin(due_ms=None)
    told = await ride.end(3, late_h=0)
    seen = await ride.see()
    assert (seen["total"]["minor"], seen["price_checked"], seen["late_s"]) == (told, True, 0)


async def test_a_ride_that_ends_at_another_station_is_billed_for_its_way_and_its_lateness(ride: Ride) -> None:
    await ride.begin()
    other = await ride.renter.world.station("2")
    ended_ms = AT_MS + 2 * HOUR_MS
    other.tell(
        facts.VehicleDocked(vehicle_id=vehicle(1), dock_no=2, docked_ms=ended_ms, odometer_m=22_000),
        hlc=ended_ms << 16,
    )
    await ride.renter.world.sync(other, other.batch())
    seen = await ride.see()
    assert (seen["ended_by"], seen["distance_m"], seen["late_s"]) == ("other_station", 12_000, 3_600)
    assert (ride.keys(seen)["distance"], ride.keys(seen)["late"]) == ((12.0, 180), (1, 500))


async def test_a_return_to_a_full_station_stops_lateness_and_has_no_kilometres(ride: Ride, clock: ManualClock) -> None:
    await ride.begin()
    clock.move(2 * 3600)
    double = ride.renter.double
    await show(ride.renter.world, double, TAKEN)
    ride.renter.auth.sign_in(*OWN, "rentals:read_own", account_id=ME)
    body = {"station_id": str(double.station_id), "vehicle_id": str(vehicle(1))}
    status, _ = await ride.renter.call("POST", f"rentals/{RENTAL}/overflow-return", body)
    assert status == 200
    seen = await ride.see()
    assert (seen["ended_by"], seen["distance_m"], seen["late_s"]) == ("overflow", None, 3_600)
    assert (ride.keys(seen)["late"], "distance" in ride.keys(seen)) == ((1, 500), False)


async def test_a_new_card_is_told_what_the_vehicle_had_run_and_when_it_is_due(ride: Ride) -> None:
    await ride.begin()
    double = ride.renter.double
    double.lists, double.rev = {}, 0
    double.take(await ride.renter.world.sync(double, rev=0, lists={}))
    [raw] = double.lists["open_rentals"][1].values()
    item = item_of("open_rentals", raw)
    assert isinstance(item, OpenRentalItem)
    assert (item.odometer_m, item.due_ms) == (10_000, AT_MS + HOUR_MS)


def test_the_tests_hour_is_the_clocks() -> None:
    assert dt.timedelta(milliseconds=HOUR_MS) == HOUR
