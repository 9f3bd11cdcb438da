"""New rows written past the unit of work are rows like any other: to reach, audit and session; on both databases."""

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from hub.fleet.tables import Custody
from hub.kernel import audit
from hub.kernel.audit_log import AuditRecord
from hub.kernel.bulk import Write
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.idempotency import Answer, KeptAnswer, keep_answer
from hub.kernel.new_rows import flush_with
from hub.kernel.reach import Reach, reaching
from hub.rentals.tables import AccountBlock, Lease, Rental
from protocols.errors import Refused
from protocols.values import UTC
from tests.hub.foreign import Place, settle

NOW = dt.datetime(2026, 11, 21, 14, 0, 0, 120, tzinfo=UTC)
STATION, ONE, OTHER = (uuid.UUID(int=number) for number in (7, 8, 9))


def a_lease(lease_id: uuid.UUID = ONE, **other: Any) -> Lease:
    plain: dict[str, Any] = {
        "id": lease_id, "created_at": NOW, "station_id": STATION, "vehicle_id": None, "vehicle_kind": "scooter",
        "kept_vehicle_id": None, "reservation_id": None, "from_at": NOW, "until_at": NOW, "answer_by_at": NOW,
        "generation": 1, "granted_generation": 0, "granted_until_at": None, "state": "requested", "reason": "",
        "giving_back": "", "listed": False, "rental_id": None, "word_hlc": -1,
    }  # fmt: skip
    return Lease(**{**plain, **other})


def a_block(account_id: uuid.UUID = OTHER) -> AccountBlock:
    return AccountBlock(id=OTHER, created_at=NOW, account_id=account_id, case_id=None, by=None, why="x")


def a_place(vehicle_id: uuid.UUID = ONE) -> Write:
    row = {
        "vehicle_id": vehicle_id, "state": "docked", "station_id": STATION, "dock_no": 3, "rental_id": None,
        "since": NOW, "hlc": 5, "battery": None, "battery_hlc": -1,
    }  # fmt: skip
    return Write(Custody, [row], ("vehicle_id",), replaces=True)


async def kept(database: Database, *classes: type[Any]) -> list[int]:
    async with database.reading() as session:
        return [len((await session.scalars(select(one))).all()) for one in classes]


async def test_rows_and_writes_are_there_as_after_a_flush(database: Database) -> None:
    async with database.transaction() as session:
        session.add_all([a_lease(), a_block(), a_lease(OTHER)])
        await flush_with(session, a_place())
        found = await session.scalar(select(Lease).where(Lease.id == ONE))
    assert found is not None
    assert (found.vehicle_kind, found.until_at, found.listed) == ("scooter", NOW, False)
    assert await kept(database, Lease, AccountBlock, Custody) == [2, 1, 1]


async def test_a_row_goes_on_as_one_of_the_session(database: Database) -> None:
    """It is the same object for queries, and what changes in it afterwards is written."""
    async with database.transaction() as session:
        lease = a_lease()
        session.add(lease)
        await flush_with(session)
        assert await session.get(Lease, ONE) is lease
        lease.state = "granted"
    async with database.transaction() as session:
        again = await session.get(Lease, ONE)
        assert again is not None
        assert again.state == "granted"
        await session.delete(again)
    assert await kept(database, Lease) == [0]


async def test_all_of_it_is_one_trip_on_postgresql(database: Database) -> None:
    told: list[str] = []
    async with database.transaction() as session:
        if database.is_sqlite:
            pytest.skip("statements are counted on the driver of PostgreSQL")
        driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection

        def hear(asked: Any) -> None:
            told.append(asked.query)

        session.add_all([a_lease(), a_block()])
        driver.add_query_logger(hear)
        try:
            await flush_with(session, a_place())
        finally:
            driver.remove_query_logger(hear)
    [whole] = [one for one in told if "INSERT" in one]  # beside BEGIN and what the driver asks of types
    assert whole.count("INSERT INTO") == 3


