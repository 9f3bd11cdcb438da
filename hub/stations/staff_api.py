"""`/api/v1/station-staff`: who may act by hand at the stations."""

from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, route
from hub.stations import repository
from hub.stations.schemas import NewStaff, StaffShape
from hub.stations.staff import Staff
from hub.stations.tables import StaffMember


class StaffApi:
    """Staff at the stations."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff

    @route(
        "GET", "/api/v1/station-staff", summary="List staff at the stations", tags=["stations"],
        permission="stations:write", query=PageQuery, response=Page[StaffShape],
    )  # fmt: skip
    async def list_staff(self, call: Call[None, PageQuery]) -> Page[StaffShape]:
        """Newest first."""
        return (await repository.staff(call.session, call.query)).as_page(_shown)

    @route(
        "POST", "/api/v1/station-staff", summary="Let somebody act by hand", tags=["stations"],
        permission="stations:write", body=NewStaff, response=StaffShape, status=201,
        errors={"pin_taken": 409, "badge_taken": 409}, idempotent=True,
    )  # fmt: skip
    async def put(self, call: Call[NewStaff, None]) -> StaffShape:
        """All stations know him until `valid_to`, with or without the hub. A PIN is one person's, and so is a badge."""
        return _shown(await self._staff.put(call.session, call.body))

    @route(
        "POST", "/api/v1/station-staff/{member_id}/end", summary="End somebody's time", tags=["stations"],
        permission="stations:write", errors={"not_found": 404}, idempotent=True,
    )  # fmt: skip
    async def end(self, call: Call[None, None]) -> None:
        """A station without a network hears of it later."""
        await self._staff.end(call.session, call.id("member_id"))


def _shown(row: StaffMember) -> StaffShape:
    plain = {name: getattr(row, name) for name in StaffShape.model_fields if name != "has_pin"}
    return StaffShape(**plain, has_pin=bool(row.pin_hash))
