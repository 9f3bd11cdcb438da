"""Takes the stations' pictures, keeps what changed, and writes it down in files every few minutes.

What waits here is lost when the process is: telemetry may be. Bounded in rows and in stations. Any number of hub
processes record at once, each what it heard.
"""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from hub.kernel.clock import Clock
from hub.stations.archive import Archive
from hub.stations.signals import WRONG_CLOCK_MS, Row, Thinner, rows_of
from protocols.sync.live import Telemetry
from protocols.values import to_ms

LOOK_EVERY_S: Final = 10.0
WRITE_AFTER: Final = dt.timedelta(minutes=5)
WRITE_ROWS: Final = 10_000  # of one station: written before its time
MOST_ROWS: Final = 300_000  # of all; then the station that waits longest gives its rows up
MOST_STATIONS: Final = 5_000  # whose last values are remembered; of others more is kept than need be
MERGE_AFTER: Final = dt.timedelta(hours=2)  # into the next day, when its last rows have been written
LAST_WRITE_S: Final = 5.0
_log = structlog.get_logger("hub.telemetry")


@dataclass(slots=True)
class _Waiting:
    since: dt.datetime
    rows: list[Row] = field(default_factory=list)


class Recorder:
    """The telemetry of the stations that this process hears. `run` is a job of the hub."""

    def __init__(
        self, clock: Clock, archive: Archive, *, keep_days: int = 400, forgets_by: Clock | None = None
    ) -> None:
        self._clock = clock
        self._forgets_by = forgets_by or clock
        self._archive = archive
        self._keep = dt.timedelta(days=keep_days)
        self._thinners: OrderedDict[uuid.UUID, Thinner] = OrderedDict()
        self._waiting: dict[uuid.UUID, _Waiting] = {}
        self._rows = 0
        self._cleaned: dt.date | None = None
        self.dropped = 0
        self.failures = 0

    def hear(self, station_id: uuid.UUID, picture: Telemetry) -> None:
        """Take a picture. Its own time counts where it is near ours, else the time it was heard."""
        now = self._clock.now()
        now_ms = to_ms(now)
        at_ms = picture.at_ms if abs(picture.at_ms - now_ms) <= WRONG_CLOCK_MS else now_ms
        kept = self._thinner(station_id).keep(rows_of(picture, at_ms))
        if kept:
            self._put(station_id, kept)

    def unwritten(self, station_id: uuid.UUID) -> Sequence[Row]:
        """What waits here of this station."""
        found = self._waiting.get(station_id)
        return () if found is None else tuple(found.rows)

    async def run(self) -> None:
        """Write what is due, merge and forget once a day, until cancelled; then write all that waits."""
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self.write_due()
                await self.clean()
        finally:
            # A hub that stops has little time: what is not written by then is lost, as in a crash.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WRITE_S):
                    await self._write(list(self._waiting))

    async def write_due(self) -> None:
        """Write the stations that have waited long, or have much."""
        now = self._clock.now()
        due = [
            station_id
            for station_id, one in self._waiting.items()
            if abs(now - one.since) >= WRITE_AFTER or len(one.rows) >= WRITE_ROWS
        ]
        await self._write(due)

    async def clean(self) -> None:
        """Once a day: merge yesterday's files and remove what is too old."""
        now = self._forgets_by.now()
        day = (now - MERGE_AFTER).date()
        if self._cleaned == day:
            return
        self._cleaned = day
        try:
            merged = await self._archive.merge(day)
            removed = await self._archive.forget((now - self._keep).date())
        except OSError as error:
            self._cleaned = None
            self._failed(error)
            return
        _log.info("telemetry_merged", days=merged, removed=removed)

    async def _write(self, station_ids: Sequence[uuid.UUID]) -> None:
        for station_id in station_ids:
            rows = self._take(station_id)
            try:
                await self._archive.write(station_id, rows)
            except OSError as error:
                self._put(station_id, rows)  # a day that was written already is written again: read once all the same
                self._failed(error)
                return  # the store is away: the others need not find out one by one

    def _put(self, station_id: uuid.UUID, rows: list[Row]) -> None:
        waiting = self._waiting.setdefault(station_id, _Waiting(self._clock.now()))
        waiting.rows += rows
        self._rows += len(rows)
        while self._rows > MOST_ROWS:
            self.dropped += len(self._take(next(iter(self._waiting))))

    def _take(self, station_id: uuid.UUID) -> list[Row]:
        rows = self._waiting.pop(station_id).rows
        self._rows -= len(rows)
        return rows

    def _thinner(self, station_id: uuid.UUID) -> Thinner:
        found = self._thinners.pop(station_id, None) or Thinner()
        self._thinners[station_id] = found
        if len(self._thinners) > MOST_STATIONS:
            self._thinners.popitem(last=False)
        return found

    def _failed(self, error: OSError) -> None:
        self.failures += 1
        _log.warning("telemetry_not_written", reason=str(error)[:200], failures=self.failures)
