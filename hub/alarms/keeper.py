"""The look at all that holds now: asks every watcher, raises and clears.

One process of the hub looks at a time; what two would do one after the other is the same, for alarms follow from what
holds and from their own rows alone.
"""

import asyncio
import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.alarms import repository, rules
from hub.alarms.rules import Looked
from hub.alarms.service import Publish, told
from hub.kernel.clock import Clock
from hub.kernel.db import Database, may_succeed_again

LOOK_EVERY_S: Final = 15.0
_log = structlog.get_logger("hub.alarms")


class Watcher(Protocol):
    """Sees what holds now in one room. Filled by the wiring."""

    async def __call__(self, session: AsyncSession, now: dt.datetime, /) -> Sequence[events.Condition]:
        """Everything that should not be so for long."""


class Owners(Protocol):
    """Whose stations are. Filled by the wiring."""

    async def organisations_of(
        self, session: AsyncSession, ids: Collection[uuid.UUID]
    ) -> Mapping[uuid.UUID, uuid.UUID]:
        """Station → its organisation."""


class AlarmKeeper:
    """Raises and clears. `run` is a job of the hub."""

    def __init__(self, clock: Clock, publish: Publish, watchers: Sequence[Watcher], owners: Owners) -> None:
        self._owners = owners
        self._clock = clock
        self._publish = publish
        self._watchers = watchers

    async def run(self, database: Database, *, every_s: float = LOOK_EVERY_S) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look(database)
            except DBAPIError as error:
                # Somebody acted on an alarm, or another process looked, at the same instant: the next look sees it.
                if not (may_succeed_again(error) or isinstance(error, IntegrityError)):
                    raise
                _log.info("alarms looked at later", reason=str(error.orig)[:200])
            await asyncio.sleep(every_s)

    async def look(self, database: Database) -> bool:
        """Whether it was ours to look. Nothing is written, and no writer waits, where nothing changes."""
        async with database.reading(held=True) as seeing:
            if not await repository.alone(seeing):
                return False
            now = self._clock.now()
            seen = [one for watcher in self._watchers for one in await watcher(seeing, now)]
            holding = await self._owned(seeing, seen)
            if _is_news(await self._judged(seeing, holding, now, lock=False)):
                async with database.transaction() as session:
                    looked = await self._judged(session, holding, now, lock=True)
                    await repository.forget(session, looked.forget)
                    await repository.put(session, looked.put)
                    for row, what in looked.told:
                        _log.info("alarm", what=what, rule=row["rule"], key=row["key"], severity=row["severity"])
                        await self._publish(session, told(row, what, now))
        return True

    async def _owned(self, session: AsyncSession, seen: Sequence[events.Condition]) -> list[events.Condition]:
        """Each with the organisation whose it is."""
        stations = {one.station_id for one in seen if one.station_id is not None}
        found = await self._owners.organisations_of(session, stations) if stations else {}
        return [
            one
            if one.station_id is None
            else dataclasses.replace(one, organisation_id=found.get(one.station_id, one.organisation_id))
            for one in seen
        ]

    async def _judged(
        self, session: AsyncSession, holding: Sequence[events.Condition], now: dt.datetime, *, lock: bool
    ) -> Looked:
        rows = await repository.recent(session, now - rules.REOPEN, lock=lock)
        settings = await repository.settings(session)
        return rules.after_look(rows, holding, settings, now, self._clock.new_id)


def _is_news(looked: Looked) -> bool:
    return bool(looked.put or looked.forget)
