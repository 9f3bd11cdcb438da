"""The queries of cases."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.cases.rules import ACKNOWLEDGED, OPEN, Row
from hub.cases.tables import CaseRow
from hub.kernel.bulk import upsert_many
from hub.kernel.pages import Found, PageQuery, find_page

_COLUMNS = tuple(column.name for column in CaseRow.__table__.columns)


async def cases(session: AsyncSession, query: PageQuery, **equal: object) -> Found[CaseRow]:
    """A page of cases; `equal` are columns and their values, None for any."""
    found = select(CaseRow)
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(CaseRow, name) == value)
    return await find_page(session, found, CaseRow, query)


async def case(session: AsyncSession, case_id: uuid.UUID) -> CaseRow | None:
    """The case with this id."""
    return await session.get(CaseRow, case_id, populate_existing=True)


async def held(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Row]:
    """These cases as plain rows, held until the transaction ends."""
    columns = [getattr(CaseRow, name) for name in _COLUMNS]
    found = select(*columns).where(CaseRow.id.in_(ids)).order_by(CaseRow.id).with_for_update()
    return {row["id"]: dict(row) for row in (await session.execute(found)).mappings()}


async def put(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write cases."""
    await upsert_many(session, CaseRow, rows, key=("id",))


async def in_question(session: AsyncSession) -> set[uuid.UUID]:
    """What every unresolved case is about."""
    query = select(CaseRow.about, CaseRow.rental_id, CaseRow.subjects).where(CaseRow.state.in_((OPEN, ACKNOWLEDGED)))
    found: set[uuid.UUID] = set()
    async for about, rental_id, subjects in await session.stream(query.execution_options(yield_per=1000)):
        found |= {about, *map(uuid.UUID, subjects.values())}
        if rental_id is not None:
            found.add(rental_id)
    return found
