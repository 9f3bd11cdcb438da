"""A damaged file: everything that is still in it is saved, the rest is known by number, and the station goes on."""

import asyncio
import json
import random
import shutil
import sqlite3
import struct
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.store import aside, cells
from edge_agent.store.errors import StoreDamaged, StoreTooNew, StoreUnwritable
from edge_agent.store.pages import PAGE_BYTES, Pages
from edge_agent.store.reading import export_damaged
from edge_agent.store.store import Store
from protocols.sync.envelope import Lane, decode_fact
from tests.edge_agent.store.conftest import MovedClock, ids_of, rows, work
from tests.edge_agent.store.damage import (
    ACKED,
    BODY,
    FACTS,
    PUTS,
    business_ids,
    fact,
    fill,
    garbage,
    image,
    lost_rows,
    opened,
    overwrite,
    pages_of,
)


@pytest.fixture
async def whole(tmp_path: Path, clock: MovedClock) -> tuple[Path, list[uuid.UUID]]:
    """A crash image of a store with everything moved into its file, and the business ids in it."""
    source = tmp_path / "source" / "station.db"
    store = await opened(source, clock)
    ids = await fill(store, clock)
    await store.tidy()
    path = tmp_path / "station.db"
    image(source, path)
    aside.log_of(path).unlink()  # all of it is in the file
    await store.close()
    return path, ids


async def test_a_garbled_header_costs_nothing(whole: tuple[Path, list[uuid.UUID]], clock: MovedClock) -> None:
    path, ids = whole
    overwrite(path, 0, garbage(PAGE_BYTES))
    store = await opened(path, clock)
    assert store.load() == {"dock": PUTS}
    assert store.epoch > 1
    assert [one.gone for one in store.losses()] == [0] * len(store.losses())
    await store.close()
    assert business_ids(path) == set(ids)


async def test_a_lost_inside_page_costs_nothing(whole: tuple[Path, list[uuid.UUID]], clock: MovedClock) -> None:
    path, ids = whole
    overwrite(path, PAGE_BYTES, bytes(PAGE_BYTES))  # page 2 is the root of outbox_biz
    store = await opened(path, clock)
    assert len(await store.batches()) > 0
    assert sum(one.gone for one in store.losses()) == 0
    await store.close()
    assert business_ids(path) == set(ids)


async def test_a_lost_leaf_costs_its_own_facts_which_are_known_by_number_and_the_rest_goes_to_a_new_epoch(
    whole: tuple[Path, list[uuid.UUID]], clock: MovedClock
) -> None:
    path, ids = whole
    before = {decode_fact(record).id: seq for _, seq, record, _ in rows(path)}
    victim = max(pages_of(path, cells.TABLE_LEAF, str(ids[600]).encode()))
    page = path.read_bytes()[(victim - 1) * PAGE_BYTES : victim * PAGE_BYTES]
    gone = sorted(before[one] for one in ids if str(one).encode() in page)
    overwrite(path, (victim - 1) * PAGE_BYTES, bytes(PAGE_BYTES))
    store = await opened(path, clock)
    first = gone[0]
    assert [(one.first, one.last, one.gone) for one in store.losses() if one.lane is Lane.BUSINESS and one.last] == [
        (first, FACTS, len(gone))
    ]
    waiting = ids_of(await store.batches(max_facts=10_000, max_business=10_000, max_bytes=1 << 30))
    expected = [one for one in ids if before[one] > ACKED and before[one] not in gone]
    assert [one for one in waiting if one in before] == expected
    await store.commit(work(clock, fact()))
    await store.close()
    assert {(epoch, seq) for epoch, seq, *_ in rows(path)} >= {(1, first - 1), (store.epoch, 1)}


async def test_a_file_cut_in_half_keeps_its_first_half(whole: tuple[Path, list[uuid.UUID]], clock: MovedClock) -> None:
    path, ids = whole
    half = path.stat().st_size // 2 // PAGE_BYTES * PAGE_BYTES + 1000
    kept = {one for one in ids if str(one).encode() in path.read_bytes()[: half - 1000]}
    with path.open("r+b") as file:
        file.truncate(half)
    store = await opened(path, clock)
    await store.close()
    assert business_ids(path) == kept
    assert 100 < len(kept) < FACTS
    assert [row for row in lost_rows(path) if row[0] == "biz" and row[3] is None]  # nobody knows where it ended


