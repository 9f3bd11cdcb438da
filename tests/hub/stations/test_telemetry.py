"""Telemetry over time: recorded, written as Parquet, merged, asked; on a folder and in memory."""

import datetime as dt
import io
import uuid
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from hub.kernel.files import Files
from hub.stations import recorder as recorder_module
from hub.stations.archive import Archive, Point, Wish
from hub.stations.recorder import Recorder
from hub.stations.signals import Key, Row
from protocols.sync.live import Telemetry
from protocols.values import to_ms
from tests.hub.conftest import START, FixedAuth, ManualClock
from tests.hub.stations_double import World

STATION = uuid.UUID(int=14)
OTHER = uuid.UUID(int=15)


@pytest.fixture(params=["folder", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return Files.in_folder(tmp_path / "a folder") if request.param == "folder" else Files.in_memory()


@pytest.fixture
def archive(files: Files) -> Archive:
    return Archive(files)


def row(at: dt.datetime, value: float, signal: str = "soc_pct", thing_id: str = "V") -> Row:
    return Row(to_ms(at), Key("battery", thing_id, signal), value, None)


def wish(since: dt.datetime, until: dt.datetime, step_s: int = 60, **given: Any) -> Wish:
    return Wish(station_id=STATION, since=since, until=until, step_s=step_s, **given)


async def names(files: Files) -> list[str]:
    return sorted([one.name async for one in files.list("telemetry")])


def minute(minutes: float) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


async def test_what_was_written_is_answered_by_steps(archive: Archive) -> None:
    await archive.write(STATION, [row(minute(0), 80), row(minute(0.5), 82), row(minute(1), 84), row(minute(5), 90)])
    await archive.write(OTHER, [row(minute(0), 1)])
    found = await archive.series(wish(minute(0), minute(5)))
    first, second = to_ms(minute(0)), to_ms(minute(1))
    assert found == [
        Point(first, "battery", "V", "soc_pct", 2, 80, 81, 82, 82, None),
        Point(second, "battery", "V", "soc_pct", 1, 84, 84, 84, 84, None),
    ]


async def test_signals_are_found_by_thing_and_name(archive: Archive) -> None:
    rows = [row(minute(0), 80), row(minute(0), 51, "voltage_v"), row(minute(0), 70, thing_id="W")]
    await archive.write(STATION, rows)
    found = await archive.series(wish(minute(0), minute(1), thing="battery", thing_id="V", signal="voltage_v"))
    assert [(one.thing_id, one.signal, one.last) for one in found] == [("V", "voltage_v", 51)]


async def test_a_file_holds_one_day_of_one_station(archive: Archive, files: Files) -> None:
    night = START.replace(hour=23, minute=59)
    await archive.write(STATION, [row(night, 80), row(night + dt.timedelta(minutes=2), 81)])
    folders = [name.rpartition("/")[0] for name in await names(files)]
    assert folders == [
        f"telemetry/date=2026-11-21/station={STATION}",
        f"telemetry/date=2026-11-22/station={STATION}",
    ]
    found = await archive.series(wish(night, night + dt.timedelta(minutes=5)))
    assert [one.last for one in found] == [80, 81]


async def test_merging_a_day_keeps_every_row_once(archive: Archive, files: Files) -> None:
    for minutes in range(5):
        await archive.write(STATION, [row(minute(minutes), minutes), row(minute(minutes), minutes)])
    before = await archive.series(wish(minute(0), minute(9)))
    assert await archive.merge(START.date()) == 0, "today is still being written"
    assert await archive.merge(START.date() + dt.timedelta(days=1)) == 1
    (name,) = await names(files)
    assert pq.read_table(io.BytesIO(await files.get(name)), partitioning=None).num_rows == 5
    assert [one._replace(rows=1) for one in before] == await archive.series(wish(minute(0), minute(9)))
    assert await archive.merge(START.date() + dt.timedelta(days=1)) == 0


async def test_a_merge_that_was_cut_short_doubles_nothing(
    archive: Archive, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minutes in range(3):
        await archive.write(STATION, [row(minute(minutes), minutes)])

    async def fails(self: Files, name: str) -> None:
        raise OSError("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(Files, "delete", fails)
        with pytest.raises(OSError, match="away"):
            await archive.merge(START.date() + dt.timedelta(days=1))
    assert len(await names(files)) == 4
    assert [one.rows for one in await archive.series(wish(minute(0), minute(9)))] == [1, 1, 1]
    await archive.merge(START.date() + dt.timedelta(days=1))
    assert len(await names(files)) == 1
    assert [one.last for one in await archive.series(wish(minute(0), minute(9)))] == [0, 1, 2]


async def test_old_days_are_forgotten(archive: Archive, files: Files) -> None:
    await archive.write(STATION, [row(START - dt.timedelta(days=3), 1), row(START, 2)])
    assert await archive.forget((START - dt.timedelta(days=1)).date()) == 1
    assert len(await names(files)) == 1


async def test_duckdb_reads_the_folder_as_the_documentation_says(tmp_path: Path) -> None:
    await Archive(Files.in_folder(tmp_path)).write(STATION, [row(minute(0), 80), row(minute(1), 84)])
    asked = "SELECT station, date, max(value) FROM read_parquet(?, hive_partitioning = true) GROUP BY ALL"
    with duckdb.connect() as connection:
        (found,) = connection.execute(asked, [f"{tmp_path}/telemetry/*/*/*.parquet"]).fetchall()
    assert (str(found[0]), str(found[1]), found[2]) == (str(STATION), "2026-11-21", 84)


def picture(at: dt.datetime, soc_pct: float) -> Telemetry:
    return Telemetry(at_ms=to_ms(at), docks=[{"dock_no": 1, "soc_pct": soc_pct}])


@pytest.fixture
def recorder(clock: ManualClock, archive: Archive) -> Recorder:
    return Recorder(clock, archive)


async def test_pictures_wait_some_minutes_and_are_asked_meanwhile(
    recorder: Recorder, archive: Archive, files: Files, clock: ManualClock
) -> None:
    for soc in (80, 80, 81):
        recorder.hear(STATION, picture(clock.now(), soc))
        clock.move(5)
    await recorder.write_due()
    assert await names(files) == []
    found = await archive.series(wish(minute(0), minute(1)), recorder.unwritten(STATION))
    assert [(one.rows, one.last) for one in found] == [(2, 81)]
    clock.move(300)
    await recorder.write_due()
    assert len(await names(files)) == 1
    assert not recorder.unwritten(STATION)
    assert await archive.series(wish(minute(0), minute(1))) == found


async def test_a_picture_of_a_wrong_clock_counts_when_it_was_heard(recorder: Recorder, clock: ManualClock) -> None:
    recorder.hear(STATION, picture(dt.datetime(1970, 1, 1, 0, 0, 5, tzinfo=dt.UTC), 80))
    recorder.hear(OTHER, picture(clock.now() - dt.timedelta(seconds=3), 80))
    assert recorder.unwritten(STATION)[0].at_ms == to_ms(clock.now())
    assert recorder.unwritten(OTHER)[0].at_ms == to_ms(clock.now()) - 3000


async def test_a_store_that_is_away_loses_nothing_that_fits(
    recorder: Recorder, files: Files, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(self: Files, name: str, content: bytes) -> None:
        raise OSError("away")

    recorder.hear(STATION, picture(clock.now(), 80))
    clock.move(301)
    with monkeypatch.context() as patched:
        patched.setattr(Files, "put", fails)
        await recorder.write_due()
    assert (recorder.failures, len(recorder.unwritten(STATION))) == (1, 1)
    clock.move(301)
    await recorder.write_due()
    assert len(await names(files)) == 1
    assert recorder.dropped == 0


async def test_memory_is_bounded_and_who_waits_longest_gives_up(
    recorder: Recorder, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MOST_ROWS", 3)
    for station_id in (STATION, OTHER):
        for soc in (80, 90):
            recorder.hear(station_id, picture(clock.now(), soc))
            clock.move(1)
    assert (recorder.dropped, len(recorder.unwritten(STATION)), len(recorder.unwritten(OTHER))) == (2, 0, 2)


async def test_the_day_is_merged_once_when_it_is_over(
    recorder: Recorder, archive: Archive, files: Files, clock: ManualClock
) -> None:
    for soc in (80, 81):
        recorder.hear(STATION, picture(clock.now(), soc))
        clock.move(301)
        await recorder.write_due()
    await recorder.clean()
    assert len(await names(files)) == 2
    clock.move(13 * 3600)
    await recorder.clean()
    assert len(await names(files)) == 1


async def test_the_api_answers_what_the_station_showed(world: World, auth: FixedAuth, clock: ManualClock) -> None:
    auth.sign_in("telemetry:read")
    double = await world.station()
    path = f"/api/v1/stations/{double.station_id}/telemetry"
    for soc in (80, 84):
        world.rooms.pictures.hear(double.station_id, picture(clock.now(), soc))
        clock.move(60)
    async with world.client.get(path, params={"thing": "dock", "signal": "soc_pct", "step_s": 60}) as answer:
        shown = await answer.json()
    assert answer.status == 200, shown
    assert [(one["at"], one["mean"], one["last_text"]) for one in shown["points"]] == [
        ("2026-11-21T14:00:00.000Z", 80, None),
        ("2026-11-21T14:01:00.000Z", 84, None),
    ]
    assert shown["complete"] is True
    async with world.client.get(path, params={"limit": 1, "step_s": 60}) as answer:
        shown = await answer.json()
    assert (len(shown["points"]), shown["complete"]) == (1, False)


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        (f"/api/v1/stations/{OTHER}/telemetry", {}, 404),
        (
            f"/api/v1/stations/{OTHER}/telemetry",
            {"since": "2026-11-21T00:00:00Z", "until": "2026-11-20T00:00:00Z"},
            422,
        ),
        (f"/api/v1/stations/{OTHER}/telemetry", {"since": "2027-11-21T00:00:00Z"}, 422),
        (f"/api/v1/stations/{OTHER}/telemetry", {"step_s": "0"}, 422),
        ("/api/v1/stations/x/telemetry", {}, 422),
    ],
)
async def test_a_question_that_makes_no_sense_is_answered_clearly(
    world: World, auth: FixedAuth, path: str, params: dict[str, str], status: int
) -> None:
    auth.sign_in("telemetry:read")
    async with world.client.get(path, params=params) as answer:
        assert answer.status == status, await answer.text()