async def test_what_must_be_flushed_as_ever_is(database: Database) -> None:
    """Changed rows, and rows that leave a column to its default."""
    async with database.transaction() as session:
        lease = a_lease()
        session.add(lease)
        await session.flush()
    async with database.transaction() as session:
        held = await session.get(Lease, ONE)
        assert held is not None
        held.state = "granted"
        left_out = Rental(
            id=ONE, created_at=NOW, station_id=STATION, state="ended", flags="", told=b"", ended_hlc=1, settled_hlc=1
        )
        session.add_all([left_out, a_lease(OTHER)])
        await flush_with(session, a_place())
    async with database.reading() as session:
        states = (await session.scalars(select(Lease.state).order_by(Lease.id))).all()
        assert (await session.scalar(select(Rental.uncertainty_s))) == 0
    assert states == ["granted", "requested"]


async def test_a_row_that_is_there_is_an_error_and_all_is_undone(database: Database) -> None:
    async with database.transaction() as session:
        session.add(a_lease())

    async def fail() -> None:
        async with database.transaction() as session:
            session.add_all([a_lease(reason="again"), a_block()])
            await flush_with(session, a_place())

    with pytest.raises(DBAPIError):
        await fail()
    assert await kept(database, Lease, AccountBlock, Custody) == [1, 0, 0]


async def test_many_rows_are_written_too(database: Database) -> None:
    async with database.transaction() as session:
        session.add_all([a_lease(uuid.UUID(int=number)) for number in range(100, 140)])
        await flush_with(session, a_place())
    assert await kept(database, Lease, Custody) == [40, 1]


async def test_a_row_that_a_savepoint_takes_back_is_not_in_the_session_either(database: Database) -> None:
    """As a fact that cannot be applied is taken back, and the next one is applied in the same session."""
    async with database.transaction() as session:
        savepoint = await session.begin_nested()
        lease = a_lease()  # held on to: the session itself keeps nothing alive
        session.add(lease)
        await flush_with(session)
        await savepoint.rollback()
        assert lease not in session
        assert await session.get(Lease, ONE) is None
    assert await kept(database, Lease) == [0]


@pytest.fixture
async def here(database: Database) -> Place:
    return await settle(database)


@pytest.mark.parametrize("out_of", ["stations", "organisation"])
async def test_a_row_out_of_reach_is_refused(database: Database, here: Place, out_of: str) -> None:
    reach = Reach(stations=frozenset({STATION})) if out_of == "stations" else Reach(organisation_id=OTHER)
    with reaching(reach):
        async with database.transaction() as session:
            session.add(a_lease(station_id=here.ids["stations"]))
            with pytest.raises(Refused):
                await flush_with(session)
            session.expunge_all()


async def test_the_deed_tells_of_the_rows(database: Database) -> None:
    with audit.by_hub(SystemClock(), "test"):
        async with database.transaction() as session:
            session.add(a_lease())
            await flush_with(session, a_place())
    async with database.reading() as session:
        [changes] = (await session.scalars(select(AuditRecord.changes))).all()
    assert changes.count('"table":"leases"') == 1
    assert '"did":"added"' in changes
    assert f'"{ONE}"' in changes


@pytest.mark.parametrize("audited", [True, False])
async def test_an_answer_is_kept_with_the_last_of_the_unit_of_work(database: Database, audited: bool) -> None:
    """With the deed's record in one trip, and without one all the same."""
    answer = Answer(fingerprint="f", status=201, headers={}, body="{}", created_at=NOW)

    async def keep() -> None:
        async with database.transaction() as session:
            keep_answer(session, "somebody", "key", answer)

    if audited:
        with audit.by_hub(SystemClock(), "test"):
            await keep()
    else:
        await keep()
    assert await kept(database, KeptAnswer, AuditRecord) == [1, int(audited)]
