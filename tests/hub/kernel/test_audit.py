"""Every deed writes itself down, in its own transaction; on both databases."""

import asyncio
import contextlib
import json
import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import String, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import mapped_column

from hub.kernel import audit, audit_log
from hub.kernel.audit_api import AuditApi
from hub.kernel.audit_log import AuditRecord
from hub.kernel.chain import Broken, Head
from hub.kernel.columns import Base
from hub.kernel.db import Database
from hub.kernel.problem import Problem, problem
from hub.kernel.routes import Call, Unit, route, routes_of
from hub.kernel.row_changes import is_open
from hub.kernel.shapes import Shape
from hub.kernel.web import Kernel
from hub.kernel.wishes import Wish, wish
from protocols.errors import Refused
from tests.hub.conftest import FixedAuth, ManualClock, Serve

Client = TestClient[Any, Any]
ADA = uuid.UUID(int=0xADA)
THING = uuid.UUID(int=0x714)


class Why(Shape):
    what: str
    why: str = ""


class Made(Shape):
    id: uuid.UUID


class DeedsApi:
    """Routes that do what a test needs of them."""

    @route(
        "PUT", "/things/{thing_id}", summary="Do", tags=["t"], permission=None, body=Why, errors={"refused": 409},
    )  # fmt: skip
    async def act(self, call: Call[Why, None]) -> Problem | None:
        await _write(call.session, call.clock)
        if call.body.what == "raise":
            raise Refused("refused")
        if call.body.what == "tell":
            audit.tell(actor=audit.Actor(kind="station", id=THING), target=("others", "9"), seats=4)
        return problem("counted", 429) if call.body.what == "return" else None

    @route("POST", "/things", summary="Make", tags=["t"], permission=None, body=Why, response=Made, status=201,
           idempotent=True)  # fmt: skip
    async def make(self, call: Call[Why, None]) -> Made:
        return Made(id=THING)

    @route("POST", "/slow", summary="Slow", tags=["t"], permission=None, unit=Unit.NONE)
    async def slow(self, call: Call[None, None]) -> None:
        for _ in range(2):
            async with call.database.transaction() as session:
                await _write(session, call.clock)

    @route("POST", "/quiet", summary="Quiet", tags=["t"], permission=None, audited=False)
    async def quiet(self, call: Call[None, None]) -> None:
        await _write(call.session, call.clock)

    @route("GET", "/things", summary="Look", tags=["t"], permission=None)
    async def look(self, call: Call[None, None]) -> None:
        await call.session.execute(select(Wish))


async def _write(session: Any, clock: Any) -> None:
    await wish(session, clock, "x", {})


@pytest.fixture
async def client(kernel: Kernel, serve: Serve) -> Client:
    return await serve(kernel, [*routes_of(DeedsApi()), *routes_of(AuditApi())])


async def put(client: Client, what: str, **more: str) -> int:
    async with client.put(f"/things/{THING}", json={"what": what} | more) as answer:
        return answer.status


async def listed(client: Client, auth: FixedAuth, **query: Any) -> list[dict[str, Any]]:
    auth.sign_in("audit:read")
    async with client.get("/api/v1/audit", params=query) as answer:
        assert answer.status == 200, await answer.text()
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items


async def test_a_deed_is_written_down_with_who_what_whom_and_why(client: Client, auth: FixedAuth) -> None:
    auth.sign_in(account_id=ADA)
    assert await put(client, "do", why="it was time") == 204
    [record] = await listed(client, auth)
    expected = {
        "seq": 1, "actor_kind": "account", "actor_id": str(ADA), "action": "PUT /things/{thing_id}",
        "target_kind": "things", "target_id": str(THING), "reason": "it was time", "outcome": "done",
        "at": "2026-11-21T14:00:00.000Z",
    }  # fmt: skip
    assert record.items() >= expected.items()
    assert len(record["trace_id"]) == 32


