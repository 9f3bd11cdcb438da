"""Vehicles that are not where they should be, for the alarms."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.events import Condition
from hub.fleet.tables import Custody, Vehicle

_LONG: Final = dt.timedelta(hours=12)  # shorter absences are what vehicles are for


async def conditions(session: AsyncSession, now: dt.datetime, /) -> Sequence[Condition]:
    """Those that left a dock without a rental, and those that have been out for long, rental or not.

    What was taken out of service is nobody's to miss.
    """
    found = (
        select(Custody.vehicle_id, Custody.station_id, Custody.rental_id, Custody.since, Vehicle.label)
        .join(Vehicle, Vehicle.id == Custody.vehicle_id, isouter=True)
        .where(Custody.state == "away", func.coalesce(Vehicle.service, "deployed") != "removed")
    )
    rows = [row for row in await session.execute(found) if row.rental_id is None or now - row.since >= _LONG]
    return [
        Condition(
            rule="vehicle_left" if row.rental_id is None else "vehicle_missing",
            station_id=row.station_id,
            subject=str(row.vehicle_id),
            since=row.since,
            seen={"label": row.label, "rental_id": None if row.rental_id is None else str(row.rental_id)},
        )
        for row in rows
    ]
