"""The queries of tariffs."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.pages import Found, PageQuery, find_page
from hub.payments.tables import TariffRow, TariffVersion


async def tariff(session: AsyncSession, tariff_id: uuid.UUID, *, lock: bool = False) -> TariffRow | None:
    """The tariff with this id; `lock` holds its row."""
    return await session.get(TariffRow, tariff_id, with_for_update=lock or None)


async def tariffs(session: AsyncSession, query: PageQuery, use: str | None) -> Found[TariffRow]:
    """A page of tariffs."""
    found = select(TariffRow)
    if use is not None:
        found = found.where(TariffRow.use == use)
    return await find_page(session, found, TariffRow, query)


async def versions(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[TariffVersion]]:
    """The versions of these tariffs, the newest first."""
    found = select(TariffVersion).where(TariffVersion.tariff_id.in_(ids)).order_by(TariffVersion.version.desc())
    every: dict[uuid.UUID, list[TariffVersion]] = {}
    for row in (await session.scalars(found)).all():
        every.setdefault(row.tariff_id, []).append(row)
    return every


async def named(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, TariffRow]:
    """These tariffs by id."""
    found = select(TariffRow).where(TariffRow.id.in_(ids))
    return {row.id: row for row in (await session.scalars(found)).all()}
