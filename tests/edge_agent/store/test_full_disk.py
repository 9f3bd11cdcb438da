"""A full disk: refused with nothing half done, the reserve is used, and it recovers by itself.

One test fills a real file system (a small tmpfs in a mount namespace of its own), the others use SQLite's limit
of pages and the process's limit of a file's size.
"""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.store.errors import StoreFull
from edge_agent.store.store import Store
from edge_agent.store.work import Entry, Put, Work
from protocols.sync.envelope import Cursor, Lane
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, rows, work

BIG = b'"' + b"x" * 3000 + b'"'


async def fill(store: Store, clock: MovedClock) -> int:
    """Commit until the store is full; how many facts it took."""
    for n in range(100_000):
        try:
            await store.commit(work(clock, fact(BIG)))
        except StoreFull:
            return n
    raise AssertionError("it never filled up")


async def test_a_full_store_refuses_with_nothing_half_done_and_numbers_go_on(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, max_bytes=300_000)
    taken = await fill(store, clock)
    refused = Work(moment=clock.now(), facts=(fact(BIG), fact(BIG)), puts=(Put(kind="dock", key="1", value=b"1"),))
    with pytest.raises(StoreFull):
        await store.commit(refused)
    assert store.load() == {}
    assert len(rows(path)) == taken
    # The hub takes some: with the next full disk their room is used again, before their retention is over.
    await store.acknowledge([Cursor(lane=Lane.BUSINESS, epoch=1, acked=taken - 2)])
    await store.commit(refused)
    assert store.load() == {"dock": {"1": b"1"}}
    await store.close()
    assert [seq for _, seq, *_ in rows(path)][-1] == taken + 2


async def test_new_business_is_refused_on_the_reserve_while_returns_are_taken(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536, max_bytes=300_000)
    rental = Work(moment=clock.now(), facts=(fact(),), new_business=True)
    await store.commit(rental)
    while not store.health().low:
        await store.commit(work(clock, fact(BIG)))
        await store.tidy()
    with pytest.raises(StoreFull):
        await store.commit(rental)
    await store.commit(work(clock, fact()))
    await store.close()
    assert_whole(rows(path))


CHILD = """
import asyncio, sys
from pathlib import Path
from tests.edge_agent.store.test_full_disk import life_on_a_small_disk
asyncio.run(life_on_a_small_disk(Path(sys.argv[1])))
"""


async def life_on_a_small_disk(folder: Path) -> None:
    """Runs in a child whose `folder` is a tmpfs of 3 MB."""
    clock = MovedClock()
    path = folder / "station.db"
    ballast = folder / "station.db.ballast"
    hog = folder / "hog"
    store = await Store.open(path, clock=clock, ballast_bytes=524_288)
    assert ballast.stat().st_size == 524_288
    _fill_disk(hog)
    before_reserve = 0
    while ballast.exists():
        await store.commit(work(clock, fact(BIG)))
        before_reserve += 1
    assert store.health().low
    with pytest.raises(StoreFull):
        await store.commit(Work(moment=clock.now(), facts=(fact(),), new_business=True))
    on_reserve = await fill(store, clock)
    assert on_reserve > 20, on_reserve
    assert len(rows(path)) == before_reserve + on_reserve
    hog.unlink()
    await store.commit(work(clock, fact(BIG)))
    await store.tidy()
    assert not store.health().low
    assert ballast.exists()
    await store.commit(Work(moment=clock.now(), facts=(fact(),), new_business=True))
    await store.close()
    assert_whole(rows(path))
    again = await Store.open(path, clock=clock, ballast_bytes=524_288)
    assert (again.epoch, again.health().waiting) == (2, before_reserve + on_reserve + 2)
    await again.close()
    print("recovered", before_reserve, on_reserve)