async def test_what_was_rolled_back_leaves_no_record(client: Client, auth: FixedAuth) -> None:
    assert await put(client, "raise") == 409
    assert await put(client, "do") == 204
    assert [one["seq"] for one in await listed(client, auth)] == [1]


async def test_a_refusal_that_left_a_trace_is_written_down_by_its_code(client: Client, auth: FixedAuth) -> None:
    assert await put(client, "return") == 429
    [record] = await listed(client, auth)
    assert (record["outcome"], record["actor_kind"], record["actor_id"]) == ("counted", "nobody", None)


async def test_a_domain_may_say_more(client: Client, auth: FixedAuth) -> None:
    await put(client, "tell")
    await put(client, "do")
    after, told = await listed(client, auth)
    assert (told["actor_kind"], told["actor_id"], told["target_kind"], told["target_id"], told["changes"]["seats"]) == (
        "station", str(THING), "others", "9", 4,
    )  # fmt: skip
    assert (after["actor_kind"], after["target_kind"], after["changes"]) == ("nobody", "things", {})


async def test_what_is_made_is_the_target_and_a_repeated_answer_is_no_second_deed(
    client: Client, auth: FixedAuth
) -> None:
    for _ in range(2):
        async with client.post("/things", json={"what": "x"}, headers={"Idempotency-Key": "k"}) as answer:
            assert answer.status == 201
    [record] = await listed(client, auth)
    assert (record["target_kind"], record["target_id"]) == ("things", str(THING))


async def test_each_transaction_of_a_route_that_opens_its_own_is_written_down(client: Client, auth: FixedAuth) -> None:
    async with client.post("/slow") as answer:
        assert answer.status == 204
    first, second = await listed(client, auth)
    assert first["trace_id"] == second["trace_id"]


async def test_reading_and_what_says_so_are_not_written_down(client: Client, auth: FixedAuth) -> None:
    async with client.get("/things") as one, client.post("/quiet") as two:
        assert (one.status, two.status) == (204, 204)
    assert await listed(client, auth) == []


async def test_work_that_is_no_deed_is_not_written_down(database: Database, clock: ManualClock) -> None:
    audit.tell(reason="nobody listens")
    async with database.transaction() as session:
        await _write(session, clock)
    async with database.reading() as session:
        assert (await session.scalars(select(AuditRecord))).all() == []


async def test_what_was_told_in_one_transaction_is_not_said_of_the_next(database: Database, clock: ManualClock) -> None:
    with audit.by_command(clock, "test"):
        with contextlib.suppress(Refused):
            async with database.transaction():
                audit.tell(reason="undone", seats=1)
                raise Refused("x")
        async with database.transaction():
            audit.tell(reason="done", doors=2)
        async with database.transaction():
            pass
    async with database.reading() as session:
        rows = (await session.execute(select(AuditRecord.reason, AuditRecord.changes).order_by(AuditRecord.seq))).all()
    assert [tuple(row) for row in rows] == [("done", '{"doors":2}'), (None, "{}")]


async def test_changed_rows_are_told_without_free_text(database: Database, clock: ManualClock) -> None:
    with audit.by_command(clock, "test"):
        async with database.transaction() as session:
            session.add(_wish(clock))
        async with database.transaction() as session:
            [row] = (await session.scalars(select(Wish))).all()
            row.round, row.error = 3, "a name and an address"
        async with database.transaction() as session:
            await session.delete(await session.get_one(Wish, THING))
    added, changed, removed = await _changes(database)
    now = "2026-11-21T14:00:00.000Z"
    assert added == {
        "table": "wishes", "key": [str(THING)], "did": "added",
        "columns": {"created_at": [now], "kind": None, "payload": None, "not_before": [now], "round": [0]},
    }  # fmt: skip
    assert changed == {
        "table": "wishes", "key": [str(THING)], "did": "changed", "columns": {"round": [0, 3], "error": None},
    }  # fmt: skip
    assert removed == {"table": "wishes", "key": [str(THING)], "did": "removed"}


