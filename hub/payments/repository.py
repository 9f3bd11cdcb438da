"""The queries of tariffs."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.pages import Found, PageQuery, find_page
from hub.payments.tables import TariffReader, TariffRow, TariffVersion
from hub.payments.versions import versions_of
from protocols.tariff.choice import Version


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


async def versions_for(session: AsyncSession, use: str, organisation_id: uuid.UUID | None = None) -> list[Version]:
    """Every version of every tariff for this use, of one organisation or (None) as far as the session reaches."""
    wanted = select(TariffRow).where(TariffRow.use == use).order_by(TariffRow.id)
    if organisation_id is not None:
        wanted = wanted.where(TariffRow.organisation_id == organisation_id)
    found = (await session.scalars(wanted)).all()
    rows = await versions(session, [one.id for one in found])
    return [version for one in found for version in versions_of(one, rows[one.id])]


async def has_rich(session: AsyncSession) -> bool:
    """Whether any version needs more than agents of 0.1.0 know. A look that mostly ends here."""
    empty = (
        (TariffVersion.per_km_minor == 0) & (TariffVersion.ride_kwh_minor == 0) & (TariffVersion.late_hour_minor == 0)
    )
    lists = (TariffVersion.windows, TariffVersion.kinds, TariffVersion.station_ids)
    for column in lists:
        empty &= cast(column, Text) == "[]"
    empty &= cast(TariffVersion.tax_pcts, Text) == "{}"
    return await session.scalar(select(TariffVersion.id).where(~empty).limit(1)) is not None


async def reader(session: AsyncSession, station_id: uuid.UUID) -> TariffReader | None:
    """What is known of the station's agent; the row is held."""
    return await session.get(TariffReader, station_id, with_for_update=True)


async def stations_that_read_no_rich(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Stations whose agents have not said that they can."""
    found = select(TariffReader.station_id).where(TariffReader.reads_rich.is_(False))
    return (await session.scalars(found.order_by(TariffReader.station_id))).all()
