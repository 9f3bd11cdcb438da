"""What goes, what stays, and for how long."""

import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_agent.store.pruning import STEP_ROWS
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, Work
from protocols.sync.envelope import Cursor, Lane
from tests.edge_agent.store.conftest import MovedClock, fact, ids_of, rows, work


async def acknowledge(store: Store, acked: int, epoch: int = 1) -> None:
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=epoch, acked=acked)])


async def test_acknowledged_facts_stay_for_the_retention_and_go_afterwards(
    store: Store, clock: MovedClock, path: Path
) -> None:
    await store.commit(work(clock, *(fact() for _ in range(10))))
    await acknowledge(store, 10)
    clock.move(hours=71)
    await store.commit(work(clock, fact()))
    await store.tidy()
    assert len(rows(path)) == 11
    clock.move(hours=2)
    await store.commit(work(clock, fact()))
    await store.tidy()
    assert [seq for _, seq, *_ in rows(path)] == [10, 11, 12]


async def test_a_backlog_of_days_is_kept_for_the_retention_after_it_was_acknowledged(
    store: Store, clock: MovedClock, path: Path
) -> None:
    """Otherwise a hub that is restored from the backup of the day before has lost it for ever."""
    await store.commit(work(clock, *(fact() for _ in range(10))))
    clock.move(days=5)
    await store.commit(work(clock, fact()))
    await acknowledge(store, 11)
    await store.tidy()
    clock.move(hours=71)
    await store.commit(work(clock, fact()))
    await store.tidy()
    await acknowledge(store, 0)
    assert (await store.batches())[0].first_seq == 1
    assert len(rows(path)) == 12


async def test_what_a_hub_lost_and_got_again_is_kept_for_the_retention_from_then_on(
    store: Store, clock: MovedClock, path: Path
) -> None:
    await store.commit(work(clock, *(fact() for _ in range(10))))
    await acknowledge(store, 10)
    clock.move(hours=60)
    await store.commit(work(clock, fact()))
    await acknowledge(store, 3)
    await acknowledge(store, 11)
    clock.move(hours=60)
    await store.commit(work(clock, fact()))
    await store.tidy()
    assert len(rows(path)) == 12
    clock.move(hours=13)
    await store.commit(work(clock, fact()))
    await store.tidy()
    assert [seq for _, seq, *_ in rows(path)] == [11, 12, 13]


async def test_the_retention_outlives_a_restart(path: Path, clock: MovedClock) -> None:
    for hours in (0, 40, 40):
        clock.move(hours=hours)
        store = await Store.open(path, clock=clock, ballast_bytes=65_536)
        await store.commit(work(clock, fact(), fact()))
        await acknowledge(store, 2, epoch=store.epoch)
        await store.tidy()
        await store.close()
    assert [(epoch, seq) for epoch, seq, *_ in rows(path)] == [(2, 1), (2, 2), (3, 1), (3, 2)]


async def test_a_fact_that_the_hub_does_not_hold_never_goes(store: Store, clock: MovedClock, path: Path) -> None:
    await store.commit(work(clock, *(fact() for _ in range(10))))
    await acknowledge(store, 4)
    clock.move(days=400)
    await store.commit(work(clock, fact()))
    await store.tidy()
    assert [seq for _, seq, *_ in rows(path)] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert (await store.batches())[0].first_seq == 5


async def test_more_than_one_step_is_pruned_and_numbers_go_on(store: Store, clock: MovedClock, path: Path) -> None:
    count = STEP_ROWS * 2 + 7
    await store.commit(work(clock, *(fact() for _ in range(count))))
    await acknowledge(store, count)
    clock.move(days=4)
    await store.commit(work(clock, fact()))
    await store.tidy()
    assert [seq for _, seq, *_ in rows(path)] == [count, count + 1]
    assert len(ids_of(await store.batches())) == 1


async def test_an_old_epoch_is_forgotten_with_its_last_fact(path: Path, clock: MovedClock) -> None:
    for _ in range(3):
        store = await Store.open(path, clock=clock, ballast_bytes=65_536)
        await store.commit(work(clock, fact(), fact()))
        await acknowledge(store, 2, store.epoch)
        clock.move(days=4)
        await store.tidy()
        await store.close()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.commit(work(clock, fact()))
    await store.tidy()
    assert [(epoch, seq) for epoch, seq, *_ in rows(path)] == [(4, 1)]
    await store.close()
    conn = sqlite3.connect(path)
    assert conn.execute("SELECT epoch FROM epochs").fetchall() == [(4,)]
    assert conn.execute("SELECT count(*) FROM cursors").fetchone() == (0,)
    conn.close()


@pytest.fixture
async def short_journal(path: Path, clock: MovedClock) -> AsyncIterator[Store]:
    opened = await Store.open(path, clock=clock, ballast_bytes=65_536, keep_journal=dt.timedelta(days=1))
    yield opened
    await opened.close()


async def test_the_journal_is_kept_for_its_own_time(short_journal: Store, clock: MovedClock, path: Path) -> None:
    for n in range(4):
        await short_journal.commit(Work(moment=clock.now(), journal=(Entry(kind="answer", data=b"%d" % n),)))
        clock.move(hours=12)
    await short_journal.tidy()
    conn = sqlite3.connect(path)
    assert [row[0] for row in conn.execute("SELECT data FROM journal ORDER BY n")] == ["1", "2", "3"]
    conn.close()