def _fill_disk(hog: Path) -> None:
    with hog.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def _may_mount() -> bool:
    tool = shutil.which("unshare")
    if tool is None:
        return False
    probe = [tool, "-Urm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def _on_a_small_disk(tmp_path: Path, size: str, life: str) -> str:
    """Run this life in a child whose folder is a tmpfs of so many bytes; what it printed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _may_mount():
        pytest.skip("this kernel gives no mount namespace (`unshare -Urm`); the size limits below stand in for it")
    script = f'mount -t tmpfs -o size={size} tmpfs "{folder}" && exec "$0" -c "$1" "{folder}"'
    command = ["unshare", "-Urm", "sh", "-c", script, sys.executable, CHILD.replace("life_on_a_small_disk", life)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_full_file_system_uses_the_ballast_refuses_and_recovers(tmp_path: Path) -> None:
    assert "recovered" in _on_a_small_disk(tmp_path, "3m", "life_on_a_small_disk")


RETURN = b'{"rental_id":"01900000-0000-7000-8000-000000000001","bill":"' + b"x" * 640 + b'"}'


def _return(clock: MovedClock, n: int) -> Work:
    """What a vehicle that comes back leaves behind: two facts, rows of state, a journal entry."""
    state = b'{"state":"ended","by":"' + b"y" * 300 + b'"}'
    return Work(
        moment=clock.now(),
        facts=(fact(RETURN), fact(RETURN[:200] + b'"}')),
        puts=(Put(kind="rentals", key=f"r{n % 50}", value=state), Put(kind="occupants", key=f"{n % 8}", value=b'"v"')),
        journal=(Entry(kind="LockDock", data=b'{"dock_no":1}'),),
    )


async def ten_thousand_on_the_reserve(folder: Path) -> None:
    """Runs in a child whose `folder` is a tmpfs of 96 MB; the ballast is the one that stations have."""
    clock = MovedClock()
    store = await Store.open(folder / "station.db", clock=clock)
    assert not store.health().low
    _fill_disk(folder / "hog")
    n = 0
    while not store.health().low:
        await store.commit(_return(clock, n))
        n += 1
    with pytest.raises(StoreFull):
        await store.commit(Work(moment=clock.now(), facts=(fact(),), new_business=True))
    for taken in range(5_000):  # two facts each
        clock.move(seconds=20)
        await store.commit(_return(clock, taken))
    with pytest.raises(StoreFull):
        await store.commit(Work(moment=clock.now(), facts=(fact(),), new_business=True))
    (folder / "hog").unlink()
    await store.tidy()
    assert not store.health().low
    await store.commit(Work(moment=clock.now(), facts=(fact(),), new_business=True))
    await store.close()
    found = rows(folder / "station.db")
    assert len(found) == 2 * (n + 5_000) + 1
    assert_whole(found)
    print("recovered", n)


def test_ten_thousand_business_facts_are_taken_after_new_business_is_refused(tmp_path: Path) -> None:
    assert "recovered" in _on_a_small_disk(tmp_path, "96m", "ten_thousand_on_the_reserve")


async def start_on_a_full_disk(folder: Path) -> None:
    """Runs in a child whose `folder` is a tmpfs of 12 MB: the ballast is there, and nothing else is free."""
    clock = MovedClock()
    path = folder / "station.db"
    store = await Store.open(path, clock=clock, ballast_bytes=1_048_576)
    await store.commit(work(clock, fact(BIG)))
    await store.close()
    _fill_disk(folder / "hog")
    store = await Store.open(path, clock=clock, ballast_bytes=1_048_576)
    assert (store.epoch, store.health().low) == (2, True)
    await store.commit(_return(clock, 1))
    with pytest.raises(StoreFull):
        await store.commit(Work(moment=clock.now(), facts=(fact(),), new_business=True))
    (folder / "hog").unlink()
    await store.tidy()
    await store.commit(Work(moment=clock.now(), facts=(fact(),), new_business=True))
    await store.close()
    assert len(rows(path)) == 4
    print("recovered")


def test_a_start_on_a_full_disk_uses_the_reserve(tmp_path: Path) -> None:
    assert "recovered" in _on_a_small_disk(tmp_path, "12m", "start_on_a_full_disk")


async def die_in_the_middle(folder: Path) -> None:
    """Leaves the file with its log, as a power cut does."""
    clock = MovedClock()
    store = await Store.open(folder / "station.db", clock=clock, ballast_bytes=1_048_576)
    await store.commit(_return(clock, 1))
    os._exit(0)


async def start_without_any_room(folder: Path) -> None:
    """Runs in a child whose `folder` is a tmpfs of 12 MB: not a byte is free, and the ballast was used before."""
    clock = MovedClock()
    path = folder / "station.db"
    last = [sys.executable, "-c", CHILD.replace("life_on_a_small_disk", "die_in_the_middle"), str(folder)]
    subprocess.run(last, check=True, timeout=60)  # noqa: ASYNC221 - nothing else runs here
    (folder / "station.db.ballast").unlink()
    with path.with_name("station.db-wal").open("r+b") as log:  # and the log has no room to go on in
        log.truncate((os.fstat(log.fileno()).st_size - 32) // 4120 * 4120 + 32)
    _fill_disk(folder / "hog")
    store = await Store.open(path, clock=clock, ballast_bytes=1_048_576)
    assert store.load()["rentals"].keys() == {"r1"}
    assert store.health().low
    refused = 0
    for n in range(3):
        try:
            await store.commit(_return(clock, n))
        except StoreFull:
            refused += 1
    assert refused == 3
    assert await store.batches() != []
    (folder / "hog").unlink()
    await store.commit(_return(clock, 9))
    assert store.epoch == 2
    await store.tidy()
    assert not store.health().low
    await store.close()
    assert len(rows(path)) == 4
    print("recovered")


def test_a_start_without_any_room_serves_what_it_knows_and_begins_when_there_is_room(tmp_path: Path) -> None:
    assert "recovered" in _on_a_small_disk(tmp_path, "12m", "start_without_any_room")


LIMITED = """
import asyncio, sys
from pathlib import Path
from tests.edge_agent.store.test_full_disk import life_under_a_file_limit
asyncio.run(life_under_a_file_limit(Path(sys.argv[1])))
"""


async def life_under_a_file_limit(path: Path) -> None:
    """Runs in a child whose files may not grow beyond 400 kB: writes fail with EFBIG, not ENOSPC."""
    clock = MovedClock()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    taken = 0
    try:
        while taken < 10_000:
            await store.commit(work(clock, fact(BIG)))
            taken += 1
    except Exception as error:  # noqa: BLE001 - the kind is what we look at
        print(type(error).__name__, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.commit(work(clock, fact(BIG)))
    await store.close()
    assert len(rows(path)) == taken + 1
    assert_whole(rows(path))
    print("recovered", taken)


def test_a_file_that_may_not_grow_is_an_unwritable_store_and_recovers(path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "StoreUnwritable" in done.stdout or "StoreFull" in done.stdout
    assert "recovered" in done.stdout
