"""Facts that were set aside: found, applied again in any order and once, dismissed, read again by a newer hub."""

import asyncio
import itertools
import uuid
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete

from hub.intake import projection
from hub.intake.quarantine import MOST_AT_ONCE
from hub.intake.quarantine_desk import keep_reading, passes
from hub.intake.rules import framed_alone
from hub.intake.tables import FactRow, QuarantineAct, QuarantinedFact
from hub.rentals import rules
from hub.rentals.tables import Rental
from protocols.sync.envelope import Lane
from protocols.sync.facts import RentalActivated, RentalStarted, Renter
from tests.hub.conftest import FixedAuth
from tests.hub.stations_double import AT_MS, StationDouble, World

RENTAL, VEHICLE, TARIFF = uuid.UUID(int=0xA1), uuid.UUID(int=0xB1), uuid.UUID(int=0xC1)
_keys = itertools.count(1)


def started(rental_id: uuid.UUID = RENTAL) -> RentalStarted:
    return RentalStarted(
        rental_id=rental_id, vehicle_id=VEHICLE, dock_no=4, started_ms=AT_MS, renter=Renter(by="card"),
        tariff_id=TARIFF, tariff_version=1, offline=False,
    )  # fmt: skip


@pytest.fixture
def writer(auth: FixedAuth) -> uuid.UUID:
    return auth.sign_in("facts:read", "quarantine:write").account_id


