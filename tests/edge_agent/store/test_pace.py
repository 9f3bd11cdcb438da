"""What is learned of the disk, and that it never matters for what is written: on the loop, in the thread, in halves."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from edge_agent.store import pace as rules
from edge_agent.store.committer import Committer
from edge_agent.store.draft import Draft
from edge_agent.store.errors import StoreFull
from edge_agent.store.limits import Pressure
from edge_agent.store.pace import Pace
from edge_agent.store.shedding import Shedder
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, Put, Work
from protocols.sync.envelope import MAX_FACTS, Lane, decode_fact
from protocols.values import to_ms
from tests.edge_agent.store.conftest import (
    EVERY_PACE,
    InHalves,
    MovedClock,
    OnLoop,
    assert_whole,
    fact,
    rows,
    work,
)

PROMPT_S, SLOW_S = rules.PROMPT_S / 2, rules.PROMPT_S * 2


def learned(*commits_s: float, made_s: float = 0.00001) -> Pace:
    pace = Pace()
    for commit_s in commits_s:
        pace.learn(made_s=made_s, commit_s=commit_s)
    return pace


def test_the_loop_writes_only_on_a_disk_that_was_quick_many_times_in_a_row() -> None:
    quick = [PROMPT_S] * rules.PROMPT_RUN
    assert learned(*quick).may_stay(1)
    assert not learned(*quick[1:]).may_stay(1)
    assert not learned(*quick, SLOW_S).may_stay(1)
    assert not learned(*quick, SLOW_S, *quick[1:]).may_stay(1)


def test_many_works_are_never_written_on_the_loop() -> None:
    pace = learned(*[PROMPT_S] * rules.PROMPT_RUN)
    assert pace.may_stay(rules.FEW)
    assert not pace.may_stay(rules.FEW + 1)


def test_two_drafts_are_under_way_only_where_rows_take_as_long_as_the_disk() -> None:
    assert not Pace().overlaps
    assert learned(0.0003, made_s=0.0001).overlaps
    assert not learned(0.005, made_s=0.0001).overlaps


@pytest.fixture(params=EVERY_PACE, ids=lambda pace: pace.__name__)
async def store(request: pytest.FixtureRequest, path: Path, clock: MovedClock) -> AsyncIterator[Store]:
    opened = await Store.open(path, clock=clock, ballast_bytes=65_536, pace=request.param())
    yield opened
    await opened.close()


def mixed(clock: MovedClock, n: int) -> Work:
    """By turns facts alone, facts of two lanes, facts with state and journal."""
    facts = (fact(), fact(lane=Lane.OPERATIONS)) if n % 3 else (fact(),)
    if n % 5:
        return work(clock, *facts)
    entry, put = Entry(kind="n", data=b"%d" % n), Put(kind="k", key="last", value=b"%d" % n)
    return Work(moment=clock.now(), facts=facts, journal=(entry,), puts=(put,))


async def test_what_is_handed_in_at_once_and_in_turn_is_written_whole_and_in_order(
    store: Store, path: Path, clock: MovedClock
) -> None:
    works = [mixed(clock, n) for n in range(400)]

    async def hand_in(mine: list[Work]) -> None:
        for one in mine:
            await store.commit(one)

    await asyncio.gather(*(store.commit(one) for one in works[:200]))
    await asyncio.gather(*(hand_in(works[start:400:20]) for start in range(200, 220)))
    for lane in (Lane.BUSINESS, Lane.OPERATIONS):
        found = rows(path, lane)
        assert_whole(found)
        given = [one.id for w in works[:200] for one in w.facts if one.lane is lane]
        assert [decode_fact(record).id for _, _, record, _ in found][: len(given)] == given
        assert len(found) == sum(one.lane is lane for w in works for one in w.facts)
    assert store.load()["k"]["last"] == b"395"


async def test_a_job_comes_after_what_was_handed_in_before_it_and_before_what_was_after(
    store: Store, path: Path, clock: MovedClock
) -> None:
    seen: list[int] = []
    before = [store.commit(work(clock, fact())) for _ in range(30)]
    job = store._writer.call(lambda: seen.append(len(rows(path))))
    after = [store.commit(work(clock, fact())) for _ in range(30)]
    await asyncio.gather(*before, job, *after)
    assert seen == [30]
    assert_whole(rows(path))


class Failing:
    """Lets the n-th transaction fail as a full disk does, before anything is written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *which: int) -> None:
        self.drafts: list[Draft] = []
        self.threads: list[str] = []
        real: Callable[[Committer, Draft], None] = Committer._transact

        def transact(committer: Committer, draft: Draft) -> None:
            self.drafts.append(draft)
            self.threads.append(threading.current_thread().name)
            if len(self.drafts) in which:
                raise StoreFull("full", "by the test")
            real(committer, draft)

        monkeypatch.setattr(Committer, "_transact", transact)


