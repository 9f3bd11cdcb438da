"""`/api/v1/vehicles`."""

from hub.fleet import mds, repository
from hub.fleet.schemas import HistoryShape, NewVehicle, VehicleEdit, VehicleQuery, VehicleShape
from hub.fleet.service import Fleet
from hub.fleet.tables import VehicleEvent
from hub.fleet.view import View
from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, Reply, route
from protocols.errors import Refused

_TAKEN = {"vehicle_exists": 409, "vin_taken": 409, "plate_taken": 409}


class FleetApi:
    """Vehicles."""

    def __init__(self, fleet: Fleet, view: View) -> None:
        self._fleet = fleet
        self._view = view

    @route(
        "GET", "/api/v1/vehicles", summary="List vehicles", tags=["fleet"],
        permission="vehicles:read", query=VehicleQuery, response=Page[VehicleShape],
    )  # fmt: skip
    async def list_vehicles(self, call: Call[None, VehicleQuery]) -> Page[VehicleShape]:
        """All vehicles with where they are, newest first."""
        found = await repository.vehicles(call.session, call.query)
        shown = await self._view.shown(call.session, found.rows)
        return Page[VehicleShape](items=shown, next_cursor=found.next_cursor)

    @route(
        "GET", "/api/v1/vehicles/{vehicle_id}", summary="A vehicle", tags=["fleet"],
        permission="vehicles:read", response=VehicleShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_vehicle(self, call: Call[None, None]) -> Reply:
        """With where it is and its battery as it was last read."""
        vehicle = await repository.vehicle(call.session, call.id("vehicle_id"))
        if vehicle is None:
            raise Refused("not_found")
        [shown] = await self._view.shown(call.session, [vehicle])
        return Reply(body=shown, etag=str(vehicle.version))

    @route(
        "POST", "/api/v1/vehicles", summary="Add a vehicle", tags=["fleet"], permission="vehicles:write",
        body=NewVehicle, response=VehicleShape, status=201, errors=_TAKEN, idempotent=True,
    )  # fmt: skip
    async def add(self, call: Call[NewVehicle, None]) -> VehicleShape:
        """All stations know it from now on."""
        vehicle = await self._fleet.add(call.session, call.body)
        [shown] = await self._view.shown(call.session, [vehicle])
        return shown

    @route(
        "PATCH", "/api/v1/vehicles/{vehicle_id}", summary="Edit a vehicle", tags=["fleet"],
        permission="vehicles:write", body=VehicleEdit, response=VehicleShape, errors={"not_found": 404, **_TAKEN},
        edits=True,
    )  # fmt: skip
    async def edit(self, call: Call[VehicleEdit, None]) -> Reply:
        """Needs If-Match with the vehicle's ETag. The stations are told at once."""
        vehicle = await repository.vehicle(call.session, call.id("vehicle_id"), lock=True)
        if vehicle is None:
            raise Refused("not_found")
        call.require_match(str(vehicle.version))
        await self._fleet.edit(call.session, vehicle, call.body, call.principal.account_id)
        [shown] = await self._view.shown(call.session, [vehicle])
        return Reply(body=shown, etag=str(vehicle.version))

    @route(
        "GET", "/api/v1/vehicles/{vehicle_id}/history", summary="What happened to a vehicle", tags=["fleet"],
        permission="vehicles:history", query=PageQuery, response=Page[HistoryShape],
    )  # fmt: skip
    async def history(self, call: Call[None, PageQuery]) -> Page[HistoryShape]:
        """Where it came from and went to, by whom it was blocked, its papers; the latest first."""
        found = await repository.history(call.session, call.id("vehicle_id"), call.query)
        return found.as_page(told)


def told(row: VehicleEvent) -> HistoryShape:
    """A row of the history as JSON."""
    plain = {name: getattr(row, name) for name in HistoryShape.model_fields if name not in {"at", "mds_event"}}
    return HistoryShape(at=row.created_at, mds_event=mds.EVENTS.get(row.what, "unspecified"), **plain)
