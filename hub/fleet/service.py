"""Use cases of the fleet: register and edit vehicles and their types, follow where they are."""

import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.fleet import repository, rules, vin
from hub.fleet.schemas import MAX_RANGE_KM, NewVehicle, NewVehicleType, VehicleEdit, VehicleTypeEdit
from hub.fleet.tables import Vehicle, VehicleType
from hub.kernel.clock import Clock
from hub.kernel.db import violates
from hub.kernel.problem import invalid
from protocols.errors import Refused
from protocols.sync import facts
from protocols.sync.changes import Item, VehicleItem
from protocols.values import to_ms

LIST: Final = "vehicles"
_EMPTIABLE: Final = ("tariff_id",)
_OF_TYPE: Final = {"kind": "kind", "model": "model", "dock_kind": "dock_kind", "full_range_km": "range_km"}
_TAKEN: Final = {"vin": "vin_taken", "plate": "plate_taken"}


Publish = Callable[[AsyncSession, object], Awaitable[None]]


class Lists(Protocol):
    """The lists that stations hold. Filled by the wiring."""

    async def put(self, session: AsyncSession, name: str, items: list[Item]) -> None:
        """Add or replace items for all stations."""


class Fleet:
    """Vehicles, their types and their custody."""

    def __init__(self, clock: Clock, lists: Lists, publish: Publish) -> None:
        self._clock = clock
        self._lists = lists
        self._publish = publish

    async def add_type(self, session: AsyncSession, new: NewVehicleType) -> VehicleType:
        """A new type. Raises Refused `vehicle_type_exists`, or a 422."""
        if new.id is not None and await repository.vehicle_type(session, new.id) is not None:
            raise Refused("vehicle_type_exists")
        given = new.model_dump(exclude={"id", "range_km"})
        made = VehicleType(
            id=new.id or self._clock.new_id(), created_at=self._clock.now(), **given, version=1,
            range_km=new.range_km or _range_km(new.battery_wh, new.wh_per_km),
        )  # fmt: skip
        session.add(made)
        await session.flush()
        return made

    async def edit_type(self, session: AsyncSession, kind: VehicleType, edit: VehicleTypeEdit) -> None:
        """Change what is given; the vehicles of the type follow, and the stations are told."""
        given = {name: value for name, value in edit.model_dump(exclude_unset=True).items() if value is not None}
        if "range_km" not in given and given.keys() & {"battery_wh", "wh_per_km"}:
            battery_wh, wh_per_km = (given.get(name, getattr(kind, name)) for name in ("battery_wh", "wh_per_km"))
            given["range_km"] = _range_km(battery_wh, wh_per_km)
        for name, value in given.items():
            setattr(kind, name, value)
        kind.version += 1
        await session.flush()
        rows = await repository.of_type(session, kind.id)
        for row in rows:
            row.model, row.full_range_km, row.version = kind.model, kind.range_km, row.version + 1
        await self.tell(session, rows)

    async def add(self, session: AsyncSession, new: NewVehicle) -> Vehicle:
        """A new vehicle, told to all stations. Raises Refused `vehicle_exists`, `vin_taken`, `plate_taken`, or 422."""
        kind = await self._type(session, new.type_id)
        given = new.model_dump(exclude={"id", *_OF_TYPE})
        own = {name: _own(new, kind, name) for name in _OF_TYPE}
        _check_vin(new.vin, kind)
        vehicle = Vehicle(
            id=new.id or self._clock.new_id(), created_at=self._clock.now(), **given, **own, service="deployed",
            papers_until=None, version=1,
        )  # fmt: skip
        session.add(vehicle)
        await _flush(session, vehicle)
        await self.tell(session, [vehicle])
        return vehicle

    async def edit(self, session: AsyncSession, vehicle: Vehicle, edit: VehicleEdit, by: uuid.UUID | None) -> None:
        """Change what is given, note it, and tell the stations. Raises Refused as `add` does."""
        given = edit.model_dump(exclude_unset=True)
        kind = await self._type(session, given.get("type_id") or vehicle.type_id)
        if kind is not None and kind.kind != vehicle.kind:
            raise invalid("/type_id", f"a vehicle of kind {vehicle.kind} is none of kind {kind.kind}")
        _check_vin(given.get("vin"), kind)
        before = (vehicle.service, vehicle.rentable)
        for name, value in given.items():
            if value is not None or name in _EMPTIABLE:
                setattr(vehicle, name, value)
        if kind is not None and given.get("type_id") is not None:
            vehicle.model = given.get("model") or kind.model
            vehicle.full_range_km = given.get("full_range_km") or kind.range_km
        vehicle.version += 1
        await _flush(session, vehicle)
        for what in _changes(before, vehicle):
            await self.note(session, vehicle.id, what, by, vehicle.why_not if what == "blocked" else "")
        await self.tell(session, [vehicle])

    async def tell(self, session: AsyncSession, vehicles: Sequence[Vehicle]) -> None:
        """Tell all stations and rooms of these as they are now."""
        await session.flush()
        if vehicles:
            await self._lists.put(session, LIST, [item_of(one) for one in vehicles])
            types = await repository.types_by_id(session, {one.type_id for one in vehicles if one.type_id is not None})
            told = [_registered(one, types.get(one.type_id) if one.type_id else None) for one in vehicles]
            await self._publish(session, events.VehiclesRegistered(vehicles=told))

    async def note(
        self, session: AsyncSession, vehicle_id: uuid.UUID, what: str, by: uuid.UUID | None, detail: str = ""
    ) -> None:
        """Write into the vehicle's history what happened to it now."""
        row: dict[str, Any] = {
            "id": self._clock.new_id(), "created_at": self._clock.now(), "vehicle_id": vehicle_id, "what": what,
            "station_id": None, "dock_no": None, "rental_id": None, "soc_pct": None, "by": by, "detail": detail,
        }  # fmt: skip
        await repository.put_history(session, [row])

    async def priced_by(self, session: AsyncSession, vehicle_id: uuid.UUID) -> tuple[str, uuid.UUID | None] | None:
        """Its kind and its own tariff, if it has one; None when there is no such vehicle."""
        found = await repository.vehicle(session, vehicle_id)
        return None if found is None else (found.kind, found.tariff_id)

    async def items(self, session: AsyncSession) -> list[VehicleItem]:
        """Every vehicle as the stations are told it."""
        return [item_of(one) for one in await repository.every(session)]

    async def when_custody(self, session: AsyncSession, event: events.CustodyReported) -> None:
        """Vehicles were docked or undocked."""
        moves = [(one, one.body) for one in event.facts if isinstance(one.body, rules.Move)]
        held = await repository.custody_rows(session, {fact.vehicle_id for _, fact in moves})
        for one, fact in moves:
            before = held.get(fact.vehicle_id)
            held[fact.vehicle_id] = rules.custody_after(before, one.station_id, fact, one.hlc)
        await self._place(session, held.values())
        told = {one.fact_id: rules.event_of(one.fact_id, one.station_id, fact) for one, fact in moves}
        again = any(one.told_hlc is not None for one, _ in moves)
        await repository.put_history(session, list(told.values()), again=again)
        docked = {fact.vehicle_id for _, fact in moves if isinstance(fact, facts.VehicleDocked)}
        await self._found(session, docked)

    async def when_batteries(self, session: AsyncSession, event: events.BatteriesSeen) -> None:
        """The batteries of the vehicles in a station's docks, as its last picture shows them."""
        held = await repository.custody_rows(session, event.batteries)
        after = [
            rules.seen_in_dock(row, event.station_id, event.batteries[vehicle_id], event.at_ms)
            for vehicle_id, row in held.items()
        ]
        await self._place(session, [row for row in after if row is not None])

    async def _place(self, session: AsyncSession, rows: Iterable[rules.Row]) -> None:
        await repository.put_custody(session, rows)
        told = [rules.placed(row) for row in rows]
        if told:
            await self._publish(session, events.VehiclesPlaced(vehicles=told))

    async def _found(self, session: AsyncSession, docked: set[uuid.UUID]) -> None:
        """Who was missing and stands in a dock is missing no more."""
        if not docked:
            return
        found = await repository.missing_of(session, docked)
        for vehicle in found:
            vehicle.service, vehicle.version = "deployed", vehicle.version + 1
            await self.note(session, vehicle.id, "found", None)
        await self.tell(session, found)

    async def _type(self, session: AsyncSession, type_id: uuid.UUID | None) -> VehicleType | None:
        if type_id is None:
            return None
        kind = await repository.vehicle_type(session, type_id)
        if kind is None:
            raise invalid("/type_id", "there is no such type")
        return kind


