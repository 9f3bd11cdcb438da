"""The queries of the balance's copies and rates."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.balance.tables import BalanceVehicle, DemandRate, DemandRide
from hub.kernel.bulk import upsert_many


async def put_rides(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write rides."""
    await upsert_many(session, DemandRide, rows, key=("rental_id",))


async def forget_rides(session: AsyncSession, ids: Sequence[uuid.UUID]) -> None:
    """These were no rides after all."""
    if ids:
        gone = delete(DemandRide).where(DemandRide.rental_id.in_(ids))
        await session.execute(gone.execution_options(synchronize_session=False))


async def forget_before(session: AsyncSession, before: dt.datetime) -> None:
    """Forget old rides."""
    await session.execute(delete(DemandRide).where(DemandRide.started_at < before))


class Ride(NamedTuple):
    """A ride, and with which kind of vehicle."""

    from_station_id: uuid.UUID
    started_at: dt.datetime
    to_station_id: uuid.UUID | None
    ended_at: dt.datetime | None
    kind: str


async def rides(session: AsyncSession, since: dt.datetime, until: dt.datetime) -> list[Ride]:
    """The rides that began between."""
    found = (
        select(
            DemandRide.from_station_id, DemandRide.started_at, DemandRide.to_station_id, DemandRide.ended_at,
            func.coalesce(BalanceVehicle.kind, "").label("kind"),
        )
        .join(BalanceVehicle, BalanceVehicle.vehicle_id == DemandRide.vehicle_id, isouter=True)
        .where(DemandRide.started_at >= since, DemandRide.started_at < until)
    )  # fmt: skip
    return [Ride(*row) for row in await session.execute(found)]


async def put_rates(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write what was learnt."""
    for row in rows:
        await session.merge(DemandRate(**row))
    await session.flush()


async def rates(session: AsyncSession, station_id: uuid.UUID | None, kind: str | None) -> Sequence[DemandRate]:
    """What was learnt; None for all."""
    found = select(DemandRate).order_by(DemandRate.station_id, DemandRate.kind)
    if station_id is not None:
        found = found.where(DemandRate.station_id == station_id)
    if kind is not None:
        found = found.where(DemandRate.kind == kind)
    return (await session.scalars(found)).all()


async def put_vehicles(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write these columns of vehicles."""
    await upsert_many(session, BalanceVehicle, rows, key=("vehicle_id",))