async def test_what_was_made_behind_a_draft_that_fails_is_made_anew_and_leaves_no_gap(
    path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, pace=InHalves())
    go = threading.Event()
    store._writer._committer._make_room = lambda: not go.wait(5)
    failing = Failing(monkeypatch, 1)
    facts = [fact() for _ in range(12)]
    first = [store.commit(work(clock, one)) for one in facts[:9]]
    await asyncio.sleep(0.01)
    later = [store.commit(work(clock, one)) for one in facts[9:]]  # while two halves are under way
    await asyncio.sleep(0.01)
    go.set()
    told = await asyncio.gather(*first, *later, return_exceptions=True)
    assert [type(one) for one in told] == [StoreFull] * 5 + [type(None)] * 7
    assert [len(draft.items) for draft in failing.drafts][:2] == [5, 4]  # the second was given back, untouched
    found = rows(path)
    assert [decode_fact(record).id for _, _, record, _ in found] == [one.id for one in facts[5:]]
    assert_whole(found)
    await store.commit(work(clock, fact()))
    await store.close()
    assert_whole(rows(path))


@pytest.mark.parametrize("pace", EVERY_PACE, ids=lambda pace: pace.__name__)
async def test_facts_that_get_new_numbers_while_room_is_made_do_not_meet_the_draft_that_wanted_it(
    path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, pace: type[Pace]
) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, pace=pace())
    for _ in range(MAX_FACTS + 50):
        clock.move(seconds=1)
        await store.commit(Work(moment=clock.now(), facts=(fact(b'{"dock_no":1}', lane=Lane.TELEMETRY),)))
    clock.move(hours=3)
    await store.commit(work(clock, fact()))
    shed = []

    def make_room() -> bool:
        shed.append(Shedder().step(store._conn, store._outbox, Pressure.THIN, to_ms(clock.at)))
        return True

    store._writer._committer._make_room = make_room
    Failing(monkeypatch, 1, 2)  # on the loop it is tried once more in the thread
    last = fact(lane=Lane.TELEMETRY)
    async with asyncio.timeout(5):
        await store.commit(work(clock, last))
    assert shed[0] is not None
    assert shed[0].kept
    found = rows(path, Lane.TELEMETRY)
    assert decode_fact(found[-1][2]).id == last.id
    assert found[-1][1] == found[-2][1] + 1
    await store.close()


async def test_few_works_stay_on_the_loop_when_the_disk_is_quick_and_many_do_not(
    path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "PROMPT_S", 3600.0)
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    failing = Failing(monkeypatch)
    for _ in range(rules.PROMPT_RUN + 1):
        await store.commit(work(clock, fact()))
    assert failing.threads == ["store-writer"] * rules.PROMPT_RUN + ["MainThread"]
    await asyncio.gather(*(store.commit(work(clock, fact())) for _ in range(rules.FEW + 2)))
    assert failing.threads[-1] == "store-writer"
    await store.commit(work(clock, fact()))
    await store._writer.commit([work(clock, fact(lane=Lane.TELEMETRY)) for _ in range(rules.FEW + 1)])
    assert failing.threads[-2:] == ["MainThread", "store-writer"]  # a bunch of samples is many works too
    await store.close()
    assert_whole(rows(path))


async def test_whoever_commits_in_a_row_on_the_loop_lets_others_have_their_turn(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, pace=OnLoop())
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    for _ in range(40):
        await store.commit(work(clock, fact()))
    task.cancel()
    assert turns >= 20
    await store.close()


async def test_the_loop_does_not_write_while_the_thread_has_something_to_do(
    path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, pace=OnLoop())
    failing = Failing(monkeypatch)
    go = threading.Event()
    job = store._writer.call(lambda: go.wait(5))
    done = asyncio.ensure_future(store.commit(work(clock, fact())))
    await asyncio.sleep(0.02)
    assert failing.threads == []
    go.set()
    assert await job
    await done
    assert failing.threads == ["MainThread"]
    await store.close()


async def test_damage_met_by_any_job_is_told(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)

    def run() -> None:
        error = sqlite3.DatabaseError("malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        error.sqlite_errorname = "SQLITE_CORRUPT"
        raise error

    with pytest.raises(Exception, match="malformed"):
        await store._writer.call(run)
    assert store.health().damaged
    await store.close()
