"""Use cases of alarms: what people do with them, and how each rule is to be."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.alarms import repository, rules
from hub.alarms.rules import Row
from hub.alarms.schemas import SettingShape, is_rule
from hub.alarms.tables import AlarmRow, AlarmSetting
from hub.kernel.belonging import HOUSE
from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.kernel.reach import organisation_of
from protocols.errors import Refused

Publish: TypeAlias = Callable[[AsyncSession, object], Awaitable[None]]
LONGEST_MUTE: Final = dt.timedelta(days=90)
KEPT_FOR: Final = dt.timedelta(days=400)
_SETTING: Final = ("enabled", "severity", "after_s", "clear_s")


class Alarms:
    """Alarms. Every change is published as `AlarmChanged`, in the transaction that made it."""

    def __init__(self, clock: Clock, publish: Publish) -> None:
        self._clock = clock
        self._publish = publish

    async def acknowledge(self, session: AsyncSession, alarm_id: uuid.UUID, by: uuid.UUID, note: str) -> None:
        """Somebody has seen it. Raises Refused `not_found`, `alarm_cleared`."""
        row = await self._found(session, alarm_id)
        await self._put(
            session, row, rules.acknowledged(repository.as_row(row), by, note, self._clock.now()), "acknowledged", by
        )

    async def mute(
        self, session: AsyncSession, alarm_id: uuid.UUID, by: uuid.UUID, until: dt.datetime, why: str
    ) -> None:
        """Nobody is to hear of it until then. Raises Refused `not_found`, `alarm_cleared`, or a 422."""
        now = self._clock.now()
        if not now < until <= now + LONGEST_MUTE:
            raise invalid("/until", f"in the future, at most {LONGEST_MUTE.days} days")
        row = await self._found(session, alarm_id)
        await self._put(session, row, rules.muted(repository.as_row(row), by, until, why, now), "muted", by)

    async def unmute(self, session: AsyncSession, alarm_id: uuid.UUID, by: uuid.UUID) -> None:
        """People hear of it again. Raises Refused `not_found`, `alarm_cleared`."""
        row = await self._found(session, alarm_id)
        await self._put(session, row, rules.unmuted(repository.as_row(row), by, self._clock.now()), "unmuted", by)

    async def set_rule(self, session: AsyncSession, rule: str, given: SettingShape) -> None:
        """How the rule is to be from the next look on; nothing set forgets the setting. Raises Refused `not_found`."""
        if not is_rule(rule):
            raise Refused("not_found", rule=rule)
        mine = organisation_of(session)
        if mine != HOUSE and given.station_id is None:  # what the house says holds for all, what others say for theirs
            given = given.model_copy(update={"organisation_id": given.organisation_id or mine})
        key = f"{rule}/{given.organisation_id or ''}/{given.station_id or ''}"
        values = {name: getattr(given, name) for name in _SETTING}
        row = await repository.setting(session, key)
        if all(value is None for value in values.values()):
            if row is not None:
                await session.delete(row)
            return
        if row is None:
            row = AlarmSetting(
                id=self._clock.new_id(), created_at=self._clock.now(), key=key, rule=rule,
                organisation_id=given.organisation_id, station_id=given.station_id,
            )  # fmt: skip
            session.add(row)
        for name, value in values.items():
            setattr(row, name, value)
        await session.flush()

    async def forget_old(self, session: AsyncSession, now: dt.datetime) -> None:
        """Forget what was cleared long ago."""
        await repository.forget_cleared(session, now - KEPT_FOR)

    async def _found(self, session: AsyncSession, alarm_id: uuid.UUID) -> AlarmRow:
        found = await repository.held(session, alarm_id)
        if found is None:
            raise Refused("not_found")
        return found

    async def _put(self, session: AsyncSession, row: AlarmRow, after: Row, what: str, by: uuid.UUID) -> None:
        for name, value in after.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
        await session.flush()
        await self._publish(session, told(after, what, self._clock.now(), by))


def told(row: Row, what: str, now: dt.datetime, by: uuid.UUID | None = None) -> events.AlarmChanged:
    """What other rooms hear of it."""
    return events.AlarmChanged(
        alarm_id=row["id"],
        rule=row["rule"],
        severity=row["severity"],
        what=what,
        at=now,
        station_id=row["station_id"],
        subject=row["subject"],
        muted=rules.is_muted(row, now),
        by=by,
    )
