"""A hub that woke up ten years ahead, and one that was put right again: what its own room does with time."""

import asyncio
import contextlib
import datetime as dt
import functools
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from hub import app
from hub.accounts.passwords import Passwords
from hub.intake.enrolment import RateLimit
from hub.kernel import janitor, wishes
from hub.kernel.auth import AccessTokens
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.idempotency import Answer, KeptAnswer, keep_answer
from hub.kernel.steady_clock import SteadyClock, certain
from hub.kernel.wishes import Wish
from hub.settings import Settings
from hub.stations.glance import is_online
from protocols.errors import Refused
from tests.hub.conftest import START, ManualClock
from tests.hub.machine_double import YEAR_S, Machine

DECADE = dt.timedelta(days=3652)
HOUR = dt.timedelta(hours=1)
ADA = uuid.UUID(int=7)


def woken_ahead(folder: Path) -> tuple[Machine, SteadyClock]:
    """A hub that knows START, on a machine that booted ten years later."""
    machine = Machine(folder / "clock")
    machine.clock().keep()
    machine.reboots()
    machine.wrong_s = 10 * YEAR_S
    return machine, machine.clock()


async def swept(database: Database, clock: Clock, folder: Path) -> None:
    """The whole hub's hourly sweep has run once."""
    hub = app.compose(Settings(data_dir=folder), database, clock, Passwords())
    [job] = [one for one in hub.jobs if isinstance(one, functools.partial) and one.func is janitor.run]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            await job()


async def keep_something(database: Database) -> None:
    clock = ManualClock()
    async with database.transaction() as session:
        keep_answer(session, "ada", "k", Answer(fingerprint="f", status=201, headers={}, body="", created_at=START))
        done = await wishes.wish(session, clock, "mail", {})
        await wishes.settle(session, done, START, None)


async def left(database: Database) -> tuple[int, int]:
    """How many answers and wishes are there."""
    async with database.reading() as session:
        answers, mails = select(KeptAnswer), select(Wish).where(Wish.kind == "mail")
        return len((await session.scalars(answers)).all()), len((await session.scalars(mails)).all())


async def test_a_hub_that_wakes_ten_years_ahead_deletes_nothing(database: Database, tmp_path: Path) -> None:
    await keep_something(database)
    _, clock = woken_ahead(tmp_path)
    await swept(database, clock, tmp_path)
    assert await left(database) == (1, 1)


async def test_when_the_time_has_really_come_it_does(database: Database, tmp_path: Path) -> None:
    await keep_something(database)
    clock = ManualClock(START + DECADE)
    await swept(database, clock, tmp_path)
    assert await left(database) == (0, 0)


async def test_what_is_to_be_done_later_is_not_done_early_and_what_is_to_be_done_now_is(
    database: Database, tmp_path: Path
) -> None:
    async with database.transaction() as session:
        await wishes.wish(session, ManualClock(), "later", {}, not_before=START + dt.timedelta(days=1))
    _, clock = woken_ahead(tmp_path)
    async with database.transaction() as session:
        await wishes.wish(session, clock, "now", {})
        await wishes.wish(session, clock, "in an hour", {}, not_before=clock.now() + HOUR)
        await wishes.wish(session, clock, "tonight", {}, not_before=certain(clock).now() + HOUR)
    async with database.transaction() as session:
        taken = await wishes.take(session, "me", clock.now(), 10, due=certain(clock).now())
    assert [one.kind for one in taken] == ["now"]


async def test_what_was_wished_for_under_a_clock_that_was_ahead_does_not_wait_for_years(database: Database) -> None:
    clock = ManualClock(START + DECADE)
    async with database.transaction() as session:
        await wishes.wish(session, clock, "now", {})
        await wishes.wish(session, clock, "in an hour", {}, not_before=clock.now() + HOUR)
    async with database.transaction() as session:
        assert not await wishes.take(session, "me", START, 10)
        assert await wishes.set_right(session, START) == 2
    async with database.transaction() as session:
        assert await wishes.set_right(session, START) == 0
        assert [one.kind for one in await wishes.take(session, "me", START, 10)] == ["now"]
        assert [one.kind for one in await wishes.take(session, "me", START + HOUR, 10)] == ["in an hour"]


async def test_a_worker_that_was_seen_in_the_future_does_not_keep_its_work_for_years(database: Database) -> None:
    async with database.transaction() as session:
        await wishes.wish(session, ManualClock(), "mail", {})
        await wishes.alive(session, "gone", START + DECADE)
        await wishes.take(session, "gone", START, 10)
    async with database.transaction() as session:
        minutes = dt.timedelta(minutes=3)
        assert len(await wishes.orphans(session, START - minutes, START + minutes)) == 1


def test_a_token_of_a_clock_that_was_ahead_is_not_good_for_years(clock: ManualClock) -> None:
    tokens = AccessTokens.throwaway(clock)
    clock.move(3600)
    token = tokens.issue(ADA, [])
    clock.move(-3600)
    with pytest.raises(Refused, match="token_expired"):
        tokens.check(token)


def test_an_address_that_tried_too_often_is_let_in_when_the_clock_is_right_again(clock: ManualClock) -> None:
    limit = RateLimit(clock, tries=1)
    clock.move(3600)
    assert limit.check("a") is None
    assert limit.check("a") is not None
    clock.move(-3600)
    assert limit.check("a") is None


def test_a_station_that_was_seen_or_left_in_the_future_is_judged_by_what_comes_then() -> None:
    second = dt.timedelta(seconds=1)
    assert not is_online(START + DECADE, None, START)
    assert is_online(START - second, START + DECADE, START)
    assert not is_online(START - 2 * second, START - second, START)
