"""Telemetry over time: Parquet files by day and station in the hub's file store, asked by DuckDB.

    telemetry/date=2026-11-26/station=<id>/part-<unix ms>-<random>.parquet     what one process heard in some minutes
    telemetry/date=2026-11-26/station=<id>/day-<hash of what went in>.parquet  what a day's parts were merged into

Files are never changed. Merging writes the day's file first and removes the parts then, so a crash or two hub
processes at once leave rows twice, never out: who reads takes each row once. pyarrow and duckdb are imported when
first used; their work is done in threads.
"""

import asyncio
import datetime as dt
import hashlib
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hub.kernel.files import Files, Stored
from hub.stations.signals import Row
from protocols.values import UTC, from_ms, to_ms

if TYPE_CHECKING:
    import pyarrow as pa

ROOT: Final = "telemetry"
MOST_FILES: Final = 3_000  # that one question reads; a merged month of a station has 31
_AT_ONCE: Final = 8
_MEMORY: Final = "256MB"  # of DuckDB for one question; it spills beyond that
_SERIES: Final = """
    SELECT epoch_ms(time_bucket(to_milliseconds($step_ms), make_timestamp(at_ms * 1000))) AS bucket,
           thing, thing_id, signal, count(*), min(value), avg(value), max(value),
           arg_max(value, at_ms), arg_max(text, at_ms)
    FROM (SELECT DISTINCT * FROM kept)
    WHERE at_ms >= $from_ms AND at_ms < $to_ms
      AND ($thing IS NULL OR thing = $thing) AND ($thing_id IS NULL OR thing_id = $thing_id)
      AND ($signal IS NULL OR signal = $signal)
    GROUP BY ALL ORDER BY thing, thing_id, signal, bucket LIMIT $most
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A question: one station's signals between two instants, one point for each step. None asks for all."""

    station_id: uuid.UUID
    since: dt.datetime
    until: dt.datetime
    step_s: int
    thing: str | None = None
    thing_id: str | None = None
    signal: str | None = None
    most: int = 10_000


class Point(NamedTuple):
    """What a signal was within one step: a number's least, mean and most; `last` or `last_text` at its end."""

    at_ms: int
    thing: str
    thing_id: str
    signal: str
    rows: int
    least: float | None
    mean: float | None
    most: float | None
    last: float | None
    last_text: str | None


class Archive:
    """The files, written and asked."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def write(self, station_id: uuid.UUID, rows: Sequence[Row]) -> None:
        """Keep these rows: one file for each of their days. Raises OSError."""
        days: dict[dt.date, list[Row]] = {}
        for row in rows:
            days.setdefault(from_ms(row.at_ms).date(), []).append(row)
        for day, some in days.items():
            content = await asyncio.to_thread(_written, some)
            name = f"part-{some[0].at_ms}-{os.urandom(6).hex()}.parquet"
            await self._files.put(f"{_folder(day, station_id)}/{name}", content)

    async def series(self, wish: Wish, unwritten: Sequence[Row] = ()) -> list[Point]:
        """The answer, also from rows that are in no file yet. Raises OSError, TooMuch."""
        names = [one.name for day in _days(wish) for one in await self._of_day(day, wish.station_id)]
        if len(names) > MOST_FILES:
            raise TooMuch(len(names))
        contents = await self._read(names)
        return await asyncio.to_thread(_asked, contents, unwritten, wish)

    async def merge(self, before: dt.date) -> int:
        """Make one file of each station's day before this one that has several. Returns how many days were merged."""
        waiting: dict[str, list[Stored]] = {}
        async for one in self._files.list(ROOT):
            if one.name.endswith(".parquet") and _day_of(one.name) < before.isoformat():
                waiting.setdefault(one.name.rpartition("/")[0], []).append(one)
        several = {folder: found for folder, found in waiting.items() if len(found) > 1}
        for folder, found in several.items():
            await self._merge_folder(folder, sorted(one.name for one in found))
        return len(several)

    async def forget(self, before: dt.date) -> int:
        """Remove every file of the days before this one. Returns how many."""
        old = [one.name async for one in self._files.list(ROOT) if _day_of(one.name) < before.isoformat()]
        for name in old:
            await self._files.delete(name)
        return len(old)

    async def _merge_folder(self, folder: str, names: Sequence[str]) -> None:
        contents = await self._read(names)
        content = await asyncio.to_thread(_merged, contents)
        name = f"{folder}/day-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:16]}.parquet"
        await self._files.put(name, content)
        for old in names:
            if old != name:
                await self._files.delete(old)

    async def _of_day(self, day: dt.date, station_id: uuid.UUID) -> list[Stored]:
        return [one async for one in self._files.list(_folder(day, station_id)) if one.name.endswith(".parquet")]

    async def _read(self, names: Sequence[str]) -> list[bytes]:
        turn = asyncio.Semaphore(_AT_ONCE)

        async def read(name: str) -> bytes | None:
            async with turn:
                try:
                    return await self._files.get(name)
                except FileNotFoundError:
                    return None  # merged meanwhile: its rows are asked for again in a moment, or missing this once

        found = await asyncio.gather(*map(read, names))
        return [content for content in found if content is not None]


