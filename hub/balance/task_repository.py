"""The queries of plans and tasks."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.balance.tables import BalanceVehicle
from hub.balance.task_rules import UNDER_WAY
from hub.balance.task_tables import RestockPlan, StaffTask
from hub.kernel.pages import Found, PageQuery, find_page


async def plan(session: AsyncSession, plan_id: uuid.UUID, *, lock: bool = False) -> RestockPlan | None:
    """The plan with this id."""
    return await session.get(RestockPlan, plan_id, with_for_update=lock or None)


async def plans(session: AsyncSession, query: PageQuery) -> Found[RestockPlan]:
    """A page of plans, newest first."""
    return await find_page(session, select(RestockPlan), RestockPlan, query)


async def task(session: AsyncSession, task_id: uuid.UUID, *, lock: bool = False) -> StaffTask | None:
    """The task with this id."""
    return await session.get(StaffTask, task_id, with_for_update=lock or None, populate_existing=lock)


async def tasks(session: AsyncSession, query: PageQuery, given: dict[str, Any]) -> Found[StaffTask]:
    """A page of tasks, newest first; `given` are columns and their values, and `under_way`; None for any."""
    found = select(StaffTask)
    under_way = given.pop("under_way")
    for name, value in given.items():
        if value is not None:
            found = found.where(getattr(StaffTask, name) == value)
    if under_way is not None:
        is_so = StaffTask.state.in_(UNDER_WAY)
        found = found.where(is_so if under_way else ~is_so)
    return await find_page(session, found, StaffTask, query)


async def under_way(session: AsyncSession, vehicles: Sequence[uuid.UUID] | None = None) -> Sequence[StaffTask]:
    """Tasks with a vehicle that are not over; of these vehicles, held, or of all."""
    found = select(StaffTask).where(StaffTask.state.in_(UNDER_WAY), StaffTask.vehicle_id.is_not(None))
    if vehicles is not None:
        found = found.where(StaffTask.vehicle_id.in_(vehicles)).order_by(StaffTask.id).with_for_update()
    return (await session.scalars(found)).all()


async def vehicles(session: AsyncSession, ids: Sequence[uuid.UUID] | None = None) -> Sequence[BalanceVehicle]:
    """These vehicles, or all that stand in docks."""
    found = select(BalanceVehicle)
    found = (
        found.where(BalanceVehicle.docked.is_(True)) if ids is None else found.where(BalanceVehicle.vehicle_id.in_(ids))
    )
    return (await session.scalars(found)).all()


class Charged(NamedTuple):
    """A sound vehicle in a dock, and its charge."""

    vehicle_id: uuid.UUID
    station_id: uuid.UUID
    kind: str
    soc_pct: float


async def standing(session: AsyncSession, now: dt.datetime) -> list[Charged]:
    """Vehicles in docks that are for rent, as far as the fleet is asked."""
    found = select(
        BalanceVehicle.vehicle_id, BalanceVehicle.station_id, BalanceVehicle.kind, BalanceVehicle.soc_pct
    ).where(
        BalanceVehicle.docked.is_(True), BalanceVehicle.why_not == "", BalanceVehicle.faulty.is_not(True),
        or_(BalanceVehicle.papers_until.is_(None), BalanceVehicle.papers_until > now),
    )  # fmt: skip
    return [
        Charged(vehicle_id, station_id, kind, soc_pct)
        for vehicle_id, station_id, kind, soc_pct in await session.execute(found)
        if station_id is not None and kind is not None and soc_pct is not None
    ]
