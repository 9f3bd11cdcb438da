"""A damaged write-ahead log: SQLite would end it at the first bad frame and say nothing."""

import struct
import uuid
from pathlib import Path

from edge_agent.store import aside
from edge_agent.store.pages import PAGE_BYTES, read_wal
from tests.edge_agent.store.conftest import MovedClock
from tests.edge_agent.store.damage import business_ids, fill, garbage, image, lost_rows, opened, overwrite


async def crash_with_log(tmp_path: Path, clock: MovedClock) -> tuple[Path, list[uuid.UUID]]:
    """A crash image with most of its facts in the log."""
    source = tmp_path / "source" / "station.db"
    store = await opened(source, clock)
    await store.tidy()
    ids = await fill(store, clock, 400)
    path = tmp_path / "station.db"
    image(source, path)
    await store.close()
    return path, ids


async def test_a_broken_frame_in_the_log_costs_no_later_commit(tmp_path: Path, clock: MovedClock) -> None:
    path, ids = await crash_with_log(tmp_path, clock)
    log = aside.log_of(path)
    data = log.read_bytes()
    salts, size = data[16:24], PAGE_BYTES + 24
    frames = [at for at in range(32, len(data) - size + 1, size) if data[at + 8 : at + 16] == salts]
    overwrite(log, frames[len(frames) // 3] + 24, garbage(512))
    assert read_wal(log).broken
    store = await opened(path, clock)
    await store.close()
    found = business_ids(path)
    gone = sum(int(str(row[4])) for row in lost_rows(path) if row[0] == "biz")
    assert ids[-1] in found
    assert len(found) == len(ids) - gone
    assert gone < 60


async def test_a_log_of_garbage_is_not_taken_for_an_empty_one(tmp_path: Path, clock: MovedClock) -> None:
    path, ids = await crash_with_log(tmp_path, clock)
    log = aside.log_of(path)
    log.write_bytes(garbage(log.stat().st_size))
    store = await opened(path, clock)
    assert store.salvaged is not None
    assert store.epoch > 2
    await store.close()
    assert business_ids(path) <= set(ids)


async def test_a_sound_log_is_no_damage(tmp_path: Path, clock: MovedClock) -> None:
    path, ids = await crash_with_log(tmp_path, clock)
    assert not read_wal(aside.log_of(path)).broken
    assert len(read_wal(aside.log_of(path)).pages) > 5
    store = await opened(path, clock)
    assert store.salvaged is None
    assert store.unclean
    await store.close()
    assert business_ids(path) == set(ids)


async def test_a_torn_last_commit_is_no_damage(tmp_path: Path, clock: MovedClock) -> None:
    path, _ = await crash_with_log(tmp_path, clock)
    log = aside.log_of(path)
    data = log.read_bytes()
    frames = (len(data) - 32) // (PAGE_BYTES + 24)
    ends = [n for n in range(frames) if struct.unpack_from(">I", data, 32 + n * (PAGE_BYTES + 24) + 4)[0]]
    torn = 32 + (ends[-2] + 1) * (PAGE_BYTES + 24) + 24  # the first page of the last commit
    overwrite(log, torn, bytes(512))
    assert not read_wal(log).broken