async def test_a_file_of_garbage_is_moved_aside_and_the_station_begins_anew(path: Path, clock: MovedClock) -> None:
    rubbish = garbage(50_000)
    path.write_bytes(rubbish)  # noqa: ASYNC240 - a test's own file
    store = await opened(path, clock)
    await store.commit(work(clock, fact()))
    await store.close()
    [old] = aside.damaged_files(path)
    assert old.read_bytes() == rubbish
    assert len(rows(path)) == 1


async def test_a_missing_file_comes_back_from_the_backup_above_all_epochs_since(path: Path, clock: MovedClock) -> None:
    store = await opened(path, clock)
    ids = await fill(store, clock)
    assert await store.back_up() > 0
    await store.commit(work(clock, fact()))
    await store.close()
    path.unlink()  # noqa: ASYNC240 - a test's own file
    again = await opened(path, clock)
    assert again.epoch > 1000
    assert again.load() == {"dock": PUTS}
    assert [(one.first, one.last) for one in again.losses() if one.lane is Lane.BUSINESS] == [(FACTS + 1, None)]
    await again.close()
    assert business_ids(path) == set(ids)


async def test_damage_takes_state_from_a_newer_backup_and_facts_from_both(
    whole: tuple[Path, list[uuid.UUID]], clock: MovedClock
) -> None:
    path, ids = whole
    store = await opened(path, clock)
    await store.tidy()
    await store.back_up()
    await store.close()
    victims = pages_of(path, cells.INDEX_LEAF, b'{"dock":7}')
    for number in (*victims, *pages_of(path, cells.TABLE_LEAF, str(ids[500]).encode())):
        overwrite(path, (number - 1) * PAGE_BYTES, garbage(PAGE_BYTES, number))
    again = await opened(path, clock)
    assert again.salvaged is not None
    assert again.load() == {"dock": PUTS}
    assert sum(one.gone for one in again.losses()) == 0
    await again.close()
    assert business_ids(path) == set(ids)


async def use(store: Store, clock: MovedClock) -> None:
    for _ in range(50):
        await store.batches()
        await store.commit(work(clock, fact(BODY)))


async def test_damage_that_is_met_while_running_is_salvaged_at_the_next_start(path: Path, clock: MovedClock) -> None:
    store = await opened(path, clock)
    ids = await fill(store, clock)
    await store.tidy()
    met = asyncio.create_task(store.damage())
    leaf = pages_of(path, cells.TABLE_LEAF, str(ids[-1]).encode())
    for number in {2, *leaf, *range(3, 9)}:
        overwrite(path, (number - 1) * PAGE_BYTES, garbage(PAGE_BYTES, number))
    store._conn.execute("PRAGMA shrink_memory")  # the page cache would hide it for a while
    with pytest.raises(StoreUnwritable):
        await use(store, clock)
    with pytest.raises(StoreDamaged):
        async with asyncio.timeout(5):
            await met
    with pytest.raises(StoreUnwritable):
        await store.close()
    assert aside.is_marked(path)
    again = await opened(path, clock)
    assert again.salvaged is not None
    assert not aside.is_marked(path)
    await again.commit(work(clock, fact()))
    await again.close()
    assert len(business_ids(path) & set(ids)) > FACTS - 40


