"""Types, VINs, papers, history and live batteries of the fleet, on both databases."""

import datetime as dt
import uuid
from typing import Any

import msgspec
import pytest

from hub.fleet.tables import Vehicle
from hub.intake.tables import ListItem
from protocols.sync import facts
from protocols.sync.live import Telemetry
from protocols.values import BatteryReading, rfc3339
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

VEHICLE = uuid.UUID(int=0xB1)
VIN = "1M8GDM9AXKP042788"
TYPE = {
    "kind": "scooter", "form_factor": "scooter_standing", "make": "Breeze", "model": "Breeze S", "battery_wh": 900,
    "wh_per_km": 12, "charge_w": 300,
}  # fmt: skip
DAY = dt.timedelta(days=1)


async def call(world: World, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    given = {"Idempotency-Key": uuid.uuid4().hex} | headers if method == "POST" else headers
    async with world.client.request(method, f"/api/v1/{path}", json=body, headers=given) as answer:
        return answer.status, await answer.json(content_type=None)


async def edit(world: World, path: str, body: Any) -> tuple[int, Any]:
    async with world.client.get(f"/api/v1/{path}") as answer:
        etag = answer.headers["ETag"]
    return await call(world, "PATCH", path, body, **{"If-Match": etag})


async def fleet(world: World, auth: FixedAuth, **changed: Any) -> tuple[str, dict[str, Any]]:
    """A type and a vehicle of it."""
    auth.sign_in("vehicles:write", "vehicles:read", "vehicles:history")
    _, kind = await call(world, "POST", "vehicle-types", TYPE)
    given = {"id": str(VEHICLE), "label": "V-118", "type_id": kind["id"]} | changed
    status, made = await call(world, "POST", "vehicles", given)
    assert status == 201, made
    return kind["id"], made


async def item(world: World) -> dict[str, Any]:
    found = [payload for name, payload in await world.rows(ListItem, "list", "payload") if name == "vehicles"]
    assert len(found) == 1
    read: dict[str, Any] = msgspec.json.decode(found[0])
    return read


async def stands(world: World, **battery: Any) -> StationDouble:
    double = await world.station()
    reading = BatteryReading(**({"soc_pct": 50} | battery))
    double.tell(facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=3, docked_ms=AT_MS, battery=reading))
    assert not (await world.sync(double, double.batch())).quarantined
    return double


async def test_a_vehicle_is_what_its_type_says_and_follows_it(world: World, auth: FixedAuth) -> None:
    type_id, made = await fleet(world, auth)
    assert (made["kind"], made["model"], made["dock_kind"], made["full_range_km"]) == (
        "scooter",
        "Breeze S",
        "latch",
        75,
    )
    status, kind = await edit(world, f"vehicle-types/{type_id}", {"wh_per_km": 9, "model": "Breeze T"})
    assert (status, kind["range_km"]) == (200, 100)
    _, shown = await call(world, "GET", f"vehicles/{VEHICLE}")
    assert (shown["model"], shown["full_range_km"]) == ("Breeze T", 100)
    assert (await item(world))["full_range_km"] == 100
    assert len((await call(world, "GET", f"vehicles?type_id={type_id}"))[1]["items"]) == 1


@pytest.mark.parametrize("wh_per_km", [5e-324, 0.1, 10_000])
async def test_a_range_that_nothing_on_wheels_has_is_a_typo(world: World, auth: FixedAuth, wh_per_km: float) -> None:
    type_id, _ = await fleet(world, auth)
    wrong = {**TYPE, "battery_wh": 900, "wh_per_km": wh_per_km}
    status, told = await call(world, "POST", "vehicle-types", wrong, **{"Idempotency-Key": "another"})
    assert (status, told["errors"][0]["pointer"]) == (422, "/wh_per_km")
    status, told = await edit(world, f"vehicle-types/{type_id}", {"battery_wh": 900, "wh_per_km": wh_per_km})
    assert (status, told["errors"][0]["pointer"]) == (422, "/wh_per_km")


async def test_a_type_whose_id_is_taken_is_told_so(world: World, auth: FixedAuth) -> None:
    type_id, _ = await fleet(world, auth)
    again = {**TYPE, "id": type_id}
    status, told = await call(world, "POST", "vehicle-types", again, **{"Idempotency-Key": "another"})
    assert (status, told["code"]) == (409, "vehicle_type_exists")