async def get(world: World, path: str) -> Any:
    async with world.client.get(f"/api/v1/quarantine{path}") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def post(world: World, path: str, body: object = None, *, status: int = 200) -> Any:
    headers = {"Idempotency-Key": f"key-{next(_keys)}"}
    async with world.client.post(f"/api/v1/quarantine{path}", json=body, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def poisoned(world: World, monkeypatch: pytest.MonkeyPatch, count: int = 1) -> StationDouble:
    """A station whose first facts could not be applied because of a bug that is mended by now."""
    double = await world.station()
    for number in range(count):
        double.tell(started(uuid.UUID(int=0xA1 + number)))
    with monkeypatch.context() as broken:

        def bug(*_: object, **_dated: object) -> None:
            if count == 1:
                raise KeyError("a bug")
            raise ValueError("a bug")  # a known kind: no traceback of each one in the log

        broken.setattr("hub.rentals.rules.with_word", bug)
        reply = await world.sync(double, double.batch())
    code = "not_applied" if count == 1 else "out_of_range"
    assert [one.code for one in reply.quarantined] == [code] * count
    return double


async def test_a_fact_is_applied_again_once_the_bug_is_mended(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = await poisoned(world, monkeypatch)
    [item] = (await get(world, "?state=waiting"))["items"]
    assert (item["code"], item["type"], item["record"].encode()) == (
        "not_applied", "RentalStarted", double.chain().records[0],
    )  # fmt: skip
    done = await post(world, f"/{item['id']}/retry")
    assert (done["state"], done["settled_at"] is not None) == ("applied", True)
    [act] = done["acts"]
    assert (act["act"], act["via"], act["account_id"], act["outcome"]) == ("retry", "api", str(writer), "applied")
    assert await world.rows(Rental, "id", "state") == [(RENTAL, "starting")]


async def test_a_late_fact_ends_in_the_same_rental_as_one_that_came_in_time(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = await poisoned(world, monkeypatch)
    double.tell(RentalActivated(rental_id=RENTAL, undocked_ms=AT_MS + 5000))
    await world.sync(double, double.batch())
    assert await world.rows(Rental, "state", "vehicle_id") == [("active", None)]
    [item] = (await get(world, ""))["items"]
    await post(world, f"/{item['id']}/retry")
    late = await world.rows(Rental, "state", "vehicle_id", "dock_no", "began_hlc", "told", "created_at")
    await _apply_in_time(world)
    assert late == await world.rows(Rental, "state", "vehicle_id", "dock_no", "began_hlc", "told", "created_at")


async def _apply_in_time(world: World) -> None:
    """Make the rentals again from the facts as they were received."""
    async with world.kernel.database.transaction() as session:
        await session.execute(delete(Rental))
    rows = await world.rows(FactRow, "seq", "record", "station_id", "received_at")
    async with world.kernel.database.transaction() as session:
        for seq, record, station_id, received_at in rows:
            understood = projection.understand(station_id, [framed_alone(seq, record)], received_at)
            assert not await projection.Projection(world.kernel.bus).apply(session, understood, seq)


async def test_retrying_twice_and_at_once_applies_once(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poisoned(world, monkeypatch)
    seen: list[uuid.UUID] = []
    real = rules.with_word

    def counted(
        told: rules.Told, station: uuid.UUID, hlc: int, fact_id: uuid.UUID, fact: Any, **dated: Any
    ) -> rules.Told:
        seen.append(fact_id)
        return real(told, station, hlc, fact_id, fact, **dated)

    monkeypatch.setattr("hub.rentals.rules.with_word", counted)
    [item] = (await get(world, ""))["items"]
    answers = await asyncio.gather(*(post(world, f"/{item['id']}/retry") for _ in range(4)))
    assert {one["state"] for one in answers} == {"applied"}
    assert len(seen) == 1
    assert len(await world.rows(QuarantineAct, "id")) == 1


async def test_one_that_fails_again_waits_with_its_new_reason(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poisoned(world, monkeypatch)
    [item] = (await get(world, ""))["items"]

    def refuse(*_: object, **_dated: object) -> None:
        raise ValueError("another bug")

    monkeypatch.setattr("hub.rentals.rules.with_word", refuse)
    tried = await post(world, f"/{item['id']}/retry")
    assert (tried["state"], tried["code"], tried["detail"]) == ("waiting", "out_of_range", "another bug")
    assert [act["outcome"] for act in tried["acts"]] == ["out_of_range"]


async def test_all_of_a_code_are_retried_in_pages_and_others_are_left(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = MOST_AT_ONCE + 3
    double = await poisoned(world, monkeypatch, count)
    double.tell_raw(Lane.BUSINESS, "RentalActivated", b"{}")
    await world.sync(double, double.batch())
    first = await post(world, "/retry", {"code": "out_of_range"})
    assert (first["applied"], first["failed"]) == (MOST_AT_ONCE, 0)
    second = await post(world, "/retry", {"code": "out_of_range", "cursor": first["next_cursor"]})
    assert second == {"applied": 3, "failed": 0, "next_cursor": None}
    assert len(await world.rows(Rental, "id")) == count
    [left] = (await get(world, "?state=waiting"))["items"]
    assert left["code"] == "bad_fact_body"
    other = await post(world, "/retry", {"code": "out_of_range", "station_id": str(uuid.UUID(int=1))})
    assert other["applied"] == 0
    await post(world, "/retry", {"code": "out_of_range", "cursor": "W10"}, status=422)


async def test_a_dismissed_fact_keeps_its_reason_and_is_not_applied(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poisoned(world, monkeypatch)
    [item] = (await get(world, ""))["items"]
    await post(world, f"/{item['id']}/dismiss", {"reason": ""}, status=422)
    gone = await post(world, f"/{item['id']}/dismiss", {"reason": "a test card"})
    assert (gone["state"], gone["acts"][0]["reason"]) == ("dismissed", "a test card")
    assert (await post(world, f"/{item['id']}/retry", status=409))["code"] == "dismissed"
    assert await post(world, "/retry", {"code": "not_applied"}) == {"applied": 0, "failed": 0, "next_cursor": None}
    assert len(await world.rows(FactRow, "seq")) == 1
    assert not await world.rows(Rental, "id")


async def test_an_applied_fact_cannot_be_dismissed_and_a_stranger_is_not_found(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poisoned(world, monkeypatch)
    [item] = (await get(world, ""))["items"]
    await post(world, f"/{item['id']}/retry")
    assert (await post(world, f"/{item['id']}/dismiss", {"reason": "too late"}, status=409))["code"] == "applied"
    for path, body in ((f"/{uuid.UUID(int=9)}/retry", None), (f"/{uuid.UUID(int=9)}/dismiss", {"reason": "why"})):
        await post(world, path, body, status=404)


async def test_the_list_is_filtered_by_station_code_type_and_state(world: World, writer: uuid.UUID) -> None:
    one, two = await world.station("1"), await world.station("2")
    for double in (one, two):
        double.tell_raw(Lane.BUSINESS, "RentalActivated", b"{}")
        double.tell_raw(Lane.BUSINESS, "FromTheFuture", b"{}", v=7)
        await world.sync(double, double.batch())
    for query, count in (
        ("", 4), (f"?station_id={one.station_id}", 2), ("?code=bad_fact_body", 2), ("?type=FromTheFuture", 2),
        ("?state=parked", 2), (f"?state=waiting&station_id={two.station_id}", 1), ("?code=other", 0),
    ):  # fmt: skip
        assert len((await get(world, query))["items"]) == count, query
    page = await get(world, "?limit=3")
    assert len((await get(world, f"?cursor={page['next_cursor']}"))["items"]) == 1


async def test_unknown_facts_are_parked_without_a_word_to_the_station(world: World, writer: uuid.UUID) -> None:
    double = await world.station()
    double.tell_raw(Lane.OPERATIONS, "FromTheFuture", b"{}", v=7)
    double.tell_raw(Lane.OPERATIONS, "DockSeen", b"{}", v=2)
    reply = await world.sync(double, double.batch(Lane.OPERATIONS))
    assert not reply.quarantined
    items = (await get(world, "?state=parked"))["items"]
    assert {(one["code"], one["detail"]) for one in items} == {
        ("unknown_type", "FromTheFuture v7"), ("unknown_type", "DockSeen v2"),
    }  # fmt: skip


async def test_what_was_unknown_is_applied_once_by_a_hub_that_knows_it(
    world: World, writer: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = await world.station()
    with monkeypatch.context() as old:
        old.setattr(projection, "GROUPS", {})  # a hub that knows no type yet
        double.tell(started())
        await world.sync(double, double.batch())
    double.tell_raw(Lane.BUSINESS, "FromTheFuture", b"{}", v=7)
    await world.sync(double, double.batch())
    assert not await world.rows(Rental, "id")
    for _ in range(2):
        await passes(world.kernel.database, world.doors.quarantine.reread)
        assert await world.rows(Rental, "id", "state") == [(RENTAL, "starting")]
    assert await world.rows(QuarantinedFact, "type", "state") == [
        ("FromTheFuture", "parked"), ("RentalStarted", "applied"),
    ]  # fmt: skip
    assert await world.rows(QuarantineAct, "via", "outcome") == [("start", "applied")]


async def test_a_hub_reads_them_at_its_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    double = await world.station()
    with monkeypatch.context() as old:
        old.setattr(projection, "GROUPS", {})
        double.tell(started())
        await world.sync(double, double.batch())
    task = asyncio.create_task(keep_reading(world.kernel.database, world.doors.quarantine))
    async with asyncio.timeout(10):
        while not await world.rows(Rental, "id"):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_record_is_shown_even_when_it_is_no_text(world: World, writer: uuid.UUID) -> None:
    double = await world.station()
    double.chain().add(uuid.UUID(int=77), msgspec.json.encode("no frame"))
    await world.sync(double, double.batch())
    [item] = (await get(world, ""))["items"]
    assert (await get(world, f"/{item['id']}"))["record"] == '"no frame"'
    assert (await post(world, f"/{item['id']}/retry"))["code"] == "bad_frame"