async def test_a_salvage_that_was_cut_is_finished_at_the_next_start(
    whole: tuple[Path, list[uuid.UUID]], clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ids = whole
    overwrite(path, 0, garbage(PAGE_BYTES))
    real: Callable[[Path, Path], Path] = Path.rename
    calls = []

    def cut(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 3:  # the draft is whole, the log and the damaged file are aside, nothing is in their place
            raise OSError("cut")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", cut)
    with pytest.raises(StoreUnwritable):
        await opened(path, clock)
    monkeypatch.undo()
    store = await opened(path, clock)
    await store.close()
    assert business_ids(path) == set(ids)
    assert len(aside.damaged_files(path)) == 1


async def test_fifty_thousand_facts_are_serving_again_in_ten_seconds(tmp_path: Path, clock: MovedClock) -> None:
    path = tmp_path / "station.db"
    store = await opened(path, clock)
    for _ in range(100):
        await store.commit(work(clock, *(fact(BODY) for _ in range(500))))
    await store.close()
    overwrite(path, 0, bytes(PAGE_BYTES))
    began_s = time.process_time()  # not the clock on the wall: others work on this machine
    again = await opened(path, clock)
    took_s = time.process_time() - began_s
    await again.close()
    assert len(rows(path)) == 50_000
    assert took_s < 10, took_s


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pristine") / "station.db"

    async def make() -> None:
        clock = MovedClock()
        for _ in range(2):
            store = await opened(path, clock)
            await fill(store, clock, 450)
            await store.close()

    asyncio.run(make())
    return path


def readable(path: Path, bad: Iterable[int]) -> set[tuple[int, bytes]]:
    """The business facts on all the other pages, by place."""
    found = set()
    with Pages(path) as pages:
        for number in set(range(2, pages.count + 1)) - set(bad):
            page = pages.get(number)
            if page is not None and cells.kind_of(page, number) == cells.TABLE_LEAF:
                for place, values in cells.rows(pages, page, number):
                    match values:
                        case [None, str(record), bytes()] if '"x' in record:
                            found.add((place or 0, record.encode()))
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.01, 0.05, 0.3]), zero=st.booleans())
def test_whatever_is_overwritten_every_fact_on_another_page_is_saved_and_numbers_add_up(
    pristine: Path, tmp_path: Path, seed: int, share: float, zero: bool
) -> None:
    path = tmp_path / "station.db"
    shutil.copy(pristine, path)
    dice = random.Random(seed)
    count = path.stat().st_size // PAGE_BYTES
    bad = {number for number in range(1, count + 1) if dice.random() < share} | {dice.randint(1, count)}
    expected = readable(path, bad)
    for number in bad:
        overwrite(path, (number - 1) * PAGE_BYTES, bytes(PAGE_BYTES) if zero else dice.randbytes(PAGE_BYTES))

    async def life() -> int:
        clock = MovedClock()
        aside.mark_damaged(path)
        store = await opened(path, clock)
        await store.commit(work(clock, fact()))
        epoch = store.epoch
        await store.close()
        return epoch

    epoch = asyncio.run(life())
    assert epoch > 2
    conn = sqlite3.connect(path)
    saved = {record.encode() for lane in Lane for (record,) in conn.execute(f"SELECT record FROM outbox_{lane.value}")}
    assert {record for _, record in expected} <= saved
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()
    for one in path.parent.glob("station.db*"):
        one.unlink()


async def test_ids_are_never_doubled_by_a_salvage(whole: tuple[Path, list[uuid.UUID]], clock: MovedClock) -> None:
    path, _ = whole
    overwrite(path, PAGE_BYTES * 40, garbage(PAGE_BYTES * 3))
    store = await opened(path, clock)
    waiting = ids_of(await store.batches(max_facts=10_000, max_business=10_000, max_bytes=1 << 30))
    assert len(waiting) == len(set(waiting))
    await store.commit(work(clock, fact()))
    await store.close()


async def test_a_damaged_file_can_be_exported_as_far_as_it_can_be_read(
    whole: tuple[Path, list[uuid.UUID]], clock: MovedClock
) -> None:
    path, ids = whole
    overwrite(path, 0, garbage(PAGE_BYTES * 2))
    before = path.read_bytes()
    records = [json.loads(line)["record"] for line in export_damaged(path)]
    assert {uuid.UUID(one["id"]) for one in records if one["type"] == "RentalEnded"} == set(ids)
    assert path.read_bytes() == before
    assert not path.with_name(path.name + "-shm").exists()


async def test_a_damaged_file_of_a_newer_agent_is_left_alone(
    whole: tuple[Path, list[uuid.UUID]], clock: MovedClock
) -> None:
    path, _ = whole
    overwrite(path, 60, struct.pack(">I", 99))
    overwrite(path, PAGE_BYTES * 20, bytes(PAGE_BYTES))
    with pytest.raises(StoreTooNew):
        await opened(path, clock)
    assert aside.damaged_files(path) == []
