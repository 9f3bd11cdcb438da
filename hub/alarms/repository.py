"""The queries of alarms."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.alarms.rules import CLEARED, WAITING, Row, Setting
from hub.alarms.tables import AlarmRow, AlarmSetting
from hub.kernel.bulk import upsert_many
from hub.kernel.pages import Found, PageQuery, find_page
from hub.kernel.statements import is_sqlite

_LOCK: Final = 0x766F6C74616C726D  # "voltalrm": who looks holds this advisory lock
_COLUMNS: Final = tuple(column.name for column in AlarmRow.__table__.columns)


async def alone(session: AsyncSession) -> bool:
    """Whether this transaction is the only one that looks now, of all processes; it stays so until its end."""
    if is_sqlite(session):
        return True  # one file has one hub process
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))


async def recent(session: AsyncSession, cleared_since: dt.datetime, *, lock: bool = False) -> list[Row]:
    """Alarms that live, and those that were cleared lately."""
    found = select(*(getattr(AlarmRow, name) for name in _COLUMNS)).where(
        or_(AlarmRow.state != CLEARED, AlarmRow.cleared_at >= cleared_since)
    )
    if lock:
        found = found.order_by(AlarmRow.id).with_for_update()
    return [dict(row) for row in (await session.execute(found)).mappings()]


async def held(session: AsyncSession, alarm_id: uuid.UUID) -> AlarmRow | None:
    """The alarm, held until the transaction ends; None where there is none, or it was never raised."""
    row = await session.get(AlarmRow, alarm_id, with_for_update=True, populate_existing=True)
    return None if row is None or row.state == WAITING else row


def as_row(row: AlarmRow) -> Row:
    """Its columns."""
    return {name: getattr(row, name) for name in _COLUMNS}


async def alarm(session: AsyncSession, alarm_id: uuid.UUID) -> AlarmRow | None:
    """The alarm; None where there is none, or it was never raised."""
    found = select(AlarmRow).where(AlarmRow.id == alarm_id, AlarmRow.state != WAITING)
    return await session.scalar(found)


async def alarms(session: AsyncSession, query: PageQuery, now: dt.datetime, given: dict[str, Any]) -> Found[AlarmRow]:
    """A page of raised alarms; `given` are columns and their values, and `acknowledged`, `muted`; None for any."""
    found = select(AlarmRow).where(AlarmRow.state != WAITING)
    acknowledged, muted = given.pop("acknowledged"), given.pop("muted")
    for name, value in given.items():
        if value is not None:
            found = found.where(getattr(AlarmRow, name) == value)
    if acknowledged is not None:
        found = found.where(AlarmRow.acknowledged_at.is_not(None) == acknowledged)
    if muted is not None:
        silent = func.coalesce(AlarmRow.muted_until > now, False)
        found = found.where(silent if muted else ~silent)
    return await find_page(session, found, AlarmRow, query)


async def put(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write alarms."""
    await upsert_many(session, AlarmRow, rows, key=("id",))


async def forget(session: AsyncSession, ids: Sequence[uuid.UUID]) -> None:
    """Remove what was never raised."""
    if ids:
        await session.execute(delete(AlarmRow).where(AlarmRow.id.in_(ids), AlarmRow.state == WAITING))


async def forget_cleared(session: AsyncSession, before: dt.datetime) -> None:
    """Remove what was cleared long ago."""
    await session.execute(delete(AlarmRow).where(AlarmRow.state == CLEARED, AlarmRow.cleared_at < before))


async def settings(session: AsyncSession) -> list[Setting]:
    """All settings as values."""
    names = tuple(Setting.__dataclass_fields__)
    rows = (await session.scalars(select(AlarmSetting).order_by(AlarmSetting.id))).all()
    return [Setting(**{name: getattr(row, name) for name in names}) for row in rows]


async def setting(session: AsyncSession, key: str) -> AlarmSetting | None:
    """The setting of this key, held."""
    return await session.scalar(select(AlarmSetting).where(AlarmSetting.key == key).with_for_update())
