"""The demo's station."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.stations import repository
from hub.stations.schemas import NewStaff, NewStation
from hub.stations.service import Stations
from hub.stations.staff import Staff
from hub.stations.tables import Station

ID: Final = uuid.UUID("01900000-0000-7000-8000-000000000014")
STAFF: Final = "staff@voltdock.example"
PIN: Final = "2468"
CODE: Final = "DEMO-014-RIVERSIDE"
_STATION: Final = NewStation(
    name="Riverside Market",
    number="014",
    timezone="Asia/Ho_Chi_Minh",
    currency="EUR",
    latitude=10.7769,
    longitude=106.7009,
    help_phone="+84 28 5550 0140",
)


async def seed_staff(session: AsyncSession, clock: Clock, staff: Staff, account_id: uuid.UUID | None) -> None:
    """Let the demo's member of staff act at the station by his PIN, for a year."""
    if account_id is None or await repository.staff_of(session, account_id) is not None:
        return
    wish = NewStaff(
        account_id=account_id,
        name="Demo staff",
        may=["unlock", "rent", "end"],
        pin=PIN,
        valid_to=clock.now() + dt.timedelta(days=365),
    )
    await staff.put(session, wish)


async def seed(session: AsyncSession, stations: Stations) -> Station | None:
    """Add the station; None when it is there already."""
    if await repository.station(session, ID) is not None:
        return None
    return await stations.add(session, _STATION, ID)