async def _changes(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as session:
        texts = (await session.scalars(select(AuditRecord.changes).order_by(AuditRecord.seq))).all()
    return [one for text_ in texts for one in json.loads(text_)["rows"]]


def _wish(clock: ManualClock) -> Wish:
    now = clock.now()
    return Wish(id=THING, created_at=now, kind="x", payload={"a": 1}, not_before=now, round=0)


def test_no_column_that_could_hold_a_secret_is_told() -> None:
    told = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if is_open(column)
    }
    suspicious = ("hash", "secret", "token", "pin", "code", "badge", "email", "name", "phone")
    assert {one for one in told if any(word in one.split(".")[1] for word in suspicious)} == set()
    assert not is_open(mapped_column(String(200)).column)
    assert is_open(mapped_column(String(200), info={"audit": True}).column)


async def deeds(database: Database, clock: ManualClock, count: int) -> None:
    with audit.by_command(clock, "test"):
        for _ in range(count):
            async with database.transaction():
                pass


async def verified(database: Database, noted: Head | None = None) -> audit_log.Verified:
    async with database.reading() as session:
        return await audit_log.verified(session, 0, 1000, noted)


async def attack(database: Database, *statements: str) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


def disarmed(database: Database) -> list[str]:
    """What somebody with all rights on the database does first."""
    if database.is_sqlite:
        return [f"DROP TRIGGER {one}" for one in ("audit_order", "audit_records_UPDATE", "audit_records_DELETE")]
    return ["ALTER TABLE audit_records DISABLE TRIGGER USER"]


REST = "organisation_id, action, target_kind, target_id, reason, outcome, changes, trace_id, hash FROM audit_records"
ATTACKS = {
    "update": "UPDATE audit_records SET outcome = 'nothing'",
    "delete": "DELETE FROM audit_records WHERE seq = 2",
    "delete last": "DELETE FROM audit_records WHERE seq = 3",
    "gap": f"INSERT INTO audit_records SELECT seq + 7, at, actor_kind, actor_id, {REST} WHERE seq = 3",
    "replace": f"INSERT OR REPLACE INTO audit_records SELECT seq, at, 'nobody', actor_id, {REST} WHERE seq = 3",
    "truncate": "TRUNCATE audit_records",
}


@pytest.mark.parametrize("statement", ATTACKS.values(), ids=ATTACKS)
async def test_the_database_itself_refuses_every_change(database: Database, clock: ManualClock, statement: str) -> None:
    await deeds(database, clock, 3)
    with pytest.raises(DBAPIError) as refused:
        await attack(database, statement)
    own_words = statement.startswith("INSERT OR REPLACE" if not database.is_sqlite else "TRUNCATE")
    assert own_words or "audit_" in str(refused.value.orig)
    found = await verified(database)
    assert (found.broken, found.head.seq) == (None, 3)


async def test_a_row_changed_past_the_triggers_is_named(database: Database, clock: ManualClock) -> None:
    await deeds(database, clock, 5)
    await attack(database, *disarmed(database), "UPDATE audit_records SET reason = 'x' WHERE seq = 3")
    found = await verified(database)
    assert (found.broken, found.head.seq, found.more) == (Broken(seq=3, fault="changed"), 2, False)


async def test_a_row_removed_past_the_triggers_is_named(database: Database, clock: ManualClock) -> None:
    await deeds(database, clock, 5)
    await attack(database, *disarmed(database), "DELETE FROM audit_records WHERE seq IN (2, 4)")
    assert (await verified(database)).broken == Broken(seq=2, fault="missing")


async def test_a_log_cut_at_its_end_is_found_by_a_head_that_was_noted(database: Database, clock: ManualClock) -> None:
    await deeds(database, clock, 4)
    noted = (await verified(database)).head
    assert (await verified(database, noted)).broken is None
    await attack(database, *disarmed(database), "DELETE FROM audit_records WHERE seq > 2")
    assert (await verified(database)).broken is None
    assert (await verified(database, noted)).broken == Broken(seq=3, fault="missing")


