"""What rides cost by the stations' facts, for whoever compares the books with it."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.rentals.tables import Rental

_AT_ONCE: Final = 5_000
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
        recent = columns.where(or_(ended, and_(Rental.created_at >= since, Rental.created_at < until)))
        async for part in (await session.stream(recent)).partitions(_AT_ONCE):
            yield _plain(part)
        named = list(also)
        for start in range(0, len(named), _AT_ONCE):
            found = await session.execute(columns.where(Rental.id.in_(named[start : start + _AT_ONCE])))
            yield _plain(found)

    async def story_of(
        self, session: AsyncSession, subject_id: uuid.UUID
    ) -> tuple[dt.datetime | None, dt.datetime | None, Sequence[dict[str, Any]]] | None:
        """Beginning, end, and the bill's lines; None when it is none of these."""
        row = await session.get(Rental, subject_id)
        return None if row is None else (row.undocked_at, row.ended_at, row.bill or [])


def _plain(rows: Iterable[Any]) -> list[Cost]:
    return [(row[0], row[1], row[2], row[3]) for row in rows]
