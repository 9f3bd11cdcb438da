"""What charges cost by the stations' facts, for whoever compares the books with it."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.charging.tables import ChargingSession as Session
from hub.kernel.parts import in_parts

Cost = tuple[uuid.UUID, str, int, dt.datetime]


class ChargeCosts:
    """Reads them in groups, so that a year of them fits into memory."""

    async def costs(
        self, session: AsyncSession, since: dt.datetime, until: dt.datetime, also: Iterable[uuid.UUID]
    ) -> AsyncIterator[Sequence[Cost]]:
        """Id, currency, gross sum and end of those that ended between these instants, and of these."""
        columns = select(Session.id, Session.currency, Session.total_minor, Session.stopped_at).where(
            Session.total_minor.is_not(None), Session.currency.is_not(None)
        )
        ended = and_(Session.stopped_at >= since, Session.stopped_at < until)
        # Or first heard of then: a station that was cut off tells of charges that ended long before.
        recent = or_(ended, and_(Session.created_at >= since, Session.created_at < until))
        async for part in in_parts(session, columns, recent, Session.id, also):
            yield part

    async def story_of(
        self, session: AsyncSession, subject_id: uuid.UUID
    ) -> tuple[dt.datetime | None, dt.datetime | None, Sequence[dict[str, Any]]] | None:
        """Beginning, end, and the bill's lines; None when it is none of these."""
        row = await session.get(Session, subject_id)
        return None if row is None else (row.started_at, row.stopped_at, row.bill or [])
