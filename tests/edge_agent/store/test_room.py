"""Room by class of data: telemetry gives way first, operations next, business never; and it is never silent."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_agent.store.limits import MIB, Limits, Pressure
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, Work
from protocols.sync.envelope import Cursor, Lane, LossReason
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, rows, work

SAMPLE = b'{"session_id":"01900000-0000-7000-8000-000000000001","text":"' + b"x" * 200 + b'"}'
Disk = Callable[[int, int], None]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Say what the disk has: (bytes free, bytes in all)."""

    def is_(free: int, whole: int) -> None:
        found = os.statvfs_result((4096, 4096, whole // 4096, free // 4096, free // 4096, 0, 0, 0, 0, 255))
        monkeypatch.setattr(os, "statvfs", lambda _path: found)

    return is_


async def opened(path: Path, clock: MovedClock, **given: Any) -> Store:
    return await Store.open(path, clock=clock, limits=Limits(ballast_bytes=65_536, **given))


async def sample(store: Store, clock: MovedClock, count: int, lane: Lane = Lane.TELEMETRY, every_s: float = 5) -> None:
    for _ in range(count // 20):
        made = []
        for _ in range(20):
            made.append(fact(SAMPLE, lane=lane))
            clock.move(seconds=every_s)
        await store.commit(work(clock, *made))


def gone(store: Store, lane: Lane) -> int:
    return sum(one.gone for one in store.losses() if one.lane is lane)


async def test_telemetry_beyond_its_share_gives_way_and_business_stays(path: Path, clock: MovedClock) -> None:
    store = await opened(path, clock, max_bytes=4_000_000, telemetry_share=0.2)
    await store.commit(work(clock, *(fact() for _ in range(100))))
    await sample(store, clock, 4000)  # the clock moves, so chores come between
    await store.tidy()
    assert gone(store, Lane.TELEMETRY) > 1000
    assert {one.reason for one in store.losses()} == {LossReason.SHED}
    left = len(rows(path, Lane.TELEMETRY))
    assert 1200 < left < 2500
    assert left * 350 < store.health().usage.telemetry < 4_000_000 * 0.2 * 1.1
    assert gone(store, Lane.BUSINESS) == gone(store, Lane.OPERATIONS) == 0
    await store.close()
    found = rows(path)
    assert len(found) == 100
    assert_whole(found)


async def test_a_file_near_its_limit_first_gives_up_what_the_hub_holds(path: Path, clock: MovedClock) -> None:
    store = await opened(path, clock, max_bytes=2_000_000, telemetry_share=0.8)
    for taken in range(500, 8001, 500):  # twice what the file may hold
        await sample(store, clock, 500)
        await store.acknowledge([Cursor(lane=Lane.TELEMETRY, epoch=1, acked=taken)])
    await store.tidy()
    assert store.losses() == []
    assert store.health().usage.file < 2_000_000
    assert not store.health().low
    await store.close()


async def test_when_the_disk_runs_low_old_telemetry_is_thinned_and_young_is_not(
    path: Path, clock: MovedClock, disk: Disk
) -> None:
    store = await opened(path, clock)
    await sample(store, clock, 2000)
    disk(400 * MIB, 16_000 * MIB)
    await store.tidy()
    assert store.health().usage.pressure is Pressure.THIN
    thinned = gone(store, Lane.TELEMETRY)
    assert 500 < thinned < 1500  # what is younger than an hour stays, and what may be on its way
    clock.move(hours=3)
    await sample(store, clock, 20)
    await store.tidy()
    assert gone(store, Lane.TELEMETRY) > thinned
    before = store.losses()
    await store.tidy()
    assert store.losses() == before  # what is thin stays
    await store.close()


async def test_when_the_disk_is_nearly_full_operations_go_after_telemetry_and_business_stays(
    path: Path, clock: MovedClock, disk: Disk
) -> None:
    store = await opened(path, clock)
    await sample(store, clock, 1000)
    await sample(store, clock, 1000, Lane.OPERATIONS)
    await sample(store, clock, 1000, Lane.BUSINESS)
    disk(100 * MIB, 16_000 * MIB)
    for _ in range(3):
        await store.tidy()
    assert (gone(store, Lane.TELEMETRY), gone(store, Lane.OPERATIONS), gone(store, Lane.BUSINESS)) == (500, 500, 0)
    assert len(rows(path)) == 1000
    await store.close()


async def test_a_small_disk_is_judged_by_its_share(path: Path, clock: MovedClock, disk: Disk) -> None:
    disk(300 * MIB, 1_000 * MIB)  # 30 % free: less than the half gigabyte, but enough for so small a disk
    store = await opened(path, clock)
    assert store.health().usage.pressure is Pressure.NONE
    await store.close()


async def test_a_journal_beyond_its_share_is_kept_for_a_tenth_of_its_time(path: Path, clock: MovedClock) -> None:
    store = await opened(path, clock, max_bytes=4_000_000, journal_share=0.01, journal=dt.timedelta(days=30))
    for _ in range(300):
        entry = Entry(kind="UnlockDock", data=b'"' + b"x" * 300 + b'"')
        await store.commit(Work(moment=clock.now(), journal=(entry,)))
        clock.move(minutes=30)
    await store.tidy()
    await store.tidy()
    kept = store._conn.execute("SELECT count(*) FROM journal").fetchone()[0]
    assert 140 <= kept <= 150  # three days
    await store.close()


async def test_a_start_after_shedding_goes_on_with_the_same_numbers(path: Path, clock: MovedClock) -> None:
    store = await opened(path, clock, max_bytes=4_000_000, telemetry_share=0.2)
    await sample(store, clock, 4000)
    await store.tidy()
    before = [(one.lane, one.epoch, one.acked, one.last) for one in store.chains()]
    batches = await store.batches()
    await store.close()
    again = await opened(path, clock)
    assert [(one.lane, one.epoch, one.acked, one.last) for one in again.chains()] == before
    assert [bytes(one) for one in (await again.batches())[0].records] == [bytes(one) for one in batches[0].records]
    await again.close()
