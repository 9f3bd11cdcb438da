"""The HTTP edge over a real socket, on both databases."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from hub.kernel.db import Database, after_commit
from hub.kernel.idempotency import Answer, KeptAnswer, fingerprint, keep_answer
from hub.kernel.problem import Problem, problem
from hub.kernel.routes import Call, Reply, Unit, route, routes_of
from hub.kernel.shapes import Instant, Shape
from hub.kernel.web import Kernel
from protocols.errors import Malformed, Refused
from tests.hub.conftest import FixedAuth, ManualClock, Serve

Client = TestClient[Any, Any]


class NewThing(Shape):
    name: str = Field(max_length=5)


class Thing(Shape):
    id: uuid.UUID
    name: str


class When(Shape):
    at: Instant


class ThingsApi:
    """Routes that do what a test needs of them; `made` counts what the handler really did."""

    def __init__(self) -> None:
        self.made = 0
        self.committed: list[str] = []
        self.database: Any = None
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()
        self.gate.set()

    @route(
        "POST", "/things", summary="Make", tags=["things"], permission="things:write",
        body=NewThing, response=Thing, status=201, idempotent=True, errors={"taken": 410},
    )  # fmt: skip
    async def make(self, call: Call[NewThing, None]) -> Thing:
        self.entered.set()
        await self.gate.wait()
        self.made += 1
        if call.body.name == "taken":
            raise Refused("taken", name=call.body.name)
        return Thing(id=call.clock.new_id(), name=call.body.name)

    @route("GET", "/things/{thing_id}", summary="One", tags=["things"], permission=None, response=Thing)
    async def one(self, call: Call[None, None]) -> Reply:
        return Reply(body=Thing(id=call.id("thing_id"), name="x"), etag="7")

    @route("PUT", "/things/{thing_id}", summary="Edit", tags=["things"], permission=None, response=Thing)
    async def edit(self, call: Call[None, None]) -> Thing:
        call.require_match("7")
        return Thing(id=call.id("thing_id"), name="edited")

    @route("POST", "/fail/{how}", summary="Fail", tags=["things"], permission=None, unit=Unit.WRITE)
    async def fail(self, call: Call[None, None]) -> Problem | None:
        how = call.text("how")
        after_commit(call.session, lambda: self.committed.append(how))
        call.session.add(_kept(how, call.clock.now()))
        if how == "bug":
            raise ZeroDivisionError("secret detail")
        if how == "refused":
            raise Refused("no_way", number=3)
        if how == "malformed":
            raise Malformed("bad_frame", "7 bytes")
        if how == "duplicate":
            await call.session.flush()
            call.session.expunge_all()
            call.session.add(_kept(how, call.clock.now()))
        return problem("denied_but_counted", 429) if how == "counted" else None

    @route("POST", "/when", summary="When", tags=["things"], permission=None, body=When, response=When)
    async def when(self, call: Call[When, None]) -> When:
        return call.body

    async def _slowly(self, body: NewThing) -> str:
        self.committed.append(f"{self.database.engine.pool.checkedout()} connections")
        return body.name.upper()

    @route(
        "POST", "/slow", summary="Slow", tags=["things"], permission=None, body=NewThing, response=Thing,
        idempotent=True, ahead=_slowly,
    )  # fmt: skip
    async def slow(self, call: Call[NewThing, None]) -> Thing:
        self.made += 1
        if self.made < 3:  # a race is lost, twice
            raise DBAPIError("", None, _LostRaceError())
        return Thing(id=call.clock.new_id(), name=call.ready)


class _LostRaceError(Exception):
    sqlstate = "40P01"


def _kept(how: str, now: Any) -> KeptAnswer:
    return KeptAnswer(actor="t", key=how, fingerprint="", status=1, headers={}, body="", created_at=now)


async def _post(
    client: Client, path: str, *, json: object = None, data: bytes | None = None, key: str | None = None
) -> tuple[int, Any, dict[str, str]]:
    headers = {"Content-Type": "application/json"} if data is not None else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    async with client.post(path, json=json, data=data, headers=headers) as answer:
        text = await answer.text()
        if answer.status >= 400:
            assert answer.content_type == "application/problem+json", text
            assert (await answer.json(content_type=None))["trace_id"] == answer.headers["X-Trace-Id"]
        return answer.status, await answer.json(content_type=None) if text else None, dict(answer.headers)


async def test_each_wrong_field_is_named(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(ThingsApi()))
    status, body, _ = await _post(client, "/things", json={"name": "too long", "nmae": 1}, key="a")
    assert (status, body["code"]) == (422, "invalid")
    assert {(one["pointer"], one["type"]) for one in body["errors"]} == {
        ("/name", "string_too_long"),
        ("/nmae", "extra_forbidden"),
    }


async def test_a_body_that_is_no_json_is_answered_as_malformed(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(ThingsApi()))
    for data in (b"{", b"", b"\xff\xfe", b"[" * 100_000):
        status, body, _ = await _post(client, "/things", data=data, key="a")
        assert (status, body["code"]) == (400, "malformed_json"), data[:10]


async def test_text_with_a_nul_is_refused_on_both_databases(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(ThingsApi()))
    status, body, _ = await _post(client, "/things", data=b'{"name": "a\\u0000"}', key="a")
    assert (status, body["errors"][0]["type"]) == (422, "nul")


async def test_every_refusal_of_the_server_itself_is_a_problem(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(ThingsApi()), max_body_bytes=999)
    assert (await _post(client, "/nowhere"))[:1] == (404,)
    status, body, headers = await _post(client, f"/things/{uuid.uuid4()}")
    assert (status, body["code"], headers["Allow"]) == (405, "method_not_allowed", "GET,PUT")
    status, body, _ = await _post(client, "/things", data=b"x" * 1_000, key="a")
    assert (status, body["status"]) == (413, 413)
    async with client.post("/things", data="name=x", headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    async with client.get("/things/7") as answer:
        assert (await answer.json())["errors"][0]["pointer"] == "thing_id"
    async with client.get(f"/things/{uuid.uuid4()}?limt=3") as answer:
        assert (await answer.json())["errors"][0]["pointer"] == "/limt"


async def test_a_bug_is_answered_without_its_detail(kernel: Kernel, serve: Serve) -> None:
    client = await serve(kernel, routes_of(ThingsApi()))
    status, body, _ = await _post(client, "/fail/bug")
    assert (status, body["code"]) == (500, "internal")
    assert "secret" not in str(body)


async def test_what_is_raised_undoes_and_what_is_returned_commits(
    kernel: Kernel, serve: Serve, database: Database
) -> None:
    api = ThingsApi()
    client = await serve(kernel, routes_of(api))
    answers = [(await _post(client, f"/fail/{how}"))[:2] for how in
               ("refused", "malformed", "bug", "duplicate", "counted", "nothing")]  # fmt: skip
    assert [status for status, _ in answers] == [409, 400, 500, 409, 429, 204]
    assert answers[0][1]["params"] == {"number": 3}
    async with database.reading() as session:
        kept = set(await session.scalars(select(KeptAnswer.key)))
    assert kept == {"counted", "nothing"}
    assert api.committed == ["counted", "nothing"]


async def test_nobody_gets_401_and_the_wrong_one_403(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    client = await serve(kernel, routes_of(ThingsApi()))
    status, body, headers = await _post(client, "/things", json={"name": "x"}, key="a")
    assert (status, body["code"]) == (401, "not_signed_in")
    assert headers["WWW-Authenticate"].startswith("Bearer")
    auth.sign_in("things:read")
    assert (await _post(client, "/things", json={"name": "x"}, key="a"))[0] == 403


async def test_the_same_key_and_body_get_the_same_answer(
    kernel: Kernel, serve: Serve, auth: FixedAuth, database: Database
) -> None:
    api = ThingsApi()
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(api))
    first = await _post(client, "/things", json={"name": "x"}, key="k")
    second = await _post(client, "/things", json={"name": "x"}, key="k")
    assert first[:2] == second[:2]
    assert second[2]["Idempotency-Replayed"] == "true"
    assert api.made == 1
    assert (await _post(client, "/things", json={"name": "y"}, key="k"))[0] == 422
    auth.sign_in("things:write", account_id=uuid.UUID(int=2))
    assert (await _post(client, "/things", json={"name": "y"}, key="k"))[0] == 201
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 2


async def test_a_key_is_required_and_a_refused_call_may_be_tried_again(
    kernel: Kernel, serve: Serve, auth: FixedAuth
) -> None:
    api = ThingsApi()
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(api))
    status, body, _ = await _post(client, "/things", json={"name": "x"})
    assert (status, body["code"]) == (400, "idempotency_key_required")
    assert (await _post(client, "/things", json={"name": "x"}, key="k" * 201))[0] == 400
    for _ in range(2):
        assert (await _post(client, "/things", json={"name": "taken"}, key="k"))[0] == 410
    assert api.made == 2


async def test_a_second_call_in_flight_is_told_so(kernel: Kernel, serve: Serve, auth: FixedAuth) -> None:
    api = ThingsApi()
    api.gate.clear()
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(api))
    first = asyncio.create_task(_post(client, "/things", json={"name": "x"}, key="k"))
    await asyncio.wait_for(api.entered.wait(), 5)
    status, body, _ = await _post(client, "/things", json={"name": "x"}, key="k")
    assert (status, body["code"]) == (409, "idempotency_in_flight")
    api.gate.set()
    assert (await first)[0] == 201


async def test_a_kept_answer_is_forgotten_after_a_day(
    kernel: Kernel, serve: Serve, auth: FixedAuth, clock: ManualClock
) -> None:
    api = ThingsApi()
    auth.sign_in("things:write")
    client = await serve(kernel, routes_of(api))
    await _post(client, "/things", json={"name": "x"}, key="k")
    clock.move(24 * 3600)
    assert (await _post(client, "/things", json={"name": "y"}, key="k"))[0] == 201
    assert api.made == 2


async def test_an_edit_needs_the_current_tag(kernel: Kernel, serve: Serve) -> None:
    client = await serve(kernel, routes_of(ThingsApi()))
    path = f"/things/{uuid.uuid4()}"
    async with client.get(path) as answer:
        assert answer.headers["ETag"] == '"7"'
    for tag, status in ((None, 428), ('"6"', 412), ('"6", "7"', 200), ("*", 200)):
        async with client.put(path, headers={"If-Match": tag} if tag else {}) as answer:
            assert answer.status == status, tag


async def test_an_instant_comes_back_in_utc(kernel: Kernel, serve: Serve) -> None:
    client = await serve(kernel, routes_of(ThingsApi()))
    assert (await _post(client, "/when", json={"at": "2026-11-21T16:00:00+02:00"}))[1] == {
        "at": "2026-11-21T14:00:00.000Z"
    }
    assert (await _post(client, "/when", json={"at": "2026-11-21T16:00:00"}))[0] == 422


async def test_a_given_trace_goes_on(kernel: Kernel, serve: Serve) -> None:
    client = await serve(kernel, routes_of(ThingsApi()))
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with client.get("/x", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}) as answer:
        assert answer.headers["X-Trace-Id"] == trace


async def test_a_key_in_flight_in_another_process_is_not_carried_out_twice(
    kernel: Kernel, serve: Serve, auth: FixedAuth, database: Database
) -> None:
    api = ThingsApi()
    api.gate.clear()
    auth.sign_in("things:write")
    here, there = [await serve(kernel, routes_of(api)) for _ in range(2)]
    first = asyncio.create_task(_post(here, "/things", json={"name": "x"}, key="k"))
    await asyncio.wait_for(api.entered.wait(), 5)
    second = asyncio.create_task(_post(there, "/things", json={"name": "x"}, key="k"))
    if not database.is_sqlite:
        assert (await second)[1]["code"] == "idempotency_in_flight"
    api.gate.set()
    made = await first
    if database.is_sqlite:  # the second waited for the first one's transaction
        assert (await second)[:2] == made[:2]
    assert (made[0], api.made) == (201, 1)


async def test_slow_work_is_done_ahead_of_the_transaction_and_once_for_all_its_tries(
    kernel: Kernel, serve: Serve
) -> None:
    things = ThingsApi()
    things.database = kernel.database
    client = await serve(kernel, routes_of(things))
    status, body, _ = await _post(client, "/slow", json={"name": "abc"}, key="a")
    assert (status, body["name"], things.made) == (200, "ABC", 3)
    assert things.committed == ["0 connections"]
    assert (await _post(client, "/slow", json={"name": "toolong"}, key="b"))[0] == 422
    assert len(things.committed) == 1  # not for what is refused anyway


async def test_an_answer_that_another_process_keeps_meanwhile_is_given_and_nothing_is_done_twice(
    kernel: Kernel, serve: Serve, auth: FixedAuth, database: Database
) -> None:
    if database.is_sqlite:
        pytest.skip("one writes at a time")
    api = ThingsApi()
    api.gate.clear()
    me = auth.sign_in("things:write")
    here = await serve(kernel, routes_of(api))
    ours = asyncio.create_task(_post(here, "/things", json={"name": "x"}, key="k"))
    await asyncio.wait_for(api.entered.wait(), 5)
    print_ = fingerprint("POST", "/things", b'{"name": "x"}')
    made = Answer(
        fingerprint=print_, status=201, headers={"Content-Type": "application/json"},
        body=json.dumps({"id": str(uuid.UUID(int=5)), "name": "x"}), created_at=kernel.clock.now(),
    )  # fmt: skip
    async with database.transaction() as session:
        keep_answer(session, str(me.actor_id), "k", made)
    api.gate.set()
    status, body, headers = await ours
    assert (status, body["id"], headers["Idempotency-Replayed"]) == (201, str(uuid.UUID(int=5)), "true")
    assert api.made == 1  # and that was undone
