"""A damaged write-ahead log: SQLite would end it at the first bad frame and say nothing."""

import contextlib
import sqlite3
import struct
import uuid
from pathlib import Path

from edge_agent.store import aside
from edge_agent.store.pages import PAGE_BYTES, loses_commits, read_wal
from tests.edge_agent.store.conftest import MovedClock
from tests.edge_agent.store.damage import business_ids, fill, garbage, image, lost_rows, opened, overwrite

FRAME = PAGE_BYTES + 24


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
    salts, size = data[16:24], FRAME
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
    frames = (len(data) - 32) // FRAME
    ends = [n for n in range(frames) if struct.unpack_from(">I", data, 32 + n * FRAME + 4)[0]]
    torn = 32 + (ends[-2] + 1) * FRAME + 24  # the first page of the last commit
    overwrite(log, torn, bytes(512))
    assert not read_wal(log).broken


def test_pieces_of_two_power_cuts_behind_each_other_are_no_damage(tmp_path: Path) -> None:
    conn = sqlite3.connect(tmp_path / "any.db", isolation_level=None)
    with contextlib.closing(conn):
        for pragma in ("page_size = 4096", "journal_mode = WAL", "wal_autocheckpoint = 0"):
            conn.execute(f"PRAGMA {pragma}")
        conn.execute("CREATE TABLE big (x)")
        for _ in range(3):
            conn.execute("INSERT INTO big VALUES (?)", (bytes(5 * PAGE_BYTES),))
        log = tmp_path / "any.db-wal"
        data = log.read_bytes()
    frames = [data[at : at + FRAME] for at in range(32, len(data), FRAME)]
    ends = [n for n, frame in enumerate(frames) if struct.unpack_from(">I", frame, 4)[0]]
    kept, one, two = frames[: ends[-3] + 1], frames[ends[-3] + 1 : ends[-2] + 1], frames[ends[-2] + 1 :]
    assert len(one) > 3
    assert len(two) > 3
    damaged = bytes(24) + one[0][24:]
    salted = damaged[:8] + data[16:24] + damaged[16:]  # a frame of this round, and not whole
    log.write_bytes(data[:32] + b"".join([*kept, salted, *one[1:], *two[1:]]))
    assert not read_wal(log).broken
    log.write_bytes(data[:32] + b"".join([*kept, salted, *one[1:], *two]))
    assert read_wal(log).broken


async def test_a_log_without_a_header_is_damage_only_when_the_file_lacks_its_pages(
    tmp_path: Path, clock: MovedClock
) -> None:
    path, ids = await crash_with_log(tmp_path, clock)
    log = aside.log_of(path)
    data = log.read_bytes()
    overwrite(log, 0, garbage(32))
    assert loses_commits(path, log)
    log.write_bytes(data)
    with contextlib.closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA wal_checkpoint(PASSIVE)")
        overwrite(log, 0, garbage(32))  # as it is when the power goes while SQLite begins the log anew
        assert not loses_commits(path, log)
    store = await opened(path, clock)
    assert store.salvaged is None
    await store.close()
    assert business_ids(path) == set(ids)


def test_a_log_without_a_header_is_judged_by_its_last_round_not_by_those_behind_it(tmp_path: Path) -> None:
    path, log = tmp_path / "any.db", tmp_path / "any.db-wal"
    conn = sqlite3.connect(path, isolation_level=None)
    with contextlib.closing(conn):
        for pragma in ("page_size = 4096", "journal_mode = WAL", "wal_autocheckpoint = 0"):
            conn.execute(f"PRAGMA {pragma}")
        conn.execute("CREATE TABLE small (x)")
        for number in range(5):
            conn.execute("INSERT INTO small VALUES (?)", (number,))
        conn.execute("PRAGMA wal_checkpoint(RESTART)")
        conn.execute("UPDATE small SET x = -x")  # one frame, over the first of the round before
        assert len(read_wal(log).pages) == 1
        whole = log.read_bytes()
        overwrite(log, 0, garbage(32))
        assert loses_commits(path, log)
        log.write_bytes(whole)
        conn.execute("PRAGMA wal_checkpoint(PASSIVE)")
        overwrite(log, 0, garbage(32))
        assert not loses_commits(path, log)
