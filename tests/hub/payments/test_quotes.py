"""A quote explains each line, by the choice and the prices of the station."""

import datetime as dt
import uuid
from typing import Any

import msgspec

from hub.fleet.schemas import NewVehicle
from protocols.sync import facts
from protocols.values import to_ms
from tests.hub.conftest import START, FixedAuth
from tests.hub.payments.test_payments import NEW, post
from tests.hub.rentals.test_rentals import RENTAL, VEHICLE, tell
from tests.hub.stations_double import World

NIGHT = {"per_minute_minor": 5, "from_minute": 1320, "to_minute": 360}
RICH = {
    "unlock_minor": 100, "per_minute_minor": 20, "deposit_minor": 2500, "tax_pct": 19, "per_km_minor": 35,
    "late_grace_minutes": 15, "late_hour_minor": 900, "windows": [NIGHT], "tax_pcts": {"late": 0},
}  # fmt: skip


async def vehicle(world: World, **more: Any) -> uuid.UUID:
    given = {"label": "V-1", "kind": "scooter", "model": "One", "dock_kind": "latch", "full_range_km": 80.0, **more}
    async with world.kernel.database.transaction() as session:
        return (await world.rooms.fleet.add(session, NewVehicle.model_validate({"id": VEHICLE, **given}))).id


async def quote(world: World, **asked: Any) -> tuple[int, dict[str, Any]]:
    async with world.client.post("/api/v1/quotes", json=asked) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_quote_has_a_line_for_each_price_with_its_tax_and_says_what_may_come_on_top(
    world: World, auth: FixedAuth
) -> None:
    auth.sign_in("tariffs:write", "tariffs:read")
    double = await world.station()
    _, made = await post(world, "", NEW | {"prices": RICH})
    vehicle_id = await vehicle(world, tariff_id=made["id"])
    asked = {"vehicle_id": str(vehicle_id), "station_id": str(double.station_id), "duration_s": 1800}
    # 20:45 UTC is 21:45 in Berlin: fifteen minutes by day, fifteen by night.
    status, shown = await quote(world, **asked, from_at="2026-11-21T20:45:00Z", distance_m=4100)
    assert status == 200, shown
    lines = [
        (one["message_key"], one["quantity"], one["unit_price_minor"], one["amount_minor"]) for one in shown["lines"]
    ]
    assert lines == [
        ("price.unlock", 1, 100, 100), ("price.minutes", 15, 20, 300), ("price.minutes", 15, 5, 75),
        ("price.distance", 4.1, 35, 144),
    ]  # fmt: skip
    assert shown["total_minor"] == 619
    assert shown["tax_minor"] == sum(one["tax_minor"] for one in shown["lines"]) == 16 + 48 + 12 + 23
    assert (shown["deposit_minor"], shown["tariff_version"], shown["timezone"]) == (2500, 1, "Europe/Berlin")
    assert shown["not_counted"] == ["late"]
    _, late = await quote(world, **asked, late_s=16 * 60)
    assert late["lines"][-1]["key"] == "late"
    assert (late["lines"][-1]["tax_pct"], late["not_counted"]) == (0, ["distance"])


async def test_a_quote_for_later_is_by_the_version_that_holds_then(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write", "tariffs:read")
    _, made = await post(world, "", NEW)
    later = START + dt.timedelta(days=7)
    await post(world, f"/{made['id']}/versions", {"valid_from": later.isoformat(), "prices": {"unlock_minor": 150}})
    _, now = await quote(world, duration_s=60)
    _, then = await quote(world, duration_s=60, from_at=later.isoformat())
    assert (now["total_minor"], then["total_minor"]) == (100, 150)
    assert now["valid_to"] == then["valid_from"]


async def test_the_narrower_tariff_is_quoted_and_nothing_that_is_for_others(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write", "tariffs:read")
    for prices in ({"unlock_minor": 1}, {"unlock_minor": 2, "kinds": ["car"]}):
        await post(world, "", NEW | {"prices": prices})
    found = [(await quote(world, vehicle_kind=kind))[1]["total_minor"] for kind in ("car", "scooter")]
    assert found == [2, 1]
    assert (await quote(world, use="charging", energy_wh=1000))[1]["code"] == "no_tariff"


async def test_what_does_not_exist_is_named(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:read")
    for wrong in ({"vehicle_id": str(uuid.UUID(int=5))}, {"station_id": str(uuid.UUID(int=5))}, {"use": "charging"}):
        status, told = await quote(world, **wrong)
        assert (status, told["code"]) == (422, "invalid")
    auth.sign_in()
    assert (await quote(world))[0] == 403


async def test_a_charging_tariff_has_no_prices_that_charging_does_not_know(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write")
    charging = NEW | {"use": "charging"}
    assert (await post(world, "", charging | {"prices": {"per_km_minor": 1}}))[0] == 422
    _, made = await post(world, "", charging)
    assert (await post(world, f"/{made['id']}/versions", {"prices": {"windows": [NIGHT]}}))[0] == 422


async def test_the_hub_checks_a_ride_by_the_stations_own_time(world: World, auth: FixedAuth) -> None:
    auth.sign_in("tariffs:write", "tariffs:read", "rentals:read")
    double = await world.station()
    _, made = await post(world, "", NEW | {"prices": RICH})
    began_ms = to_ms(dt.datetime(2026, 11, 21, 20, 45, tzinfo=dt.UTC))
    bill = facts.Bill(
        tariff_id=uuid.UUID(made["id"]), tariff_version=1, currency="EUR", total_minor=619, tax_minor=99, lines=[]
    )
    ended = facts.RentalEnded(
        rental_id=RENTAL, vehicle_id=VEHICLE, dock_no=2, ended_ms=began_ms + 1_800_000, duration_s=1800.0,
        duration_by="monotonic", bill=bill, distance_m=4100,
    )  # fmt: skip
    started = facts.RentalStarted(
        rental_id=RENTAL, vehicle_id=VEHICLE, dock_no=4, started_ms=began_ms, tariff_id=uuid.UUID(made["id"]),
        tariff_version=1, renter=facts.Renter(by="card"), offline=False,
    )  # fmt: skip
    left = facts.RentalActivated(rental_id=RENTAL, undocked_ms=began_ms)
    assert await tell(world, double, started, left, ended) == []
    async with world.client.get(f"/api/v1/rentals/{RENTAL}") as answer:
        assert (await answer.json())["price_checked"] is True
    assert msgspec.json.decode(msgspec.json.encode(ended))["distance_m"] == 4100
