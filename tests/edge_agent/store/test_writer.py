"""Everybody who waits is answered, once, whatever comes between: damage, cancellation, a disk that stands still."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from edge_agent.store.draft import _MAX_HLC
from edge_agent.store.errors import StoreFull, StoreUnwritable
from edge_agent.store.store import Store
from edge_agent.store.work import Put, Work
from tests.edge_agent.store.conftest import EVERY_PACE, MovedClock, assert_whole, fact, rows, work


@pytest.fixture(params=EVERY_PACE, ids=lambda pace: pace.__name__)
async def store(request: pytest.FixtureRequest, path: Path, clock: MovedClock) -> AsyncIterator[Store]:
    opened = await Store.open(path, clock=clock, ballast_bytes=65_536, pace=request.param())
    yield opened
    await opened.close()


def damaged() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    error.sqlite_errorname = "SQLITE_CORRUPT"
    return error


async def test_damage_met_by_chores_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def chores() -> None:
        raise damaged()

    monkeypatch.setattr(store._upkeep, "chores", chores)
    store._writer._tidy()
    await store._writer.call(lambda: None)
    assert store.health().damaged


async def test_chores_do_not_queue_up_behind_a_disk_that_stands_still(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []
    go = threading.Event()
    monkeypatch.setattr(store._upkeep, "chores", lambda: rounds.append(1))
    blocked = store._writer.call(lambda: go.wait(5))
    for _ in range(5):
        store._writer._tidy()
    go.set()
    assert await blocked
    await store._writer.call(lambda: None)
    assert rounds == [1]
    store._writer._tidy()
    await store._writer.call(lambda: None)
    assert rounds == [1, 1]


async def test_state_that_is_no_utf_8_is_refused_and_hurts_nobody_else(
    store: Store, path: Path, clock: MovedClock
) -> None:
    bad = [Put(kind="k", key="x", value=b'"\xff"'), Put(kind="k", key="\ud800", value=b"1")]
    told = await asyncio.gather(
        store.commit(work(clock, fact())),
        *(store.commit(Work(moment=clock.now(), puts=(one,))) for one in bad),
        store.commit(work(clock, fact())),
        return_exceptions=True,
    )
    assert [type(one) for one in told] == [type(None), UnicodeDecodeError, UnicodeEncodeError, type(None)]
    assert len(rows(path)) == 2


async def test_works_that_only_together_are_beyond_the_clocks_end_are_answered_one_by_one(
    store: Store, path: Path, clock: MovedClock
) -> None:
    store._writer._hlc = _MAX_HLC - 2
    async with asyncio.timeout(5):
        told = await asyncio.gather(*(store.commit(work(clock, fact())) for _ in range(4)), return_exceptions=True)
    assert [type(one) for one in told] == [type(None), type(None), StoreUnwritable, StoreUnwritable]
    assert_whole(rows(path))


def _in_a_thread(life: Callable[[], None]) -> bool:
    """Whether it ends: what hangs must not hang the tests."""
    thread = threading.Thread(target=life, daemon=True)
    thread.start()
    thread.join(10)
    return not thread.is_alive()


@pytest.mark.parametrize("pace", EVERY_PACE, ids=lambda pace: pace.__name__)
def test_whoever_is_cancelled_while_he_closes_the_store_closes_it_all_the_same(
    path: Path, clock: MovedClock, pace: type
) -> None:
    async def life() -> None:
        store = await Store.open(path, clock=clock, ballast_bytes=65_536, pace=pace())
        go = threading.Event()
        job = store._writer.call(lambda: go.wait(5))
        waiting = [store.commit(work(clock, fact())) for _ in range(5)]
        closing = asyncio.create_task(store.close())
        await asyncio.sleep(0.01)
        closing.cancel()
        await asyncio.sleep(0.01)
        closing.cancel()
        threading.Timer(0.05, go.set).start()
        assert await job
        with pytest.raises(asyncio.CancelledError):
            await closing
        await asyncio.gather(*waiting)
        again = await Store.open(path, clock=clock, ballast_bytes=65_536)
        assert not again.unclean
        await again.close()

    assert _in_a_thread(lambda: asyncio.run(life()))
    assert len(rows(path)) == 5


async def test_room_is_not_made_on_the_loop(path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, max_bytes=200_000, pace=EVERY_PACE[1]())
    threads: list[str] = []
    real = store._writer._committer._make_room

    def make_room() -> bool:
        threads.append(threading.current_thread().name)
        return real()

    monkeypatch.setattr(store._writer._committer, "_make_room", make_room)
    taken = 0
    while not threads:
        with contextlib.suppress(StoreFull):
            await store.commit(work(clock, fact(b'"' + b"x" * 3000 + b'"')))
            taken += 1
    assert set(threads) == {"store-writer"}
    await store.close()
    assert len(rows(path)) == taken
