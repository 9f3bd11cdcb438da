"""Pictures do not stay for ever: what is older than the setting is deleted, unless an open case is about it.

1  its rows say that it is deleted, and when: nobody is shown it any more    one transaction
2  its file goes, `_SETTLED` later                                           no transaction
3  its rows say that the file is gone                                        one transaction

A cut anywhere is taken up by the next run. Step 2 waits until everybody who writes has seen step 1: an act that names
the picture once more, and so does not take it for one that is here.
"""

import contextlib
import datetime as dt
import random
import uuid
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel import audit, wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.files import Files
from hub.kernel.wishes import Task
from hub.photos import repository, rules
from hub.photos.rules import Named, file_of
from hub.photos.tables import Photo

DELETE: Final = "delete_photos"
AT_MOST: Final = 1000  # pictures a run; the next one goes on
_BATCH: Final = 100  # an audit record shows as many rows
_SETTLED: Final = dt.timedelta(minutes=30)
_PATIENCE: Final = 3  # files in a row that the store does not delete
_log = structlog.get_logger("hub.photos")


class Cases(Protocol):
    """What a person must look at. Filled by the wiring."""

    async def in_question(self, session: AsyncSession) -> set[uuid.UUID]:
        """Every id that an unresolved case is about: rentals, vehicles, acts, whatever it names."""


class Keeping:
    """Deletes pictures whose time is over. `wish` is a sweep, `carry_out` does what it wished."""

    def __init__(self, database: Database, clock: Clock, files: Files, cases: Cases, kept_days: int) -> None:
        self._database = database
        self._clock = clock
        self._files = files
        self._cases = cases
        self._kept = dt.timedelta(days=kept_days)

    async def wish(self, session: AsyncSession, now: dt.datetime) -> None:
        """Every hour, where there may be something to do. Whichever process is first."""
        ends = rules.ends(now, self._kept)
        if await repository.overdue(session, ends, None, 1) or await repository.deleted(session, now, None, 1):
            await wishes.wish(session, self._clock, DELETE, {}, key=f"{DELETE}:{now:%Y-%m-%dT%H}")

    async def carry_out(self, _task: Task) -> None:
        """Delete what is due, and the files of what was deleted before. Twice does no harm."""
        erased = await self._erase()
        deleted = await self._delete()
        _log.info("photos_deleted", deleted=deleted, erased=erased)

    async def _delete(self) -> int:
        """Say of pictures that they are deleted; how many."""
        after: tuple[dt.datetime, uuid.UUID] | None = None
        count = 0
        while count < AT_MOST:
            async with self._deed("delete photos") as session:
                now = self._clock.now()
                ends = rules.ends(now, self._kept)
                late = await repository.overdue(session, ends, after, _BATCH)
                rows = await repository.named(session, {(one.station_id, one.sha256) for one in late})
                due = rules.due(rows, await self._cases.in_question(session), ends)
                for row in due:
                    row.deleted_at = now
                self._tell(due)
            if len(late) < _BATCH:
                return count + len(due)
            after = (late[-1].counts_at, late[-1].id)
            count += len(due)
        return count

    async def _erase(self) -> int:
        """Delete the files of pictures that have been deleted for a while; how many files are gone."""
        after: tuple[dt.datetime, uuid.UUID] | None = None
        count = 0
        while count < AT_MOST:
            async with self._database.reading() as session:
                found = await repository.deleted(session, self._clock.now() - _SETTLED, after, _BATCH)
            if found:
                names = {(one.station_id, one.sha256) for one in found}
                asked = await self._asked_for(names)
                gone, answers = await self._unlink(sorted(names - asked))
                gone += await self._bring_back(asked)
                await self._say_gone(gone)
                count += len(gone)
            if len(found) < _BATCH or not answers:
                break
            after = (found[-1].counts_at, found[-1].id)
        return count

    async def _asked_for(self, names: set[Named]) -> AbstractSet[Named]:
        """About which of these files somebody asks since they were deleted."""
        async with self._deed("delete photos") as session:
            rows = await repository.named(session, names)
            late = [row for row in rows if row.deleted_at is None]
            for row in late:  # an act named it while its deletion was written down
                row.deleted_at = self._clock.now()
            self._tell(late)
            return rules.asked_for(rows, await self._cases.in_question(session))

    async def _bring_back(self, asked: AbstractSet[Named]) -> list[Named]:
        """Show those about which somebody asks again, if their files are there; those that are gone already."""
        gone: list[Named] = []
        for name in sorted(asked):
            try:
                await self._files.get(file_of(*name))
            except FileNotFoundError:
                gone.append(name)  # a run was cut before it said so
            except OSError as error:
                _log.warning("photo_not_read", station=str(name[0]), sha256=name[1], reason=str(error)[:200])
            else:
                async with self._deed("keep photos") as session:
                    rows = await repository.named(session, {name})
                    for row in rows:
                        row.deleted_at = None
                    self._tell(rows)
        return gone

    async def _unlink(self, names: Sequence[Named]) -> tuple[list[Named], bool]:
        """Delete these files; those that are gone, and whether the store answers: if not, it is left alone for now."""
        gone: list[Named] = []
        failed = 0
        # In any order: what can never be deleted does not always stand before the others.
        for name in random.sample(names, len(names)):
            try:
                await self._files.delete(file_of(*name))
            except OSError as error:
                failed += 1
                _log.warning("photo_not_deleted", station=str(name[0]), sha256=name[1], reason=str(error)[:200])
                if failed == _PATIENCE:
                    return gone, False
            else:
                failed = 0
                gone.append(name)
        return gone, True

    async def _say_gone(self, names: Sequence[Named]) -> None:
        if not names:
            return
        async with self._deed("erase photos") as session:
            rows = [row for row in await repository.named(session, set(names)) if row.deleted_at is not None]
            for row in rows:
                row.erased_at = self._clock.now()
            self._tell(rows)

    @contextlib.asynccontextmanager
    async def _deed(self, action: str) -> AsyncIterator[AsyncSession]:
        with audit.by_hub(self._clock, action):
            async with self._database.transaction() as session:
                yield session

    def _tell(self, rows: Sequence[Photo]) -> None:
        if not rows:
            audit.nothing_done()
            return
        audit.tell(reason=f"pictures are kept for {self._kept.days} days", pictures=len(rows))
