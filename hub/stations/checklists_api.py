"""`/api/v1/checklists`: what staff fill in at the stations. `/api/v1/filled-checklists`: what they found."""

from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, route
from hub.stations import repository
from hub.stations.checklist_schemas import ChecklistShape, FilledQuery, FilledShape, NewChecklist
from hub.stations.checklists import Checklists
from hub.stations.tables import Checklist


class ChecklistsApi:
    """Checklists."""

    def __init__(self, checklists: Checklists) -> None:
        self._checklists = checklists

    @route(
        "GET", "/api/v1/checklists", summary="List checklists", tags=["stations"],
        permission="stations:read", query=PageQuery, response=Page[ChecklistShape],
    )  # fmt: skip
    async def list_checklists(self, call: Call[None, PageQuery]) -> Page[ChecklistShape]:
        """Newest first. None: stations show built-in ones."""
        return (await repository.checklists(call.session, call.query)).as_page(_shown)

    @route(
        "POST", "/api/v1/checklists", summary="Make or change a checklist", tags=["stations"],
        permission="stations:write", body=NewChecklist, response=ChecklistShape, status=201, idempotent=True,
    )  # fmt: skip
    async def put(self, call: Call[NewChecklist, None]) -> ChecklistShape:
        """All stations are told. From the first one on the built-in ones are not shown any more."""
        return _shown(await self._checklists.put(call.session, call.body))

    @route(
        "POST", "/api/v1/checklists/{key}/end", summary="Take a checklist back", tags=["stations"],
        permission="stations:write", errors={"not_found": 404}, idempotent=True,
    )  # fmt: skip
    async def end(self, call: Call[None, None]) -> None:
        """What was filled in stays."""
        await self._checklists.end(call.session, call.text("key"))

    @route(
        "GET", "/api/v1/filled-checklists", summary="List filled-in checklists", tags=["stations"],
        permission="cases:read", query=FilledQuery, response=Page[FilledShape],
    )  # fmt: skip
    async def list_filled(self, call: Call[None, FilledQuery]) -> Page[FilledShape]:
        """Newest first."""
        query = call.query
        found = await repository.filled_checklists(
            call.session, query, station_id=query.station_id, vehicle_id=query.vehicle_id, key=query.key,
            passed=query.passed,
        )  # fmt: skip
        return found.as_page(FilledShape.model_validate)


def _shown(row: Checklist) -> ChecklistShape:
    return ChecklistShape.model_validate(row)
