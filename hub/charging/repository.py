"""The queries of charging sessions and meter values."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from hub.charging.tables import ChargingSession, MeterValue
from hub.kernel.bulk import insert_many, upsert_many
from hub.kernel.pages import Found, PageQuery, find_page

_COLUMNS = tuple(getattr(ChargingSession, column.name) for column in ChargingSession.__table__.columns)


async def session_rows(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Charging sessions as plain rows by id."""
    found = select(*_COLUMNS).where(ChargingSession.id.in_(ids))
    return {row["id"]: dict(row) for row in (await session.execute(found)).mappings()}


async def put_sessions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write charging sessions."""
    await upsert_many(session, ChargingSession, rows, key=("id",))


async def add_meter_values(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add samples; one that is there stays."""
    await insert_many(session, MeterValue, rows, key=("session_id", "sampled_ms", "fact_id"))


async def sessions(session: AsyncSession, query: PageQuery, **equal: object) -> Found[ChargingSession]:
    """A page of sessions; `equal` are columns and their values, None for any."""
    found = select(ChargingSession)
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(ChargingSession, name) == value)
    return await find_page(session, found, ChargingSession, query)


async def charging_session(session: AsyncSession, session_id: uuid.UUID) -> ChargingSession | None:
    """The session with this id."""
    return await session.get(ChargingSession, session_id)


async def highest_energy(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The highest register that was sampled in each of these sessions: registers only count up."""
    found = (
        select(MeterValue.session_id, func.max(MeterValue.energy_wh))
        .where(MeterValue.session_id.in_(ids), MeterValue.energy_wh.is_not(None))
        .group_by(MeterValue.session_id)
    )
    highest = (await session.execute(found)).all()
    return {session_id: energy_wh for session_id, energy_wh in highest if energy_wh is not None}


async def meter_values(
    session: AsyncSession, session_id: uuid.UUID, after: tuple[int, uuid.UUID] | None, limit: int
) -> list[MeterValue]:
    """A session's samples, oldest first."""
    found = select(MeterValue).where(MeterValue.session_id == session_id)
    if after is not None:
        found = found.where(tuple_(MeterValue.sampled_ms, MeterValue.fact_id) > after)
    found = found.order_by(MeterValue.sampled_ms, MeterValue.fact_id).limit(limit)
    return list((await session.scalars(found)).all())