async def test_without_a_type_a_vehicle_says_itself_what_it_is(world: World, auth: FixedAuth) -> None:
    auth.sign_in("vehicles:write", "vehicles:read")
    status, answer = await call(world, "POST", "vehicles", {"label": "V-1", "kind": "scooter", "model": "Own"})
    assert (status, answer["errors"][0]["pointer"]) == (422, "/full_range_km")
    status, answer = await call(world, "POST", "vehicles", {"label": "V-1", "type_id": str(uuid.UUID(int=9))})
    assert (status, answer["errors"][0]["pointer"]) == (422, "/type_id")


async def test_a_vin_is_checked_by_what_its_type_demands(world: World, auth: FixedAuth) -> None:
    type_id, made = await fleet(world, auth, vin=VIN.lower())
    assert (made["vin"], made["vin_checked"]) == (VIN, True)
    other = VIN[:8] + "5" + VIN[9:]
    _, made = await call(world, "POST", "vehicles", {"label": "V-2", "type_id": type_id, "vin": other})
    assert made["vin_checked"] is False  # in Europe that is no fault
    assert (await call(world, "POST", "vehicles", {"label": "V-3", "type_id": type_id, "vin": VIN}))[1]["code"] == (
        "vin_taken"
    )
    await edit(world, f"vehicle-types/{type_id}", {"vin_check_digit": True})
    wrong = VIN[:-1] + "9"
    status, answer = await call(world, "POST", "vehicles", {"label": "V-3", "type_id": type_id, "vin": wrong})
    assert (status, answer["errors"][0]["pointer"], answer["errors"][0]["type"]) == (422, "/vin", "vin_check")
    status, answer = await call(
        world, "POST", "vehicles", {"label": "V-3", "type_id": type_id, "vin": "1M8-" + "O" * 14}
    )
    assert (status, answer["errors"][0]["pointer"]) == (422, "/vin")


