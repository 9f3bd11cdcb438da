"""Cases: opened by what stations tell, explained by what they tell later, resolved by people; on both databases."""

import uuid
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from hub import events
from hub.cases import repository, rules
from hub.cases.rules import case_id_of
from hub.cases.service import Cases
from hub.cases.tables import CaseRow
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from hub.kernel.pages import PageQuery
from protocols.sync import facts
from protocols.values import from_ms
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.rentals.test_rentals import RENTAL, life, tariffs, tell
from tests.hub.rentals.test_returns import SECOND, at, began, docked
from tests.hub.stations_double import AT_MS, World

STAFF = uuid.UUID(int=0x57)
THING = uuid.UUID(int=0xCA)


async def cases(world: World, auth: FixedAuth, **filters: Any) -> list[dict[str, Any]]:
    auth.sign_in("cases:read")
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    async with world.client.get(f"/api/v1/cases?{query}") as answer:
        assert answer.status == 200, await answer.text()
        found: list[dict[str, Any]] = (await answer.json())["items"]
    return found


async def act(world: World, auth: FixedAuth, case_id: str, what: str, body: dict[str, Any]) -> tuple[int, Any]:
    auth.sign_in("cases:read", "cases:write", account_id=STAFF)
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    async with world.client.post(f"/api/v1/cases/{case_id}/{what}", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


def seen(**given: Any) -> events.CaseSeen:
    plain: dict[str, Any] = {"kind": "booking_broken", "about": THING, "seen_at": from_ms(AT_MS)}
    return events.CaseSeen(**(plain | given))


async def see(world: World, *told: events.CaseSeen) -> None:
    async with world.kernel.database.transaction() as session:
        await world.rooms.cases.see(session, told)


async def test_two_rides_of_one_account_at_two_stations_open_a_case_for_the_second(
    world: World, auth: FixedAuth
) -> None:
    one, other = await world.station("1"), await world.station("2")
    await at(world, other, 5, *began(5, SECOND, uuid.UUID(int=0xB2)))
    assert await cases(world, auth) == []
    await at(world, one, 0, *began(0))
    [case] = await cases(world, auth)
    assert (case["kind"], case["rental_id"], case["state"]) == ("over_limit", str(SECOND), "open")
    assert case["station_id"] == str(other.station_id)
    assert case["id"] == str(case_id_of("over_limit", SECOND))


async def test_a_case_that_a_late_fact_explains_closes_itself_and_says_how(world: World, auth: FixedAuth) -> None:
    await tariffs(world)
    one, other = await world.station("1"), await world.station("2")
    await at(world, one, 0, *began(0))
    await at(world, other, 90, *began(90, SECOND, account_id=uuid.UUID(int=0xD2)))
    [case] = await cases(world, auth, state="open")
    assert (case["kind"], case["rental_id"]) == ("missing_return", str(RENTAL))
    await at(world, other, 30, docked(30))
    assert await cases(world, auth, state="open") == []
    [case] = await cases(world, auth, kind="missing_return")
    assert (case["state"], case["resolved_by"], case["standing"]) == ("resolved", None, False)
    assert case["resolution"] == "the return was seen after all"
    assert [note["what"] for note in case["history"]] == ["opened", "explained"]


async def test_an_end_whose_beginning_is_missing_is_a_case_until_it_comes(world: World, auth: FixedAuth) -> None:
    await tariffs(world)
    one = await world.station("1")
    start, ride, end = life()
    await tell(world, one, end)
    [case] = await cases(world, auth, kind="orphan_return")
    assert case["seen"]["currency"] == "EUR"
    await tell(world, one, start, ride)
    [case] = await cases(world, auth, kind="orphan_return")
    assert case["resolution"] == "the beginning was told after all"


async def test_a_bill_that_the_hub_reckons_otherwise_is_a_case(world: World, auth: FixedAuth) -> None:
    await tariffs(world)
    one = await world.station("1")
    start, ride, end = life()
    assert isinstance(end, facts.RentalEnded)
    wrong = msgspec.structs.replace(end, bill=msgspec.structs.replace(end.bill, total_minor=1))
    await tell(world, one, start, ride, wrong)
    [case] = await cases(world, auth)
    assert (case["kind"], case["seen"]["total_minor"]) == ("wrong_bill", 1)


async def test_a_person_takes_a_case_up_and_resolves_it_once(world: World, auth: FixedAuth) -> None:
    await see(world, seen(seen={"reason": "dock 4 burnt"}))
    [case] = await cases(world, auth)
    status, taken = await act(world, auth, case["id"], "acknowledge", {"note": "calling them"})
    assert (status, taken["state"]) == (200, "acknowledged")
    status, done = await act(world, auth, case["id"], "resolve", {"why": "another vehicle was given"})
    assert (status, done["state"], done["resolved_by"]) == (200, "resolved", str(STAFF))
    assert [(note["what"], note["why"]) for note in done["history"]][1:] == [
        ("acknowledged", "calling them"),
        ("resolved", "another vehicle was given"),
    ]
    for what, body in (("resolve", {"why": "again"}), ("acknowledge", {})):
        status, refused = await act(world, auth, case["id"], what, body)
        assert (status, refused["code"]) == (409, "case_resolved")
    assert (await act(world, auth, str(THING), "resolve", {"why": "no such case"}))[0] == 404


async def test_a_resolved_case_stays_resolved_for_the_same_and_opens_for_something_else(
    world: World, auth: FixedAuth
) -> None:
    await see(world, seen(seen={"minutes": 5}))
    [case] = await cases(world, auth)
    await act(world, auth, case["id"], "resolve", {"why": "known"})
    await see(world, seen(seen={"minutes": 5}))
    await see(world, seen(standing=False, why="gone"))
    await see(world, seen(seen={"minutes": 5}))
    assert [one["state"] for one in await cases(world, auth)] == ["resolved"]
    await see(world, seen(seen={"minutes": 500}))
    [case] = await cases(world, auth)
    assert (case["state"], case["resolved_by"], case["seen"]) == ("open", None, {"minutes": 500})
    assert case["history"][-1]["what"] == "reopened"


async def test_every_change_of_a_case_is_told_once(world: World, auth: FixedAuth) -> None:
    told: list[events.CaseChanged] = []

    async def hear(_session: object, event: Any) -> None:
        told.append(event)

    world.rooms.cases = Cases(world.kernel.clock, hear)
    await see(world, seen(), seen())
    await see(world, seen())
    await see(world, seen(standing=False, why="the vehicle was found"))
    assert [(one.state, one.by, one.why) for one in told] == [
        ("open", None, ""),
        ("resolved", None, "the vehicle was found"),
    ]
    assert len(await world.rows(CaseRow, "id")) == 1


async def test_what_never_stood_makes_no_case(world: World, auth: FixedAuth) -> None:
    await see(world, seen(standing=False, why="nothing"))
    assert await cases(world, auth) == []


async def test_cases_are_found_by_kind_state_station_account_and_rental(world: World, auth: FixedAuth) -> None:
    account, rental, station = (uuid.UUID(int=number) for number in (1, 2, 3))
    await see(world, seen(account_id=account, rental_id=rental, station_ids=(station,)), seen(kind="long_ride"))
    for name, value in (("account_id", account), ("rental_id", rental), ("station_id", station)):
        assert [one["kind"] for one in await cases(world, auth, **{name: value})] == ["booking_broken"]
    assert [one["kind"] for one in await cases(world, auth, kind="long_ride", state="open")] == ["long_ride"]
    assert await cases(world, auth, state="resolved") == []


VEHICLE, BOOKING, VOUCHER, OTHER, LAST = (uuid.UUID(int=0xCB00 + number) for number in range(5))


async def test_a_case_is_found_by_everything_that_it_names(world: World, auth: FixedAuth) -> None:
    stations = uuid.UUID(int=0x51), uuid.UUID(int=0x52)
    subjects = {"vehicle_id": VEHICLE, "reservation_id": BOOKING, "voucher_id": VOUCHER}
    told = seen(station_ids=stations, subjects=subjects, account_id=STAFF, rental_id=RENTAL)
    await see(world, told, seen(about=OTHER, subjects={"vehicle_id": OTHER}))
    mine = [str(case_id_of(told.kind, THING))]
    for filters in (
        {"vehicle_id": VEHICLE}, {"reservation_id": BOOKING}, {"about": THING}, {"naming": VOUCHER},
        {"naming": stations[1]}, {"naming": STAFF}, {"vehicle_id": VEHICLE, "reservation_id": BOOKING},
        {"vehicle_id": VEHICLE, "rental_id": RENTAL, "state": "open"},
    ):  # fmt: skip
        assert [one["id"] for one in await cases(world, auth, **filters)] == mine, filters
    for filters in ({"vehicle_id": LAST}, {"vehicle_id": OTHER, "reservation_id": BOOKING}, {"about": VEHICLE}):
        assert await cases(world, auth, **filters) == [], filters


async def test_a_case_that_names_something_else_now_is_not_found_by_what_it_named(
    world: World, auth: FixedAuth
) -> None:
    await see(world, seen(subjects={"vehicle_id": VEHICLE}))
    await see(world, seen(subjects={"vehicle_id": OTHER}))
    assert await cases(world, auth, vehicle_id=VEHICLE) == []
    [case] = await cases(world, auth, vehicle_id=OTHER)
    await act(world, auth, case["id"], "resolve", {"why": "found"})
    assert len(await cases(world, auth, vehicle_id=OTHER)) == 1


async def test_what_a_person_has_taken_up_is_unresolved_still(world: World, auth: FixedAuth) -> None:
    await see(world, *(seen(about=uuid.UUID(int=number), subjects={"vehicle_id": VEHICLE}) for number in (1, 2, 3)))
    first, second, third = await cases(world, auth, vehicle_id=VEHICLE)
    await act(world, auth, first["id"], "acknowledge", {"note": ""})
    await act(world, auth, second["id"], "resolve", {"why": "found"})
    unresolved = await cases(world, auth, vehicle_id=VEHICLE, unresolved="true")
    assert {one["id"] for one in unresolved} == {first["id"], third["id"]}
    [resolved] = await cases(world, auth, vehicle_id=VEHICLE, unresolved="false")
    assert resolved["id"] == second["id"]


async def test_the_cases_of_a_vehicle_come_in_pages_each_once(world: World, auth: FixedAuth) -> None:
    await see(world, *(seen(about=uuid.UUID(int=number), subjects={"vehicle_id": VEHICLE}) for number in range(7)))
    await see(world, *(seen(about=uuid.UUID(int=99 + number)) for number in range(5)))
    auth.sign_in("cases:read")
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&cursor={cursor}" if cursor else ""
        async with world.client.get(f"/api/v1/cases?vehicle_id={VEHICLE}&limit=3{after}") as answer:
            page = await answer.json()
        assert 0 < len(page["items"]) <= 3
        found += [one["about"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(found) == [str(uuid.UUID(int=number)) for number in range(7)]


async def test_a_filter_that_is_no_id_is_named(world: World, auth: FixedAuth) -> None:
    auth.sign_in("cases:read")
    async with world.client.get("/api/v1/cases?vehicle_id=V-118") as answer:
        assert answer.status == 422
        assert [one["pointer"] for one in (await answer.json())["errors"]] == ["/vehicle_id"]


async def test_cases_of_before_are_found_after_the_update(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'old.sqlite'}")
    await migrate(database)
    row = rules.after_seen(None, seen(station_ids=(STAFF,), subjects={"vehicle_id": VEHICLE}), from_ms(AT_MS))
    assert row is not None
    async with database.transaction() as session:
        await repository.put(session, [row])
        connection = await session.connection()
        await connection.exec_driver_sql("DROP TABLE case_things")
        await connection.run_sync(_again)
    async with database.reading() as session:
        found = await repository.cases(session, PageQuery(), naming=[VEHICLE, STAFF, THING])
        assert [one.id for one in found.rows] == [row["id"]]
    await database.close()


def _again(connection: Connection) -> None:
    """The migration's own step, on a database that has cases already."""
    with Operations.context(MigrationContext.configure(connection)):
        import_module("hub.migrations.versions.0082_case_things").upgrade()


async def test_a_ride_that_lasts_a_day_is_a_case_until_it_ends(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    await tariffs(world)
    one = await world.station("1")
    await at(world, one, 0, *began(0))
    for hours, found in ((23, []), (2, ["long_ride"]), (1, ["long_ride"])):
        clock.move(hours * 3600)
        async with world.kernel.database.transaction() as session:
            await world.rooms.rentals.look_for_long_rides(session, clock.now())
        assert [case["kind"] for case in await cases(world, auth, state="open")] == found
    await at(world, one, 27 * 60, docked(27 * 60))
    assert await cases(world, auth, state="open") == []
    [case] = await cases(world, auth, kind="long_ride")
    assert case["resolution"] == "the ride has ended"
