"""The daily copy: whole, checked, of one instant, and in nobody's way."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge_agent.store import backup, daily
from edge_agent.store.backup import BackupStopped, backup_of
from edge_agent.store.daily import DailyBackup
from edge_agent.store.errors import StoreDamaged, StoreFull
from edge_agent.store.store import Store
from edge_agent.store.work import Put, Work
from tests.edge_agent.store.conftest import MovedClock, fact, rows, work

BIG = b'"' + b"x" * 3000 + b'"'


async def test_a_copy_is_of_one_instant_while_the_station_goes_on_writing(
    store: Store, path: Path, clock: MovedClock
) -> None:
    for n in range(600):
        put = Put(kind="count", key="facts", value=b"%d" % (n + 1))
        await store.commit(Work(moment=clock.now(), facts=(fact(BIG),), puts=(put,)))
    copying = asyncio.create_task(
        asyncio.to_thread(backup.make, path, spare_bytes=0, stop=threading.Event(), pause_s=0.02)
    )
    written = 0
    while not copying.done():
        put = Put(kind="count", key="facts", value=b"%d" % (600 + written + 1))
        await store.commit(Work(moment=clock.now(), facts=(fact(BIG),), puts=(put,)))
        written += 1
    assert await copying > 600 * 3000
    assert written > 3
    copy = sqlite3.connect(f"file:{backup_of(path)}?mode=ro&immutable=1", uri=True)
    (facts,) = copy.execute("SELECT count(*) FROM outbox_biz").fetchone()
    (counted,) = copy.execute("SELECT value FROM state WHERE kind = 'count'").fetchone()
    copy.close()
    assert facts == int(counted) >= 600
    assert not list(path.parent.glob("*draft*"))


async def test_a_copy_that_would_leave_too_little_room_is_not_made(store: Store, path: Path, clock: MovedClock) -> None:
    await store.commit(work(clock, fact()))
    with pytest.raises(StoreFull):
        backup.make(path, spare_bytes=1 << 60, stop=threading.Event())
    assert not backup_of(path).exists()


async def test_an_end_of_the_agent_ends_the_copy_and_keeps_the_old_one(
    store: Store, path: Path, clock: MovedClock
) -> None:
    await store.back_up()
    before = backup_of(path).read_bytes()
    await store.commit(work(clock, *(fact(BIG) for _ in range(900))))
    stop = threading.Event()
    stop.set()
    with pytest.raises(BackupStopped):
        backup.make(path, spare_bytes=0, stop=stop)
    assert backup_of(path).read_bytes() == before
    assert not list(path.parent.glob("*draft*"))


async def test_a_copy_of_a_damaged_file_never_replaces_a_sound_one(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.commit(work(clock, *(fact(BIG) for _ in range(50))))
    await store.back_up()
    await store.close()
    before = backup_of(path).read_bytes()
    spoil(path)
    with pytest.raises(StoreDamaged):
        backup.make(path, spare_bytes=0, stop=threading.Event())
    assert backup_of(path).read_bytes() == before


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(20, 40):
        data[page * 4096 : page * 4096 + 64] = b"\x5a" * 64
    path.write_bytes(data)


class Looks:
    """The waits of the daily part: `next` lets one pass."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()
        self._go = asyncio.Event()

    async def __call__(self, wait_s: float) -> None:
        assert wait_s == daily.LOOK_EVERY_S
        self.waiting.set()
        await self._go.wait()
        self._go.clear()

    async def next(self) -> None:
        self.waiting.clear()
        self._go.set()
        await asyncio.wait_for(self.waiting.wait(), 10)


def made_so_long_ago(path: Path, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(backup_of(path), (at, at))


async def test_one_copy_a_day(store: Store, path: Path, clock: MovedClock) -> None:
    looks = Looks()
    sleep: Callable[[float], Awaitable[None]] = looks
    running = asyncio.create_task(DailyBackup(store, sleep=sleep).run())
    await asyncio.wait_for(looks.waiting.wait(), 10)
    assert not backup_of(path).exists()
    await looks.next()
    first = backup_of(path).stat()
    made_so_long_ago(path, 3600)
    await store.commit(work(clock, fact()))
    await looks.next()
    assert backup_of(path).stat().st_ino == first.st_ino
    made_so_long_ago(path, 25 * 3600)
    await looks.next()
    assert backup_of(path).stat().st_ino != first.st_ino
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(rows(backup_of(path))) == 1


async def test_a_copy_that_fails_is_tried_again(
    store: Store, path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks()
    real, fails = backup.make, [True]

    def make(*args: object, **given: object) -> int:
        if fails.pop() if fails else False:
            raise StoreFull("no_room_for_backup")
        return real(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "make", make)
    running = asyncio.create_task(DailyBackup(store, sleep=looks).run())
    await asyncio.wait_for(looks.waiting.wait(), 10)
    await looks.next()
    assert store.health().backup_age_s is None
    await looks.next()
    assert store.health().backup_age_s is not None
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