class TooMuch(Exception):
    """The question needs more files than one may read."""

    def __init__(self, files: int) -> None:
        super().__init__(f"{files} files")
        self.files = files


def _folder(day: dt.date, station_id: uuid.UUID) -> str:
    return f"{ROOT}/date={day.isoformat()}/station={station_id}"


def _day_of(name: str) -> str:
    return name.partition("date=")[2][:10]


def _days(wish: Wish) -> Iterable[dt.date]:
    day, last = wish.since.astimezone(UTC).date(), wish.until.astimezone(UTC).date()
    while day <= last:
        yield day
        day += dt.timedelta(days=1)


def _written(rows: Sequence[Row]) -> bytes:
    return _as_bytes(_table(rows))


def _as_bytes(table: "pa.Table") -> bytes:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    ordered = table.sort_by([(name, "ascending") for name in ("thing", "thing_id", "signal", "at_ms")])
    sink = pa.BufferOutputStream()
    pq.write_table(ordered, sink, compression="zstd")
    return bytes(sink.getvalue())


def _table(rows: Sequence[Row]) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415

    return pa.table({
        "at_ms": pa.array([row.at_ms for row in rows], pa.int64()),
        "thing": pa.array([row.key.thing for row in rows], pa.string()),
        "thing_id": pa.array([row.key.thing_id for row in rows], pa.string()),
        "signal": pa.array([row.key.signal for row in rows], pa.string()),
        "value": pa.array([row.value for row in rows], pa.float64()),
        "text": pa.array([row.text for row in rows], pa.string()),
    })  # fmt: skip


def _joined(contents: Sequence[bytes], rows: Sequence[Row] = ()) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    # Read one by one, without the columns that the folder's name says again.
    tables = [pq.read_table(pa.BufferReader(content), partitioning=None) for content in contents]
    return pa.concat_tables([*tables, _table(rows)])


def _merged(contents: Sequence[bytes]) -> bytes:
    joined = _joined(contents)
    return _as_bytes(joined.group_by(joined.column_names).aggregate([]))


def _asked(contents: Sequence[bytes], unwritten: Sequence[Row], wish: Wish) -> list[Point]:
    import duckdb  # noqa: PLC0415

    kept = _joined(contents, unwritten)
    with duckdb.connect(config={"threads": 1, "memory_limit": _MEMORY}) as connection:
        connection.register("kept", kept)
        asked = {
            "step_ms": wish.step_s * 1000,
            "from_ms": to_ms(wish.since),
            "to_ms": to_ms(wish.until),
            "thing": wish.thing,
            "thing_id": wish.thing_id,
            "signal": wish.signal,
            "most": wish.most,
        }
        return [Point(*row) for row in connection.execute(_SERIES, asked).fetchall()]
