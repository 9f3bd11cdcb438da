"""Facts that wait for a person, for the alarms."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.events import Condition
from hub.intake.tables import QuarantinedFact


async def conditions(session: AsyncSession, _now: dt.datetime, /) -> Sequence[Condition]:
    """Of each station whose quarantine is not empty. What waits for a hub of a later version is nobody's work."""
    found = (
        select(QuarantinedFact.station_id, func.count(), func.min(QuarantinedFact.created_at))
        .where(QuarantinedFact.state == "waiting")
        .group_by(QuarantinedFact.station_id)
    )
    return [
        Condition(rule="quarantine", station_id=station_id, since=since, seen={"waiting": waiting})
        for station_id, waiting, since in await session.execute(found)
    ]
