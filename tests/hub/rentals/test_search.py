"""Search: what is offered, and why the rest is not; on both databases."""

import datetime as dt
import uuid
from typing import Any

import pytest

from hub.rentals import search_rules
from hub.rentals.offer_tables import OfferVehicle
from hub.stations import repository
from hub.stations.schemas import StationEdit
from protocols.sync import facts
from protocols.sync.envelope import Lane
from protocols.values import BatteryReading, rfc3339
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.stations_double import AT_MS, StationDouble, World

HOUR = dt.timedelta(hours=1)
TYPE = {
    "kind": "scooter", "form_factor": "scooter_standing", "make": "Breeze", "model": "Breeze S", "battery_wh": 1000,
    "wh_per_km": 10, "charge_w": 500,
}  # fmt: skip
BERLIN = (52.52, 13.405)


def vehicle(number: int) -> uuid.UUID:
    return uuid.UUID(int=0xB0 + number)


async def call(world: World, method: str, path: str, body: Any = None) -> Any:
    headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
    async with world.client.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json(content_type=None)


async def place(world: World, number: str, at: tuple[float, float] | None = BERLIN) -> StationDouble:
    """A station on the map that was heard of now."""
    double = await world.station(number)
    async with world.kernel.database.transaction() as session:
        row = await repository.station(session, double.station_id)
        assert row is not None
        if at is not None:
            await world.rooms.stations.edit(session, row, StationEdit(latitude=at[0], longitude=at[1]))
    await world.sync(double)
    return double


async def stand(world: World, auth: FixedAuth, double: StationDouble, *charges: float, **battery: Any) -> None:
    """Vehicles 1, 2 … of one type, with these charges, in docks 1, 2 …"""
    auth.sign_in("vehicles:write", "vehicles:read", "reservations:write", "reservations:read", "stations:write")
    kind = await call(world, "POST", "vehicle-types", TYPE)
    first = len(double.chain().records) + 1
    for number, soc in enumerate(charges, 1):
        new = {"id": str(vehicle(number)), "label": f"V-{number}", "type_id": kind["id"]}
        await call(world, "POST", "vehicles", new)
        reading = BatteryReading(soc_pct=soc, **battery)
        double.tell(facts.VehicleDocked(vehicle_id=vehicle(number), dock_no=number, docked_ms=AT_MS, battery=reading))
    await world.sync(double, double.batch(first=first))


async def search(world: World, double: StationDouble, **query: Any) -> dict[str, Any]:
    given = {"station_id": str(double.station_id)} | query
    text = "&".join(f"{name}={value}" for name, value in given.items() if value is not None)
    answer: dict[str, Any] = await call(world, "GET", f"availability?{text}")
    return answer


def told(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(one["label"], [reason["code"] for reason in one["reasons"]]) for one in found["items"]]


async def book(world: World, double: StationDouble, begins: float, ends: float, **wish: Any) -> dict[str, Any]:
    given = {
        "station_id": str(double.station_id), "from_at": rfc3339(START + begins * HOUR),
        "until_at": rfc3339(START + ends * HOUR),
    } | wish  # fmt: skip
    answer: dict[str, Any] = await call(world, "POST", "reservations", given)
    return answer


async def test_only_what_covers_the_trip_is_offered_and_the_rest_says_when_it_will(
    world: World, auth: FixedAuth
) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90, 40, 10)
    found = await search(world, double, trip_km=40)  # needs 46 %
    assert told(found) == [("V-1", []), ("V-2", ["low_charge"]), ("V-3", ["low_charge"])]
    low = found["items"][1]["reasons"][0]["params"]
    assert low == {"soc_pct": 40, "need_pct": 46, "minutes": 8}  # 60 Wh at 500 W
    later = await search(world, double, trip_km=40, from_at=rfc3339(START + dt.timedelta(minutes=8)))
    assert told(later) == [("V-1", []), ("V-2", []), ("V-3", ["low_charge"])]
    assert (later["items"][1]["soc_pct"], later["items"][1]["soc_now_pct"]) == (46.6, 40)
    assert later["stations"][0]["offered"] == 2
    assert told(await search(world, double, trip_km=40, only_offered="true")) == [("V-1", [])]
    assert told(await search(world, double, trip_km=90))[0] == ("V-1", ["too_far"])
    assert told(await search(world, double, kind="car")) == []


async def test_all_that_speaks_against_a_vehicle_is_said_at_once(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 10, fault_codes=(7,))
    path = f"vehicles/{vehicle(1)}"
    paper = {"kind": "insurance", "valid_from": rfc3339(START - HOUR), "valid_until": rfc3339(START + HOUR / 2)}
    await call(world, "POST", f"{path}/documents", paper)
    async with world.client.get(f"/api/v1/{path}") as answer:
        etag = answer.headers["ETag"]
    edit = {"rentable": False, "why_not": "in_service"}
    async with world.client.patch(f"/api/v1/{path}", json=edit, headers={"If-Match": etag}) as answer:
        assert answer.status == 200
    found = await search(world, double)
    assert told(found) == [("V-1", ["not_for_rent", "document_over", "fault", "low_charge"])]
    assert found["items"][0]["reasons"][0]["params"] == {"why": "in_service"}
    clock.move(1)


