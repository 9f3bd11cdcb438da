"""Use cases of the fleet: register and edit vehicles, follow where they are."""

import uuid
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.fleet import repository, rules
from hub.fleet.schemas import NewVehicle, VehicleEdit
from hub.fleet.tables import Vehicle
from hub.kernel.clock import Clock
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.changes import Item, VehicleItem


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(self, session: AsyncSession, name: str, items: list[Item]) -> None:
        """Add or replace items for all stations."""


class Fleet:
    """Vehicles and their custody."""

    def __init__(self, clock: Clock, lists: Lists) -> None:
        self._clock = clock
        self._lists = lists

    async def add(self, session: AsyncSession, new: NewVehicle) -> Vehicle:
        """A new vehicle, told to all stations. Raises Refused `vehicle_exists`."""
        given = new.model_dump(exclude={"id"})
        vehicle = Vehicle(id=new.id or self._clock.new_id(), created_at=self._clock.now(), **given, version=1)
        session.add(vehicle)
        await _flush(session, new.label)
        await self._lists.put(session, "vehicles", [item_of(vehicle)])
        return vehicle

    async def edit(self, session: AsyncSession, vehicle: Vehicle, edit: VehicleEdit) -> None:
        """Change what is given, and tell the stations. Raises Refused `vehicle_exists`."""
        for name, value in edit.model_dump(exclude_unset=True).items():
            if value is not None or name == "tariff_id":
                setattr(vehicle, name, value)
        vehicle.version += 1
        await _flush(session, vehicle.label)
        await self._lists.put(session, "vehicles", [item_of(vehicle)])

    async def priced_by(self, session: AsyncSession, vehicle_id: uuid.UUID) -> tuple[str, uuid.UUID | None] | None:
        """Its kind and its own tariff, if it has one; None when there is no such vehicle."""
        found = await repository.vehicle(session, vehicle_id)
        return None if found is None else (found.kind, found.tariff_id)

    async def items(self, session: AsyncSession) -> list[VehicleItem]:
        """Every vehicle as the stations are told it."""
        return [item_of(one) for one in await repository.every(session)]

    async def when_custody(self, session: AsyncSession, event: events.CustodyReported) -> None:
        """Vehicles were docked or undocked."""
        moves = [
            (one, one.body) for one in event.facts if isinstance(one.body, facts.VehicleDocked | facts.VehicleUndocked)
        ]
        held = await repository.custody_rows(session, {fact.vehicle_id for _, fact in moves})
        for one, fact in moves:
            before = held.get(fact.vehicle_id)
            held[fact.vehicle_id] = rules.custody_after(before, one.station_id, fact, one.hlc)
        await repository.put_custody(session, held.values())


def item_of(vehicle: Vehicle) -> VehicleItem:
    """What the stations are told of a vehicle."""
    return VehicleItem(
        key=str(vehicle.id),
        label=vehicle.label,
        kind=vehicle.kind,
        model=vehicle.model,
        dock_kind=vehicle.dock_kind,
        full_range_km=vehicle.full_range_km,
        rentable=vehicle.rentable,
        why_not=vehicle.why_not,
        tariff_id=vehicle.tariff_id,
    )


async def _flush(session: AsyncSession, label: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise Refused("vehicle_exists", label=label) from error
