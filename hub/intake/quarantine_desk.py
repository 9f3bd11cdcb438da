"""The quarantine without HTTP: what the hub reads again by itself, and what the command line does."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.quarantine import Place, Quarantine, Tried, Who, found_by
from hub.intake.tables import QuarantineAct, QuarantinedFact
from hub.kernel.audit import tell
from hub.kernel.db import Database

EVERY_S: Final = 3600.0
_COMMAND: Final = Who(via="command")
_log = structlog.get_logger("hub.intake")


async def keep_reading(database: Database, quarantine: Quarantine, *, every_s: float = EVERY_S) -> None:
    """At the start, and now and then: apply what waited for a hub that knows its type.

    Not at the start alone: while hubs are replaced one by one, an old one may park facts that a new one knows.
    """
    while True:
        tried = await passes(database, quarantine.reread)
        if tried.applied or tried.failed:
            _log.info("parked_facts_read", applied=tried.applied, failed=tried.failed)
        await asyncio.sleep(every_s)


async def passes(database: Database, one: Callable[[AsyncSession, Place | None], Awaitable[Tried]]) -> Tried:
    """All passes, each in a transaction of its own; the sums."""
    applied = failed = 0
    after: Place | None = None
    while True:
        async with database.transaction() as session:
            tried = await one(session, after)
        applied, failed, after = applied + tried.applied, failed + tried.failed, tried.after
        if after is None:
            return Tried(applied=applied, failed=failed, after=None)


class Desk:
    """What `voltdock-hub quarantine` does."""

    def __init__(self, database: Database, quarantine: Quarantine) -> None:
        self._database = database
        self._quarantine = quarantine

    async def listed(
        self,
        *,
        station_id: uuid.UUID | None,
        code: str | None,
        fact_type: str | None,
        state: str | None,
        limit: int,
    ) -> Sequence[QuarantinedFact]:
        """The newest first."""
        found = found_by(station_id=station_id, code=code, fact_type=fact_type, state=state)
        newest = found.order_by(QuarantinedFact.created_at.desc(), QuarantinedFact.id.desc()).limit(limit)
        async with self._database.reading() as session:
            return (await session.scalars(newest)).all()

    async def shown(self, quarantine_id: uuid.UUID) -> tuple[QuarantinedFact, Sequence[QuarantineAct]]:
        """One, and what was done with it. Raises Refused `not_found`."""
        async with self._database.reading() as session:
            row = await self._quarantine.one(session, quarantine_id)
            return row, await self._quarantine.acts(session, quarantine_id)

    async def retry(self, quarantine_id: uuid.UUID) -> QuarantinedFact:
        """Raises Refused `not_found`, `dismissed`."""
        async with self._database.transaction() as session:
            tell(target=("quarantine", quarantine_id))
            return await self._quarantine.retry(session, quarantine_id, _COMMAND)

    async def retry_all(self, code: str, station_id: uuid.UUID | None) -> Tried:
        """All of one code."""
        return await passes(
            self._database,
            lambda session, after: self._quarantine.retry_all(
                session, _COMMAND, code=code, station_id=station_id, after=after
            ),
        )

    async def dismiss(self, quarantine_id: uuid.UUID, reason: str) -> QuarantinedFact:
        """Raises Refused `not_found`, `applied`."""
        async with self._database.transaction() as session:
            tell(target=("quarantine", quarantine_id), reason=reason)
            return await self._quarantine.dismiss(session, quarantine_id, _COMMAND, reason)