async def test_a_booked_vehicle_is_not_offered_until_it_is_charged_again(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90)
    await book(world, double, 1, 2, vehicle_id=str(vehicle(1)), trip_km=40)  # 460 Wh: charged in 55 minutes
    for begins, ends, codes in ((0, 0.5, []), (0, 1, []), (0, 1.1, ["booked"]), (2.9, 3, ["booked"]), (2.95, 3.5, [])):
        found = await search(
            world, double, from_at=rfc3339(START + begins * HOUR), until_at=rfc3339(START + ends * HOUR), trip_km=0
        )
        assert told(found) == [("V-1", codes)], (begins, ends)
    [reason] = (await search(world, double, until_at=rfc3339(START + 1.5 * HOUR)))["items"][0]["reasons"]
    assert reason["params"] == {"from_at": "2026-11-21T15:00:00Z", "until_at": "2026-11-21T16:55:12Z"}


async def test_who_booked_a_kind_gets_the_best_charged(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 60, 90, 70)
    await book(world, double, 0, 1, vehicle_kind="scooter")
    assert told(await search(world, double)) == [("V-3", []), ("V-1", []), ("V-2", ["kept_for_bookings"])]
    later = {"from_at": rfc3339(START + HOUR), "until_at": rfc3339(START + 2 * HOUR)}
    assert all(not reasons for _, reasons in told(await search(world, double, **later)))


async def test_a_silent_station_offers_only_what_it_keeps_for_bookings(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 60, 90)
    lease_id = uuid.UUID(int=0xE1)
    double.tell(facts.AgentStarted(epoch=1, version="1", unclean=False, features=("leases",)))
    double.tell(
        facts.LeaseGranted(
            lease_id=lease_id, generation=1, from_ms=AT_MS, until_ms=AT_MS + 7_200_000, margin_ms=60_000,
            granted_ms=AT_MS, vehicle_kind="scooter",
        )
    )  # fmt: skip
    await world.sync(double, *(double.batch(lane, first=first) for lane, first in _since(double)))
    clock.move(91)
    found = await search(world, double)
    assert told(found) == [("V-2", []), ("V-1", ["station_offline"])]
    assert found["stations"][0]["online"] is False
    longer = {"until_at": rfc3339(START + 3 * HOUR)}  # than the lease lasts
    assert [codes for _, codes in told(await search(world, double, **longer))] == [["station_offline"]] * 2


def _since(double: StationDouble) -> list[tuple[Any, int]]:
    return [(Lane.BUSINESS, 3), (Lane.OPERATIONS, 1)]


async def test_stations_around_a_point_are_found_the_nearest_first(world: World, auth: FixedAuth) -> None:
    near = await place(world, "1", (52.5215, 13.405))
    await place(world, "2", (52.60, 13.405))
    await place(world, "3", (52.5201, 13.4051))
    await place(world, "4", None)
    await stand(world, auth, near, 90)
    found = await call(world, "GET", f"availability?lat={BERLIN[0]}&lon={BERLIN[1]}&radius_m=500")
    assert [one["name"] for one in found["stations"]] == ["Station 3", "Station 1"]
    assert [one["distance_m"] for one in found["stations"]] == [pytest.approx(13, abs=1), pytest.approx(167, abs=1)]
    assert told(found) == [("V-1", [])]


async def test_what_left_its_dock_or_is_registered_nowhere_is_not_found(world: World, auth: FixedAuth) -> None:
    double = await place(world, "1")
    await stand(world, auth, double, 90)
    double.tell(facts.VehicleDocked(vehicle_id=uuid.UUID(int=0xFF), dock_no=9, docked_ms=AT_MS))
    double.tell(facts.VehicleUndocked(vehicle_id=vehicle(1), dock_no=1, undocked_ms=AT_MS + 1))
    await world.sync(double, double.batch(first=2))
    assert told(await search(world, double)) == []
    assert len(await world.rows(OfferVehicle, "docked")) == 2


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("", "lat"),
        ("lat=52", "lat"),
        ("lat=52&lon=13&station_id=01900000-0000-7000-8000-000000000014", "lat"),
        ("lat=91&lon=13", "/lat"),
        ("lat=52&lon=13&until_at=2026-11-21T13:00:00Z", "until_at"),
        ("lat=52&lon=13&until_at=2028-11-21T13:00:00Z", "until_at"),
        ("lat=52&lon=13&trip_km=-1", "/trip_km"),
        ("lat=52&lon=13&radius_m=nan", "/radius_m"),
    ],
)
async def test_a_wish_without_sense_is_refused_by_name(world: World, auth: FixedAuth, query: str, pointer: str) -> None:
    auth.sign_in("vehicles:read")
    async with world.client.get(f"/api/v1/availability?{query}") as answer:
        shown = await answer.json()
    assert (answer.status, shown["errors"][0]["pointer"].strip("/")) == (422, pointer.strip("/"))


async def test_a_station_that_is_not_there_is_not_found(world: World, auth: FixedAuth) -> None:
    auth.sign_in("vehicles:read")
    async with world.client.get(f"/api/v1/availability?station_id={uuid.UUID(int=9)}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("latitude", [-90.0, 0.0, 52.0, 90.0])
def test_a_box_holds_its_circle(latitude: float) -> None:
    south, north, west, east = search_rules.box(latitude, 13.0, 1000)
    assert south < latitude < north
    assert west < 13 < east
    assert search_rules.distance_m((latitude, 13.0), (north, 13.0)) == pytest.approx(1000, rel=1e-3)