def item_of(vehicle: Vehicle) -> VehicleItem:
    """What the stations are told of a vehicle."""
    deployed = vehicle.service == "deployed"
    return VehicleItem(
        key=str(vehicle.id),
        label=vehicle.label,
        kind=vehicle.kind,
        model=vehicle.model,
        dock_kind=vehicle.dock_kind,
        full_range_km=vehicle.full_range_km,
        rentable=vehicle.rentable and deployed,
        why_not=vehicle.why_not if deployed else "not_for_rent",
        tariff_id=vehicle.tariff_id,
        papers_until_ms=None if vehicle.papers_until is None else to_ms(vehicle.papers_until),
    )


def _registered(vehicle: Vehicle, kind: VehicleType | None) -> events.VehicleRegistered:
    item = item_of(vehicle)
    return events.VehicleRegistered(
        vehicle_id=vehicle.id, label=vehicle.label, kind=vehicle.kind, model=vehicle.model, type_id=vehicle.type_id,
        tariff_id=vehicle.tariff_id, full_range_km=vehicle.full_range_km,
        battery_wh=None if kind is None else kind.battery_wh, wh_per_km=None if kind is None else kind.wh_per_km,
        charge_w=None if kind is None else kind.charge_w,
        why_not="" if item.rentable else item.why_not or "not_for_rent", papers_until=vehicle.papers_until,
    )  # fmt: skip


