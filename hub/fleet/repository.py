"""The queries of vehicles, their types, papers, history and custody."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.fleet.schemas import VehicleQuery
from hub.fleet.tables import Custody, Vehicle, VehicleDocument, VehicleEvent, VehicleType
from hub.kernel.bulk import insert_many, rows_where, upsert_many
from hub.kernel.pages import Found, PageQuery, find_page
from hub.kernel.statements import is_sqlite


async def vehicle(session: AsyncSession, vehicle_id: uuid.UUID, *, lock: bool = False) -> Vehicle | None:
    """The vehicle with this id."""
    return await session.get(Vehicle, vehicle_id, with_for_update=lock or None)


async def vehicles(session: AsyncSession, query: VehicleQuery) -> Found[Vehicle]:
    """A page of vehicles; `station_id`: those that stand there now."""
    found = select(Vehicle)
    for name in ("kind", "type_id", "vin", "plate"):
        wanted = getattr(query, name)
        if wanted is not None:
            found = found.where(getattr(Vehicle, name) == wanted)
    if query.station_id is not None:
        here = select(Custody.vehicle_id).where(Custody.station_id == query.station_id, Custody.state == "docked")
        found = found.where(Vehicle.id.in_(here))
    return await find_page(session, found, Vehicle, query)


async def every(session: AsyncSession) -> Sequence[Vehicle]:
    """All vehicles, in the order of their ids."""
    return (await session.scalars(select(Vehicle).order_by(Vehicle.id))).all()


async def vehicles_by_id(session: AsyncSession, ids: Iterable[uuid.UUID]) -> list[Vehicle]:
    """Those of these that are registered."""
    found = select(Vehicle).where(Vehicle.id.in_(ids)).order_by(Vehicle.id)
    return list((await session.scalars(found)).all())


async def missing_of(session: AsyncSession, ids: Iterable[uuid.UUID]) -> list[Vehicle]:
    """Those of these that are missing; the rows are held."""
    found = select(Vehicle).where(Vehicle.id.in_(ids), Vehicle.service == "missing").order_by(Vehicle.id)
    return list((await session.scalars(found.with_for_update())).all())


async def of_type(session: AsyncSession, type_id: uuid.UUID) -> list[Vehicle]:
    """The vehicles of a type; the rows are held."""
    found = select(Vehicle).where(Vehicle.type_id == type_id).order_by(Vehicle.id).with_for_update()
    return list((await session.scalars(found)).all())


async def vehicle_type(session: AsyncSession, type_id: uuid.UUID, *, lock: bool = False) -> VehicleType | None:
    """The type with this id."""
    return await session.get(VehicleType, type_id, with_for_update=lock or None)


async def vehicle_types(session: AsyncSession, query: PageQuery) -> Found[VehicleType]:
    """A page of types."""
    return await find_page(session, select(VehicleType), VehicleType, query)


async def types_by_id(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, VehicleType]:
    """These types."""
    found = await session.scalars(select(VehicleType).where(VehicleType.id.in_(ids)))
    return {row.id: row for row in found}


async def documents(session: AsyncSession, vehicle_id: uuid.UUID, query: PageQuery) -> Found[VehicleDocument]:
    """A page of a vehicle's papers."""
    found = select(VehicleDocument).where(VehicleDocument.vehicle_id == vehicle_id)
    return await find_page(session, found, VehicleDocument, query)


async def papers_of(session: AsyncSession, vehicle_id: uuid.UUID) -> list[VehicleDocument]:
    """All papers of a vehicle."""
    found = select(VehicleDocument).where(VehicleDocument.vehicle_id == vehicle_id)
    return list((await session.scalars(found)).all())


async def document(session: AsyncSession, vehicle_id: uuid.UUID, document_id: uuid.UUID) -> VehicleDocument | None:
    """The paper with this id, if it is the vehicle's."""
    found = await session.get(VehicleDocument, document_id)
    return found if found is not None and found.vehicle_id == vehicle_id else None


async def with_papers_over(session: AsyncSession, now: dt.datetime) -> list[Vehicle]:
    """Vehicles whose papers are over and that have one that runs; the rows are held."""
    running = select(VehicleDocument.vehicle_id).where(
        VehicleDocument.blocks.is_(True),
        VehicleDocument.valid_from <= now,
        or_(VehicleDocument.valid_until.is_(None), VehicleDocument.valid_until > now),
    )
    found = select(Vehicle).where(Vehicle.papers_until <= now, Vehicle.id.in_(running)).order_by(Vehicle.id)
    return list((await session.scalars(found.with_for_update())).all())


async def history(session: AsyncSession, vehicle_id: uuid.UUID, query: PageQuery) -> Found[VehicleEvent]:
    """A page of what happened to a vehicle, the latest first."""
    found = select(VehicleEvent).where(VehicleEvent.vehicle_id == vehicle_id)
    return await find_page(session, found, VehicleEvent, query)


async def put_history(session: AsyncSession, rows: Sequence[dict[str, Any]], *, again: bool = False) -> None:
    """Write what happened; a fact that is there stays as it is, unless it is told `again` with a better date."""
    await (upsert_many if again else insert_many)(session, VehicleEvent, rows, key=("id",))


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
