"""What a person is told of the station's file from outside."""

import shutil
from pathlib import Path

import pytest

from edge_agent.store import aside, wear
from edge_agent.store.backup import backup_of
from edge_agent.store.inspection import Seen, inspect
from edge_agent.store.limits import Limits
from edge_agent.store.store import Store
from tests.edge_agent.store.conftest import MovedClock, fact, work


def look(path: Path, clock: MovedClock, limits: Limits | None = None) -> dict[str, Seen]:
    found = inspect(path, limits=limits or Limits(), flash_tbw=5.0, now=clock.at)
    return {one.what: one for one in found}


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(10, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\x5a" * 64
    path.write_bytes(data)


async def test_a_running_stations_file_is_looked_at_without_disturbing_it(
    store: Store, path: Path, clock: MovedClock
) -> None:
    await store.commit(work(clock, fact()))
    found = look(path, clock)
    assert found["store"].good
    assert "1" not in found["lost facts"].detail
    assert found["daily copy"].detail == "none yet"
    await store.commit(work(clock, fact()))


async def test_a_damaged_file_is_said_to_be_damaged_and_how_to_read_it(path: Path, clock: MovedClock) -> None:
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.commit(work(clock, *(fact() for _ in range(400))))
    await store.close()
    spoil(path)
    found = look(path, clock)
    assert not found["store"].good
    assert "export --file" in found["store"].detail
    again = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await again.close()
    found = look(path, clock)
    assert found["store"].good
    assert not found["lost facts"].good
    assert "damaged file" in found


async def test_a_missing_file_with_a_copy_is_trouble_and_one_never_made_is_not(path: Path, clock: MovedClock) -> None:
    assert look(path, clock)["store"].good
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    await store.back_up()
    await store.close()
    path.unlink()  # noqa: ASYNC240 - a test's own file
    assert not look(path, clock)["store"].good


async def test_the_copys_age_is_told(store: Store, path: Path, clock: MovedClock) -> None:
    await store.back_up()
    made_at = backup_of(path).stat().st_mtime
    clock.at = clock.at.fromtimestamp(made_at + 3 * 24 * 3600, tz=clock.at.tzinfo)
    found = look(path, clock)
    assert (found["daily copy"].good, found["daily copy"].detail) == (False, "72 hours old")


async def test_use_by_class_is_told_and_a_file_at_its_limit_is_trouble(path: Path, clock: MovedClock) -> None:
    limits = Limits(max_bytes=600_000, ballast_bytes=65_536)
    store = await Store.open(path, clock=clock, limits=limits)
    big = b'"' + b"x" * 3000 + b'"'
    while not store.health().low:
        await store.commit(work(clock, fact(big)))
        await store.tidy()
    found = look(path, clock, limits)["store room"]
    await store.close()
    assert not found.good
    assert "of 0 MB in use" in found.detail


async def test_what_was_written_is_counted_over_restarts_and_forecasts_the_cards_life(
    path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = iter(range(0, 10**12, 10**8))
    monkeypatch.setattr(wear, "process_bytes", lambda: next(written))
    for _ in range(2):
        store = await Store.open(path, clock=clock, ballast_bytes=65_536)
        clock.move(hours=12)
        await store.close()
    found = look(path, clock)["card"]
    assert found.good
    assert "200 MB written a day" in found.detail
    assert "68.4 years" in found.detail


async def test_a_copy_in_another_folder_can_be_opened_as_a_store(
    store: Store, path: Path, clock: MovedClock, tmp_path: Path
) -> None:
    await store.commit(work(clock, fact()))
    await store.back_up()
    other = tmp_path / "elsewhere" / "station.db"
    other.parent.mkdir()
    shutil.copy(backup_of(path), other)
    copy = await Store.open(other, clock=clock, ballast_bytes=65_536)
    assert copy.health().waiting == 1
    await copy.close()
    assert aside.damaged_files(other) == []