def _own(new: NewVehicle, kind: VehicleType | None, name: str) -> Any:
    given = getattr(new, name)
    if kind is None:
        if given is None and name != "dock_kind":
            raise invalid(f"/{name}", "needed where no type says it", rule="missing")
        return given or "latch"
    told = getattr(kind, _OF_TYPE[name])
    if name == "kind" and given not in (None, told):
        raise invalid("/kind", f"the type is of kind {told}")
    return given or told


def _range_km(battery_wh: float, wh_per_km: float) -> float:
    """How far a full battery goes. Raises a 422 for one that nothing on wheels has: the energy or the use is a typo."""
    range_km = battery_wh / wh_per_km
    if not 0.1 <= range_km <= MAX_RANGE_KM:
        raise invalid("/wh_per_km", f"a range of {range_km:.3g} km cannot be")
    return round(range_km, 1)


def _check_vin(text: str | None, kind: VehicleType | None) -> None:
    if text is not None and kind is not None and kind.vin_check_digit and not vin.is_checked(text):
        raise invalid("/vin", f"the check digit at the ninth place should be {vin.check_digit(text)}", rule="vin_check")


def _changes(before: tuple[str, bool], vehicle: Vehicle) -> list[str]:
    service, rentable = before
    found = [] if service == vehicle.service else [vehicle.service]
    if rentable != vehicle.rentable:
        found.append("unblocked" if vehicle.rentable else "blocked")
    return found


async def _flush(session: AsyncSession, vehicle: Vehicle) -> None:
    label, given = vehicle.label, {"vin": vehicle.vin, "plate": vehicle.plate}
    try:
        await session.flush()
    except IntegrityError as error:
        for name, code in _TAKEN.items():
            if violates(error, f"uq_vehicles_{name}") or violates(error, f"vehicles.{name}"):
                raise Refused(code, **{name: given[name]}) from error
        raise Refused("vehicle_exists", label=label) from error
