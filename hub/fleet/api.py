"""`/api/v1/vehicles`."""

from hub.fleet import repository
from hub.fleet.schemas import NewVehicle, VehicleEdit, VehicleQuery, VehicleShape
from hub.fleet.service import Fleet
from hub.fleet.tables import Custody, Vehicle
from hub.kernel.pages import Page
from hub.kernel.routes import Call, Reply, route
from protocols.errors import Refused

_OWN = ("id", "created_at", "label", "kind", "model", "dock_kind", "full_range_km", "rentable", "why_not", "tariff_id")


class FleetApi:
    """Vehicles."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @route(
        "GET", "/api/v1/vehicles", summary="List vehicles", tags=["fleet"],
        permission="vehicles:read", query=VehicleQuery, response=Page[VehicleShape],
    )  # fmt: skip
    async def list_vehicles(self, call: Call[None, VehicleQuery]) -> Page[VehicleShape]:
        """All vehicles with where they are, newest first."""
        query = call.query
        found = await repository.vehicles(call.session, query, query.station_id, query.kind)
        custody = await repository.custody_of(call.session, [row.id for row in found.rows])
        return found.as_page(lambda row: shown(row, custody.get(row.id)))

    @route(
        "GET", "/api/v1/vehicles/{vehicle_id}", summary="A vehicle", tags=["fleet"],
        permission="vehicles:read", response=VehicleShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_vehicle(self, call: Call[None, None]) -> Reply:
        """With where it is and its battery as the last dock read it."""
        vehicle = await repository.vehicle(call.session, call.id("vehicle_id"))
        if vehicle is None:
            raise Refused("not_found")
        custody = await repository.custody_of(call.session, [vehicle.id])
        return Reply(body=shown(vehicle, custody.get(vehicle.id)), etag=str(vehicle.version))

    @route(
        "POST", "/api/v1/vehicles", summary="Add a vehicle", tags=["fleet"], permission="vehicles:write",
        body=NewVehicle, response=VehicleShape, status=201, errors={"vehicle_exists": 409}, idempotent=True,
    )  # fmt: skip
    async def add(self, call: Call[NewVehicle, None]) -> VehicleShape:
        """All stations know it from now on."""
        vehicle = await self._fleet.add(call.session, call.body)
        custody = await repository.custody_of(call.session, [vehicle.id])
        return shown(vehicle, custody.get(vehicle.id))

    @route(
        "PATCH", "/api/v1/vehicles/{vehicle_id}", summary="Edit a vehicle", tags=["fleet"],
        permission="vehicles:write", body=VehicleEdit, response=VehicleShape,
        errors={"not_found": 404, "vehicle_exists": 409},
    )  # fmt: skip
    async def edit(self, call: Call[VehicleEdit, None]) -> Reply:
        """Needs If-Match with the vehicle's ETag. The stations are told at once."""
        vehicle = await repository.vehicle(call.session, call.id("vehicle_id"), lock=True)
        if vehicle is None:
            raise Refused("not_found")
        call.require_match(str(vehicle.version))
        await self._fleet.edit(call.session, vehicle, call.body)
        custody = await repository.custody_of(call.session, [vehicle.id])
        return Reply(body=shown(vehicle, custody.get(vehicle.id)), etag=str(vehicle.version))


def shown(vehicle: Vehicle, custody: Custody | None) -> VehicleShape:
    """The vehicle as JSON."""
    own = {name: getattr(vehicle, name) for name in _OWN}
    if custody is None:
        return VehicleShape(
            **own,
            state="unknown",
            station_id=None,
            dock_no=None,
            rental_id=None,
            since=None,
            soc_pct=None,
            soh_pct=None,
        )
    battery = custody.battery or {}
    return VehicleShape(
        **own,
        state=custody.state,
        station_id=custody.station_id,
        dock_no=custody.dock_no if custody.state == "docked" else None,
        rental_id=custody.rental_id,
        since=custody.since,
        soc_pct=battery.get("soc_pct"),
        soh_pct=battery.get("soh_pct"),
    )
