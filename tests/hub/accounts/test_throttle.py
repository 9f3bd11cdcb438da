"""Limits: the pure arithmetic, and the rows that all processes share."""

import asyncio
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.throttle import Attempt, Shut, Throttle, forget, forget_old
from hub.accounts.throttle_rules import Count, Delay, Quota, counted, shut_for_s
from hub.kernel.db import Database
from tests.hub.conftest import START, ManualClock

QUOTA = Quota(burst=3, refill_s=60)
DELAY = Delay(free=2, first_s=5, longest_s=60, refill_s=3600)


@given(st.lists(st.floats(0, 500), max_size=60))
def test_a_quota_never_lets_through_more_than_its_burst_and_what_was_refilled(gaps_s: list[float]) -> None:
    now, count, passed = START, Count(level=0, at=START), 0
    for gap_s in gaps_s:
        now += dt.timedelta(seconds=gap_s)
        if not shut_for_s(QUOTA, count, now):
            count, passed = counted(QUOTA, count, now), passed + 1
    assert passed <= QUOTA.burst + (now - START).total_seconds() / QUOTA.refill_s + 1e-6


@given(st.integers(0, 10_000))
def test_a_delay_never_shrinks_and_never_passes_its_longest(failures: int) -> None:
    assert DELAY.wait_s(failures) <= DELAY.wait_s(failures + 1) <= DELAY.longest_s


def test_a_clock_that_is_set_back_forgets_nothing() -> None:
    count = counted(QUOTA, Count(level=2, at=START), START - dt.timedelta(hours=1))
    assert (count.level, count.at) == (3, START)


@pytest.mark.parametrize("limit", [QUOTA, DELAY])
def test_nobody_is_shut_out_until_a_time_that_a_wrong_clock_showed(limit: Quota | Delay) -> None:
    ahead = START + dt.timedelta(days=3652)
    count = Count(level=0, at=ahead)
    for _ in range(3):
        count = counted(limit, count, ahead)
    assert shut_for_s(limit, count, ahead) > 0
    assert shut_for_s(limit, count, START) == 0
    assert counted(limit, count, START) == Count(level=1, at=START)


async def test_what_is_tried_at_once_is_counted_at_once(database: Database, clock: ManualClock) -> None:
    throttle = Throttle(database, clock)
    answers = await asyncio.gather(*(throttle.count({"a": QUOTA, "b": QUOTA}) for _ in range(8)))
    assert sum(isinstance(one, Attempt) for one in answers) == 3
    assert {one for one in answers if isinstance(one, Shut)} == {Shut(retry_after_s=61)}


async def test_two_processes_share_what_they_count(database: Database, clock: ManualClock) -> None:
    other = Database(database.url)
    here, there = Throttle(database, clock), Throttle(other, clock)
    for one in (here, there, here):
        assert isinstance(await one.count({"a": QUOTA}), Attempt)
    assert isinstance(await there.count({"a": QUOTA}), Shut)
    await other.close()


async def test_one_key_that_is_shut_leaves_the_others_uncounted(database: Database, clock: ManualClock) -> None:
    throttle = Throttle(database, clock)
    for _ in range(3):
        await throttle.count({"a": QUOTA})
    for _ in range(5):
        assert isinstance(await throttle.count({"a": QUOTA, "b": QUOTA}), Shut)
    assert isinstance(await throttle.count({"b": QUOTA}), Attempt)


async def test_what_was_no_failure_is_taken_back_and_another_failure_stays(
    database: Database, clock: ManualClock
) -> None:
    throttle = Throttle(database, clock)
    for _ in range(2):
        await throttle.count({"a": DELAY})
    right = await throttle.count({"a": DELAY})
    assert isinstance(right, Attempt)
    assert isinstance(await throttle.count({"a": DELAY}), Shut)
    async with database.transaction() as session:
        await throttle.take_back(session, right)
    assert isinstance(await throttle.count({"a": DELAY}), Attempt), "free again: it was alone"
    clock.move(5)
    right = await throttle.count({"a": DELAY})
    clock.move(10)
    assert isinstance(await throttle.count({"a": DELAY}), Attempt)
    assert isinstance(right, Attempt)
    async with database.transaction() as session:
        await throttle.take_back(session, right)
    assert isinstance(await throttle.count({"a": DELAY}), Shut), "somebody failed meanwhile"
    async with database.transaction() as session:
        await forget(session, "a")
    assert isinstance(await throttle.count({"a": DELAY}), Attempt)


async def test_counts_that_say_nothing_any_more_are_dropped(database: Database, clock: ManualClock) -> None:
    throttle = Throttle(database, clock)
    for _ in range(3):
        await throttle.count({"a": QUOTA})
    for seconds, left in ((170, 1), (20, 0)):
        clock.move(seconds)
        async with database.transaction() as session:
            await forget_old(session, clock.now())
        async with database.reading() as session:
            from sqlalchemy import func, select

            from hub.accounts.sign_in_tables import ThrottleCount

            assert await session.scalar(select(func.count()).select_from(ThrottleCount)) == left
