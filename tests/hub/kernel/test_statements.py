"""Statements past SQLAlchemy, and the writers' turn on SQLite."""

import asyncio
import contextlib
import datetime as dt
import sqlite3
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.fleet.tables import Custody
from hub.intake.tables import ListItem
from hub.kernel import sqlite
from hub.kernel.bulk import Write, bet_is_lost, bet_on_new, insert_many, rows_where, upsert_many, write_together
from hub.kernel.db import Database, is_busy
from hub.kernel.migrations import migrate
from hub.kernel.statements import Statement, instant_in, json_in, run, run_last, sqlite_instant
from protocols.values import UTC

NOW = dt.datetime(2026, 11, 21, 14, 0, 0, 120, tzinfo=UTC)
AWAY = dt.timezone(dt.timedelta(hours=7))
A, B = uuid.UUID(int=1), uuid.UUID(int=2)
_ADD = "INSERT INTO vehicle_custody (vehicle_id, state, station_id, dock_no, since, hlc, battery, battery_hlc) "


def _add(vehicle_id: uuid.UUID, dock_no: int | None = 1) -> Statement:
    values = (vehicle_id, "docked", B, dock_no, NOW, 7, 0)
    return Statement(_ADD + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)", values)


def _row(vehicle_id: uuid.UUID, **other: object) -> dict[str, object]:
    row: dict[str, object] = {
        "vehicle_id": vehicle_id, "state": "away", "station_id": B, "dock_no": 3, "rental_id": None, "since": NOW,
        "hlc": 2**62, "battery": None, "battery_hlc": -(2**63),
    }  # fmt: skip
    return {**row, **other}


async def _vehicles(database: Database) -> Sequence[uuid.UUID]:
    async with database.reading() as session:
        return (await session.scalars(select(Custody.vehicle_id).order_by(Custody.vehicle_id))).all()


async def test_statements_run_in_their_order_and_tell_what_they_did(database: Database) -> None:
    count = Statement("SELECT count(*), max(since) FROM vehicle_custody WHERE station_id = ?1", (B,))
    gone = Statement("DELETE FROM vehicle_custody WHERE dock_no > ?1", (0,))
    async with database.transaction() as session:
        before, _, after, deleted = await run(session, count, _add(A), count, gone)
    assert before.rows[0][0] == 0
    assert (after.rows[0][0], instant_in(after.rows[0][1])) == (1, NOW)
    assert deleted.touched == 1


