"""Durable work on both databases: wished in a transaction, carried out after it, by whichever worker is there."""

import asyncio
import contextlib
import datetime as dt
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from hub.kernel import wishes
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.durable import Patience
from hub.kernel.routes import routes_of
from hub.kernel.web import Kernel
from hub.kernel.wishes import Handler, Task, Wish
from hub.kernel.work_api import WorkApi
from hub.kernel.worker import Worker
from protocols.errors import Refused
from tests.hub.conftest import FixedAuth, ManualClock, Serve

CLOCK = SystemClock()
MOMENT = dt.timedelta(seconds=0.5)
QUICK = Patience(tries=4, first_wait_s=0.01)


class Deeds:
    """Handlers that remember, and fail as often as they are told."""

    def __init__(self) -> None:
        self.done: list[Task] = []
        self.failures: list[Exception] = []

    async def mail(self, task: Task) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.done.append(task)


@contextlib.asynccontextmanager
async def working(database: Database, folder: Path, handlers: dict[str, Handler]) -> AsyncIterator[Worker]:
    worker = Worker(database, CLOCK, handlers, folder, patience=QUICK, look_every_s=0.05)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
        assert not running.done()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def until(database: Database, holds: Callable[[Wish], bool]) -> Wish:
    async with asyncio.timeout(20):
        while True:
            async with database.reading() as session:
                row = (await session.scalars(select(Wish))).one()
            if holds(row):
                return row
            await asyncio.sleep(0.02)


async def test_a_wish_is_carried_out_after_its_commit(database: Database, tmp_path: Path) -> None:
    deeds = Deeds()
    async with working(database, tmp_path, {"mail": deeds.mail}):
        async with database.transaction() as session:
            wish_id = await wishes.wish(session, CLOCK, "mail", {"to": "a"})
            await asyncio.sleep(0.2)
            assert not deeds.done
        row = await until(database, lambda one: one.done_at is not None)
    assert [(task.id, task.payload) for task in deeds.done] == [(wish_id, {"to": "a"})]
    assert (row.failed_at, row.error) == (None, None)


async def test_what_was_rolled_back_is_not_carried_out(database: Database, tmp_path: Path) -> None:
    deeds = Deeds()
    with contextlib.suppress(Refused):
        async with database.transaction() as session:
            await wishes.wish(session, CLOCK, "mail", {"to": "a"})
            raise Refused("no")
    async with working(database, tmp_path, {"mail": deeds.mail}):
        await asyncio.sleep(0.3)
    assert not deeds.done


async def test_the_same_key_is_one_wish(database: Database, tmp_path: Path) -> None:
    deeds = Deeds()
    for _ in range(2):
        async with database.transaction() as session:
            await wishes.wish(session, CLOCK, "mail", {}, key="monthly:2026-11")
    async with working(database, tmp_path, {"mail": deeds.mail}):
        await until(database, lambda one: one.done_at is not None)
    assert len(deeds.done) == 1


async def test_a_wish_waits_for_its_time(database: Database, tmp_path: Path) -> None:
    deeds = Deeds()
    later = CLOCK.now() + dt.timedelta(seconds=0.6)
    async with database.transaction() as session:
        await wishes.wish(session, CLOCK, "mail", {}, not_before=later)
    async with working(database, tmp_path, {"mail": deeds.mail}):
        row = await until(database, lambda one: one.done_at is not None)
    assert row.handed_at is not None
    assert row.handed_at >= later


async def test_what_fails_is_tried_again(database: Database, tmp_path: Path) -> None:
    deeds = Deeds()
    deeds.failures = [OSError("gateway away"), TimeoutError()]
    async with database.transaction() as session:
        await wishes.wish(session, CLOCK, "mail", {})
    async with working(database, tmp_path, {"mail": deeds.mail}):
        await until(database, lambda one: one.done_at is not None)
    assert len(deeds.done) == 1


@pytest.mark.parametrize(
    ("failures", "error"),
    [([OSError("away")] * 9, "OSError: away"), ([Refused("card_stolen")], "Refused: card_stolen")],
    ids=["too often", "a final no"],
)
async def test_what_fails_for_good_waits_for_a_person(
    database: Database, tmp_path: Path, failures: list[Exception], error: str
) -> None:
    deeds = Deeds()
    deeds.failures = list(failures)
    async with database.transaction() as session:
        await wishes.wish(session, CLOCK, "mail", {})
    async with working(database, tmp_path, {"mail": deeds.mail}):
        row = await until(database, lambda one: one.failed_at is not None)
        assert row.error == error
        deeds.failures = []
        async with database.transaction() as session:
            again = await session.get(Wish, row.id)
            assert again is not None
            await wishes.again(session, again, CLOCK.now())
        await until(database, lambda one: one.done_at is not None)
    assert [task.id for task in deeds.done] == [row.id]