async def test_a_log_written_anew_is_found_by_a_head_that_was_noted(database: Database, clock: ManualClock) -> None:
    await deeds(database, clock, 2)
    noted = (await verified(database)).head
    await attack(database, *disarmed(database), "DELETE FROM audit_records")
    clock.move(1)
    await deeds(database, clock, 3)
    assert (await verified(database)).broken is None
    assert (await verified(database, noted)).broken == Broken(seq=2, fault="changed")


async def test_many_at_once_make_one_chain(database: Database, clock: ManualClock) -> None:
    await asyncio.gather(*(deeds(database, clock, 5) for _ in range(20)))
    found = await verified(database)
    assert (found.broken, found.head.seq) == (None, 100)


async def test_a_deed_that_is_not_committed_yet_holds_up_no_other(database: Database, clock: ManualClock) -> None:
    if database.is_sqlite:
        pytest.skip("one writes at a time")
    said = {"actor_kind": "nobody", "actor_id": None, "organisation_id": None, "action": "late", "target_kind": None,
            "target_id": None, "reason": None, "outcome": "done", "changes": "{}", "trace_id": "0" * 32}  # fmt: skip
    async with asyncio.timeout(5):
        async with database.transaction() as session:
            head = await audit_log.append(session, clock.now(), **said)
            await deeds(database, clock, 1)
            assert head() is None
        found = await verified(database)
    assert (found.broken, found.head.seq) == (None, 2)
    assert head() == found.head  # the server has said it with the COMMIT
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM audit.said"))).scalar() == 0


async def test_the_log_is_filtered_and_paged(client: Client, auth: FixedAuth, clock: ManualClock) -> None:
    for number in range(5):
        auth.sign_in(account_id=uuid.UUID(int=number % 2 + 1))
        await put(client, "do")
        clock.move(60)
    seqs = [one["seq"] for one in await listed(client, auth, actor_id=str(uuid.UUID(int=1)))]
    assert seqs == [5, 3, 1]
    since, until = "2026-11-21T14:01:00Z", "2026-11-21T14:03:00Z"
    assert [one["seq"] for one in await listed(client, auth, since=since, until=until)] == [3, 2]
    assert await listed(client, auth, target_kind="things", target_id="8") == []
    async with client.get("/api/v1/audit", params={"limit": 3}) as answer:
        page = await answer.json()
    assert [one["seq"] for one in page["items"]] == [5, 4, 3]
    assert [one["seq"] for one in await listed(client, auth, cursor=page["next_cursor"])] == [2, 1]


async def test_the_verification_goes_on_where_it_stopped(client: Client, auth: FixedAuth) -> None:
    for _ in range(3):
        await put(client, "do")
    auth.sign_in("audit:read")
    async with client.get("/api/v1/audit/verification", params={"limit": 2}) as answer:
        first = await answer.json()
    assert (first["intact"], first["checked"], first["more"], first["head"]["seq"]) == (True, 2, True, 2)
    async with client.get("/api/v1/audit/verification", params={"after_seq": 2}) as answer:
        second = await answer.json()
    assert (second["intact"], second["checked"], second["more"], second["broken"]) == (True, 1, False, None)
    async with client.get("/api/v1/audit/verification", params={"after_seq": 9}) as answer:
        assert answer.status == 404
    async with client.get("/api/v1/audit/verification", params={"noted_seq": 1}) as answer:
        assert answer.status == 422


async def test_whoever_may_not_read_the_log_is_refused(client: Client, auth: FixedAuth) -> None:
    auth.sign_in("accounts:read")
    for path in ("/api/v1/audit", "/api/v1/audit/verification"):
        async with client.get(path) as answer:
            assert answer.status == 403