async def test_statements_are_undone_with_their_transaction(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await run(session, _add(A))
            await run_last(session, _add(B))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as session:
        await run(session, _add(uuid.UUID(int=3)))
    assert await _vehicles(database) == [uuid.UUID(int=3)]


async def test_a_statement_that_fails_fails_like_any_other(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await run(session, _add(A), _add(A))

    with pytest.raises(DBAPIError):
        await fail()
    assert await _vehicles(database) == []


async def test_the_last_statements_are_kept_with_the_commit(database: Database) -> None:
    async with database.transaction() as session:
        await run_last(session, _add(A))
        await run_last(session, _add(B))
    assert await _vehicles(database) == [A, B]


async def test_a_last_statement_that_fails_takes_the_whole_transaction_with_it(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await run(session, _add(A))
            await run_last(session, _add(B), _add(uuid.UUID(int=3), dock_no=None))

    with pytest.raises(DBAPIError):
        await fail()
    assert await _vehicles(database) == []
    async with asyncio.timeout(5), database.transaction() as session:  # and the turn is free again
        await run_last(session, _add(B))
    assert await _vehicles(database) == [B]


async def test_rows_come_back_as_they_went_in(database: Database) -> None:
    battery = {"soc_pct": 81.5, "ä": [None, True]}
    rows = [_row(A, battery=battery, rental_id=B), _row(B, since=NOW.astimezone(AWAY), state="docked")]
    async with database.transaction() as session:
        await upsert_many(session, Custody, rows, key=("vehicle_id",))
        await upsert_many(session, Custody, [_row(B, dock_no=9)], key=("vehicle_id",))
        found = await rows_where(session, Custody, "vehicle_id = ANY(?1) AND hlc > ?2", [A, B, uuid.UUID(int=3)], 0)
        assert await rows_where(session, Custody, "vehicle_id = ANY(?1)", []) == []
        [one] = await rows_where(session, Custody, "vehicle_id = ANY(?1)", [A], columns=("rental_id", "dock_no"))
    assert sorted(found, key=lambda row: int(row["vehicle_id"])) == [rows[0], _row(B, dock_no=9)]
    assert one == {"rental_id": B, "dock_no": 3}
    assert all(row["since"].tzinfo is not None for row in found)
    async with database.reading() as session:  # SQLAlchemy reads the same
        assert (await session.get_one(Custody, A)).battery == battery


async def test_a_text_too_long_for_its_column_is_refused_and_never_cut(database: Database) -> None:
    if database.is_sqlite:
        return  # it knows no length
    with pytest.raises(DBAPIError, match="too long"):
        async with database.transaction() as session:
            await upsert_many(session, Custody, [_row(A, state="x" * 99)], key=("vehicle_id",))


async def test_rows_that_are_bet_to_be_new_are_put_in_as_they_are(database: Database) -> None:
    rows = [_row(uuid.UUID(int=number), battery={"soc_pct": 1.5}, dock_no=number) for number in range(1, 101)]
    async with database.transaction() as session:
        bet_on_new(session)
        await insert_many(session, Custody, rows, key=("vehicle_id",))
        found = await rows_where(session, Custody, "hlc > ?1", 0)
    assert sorted(found, key=lambda row: int(row["vehicle_id"])) == rows


async def test_a_lost_bet_undoes_the_unit_of_work_and_says_so(database: Database) -> None:
    rows = [_row(uuid.UUID(int=number)) for number in range(1, 101)]
    async with database.transaction() as session:
        await run(session, _add(A))

    told = []

    async def insert(*, bet: bool) -> None:
        async with database.transaction() as session:
            if bet:
                bet_on_new(session)
            try:
                await insert_many(session, Custody, rows, key=("vehicle_id",))
            except DBAPIError as error:
                told.append(bet_is_lost(error))
                raise

    if not database.is_sqlite:  # which needs no bet
        with pytest.raises(DBAPIError):
            await insert(bet=True)
        assert told == [True]
        assert await _vehicles(database) == [A]
    await insert(bet=False)
    assert len(await _vehicles(database)) == 100


async def test_a_connection_that_the_server_closed_is_not_handed_out(database: Database) -> None:
    if database.is_sqlite:
        return  # it has no server
    pids = await asyncio.gather(_pid(database), _pid(database))
    stranger = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    try:
        for pid in pids:
            await stranger.execute("SELECT pg_terminate_backend($1)", pid)
        async with asyncio.timeout(5):
            while await stranger.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)", pids):
                await asyncio.sleep(0.01)
    finally:
        await stranger.close()
    await asyncio.gather(database.ping(), database.ping())


async def _pid(database: Database) -> int:
    async with database.reading() as session:
        return int((await session.execute(text("SELECT pg_backend_pid(), pg_sleep(0.1)"))).scalar_one())


def test_instants_and_json_of_either_database_are_read() -> None:
    text = sqlite_instant(NOW.astimezone(AWAY))
    assert text == "2026-11-21 14:00:00.000120"
    assert instant_in(text) == instant_in(NOW) == NOW
    assert instant_in(None) is None
    assert json_in('{"a":1}') == json_in({"a": 1}) == {"a": 1}
    with pytest.raises(ValueError, match="time zone"):
        sqlite_instant(NOW.replace(tzinfo=None))


@pytest.fixture
async def lite(tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated SQLite database of the test's own."""
    made = Database(f"sqlite+aiosqlite:///{tmp_path}/hub.sqlite")
    await migrate(made)
    yield made
    await made.close()


async def test_writers_take_turns_and_readers_do_not_wait(lite: Database) -> None:
    async def write(number: int) -> None:
        async with lite.transaction() as session:
            [found] = await run(session, Statement("SELECT count(*) FROM vehicle_custody"))
            await asyncio.sleep(0)
            await run(session, _add(uuid.UUID(int=found.rows[0][0] * 100 + number)))

    async with lite.transaction() as session:
        await run(session, _add(uuid.UUID(int=9999)))
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(write(number)) for number in range(12)]
            assert await _vehicles(lite) == []  # while one writes and others wait
            assert not any(one.done() for one in others)
            await session.commit()
    numbers = [one.int for one in await _vehicles(lite)]
    assert [one // 100 for one in numbers] == [*range(1, 13), 99]  # each saw all that came before it


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_a_writer_that_is_cancelled_while_it_waits_leaves_the_turn_to_others(lite: Database, times: int) -> None:
    async def write() -> None:
        async with lite.transaction() as session:
            await run(session, _add(A))

    async with lite.transaction() as session:
        await run(session, _add(B))
        waiting = asyncio.create_task(write())
        for _ in range(20):
            await asyncio.sleep(0)
        for _ in range(times):
            waiting.cancel()
            await asyncio.sleep(0)
        await session.commit()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5), lite.transaction() as session:
        await run(session, _add(uuid.UUID(int=3)))
    assert {B, uuid.UUID(int=3)} <= set(await _vehicles(lite))


async def test_a_turn_that_does_not_come_ends_as_busy(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_MOST_WAIT_S", 0.05)

    async def write() -> None:
        async with lite.transaction() as session:
            await run(session, _add(A))

    async with lite.transaction() as session:
        await run(session, _add(B))
        with pytest.raises(OperationalError) as caught:
            await write()
        assert is_busy(caught.value)
    await write()
    assert await _vehicles(lite) == [A, B]


async def test_another_process_that_writes_does_not_keep_the_turn_taken(tmp_path: Path, lite: Database) -> None:
    async def write() -> None:
        async with lite.transaction() as session:
            await run(session, Statement("PRAGMA busy_timeout"), _add(A))

    async with lite.reading() as session:
        await run(session, Statement("PRAGMA busy_timeout = 20"))
    other = sqlite3.connect(tmp_path / "hub.sqlite", isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError) as caught:
            await write()
        assert is_busy(caught.value)
        other.execute("ROLLBACK")
    await write()
    assert await _vehicles(lite) == [A]


def _item(key: str, payload: bytes) -> dict[str, object]:
    return {"list": "cards", "scope": A, "key": key, "payload": payload}


@pytest.mark.parametrize("count", [1, 3, 20])
async def test_rows_of_several_tables_are_written_together_as_they_are_one_after_the_other(
    database: Database, count: int
) -> None:
    key = ("list", "scope", "key")
    old = [_item(str(at), b"old") for at in range(count)]
    new = [_item(str(at), b"new") for at in range(1, count + 1)]
    async with database.transaction() as session:
        await insert_many(session, ListItem, old, key=key)
        await insert_many(session, Custody, [_row(A)], key=("vehicle_id",))
    async with database.transaction() as session:
        kept = Write(Custody, [_row(A, dock_no=9), _row(B)], ("vehicle_id",), replaces=False)
        await write_together(session, Write(ListItem, new, key, replaces=True), kept)
        await write_together(session, Write(ListItem, [], key, replaces=True))
    async with database.reading() as session:
        items = await rows_where(session, ListItem, "scope = ?1", A, columns=("key", "payload"))
        places = await rows_where(session, Custody, "station_id = ?1", B, columns=("vehicle_id", "dock_no"))
    assert {row["key"]: bytes(row["payload"]) for row in items} == {
        "0": b"old", **{str(at): b"new" for at in range(1, count + 1)},
    }  # fmt: skip
    assert {row["vehicle_id"]: row["dock_no"] for row in places} == {A: 3, B: 3}


async def test_what_is_written_together_is_undone_together(database: Database) -> None:
    items = Write(ListItem, [_item("1", b"x")], ("list", "scope", "key"), replaces=True)
    bad = Write(Custody, [_row(A, state=None)], ("vehicle_id",), replaces=False)

    async def fail() -> None:
        async with database.transaction() as session:
            await write_together(session, items, bad)

    with pytest.raises(DBAPIError):
        await fail()
    async with database.reading() as session:
        assert await rows_where(session, ListItem, "scope = ?1", A) == []


async def test_a_unit_of_work_that_begins_past_the_orm_is_undone_whole(database: Database) -> None:
    """No statement of SQLAlchemy's own has begun the transaction."""
    with contextlib.suppress(RuntimeError):
        async with database.transaction() as session:
            await run(session, _add(A))
            raise RuntimeError
    assert await _vehicles(database) == []
    async with database.transaction() as session:
        await run(session, _add(A))
        await session.execute(text("UPDATE vehicle_custody SET dock_no = 2"))
    assert await _vehicles(database) == [A]