async def test_a_kind_that_nobody_knows_fails_and_says_so(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as session:
        await wishes.wish(session, CLOCK, "poetry", {})
    async with working(database, tmp_path, {}):
        row = await until(database, lambda one: one.failed_at is not None)
    assert "unknown_kind" in (row.error or "")


_DIES = """
    import asyncio, os, sys
    from pathlib import Path
    import hub.wiring
    from hub.kernel.clock import SystemClock
    from hub.kernel.db import Database
    from hub.kernel.worker import Worker

    async def main():
        async def mail(task):
            os._exit(9)
        await Worker(Database(sys.argv[1]), SystemClock(), {"mail": mail}, Path(sys.argv[2]), look_every_s=0.05).run()

    asyncio.run(main())
"""


async def test_what_a_dead_worker_held_is_done_by_another(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as session:
        wish_id = await wishes.wish(session, CLOCK, "mail", {})
    command = [sys.executable, "-c", textwrap.dedent(_DIES), database.url, str(tmp_path)]
    died = await asyncio.to_thread(subprocess.run, command, timeout=60, check=False)
    assert died.returncode == 9
    monkeypatch.setattr("hub.kernel.worker.GONE_AFTER", dt.timedelta(seconds=0.1))
    await asyncio.sleep(0.2)
    deeds = Deeds()
    async with working(database, tmp_path, {"mail": deeds.mail}):
        await until(database, lambda one: one.done_at is not None)
    assert [task.id for task in deeds.done] == [wish_id]


async def test_people_see_what_failed_and_try_it_again(
    kernel: Kernel, serve: Serve, auth: FixedAuth, clock: ManualClock
) -> None:
    async with kernel.database.transaction() as session:
        for kind in ("mail", "report"):
            payload = {"of": kind, wishes.PRIVATE: {"email": "ada@voltdock.example"}}
            wish_id = await wishes.wish(session, clock, kind, payload)
            clock.move(1)
    client = await serve(kernel, routes_of(WorkApi()))
    auth.sign_in("work:read", "work:write")
    async with client.post(f"/api/v1/work/{wish_id}/retry") as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "not_failed")
    async with kernel.database.transaction() as session:
        await wishes.take(session, "w", clock.now(), 10)
        await wishes.settle(session, wish_id, clock.now(), "OSError: away")
    async with client.get("/api/v1/work", params={"state": "failed"}) as answer:
        (shown,) = (await answer.json())["items"]
    assert (shown["id"], shown["state"], shown["error"]) == (str(wish_id), "failed", "OSError: away")
    async with client.post(f"/api/v1/work/{wish_id}/retry") as answer:
        assert (answer.status, (await answer.json())["state"]) == (200, "waiting")
    async with client.get("/api/v1/work", params={"kind": "report", "state": "waiting"}) as answer:
        (shown,) = (await answer.json())["items"]
    assert (shown["round"], shown["error"]) == (1, None)
    assert shown["payload"] == {"of": "report"}, "what is people's business is not shown"


async def test_a_worker_that_stops_leaves_nothing_running(database: Database, tmp_path: Path) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(task: Task) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with database.transaction() as session:
        await wishes.wish(session, CLOCK, "mail", {})
    async with working(database, tmp_path, {"mail": slow}):
        await asyncio.wait_for(begun.wait(), 10)
    await asyncio.wait_for(ended.wait(), 10)
    deeds = Deeds()
    async with working(database, tmp_path, {"mail": deeds.mail}):
        await until(database, lambda one: one.done_at is not None)
    assert len(deeds.done) == 1


async def test_a_hub_that_nobody_wishes_anything_of_starts_no_engine(database: Database, tmp_path: Path) -> None:
    deeds = Deeds()
    async with working(database, tmp_path, {"mail": deeds.mail}) as worker:
        await asyncio.sleep(0.2)
        assert worker._alive_at is None
        async with database.transaction() as session:
            await wishes.wish(session, CLOCK, "mail", {})
        await until(database, lambda one: one.done_at is not None)
        assert worker._alive_at is not None


async def test_two_hubs_in_one_process_work_one_after_the_other_and_leave_the_loop_its_threads(
    database: Database, tmp_path: Path
) -> None:
    first, second = Deeds(), Deeds()
    async with database.transaction() as session:
        await wishes.wish(session, CLOCK, "mail", {"by": "first"})
    async with contextlib.AsyncExitStack() as later:
        async with working(database, tmp_path, {"mail": first.mail}):
            await until(database, lambda one: one.done_at is not None)
            async with database.transaction() as session:
                await session.execute(delete(Wish))
                await wishes.wish(session, CLOCK, "mail", {"by": "second"}, not_before=CLOCK.now() + MOMENT)
            await later.enter_async_context(working(database, tmp_path, {"mail": second.mail}))
        assert await asyncio.to_thread(int, "7") == 7
        await until(database, lambda one: one.done_at is not None)
    assert await asyncio.to_thread(int, "7") == 7
    assert len(first.done) + len(second.done) == 2
