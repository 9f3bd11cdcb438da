"""The demo's station."""

import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.stations import repository
from hub.stations.schemas import NewStation
from hub.stations.service import Stations
from hub.stations.tables import Station

ID: Final = uuid.UUID("01900000-0000-7000-8000-000000000014")
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


async def seed(session: AsyncSession, stations: Stations) -> Station | None:
    """Add the station; None when it is there already."""
    if await repository.station(session, ID) is not None:
        return None
    return await stations.add(session, _STATION, ID)
