"""Unit of work, column types and inserts, on both databases."""

import asyncio
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, StatementError

from hub.kernel.columns import UtcInstant
from hub.kernel.db import Database, after_commit, insert_new, upsert, violates
from hub.kernel.idempotency import KeptAnswer
from hub.kernel.statements import Statement, run
from protocols.values import UTC

NOW = dt.datetime(2026, 11, 21, 14, 0, 0, 123456, tzinfo=UTC)


DAYS = dt.timedelta(days=2)
EARLY, LATE = dt.datetime.min + DAYS, dt.datetime.max - DAYS  # noqa: DTZ901  # hypothesis adds the zone


def _row(key: str, **other: object) -> dict[str, object]:
    row: dict[str, object] = {
        "actor": "a", "key": key, "fingerprint": "", "status": 200, "headers": {}, "body": "", "created_at": NOW,
    }  # fmt: skip
    return {**row, **other}


async def _count(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(KeptAnswer)) or 0


@given(st.datetimes(min_value=EARLY, max_value=LATE, timezones=st.timezones()))
def test_an_instant_keeps_its_microseconds_whatever_its_zone(at: dt.datetime) -> None:
    kind = UtcInstant()
    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        stored = kind.process_bind_param(at, dialect)
        back = kind.process_result_value(stored, dialect)
        assert back == at.astimezone(UTC)
        assert back is not None
        assert back.utcoffset() == dt.timedelta(0)


async def test_an_instant_without_a_zone_never_reaches_a_table(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        async with database.transaction() as session:
            await insert_new(
                session, KeptAnswer, [_row("k", created_at=NOW.replace(tzinfo=None))], key=["actor", "key"]
            )


async def test_values_come_back_as_they_went_in(database: Database) -> None:
    away = NOW.astimezone(dt.timezone(dt.timedelta(hours=7)))
    headers = {"ä": [1, 2.5, None, "\U0001f697"]}
    async with database.transaction() as session:
        session.add(KeptAnswer(**_row("k", created_at=away, headers=headers, status=2**62)))
    async with database.reading() as session:
        kept = await session.get_one(KeptAnswer, ("a", "k"))
        assert (kept.created_at, kept.created_at.tzinfo) == (NOW, UTC)
        assert (kept.headers, kept.status) == (headers, 2**62)


async def test_an_exception_undoes_the_unit_of_work(database: Database) -> None:
    done: list[str] = []

    async def fail() -> None:
        async with database.transaction() as session:
            session.add(KeptAnswer(**_row("k")))
            await session.flush()
            after_commit(session, lambda: done.append("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await _count(database) == 0
    assert done == []


async def test_what_waits_for_the_commit_runs_after_it(database: Database) -> None:
    seen: list[int] = []

    async def look() -> None:
        seen.append(await _count(database))

    async with database.transaction() as session:
        session.add(KeptAnswer(**_row("k")))
        after_commit(session, look)
        assert seen == []
    assert seen == [1]


async def test_insert_new_leaves_what_is_there(database: Database) -> None:
    async with database.transaction() as session:
        assert await insert_new(session, KeptAnswer, [_row("a"), _row("b")], key=["actor", "key"]) == 2
        changed = [_row("b", body="other"), _row("c")]
        assert await insert_new(session, KeptAnswer, changed, key=["actor", "key"]) == 1
        assert await insert_new(session, KeptAnswer, [], key=["actor", "key"]) == 0
    async with database.reading() as session:
        assert (await session.get_one(KeptAnswer, ("a", "b"))).body == ""


async def test_upsert_changes_all_but_what_it_keeps(database: Database) -> None:
    async with database.transaction() as session:
        await upsert(session, KeptAnswer, _row("k", body="1", status=1), key=["actor", "key"])
        await upsert(session, KeptAnswer, _row("k", body="2", status=2), key=["actor", "key"], keep=["status"])
    async with database.reading() as session:
        kept = await session.get_one(KeptAnswer, ("a", "k"))
        assert (kept.body, kept.status) == ("2", 1)


async def test_a_violated_constraint_can_be_told_by_name(database: Database) -> None:
    async def add() -> None:
        async with database.transaction() as session:
            session.add(KeptAnswer(**_row("k")))

    await add()
    with pytest.raises(IntegrityError) as caught:
        await add()
    assert violates(caught.value, "idempotency_keys" if database.is_sqlite else "pk_idempotency_keys")
    assert not violates(caught.value, "something_else")


async def test_many_writers_at_once_all_get_their_turn(database: Database) -> None:
    async def bump() -> None:
        async with database.transaction() as session:
            kept = await session.get_one(KeptAnswer, ("a", "k"), with_for_update=True)
            await asyncio.sleep(0)
            kept.status += 1

    async with database.transaction() as session:
        session.add(KeptAnswer(**_row("k", status=0)))
    await asyncio.gather(*(bump() for _ in range(20)))
    async with database.reading() as session:
        assert (await session.get_one(KeptAnswer, ("a", "k"))).status == 20


async def test_sqlite_is_durable_and_checks_foreign_keys(database: Database) -> None:
    if not database.is_sqlite:
        async with database.reading() as session:
            assert "PostgreSQL" in str(await session.scalar(text("SELECT version()")))
        return
    async with database.reading() as session:
        found = {name: await session.scalar(text(f"PRAGMA {name}"))
                 for name in ("journal_mode", "synchronous", "foreign_keys")}  # fmt: skip
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_a_session_that_reads_writes_nothing(database: Database) -> None:
    async with database.reading() as session:
        session.add(KeptAnswer(**_row("k")))
        with pytest.raises(RuntimeError, match="would write"):
            await session.scalar(select(func.count()).select_from(KeptAnswer))
        session.expunge_all()
    assert await _count(database) == 0


async def test_what_is_read_stands_in_no_transaction_unless_it_is_held(database: Database) -> None:
    """On PostgreSQL, where it costs two trips; SQLite needs one to see the same in all its queries."""
    if database.is_sqlite:
        pytest.skip("trips are PostgreSQL's")
    for held in (False, True, False):
        async with database.reading(held=held) as session:
            await session.scalar(text("SELECT 1"))
            driver = (await (await session.connection()).get_raw_connection()).driver_connection
            assert driver is not None
            assert driver.is_in_transaction() is held
    async with database.transaction() as session:
        await run(session, Statement("SELECT 1"))
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver is not None
        assert driver.is_in_transaction()
