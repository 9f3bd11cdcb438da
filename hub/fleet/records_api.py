"""`/api/v1/vehicle-types`, and the papers of a vehicle."""

from hub.fleet import repository
from hub.fleet.documents import Documents
from hub.fleet.schemas import DocumentShape, NewDocument, NewVehicleType, VehicleTypeEdit, VehicleTypeShape
from hub.fleet.service import Fleet
from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, Reply, route
from protocols.errors import Refused


class FleetRecordsApi:
    """Types of vehicles and papers."""

    def __init__(self, fleet: Fleet, documents: Documents) -> None:
        self._fleet = fleet
        self._documents = documents

    @route(
        "GET", "/api/v1/vehicle-types", summary="List types of vehicles", tags=["fleet"],
        permission="vehicles:read", query=PageQuery, response=Page[VehicleTypeShape],
    )  # fmt: skip
    async def list_types(self, call: Call[None, PageQuery]) -> Page[VehicleTypeShape]:
        """Newest first."""
        found = await repository.vehicle_types(call.session, call.query)
        return found.as_page(VehicleTypeShape.model_validate)

    @route(
        "GET", "/api/v1/vehicle-types/{type_id}", summary="A type of vehicles", tags=["fleet"],
        permission="vehicles:read", response=VehicleTypeShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_type(self, call: Call[None, None]) -> Reply:
        """With its ETag."""
        found = await repository.vehicle_type(call.session, call.id("type_id"))
        if found is None:
            raise Refused("not_found")
        return Reply(body=VehicleTypeShape.model_validate(found), etag=str(found.version))

    @route(
        "POST", "/api/v1/vehicle-types", summary="Add a type of vehicles", tags=["fleet"],
        permission="vehicles:write", body=NewVehicleType, response=VehicleTypeShape, status=201, idempotent=True,
        errors={"vehicle_type_exists": 409},
    )  # fmt: skip
    async def add_type(self, call: Call[NewVehicleType, None]) -> VehicleTypeShape:
        """Vehicles are then added with its id."""
        return VehicleTypeShape.model_validate(await self._fleet.add_type(call.session, call.body))

    @route(
        "PATCH", "/api/v1/vehicle-types/{type_id}", summary="Edit a type of vehicles", tags=["fleet"],
        permission="vehicles:write", body=VehicleTypeEdit, response=VehicleTypeShape, errors={"not_found": 404},
        edits=True,
    )  # fmt: skip
    async def edit_type(self, call: Call[VehicleTypeEdit, None]) -> Reply:
        """Needs If-Match. Model and range of all vehicles of the type follow, at the stations too."""
        found = await repository.vehicle_type(call.session, call.id("type_id"), lock=True)
        if found is None:
            raise Refused("not_found")
        call.require_match(str(found.version))
        await self._fleet.edit_type(call.session, found, call.body)
        return Reply(body=VehicleTypeShape.model_validate(found), etag=str(found.version))

    @route(
        "GET", "/api/v1/vehicles/{vehicle_id}/documents", summary="List a vehicle's papers", tags=["fleet"],
        permission="vehicles:history", query=PageQuery, response=Page[DocumentShape],
    )  # fmt: skip
    async def list_documents(self, call: Call[None, PageQuery]) -> Page[DocumentShape]:
        """Newest first."""
        found = await repository.documents(call.session, call.id("vehicle_id"), call.query)
        return found.as_page(DocumentShape.model_validate)

    @route(
        "POST", "/api/v1/vehicles/{vehicle_id}/documents", summary="Enter a paper of a vehicle", tags=["fleet"],
        permission="vehicles:write", body=NewDocument, response=DocumentShape, status=201, idempotent=True,
        errors={"not_found": 404},
    )  # fmt: skip
    async def add_document(self, call: Call[NewDocument, None]) -> DocumentShape:
        """Once its papers of one kind are over, the vehicle is not rented out, neither here nor at any station."""
        vehicle = await repository.vehicle(call.session, call.id("vehicle_id"), lock=True)
        if vehicle is None:
            raise Refused("not_found")
        made = await self._documents.add(call.session, vehicle, call.body, call.principal.account_id)
        return DocumentShape.model_validate(made)

    @route(
        "DELETE", "/api/v1/vehicles/{vehicle_id}/documents/{document_id}", summary="Take a paper back",
        tags=["fleet"], permission="vehicles:write", errors={"not_found": 404},
    )  # fmt: skip
    async def remove_document(self, call: Call[None, None]) -> None:
        """For what was entered by mistake; the vehicle's history keeps it."""
        vehicle = await repository.vehicle(call.session, call.id("vehicle_id"), lock=True)
        document = await repository.document(call.session, call.id("vehicle_id"), call.id("document_id"))
        if vehicle is None or document is None:
            raise Refused("not_found")
        await self._documents.remove(call.session, vehicle, document, call.principal.account_id)
