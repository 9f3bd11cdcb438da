"""The queries of vehicles and their custody."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.fleet.tables import Custody, Vehicle
from hub.kernel.bulk import rows_where, upsert_many
from hub.kernel.pages import Found, PageQuery, find_page
from hub.kernel.statements import is_sqlite


async def vehicle(session: AsyncSession, vehicle_id: uuid.UUID, *, lock: bool = False) -> Vehicle | None:
    """The vehicle with this id."""
    return await session.get(Vehicle, vehicle_id, with_for_update=lock or None)


async def vehicles(
    session: AsyncSession, query: PageQuery, station_id: uuid.UUID | None, kind: str | None
) -> Found[Vehicle]:
    """A page of vehicles; `station_id`: those that stand there now."""
    found = select(Vehicle)
    if kind is not None:
        found = found.where(Vehicle.kind == kind)
    if station_id is not None:
        here = select(Custody.vehicle_id).where(Custody.station_id == station_id, Custody.state == "docked")
        found = found.where(Vehicle.id.in_(here))
    return await find_page(session, found, Vehicle, query)


async def every(session: AsyncSession) -> Sequence[Vehicle]:
    """All vehicles, in the order of their ids."""
    return (await session.scalars(select(Vehicle).order_by(Vehicle.id))).all()


async def custody_of(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Custody]:
    """Where these vehicles are."""
    found = select(Custody).where(Custody.vehicle_id.in_(ids))
    return {row.vehicle_id: row for row in (await session.scalars(found)).all()}


async def custody_rows(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Custody as plain rows, held until the transaction ends: two stations may tell of one vehicle at once."""
    lock = "" if is_sqlite(session) else " ORDER BY vehicle_id FOR UPDATE"
    rows = await rows_where(session, Custody, f"vehicle_id = ANY(?1){lock}", list(ids))
    return {row["vehicle_id"]: row for row in rows}


async def put_custody(session: AsyncSession, rows: Iterable[dict[str, Any]]) -> None:
    """Write custody."""
    ordered = sorted(rows, key=lambda row: row["vehicle_id"].bytes)
    await upsert_many(session, Custody, ordered, key=("vehicle_id",))
