"""The queries of cases."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.cases.rules import ACKNOWLEDGED, OPEN, RESOLVED, Row, things_of
from hub.cases.tables import CaseRow, CaseThing
from hub.kernel.bulk import insert_many, upsert_many
from hub.kernel.pages import Found, PageQuery, find_page

_COLUMNS = tuple(column.name for column in CaseRow.__table__.columns)


async def cases(
    session: AsyncSession,
    query: PageQuery,
    *,
    naming: Iterable[uuid.UUID | None] = (),
    unresolved: bool | None = None,
    **equal: object,
) -> Found[CaseRow]:
    """A page of cases that name all of `naming`; `equal` are columns and their values. None: whatever it is."""
    found = select(CaseRow)
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(CaseRow, name) == value)
    for thing_id in naming:
        if thing_id is not None:
            found = found.where(CaseRow.id.in_(select(CaseThing.case_id).where(CaseThing.thing_id == thing_id)))
    if unresolved is not None:
        found = found.where(CaseRow.state != RESOLVED if unresolved else CaseRow.state == RESOLVED)
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
    """Write cases, and what each names now."""
    await upsert_many(session, CaseRow, rows, key=("id",))
    await session.execute(delete(CaseThing).where(CaseThing.case_id.in_([row["id"] for row in rows])))
    things = [{"case_id": row["id"], "thing_id": thing_id} for row in rows for thing_id in things_of(row)]
    await insert_many(session, CaseThing, things, key=("case_id", "thing_id"))


async def in_question(session: AsyncSession) -> set[uuid.UUID]:
    """What every unresolved case is about."""
    query = select(CaseRow.about, CaseRow.rental_id, CaseRow.subjects).where(CaseRow.state.in_((OPEN, ACKNOWLEDGED)))
    found: set[uuid.UUID] = set()
    async for about, rental_id, subjects in await session.stream(query.execution_options(yield_per=1000)):
        found |= {about, *map(uuid.UUID, subjects.values())}
        if rental_id is not None:
            found.add(rental_id)
    return found