async def test_papers_that_are_over_block_the_vehicle_here_and_at_the_stations(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await fleet(world, auth)
    await stands(world)
    new = {
        "kind": "insurance",
        "number": "P-1",
        "valid_from": rfc3339(START - DAY),
        "valid_until": rfc3339(START + DAY),
    }
    status, paper = await call(world, "POST", f"vehicles/{VEHICLE}/documents", new)
    assert status == 201
    assert (await item(world))["papers_until_ms"] == AT_MS + 86_400_000
    clock.move(86_400)
    _, shown = await call(world, "GET", f"vehicles/{VEHICLE}")
    assert (shown["mds_state"], shown["mds_reason"]) == ("non_operational", "document_over")
    await call(
        world, "POST", f"vehicles/{VEHICLE}/documents", new | {"valid_from": rfc3339(START), "valid_until": None}
    )
    _, shown = await call(world, "GET", f"vehicles/{VEHICLE}")
    assert (shown["papers_until"], shown["mds_state"]) == (None, "available")
    assert "papers_until_ms" not in await item(world)
    assert len((await call(world, "GET", f"vehicles/{VEHICLE}/documents"))[1]["items"]) == 2
    assert (await call(world, "DELETE", f"vehicles/{VEHICLE}/documents/{paper['id']}"))[0] == 204
    assert (await call(world, "DELETE", f"vehicles/{VEHICLE}/documents/{paper['id']}"))[0] == 404


async def test_a_paper_that_begins_after_a_gap_frees_the_vehicle_when_it_begins(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await fleet(world, auth)
    for begins, ends in ((-1, 1), (3, 9)):
        new = {
            "kind": "inspection",
            "valid_from": rfc3339(START + begins * DAY),
            "valid_until": rfc3339(START + ends * DAY),
        }
        await call(world, "POST", f"vehicles/{VEHICLE}/documents", new)
    for later, until in ((2, 1), (1, 9)):
        clock.move(86_400 * later)
        async with world.kernel.database.transaction() as session:
            await world.rooms.documents.look(session, clock.now())
        assert await world.rows(Vehicle, "papers_until") == [(START + until * DAY,)]


async def test_a_paper_that_ends_before_it_begins_is_refused(world: World, auth: FixedAuth) -> None:
    await fleet(world, auth)
    new = {"kind": "other", "valid_from": rfc3339(START), "valid_until": rfc3339(START)}
    status, answer = await call(world, "POST", f"vehicles/{VEHICLE}/documents", new)
    assert (status, answer["errors"][0]["pointer"]) == (422, "/valid_until")


async def test_a_pictures_batteries_are_the_vehicles(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    await fleet(world, auth)
    double = await stands(world)
    clock.move(60)
    picture = Telemetry(
        at_ms=AT_MS + 60_000,
        docks=[
            {"dock_no": 1, "battery": {"vehicle_id": "none", "soc_pct": 10}},
            {"dock_no": 2, "battery": {"vehicle_id": str(uuid.UUID(int=7)), "soc_pct": "many"}},
            {"dock_no": 3, "battery": {"vehicle_id": str(VEHICLE), "soc_pct": 80, "soh_pct": 90, "power_w": 200}},
        ],
    )
    world.rooms.pictures.hear(double.station_id, picture)
    async with world.kernel.database.transaction() as session:
        await world.rooms.pictures.write(session, double.station_id)
    _, shown = await call(world, "GET", f"vehicles/{VEHICLE}")
    assert (shown["soc_pct"], shown["range_km"]) == (80, 54)  # 75 km × 0.8 × 0.9
    assert shown["battery_at"] == rfc3339(START + dt.timedelta(minutes=1))


async def test_the_history_says_what_happened_and_by_whom(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    await fleet(world, auth)
    double = await stands(world)
    double.tell(facts.VehicleUndocked(vehicle_id=VEHICLE, dock_no=3, undocked_ms=AT_MS + 1000, rental_id=VEHICLE))
    batch = double.batch(first=2)
    await world.sync(double, batch)
    await world.sync(double, batch)  # said again
    clock.move(10)
    await edit(world, f"vehicles/{VEHICLE}", {"service": "missing"})
    assert (await call(world, "GET", f"vehicles/{VEHICLE}"))[1]["mds_state"] == "missing"
    assert (await item(world))["rentable"] is False
    clock.move(10)
    double.tell(facts.VehicleDocked(vehicle_id=VEHICLE, dock_no=1, docked_ms=AT_MS + 19_000))
    await world.sync(double, double.batch(first=3))
    _, shown = await call(world, "GET", f"vehicles/{VEHICLE}")
    assert (shown["service"], shown["mds_state"]) == ("deployed", "available")
    assert "rentable" not in await item(world)  # by default it is
    _, history = await call(world, "GET", f"vehicles/{VEHICLE}/history")
    told = [(one["what"], one["mds_event"], one["dock_no"], one["by"]) for one in history["items"]]
    assert told == [
        ("found", "located", None, None),
        ("docked", "provider_drop_off", 1, None),
        ("missing", "not_located", None, str(uuid.UUID(int=1))),
        ("rented", "trip_start", 3, None),
        ("docked", "provider_drop_off", 3, None),
    ]


async def test_the_state_tells_of_bookings_and_of_lost_contact(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await fleet(world, auth)
    double = await stands(world)
    async with world.kernel.database.transaction() as session:
        await world.rooms.leases.station(session, double.station_id)
    auth.sign_in("vehicles:read", "reservations:write", "reservations:read")
    wish = {
        "station_id": str(double.station_id), "vehicle_id": str(VEHICLE), "from_at": rfc3339(START),
        "until_at": rfc3339(START + DAY),
    }  # fmt: skip
    _, booked = await call(world, "POST", "reservations", wish)
    assert (await call(world, "GET", f"vehicles/{VEHICLE}"))[1]["mds_state"] == "available"  # only asked for
    double.tell(
        facts.LeaseGranted(
            lease_id=uuid.UUID(booked["lease_id"]), generation=1, from_ms=AT_MS, until_ms=AT_MS + 90_000_000,
            margin_ms=1000, granted_ms=AT_MS, vehicle_id=VEHICLE,
        )
    )  # fmt: skip
    await world.sync(double, double.batch(first=2))
    _, shown = await call(world, "GET", f"vehicles/{VEHICLE}")
    assert (shown["mds_state"], shown["contact_lost"]) == ("reserved", False)
    clock.move(16 * 60)
    _, shown = await call(world, "GET", f"vehicles/{VEHICLE}")
    assert (shown["mds_state"], shown["contact_lost"]) == ("reserved", True)
