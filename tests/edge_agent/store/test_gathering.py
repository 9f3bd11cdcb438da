"""Telemetry waits for company, a little while; nothing else waits for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from edge_agent.store.draft import Draft
from edge_agent.store.errors import StoreFull, StoreUnwritable
from edge_agent.store.gathering import MOST_FACTS, MOST_WAITING, Gathering
from edge_agent.store.limits import Limits
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, Put, Work
from protocols.sync.envelope import Lane, decode_fact
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, rows, work

LONG_S = 1000.0


@pytest.fixture
async def store(path: Path, clock: MovedClock) -> AsyncIterator[Store]:
    opened = await Store.open(path, clock=clock, limits=Limits(ballast_bytes=65_536, telemetry_delay_s=LONG_S))
    yield opened
    await opened.close()


def sample(clock: MovedClock, n: int = 1) -> Work:
    put = Put(kind="sessions", key="s", value=b"%d" % n)
    return Work(moment=clock.now(), facts=(fact(lane=Lane.TELEMETRY),), puts=(put,))


async def test_samples_wait_until_there_are_enough_and_go_in_one_commit(
    store: Store, path: Path, clock: MovedClock
) -> None:
    for n in range(MOST_FACTS - 1):
        await store.commit(sample(clock, n))
    assert rows(path, Lane.TELEMETRY) == []
    await store.commit(sample(clock, 99))
    async with asyncio.timeout(5):
        while len(rows(path, Lane.TELEMETRY)) < MOST_FACTS:
            await asyncio.sleep(0.01)
    assert store.load() == {"sessions": {"s": b"99"}}
    assert_whole(rows(path, Lane.TELEMETRY))


async def test_business_takes_along_what_waits_and_comes_after_it(store: Store, path: Path, clock: MovedClock) -> None:
    await store.commit(sample(clock, 1))
    ended = Work(moment=clock.now(), facts=(fact(),), puts=(Put(kind="sessions", key="s", value=None),))
    await store.commit(ended)
    assert [len(rows(path, lane)) for lane in (Lane.BUSINESS, Lane.TELEMETRY)] == [1, 1]
    assert store.load() == {}


async def test_samples_do_not_wait_longer_than_the_delay(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, limits=Limits(ballast_bytes=65_536, telemetry_delay_s=0.01))
    await store.commit(sample(clock))
    async with asyncio.timeout(5):
        while not rows(path, Lane.TELEMETRY):
            await asyncio.sleep(0.01)
    await store.close()


async def test_a_clean_end_loses_no_sample(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, limits=Limits(ballast_bytes=65_536, telemetry_delay_s=LONG_S))
    await store.commit(sample(clock))
    await store.close()
    assert len(rows(path, Lane.TELEMETRY)) == 1


class Disk:
    """Takes works, or says that it is full."""

    def __init__(self) -> None:
        self.full = True
        self.taken: list[Work] = []

    def commit(self, works: Sequence[Work]) -> "asyncio.Future[None]":
        done = asyncio.get_running_loop().create_future()
        if self.full:
            done.set_exception(StoreFull("full"))
        else:
            self.taken += works
            done.set_result(None)
        return done


async def test_what_a_full_disk_refuses_waits_on_in_order(clock: MovedClock) -> None:
    disk = Disk()
    gathering = Gathering(disk.commit, LONG_S)
    first, second = sample(clock, 1), sample(clock, 2)
    gathering.add(first)
    gathering.hand_over()
    gathering.add(second)
    await asyncio.sleep(0)
    disk.full = False
    gathering.hand_over()
    assert disk.taken == [first, second]
    await gathering.close()


async def test_samples_that_a_full_disk_refused_come_back_in_order_and_never_put_old_state_over_new(
    store: Store, path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True, True]  # the first two drafts are refused

    def transact(draft: Draft) -> None:
        if full and full.pop():
            raise StoreFull("full", "by the test")
        real(draft)

    committer = store._writer._committer
    real = committer._transact
    monkeypatch.setattr(committer, "_transact", transact)
    monkeypatch.setattr(committer, "_make_room", lambda: False)
    samples = [sample(clock, n) for n in range(1, 5)]
    ended = Work(moment=clock.now(), facts=(fact(),), puts=(Put(kind="sessions", key="s", value=None),))
    await store.commit(samples[0])
    store._gathering.hand_over()  # refused
    await asyncio.sleep(0.01)
    await store.commit(samples[1])
    with pytest.raises(StoreFull):
        await store.commit(ended)  # refused as well
    await store.commit(samples[2])
    told = [store.commit(ended), store.commit(samples[3])]
    await asyncio.gather(*told)
    store._gathering.hand_over()
    await store._writer.call(lambda: None)
    found = [decode_fact(record).id for _, _, record, _ in rows(path, Lane.TELEMETRY)]
    assert found == [one.facts[0].id for one in samples]
    assert store.load() == {"sessions": {"s": b"4"}}
    assert_whole(rows(path, Lane.TELEMETRY))


async def test_samples_handed_over_one_after_the_other_and_refused_keep_their_order(clock: MovedClock) -> None:
    futures: list[asyncio.Future[None]] = []
    taken: list[Work] = []

    def commit(works: Sequence[Work]) -> "asyncio.Future[None]":
        taken.extend(works)
        futures.append(asyncio.get_running_loop().create_future())
        return futures[-1]

    gathering = Gathering(commit, LONG_S)
    samples = [sample(clock, n) for n in range(3)]
    for one in samples:
        gathering.add(one)
        gathering.hand_over()
    for done in futures:
        done.set_exception(StoreFull("full"))
    await asyncio.sleep(0)
    taken.clear()
    gathering.hand_over()
    assert taken == samples
    futures[-1].set_result(None)
    await gathering.close()


async def test_a_sample_is_refused_after_the_end(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, limits=Limits(ballast_bytes=65_536, telemetry_delay_s=LONG_S))
    await store.close()
    with pytest.raises(StoreUnwritable):
        await store.commit(sample(clock))


async def test_a_sample_that_cannot_be_written_is_refused_and_holds_up_nobody(
    store: Store, path: Path, clock: MovedClock
) -> None:
    bad = Work(moment=clock.now(), facts=(fact(b"no json", lane=Lane.TELEMETRY),))
    told = await asyncio.gather(
        store.commit(sample(clock)), store.commit(bad), store.commit(work(clock, fact())), return_exceptions=True
    )
    assert [type(one) for one in told] == [type(None), msgspec.DecodeError, type(None)]
    assert [len(rows(path, lane)) for lane in (Lane.BUSINESS, Lane.TELEMETRY)] == [1, 1]


async def test_samples_on_a_disk_that_stays_full_are_bounded_and_counted(clock: MovedClock) -> None:
    disk = Disk()
    gathering = Gathering(disk.commit, LONG_S)
    for n in range(MOST_WAITING + 7):
        gathering.add(sample(clock, n))
    assert gathering.dropped == 0  # a hundred are on their way and may be taken yet
    await asyncio.sleep(0)
    assert gathering.dropped == 7
    await gathering.close()


@pytest.mark.parametrize("what", ["business", "journal", "mixed", "state", "new"])
async def test_only_telemetry_may_wait(store: Store, path: Path, clock: MovedClock, what: str) -> None:
    one = {
        "business": work(clock, fact()),
        "mixed": work(clock, fact(), fact(lane=Lane.TELEMETRY)),
        "journal": Work(moment=clock.now(), facts=(fact(lane=Lane.TELEMETRY),), journal=(Entry(kind="x", data=b"{}"),)),
        "state": Work(moment=clock.now(), puts=(Put(kind="k", key="k", value=b"1"),)),
        "new": Work(moment=clock.now(), facts=(fact(lane=Lane.TELEMETRY),), new_business=True),
    }[what]
    await store.commit(one)
    assert sum(len(rows(path, lane)) for lane in Lane) == len(one.facts)
