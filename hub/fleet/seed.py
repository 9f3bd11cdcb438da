"""The demo's vehicles. The simulator's vehicles carry the same ids."""

import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.fleet import repository
from hub.fleet.schemas import NewVehicle, NewVehicleType
from hub.fleet.service import Fleet

_CITY: Final = uuid.UUID("01900000-0000-7000-8000-000000000201")
_CAR: Final = uuid.UUID("01900000-0000-7000-8000-000000000202")
_ID: Final = "01900000-0000-7000-8000-0000000001{:02d}"
_TYPE: Final = "01900000-0000-7000-8000-0000000003{:02d}"


def _type(no: int, make: str, model: str, **given: object) -> NewVehicleType:
    return NewVehicleType.model_validate({"id": _TYPE.format(no), "make": make, "model": model, **given})


def _vehicle(no: int, label: str, type_no: int, **given: object) -> NewVehicle:
    return NewVehicle.model_validate({"id": _ID.format(no), "label": label, "type_id": _TYPE.format(type_no), **given})


TYPES: Final = (
    _type(1, "Breeze", "Breeze S", kind="scooter", form_factor="scooter_standing", battery_wh=900, wh_per_km=13,
          charge_w=400, range_km=70),
    _type(2, "Harbour", "Harbour 90", kind="moped", form_factor="moped", battery_wh=2700, wh_per_km=30,
          charge_w=900, range_km=90),
    _type(3, "Meadow", "Meadow City", kind="car", form_factor="car", battery_wh=46_000, wh_per_km=148,
          charge_w=11_000, range_km=310, dock_kind="bay"),
)  # fmt: skip
VEHICLES: Final = (
    _vehicle(1, "V-104", 1, tariff_id=_CITY),
    _vehicle(2, "V-131", 1, tariff_id=_CITY),
    _vehicle(3, "V-118", 1, tariff_id=_CITY),
    _vehicle(4, "V-099", 2, tariff_id=_CITY, plate="VD 99"),
    _vehicle(5, "C-201", 3, tariff_id=_CAR, plate="VD 201", vin="WVDZZZ1KZAM000201"),
)


async def seed(session: AsyncSession, fleet: Fleet) -> None:
    """Add the types and vehicles that are missing."""
    for kind in TYPES:
        if kind.id is not None and await repository.vehicle_type(session, kind.id) is None:
            await fleet.add_type(session, kind)
    for new in VEHICLES:
        if new.id is not None and await repository.vehicle(session, new.id) is None:
            await fleet.add(session, new)
