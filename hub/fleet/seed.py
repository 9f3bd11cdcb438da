"""The demo's vehicles. The simulator's vehicles carry the same ids."""

import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.fleet import repository
from hub.fleet.schemas import NewVehicle
from hub.fleet.service import Fleet

_CITY: Final = uuid.UUID("01900000-0000-7000-8000-000000000201")
_CAR: Final = uuid.UUID("01900000-0000-7000-8000-000000000202")
_ID: Final = "01900000-0000-7000-8000-0000000001{:02d}"


def _vehicle(no: int, label: str, **given: object) -> NewVehicle:
    return NewVehicle.model_validate({"id": _ID.format(no), "label": label, **given})


VEHICLES: Final = (
    _vehicle(1, "V-104", kind="scooter", model="Breeze S", full_range_km=70, tariff_id=_CITY),
    _vehicle(2, "V-131", kind="scooter", model="Breeze S", full_range_km=70, tariff_id=_CITY),
    _vehicle(3, "V-118", kind="scooter", model="Breeze S", full_range_km=70, tariff_id=_CITY),
    _vehicle(4, "V-099", kind="moped", model="Harbour 90", full_range_km=90, tariff_id=_CITY),
    _vehicle(5, "C-201", kind="car", model="Meadow City", dock_kind="bay", full_range_km=310, tariff_id=_CAR),
)


async def seed(session: AsyncSession, fleet: Fleet) -> None:
    """Add the vehicles that are missing."""
    for new in VEHICLES:
        if new.id is not None and await repository.vehicle(session, new.id) is None:
            await fleet.add(session, new)
