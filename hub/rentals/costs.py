"""What rides cost by the stations' facts, for whoever compares the books with it."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.parts import in_parts
from hub.rentals.tables import Rental

Cost = tuple[uuid.UUID, str, int, dt.datetime]


class RideCosts:
    """Reads them in groups, so that a year of them fits into memory."""

    async def costs(
        self, session: AsyncSession, since: dt.datetime, until: dt.datetime, also: Iterable[uuid.UUID]
    ) -> AsyncIterator[Sequence[Cost]]:
        """Id, currency, gross sum and end of those that ended between these instants, and of these."""
        columns = select(Rental.id, Rental.currency, Rental.total_minor, Rental.ended_at).where(
            Rental.state == "ended", Rental.total_minor.is_not(None), Rental.currency.is_not(None)
        )
        ended = and_(Rental.ended_at >= since, Rental.ended_at < until)
        # Or first heard of then: a station that was cut off tells of rides that ended long before.
        recent = or_(ended, and_(Rental.created_at >= since, Rental.created_at < until))
        async for part in in_parts(session, columns, recent, Rental.id, also):
            yield part

    async def story_of(
        self, session: AsyncSession, subject_id: uuid.UUID
    ) -> tuple[dt.datetime | None, dt.datetime | None, Sequence[dict[str, Any]]] | None:
        """Beginning, end, and the bill's lines; None when it is none of these."""
        row = await session.get(Rental, subject_id)
        return None if row is None else (row.undocked_at, row.ended_at, row.bill or [])
