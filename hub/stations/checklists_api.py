"""`/api/v1/checklists`: what staff fill in at the stations. `/api/v1/filled-checklists`: what they found."""

import msgspec

from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, Reply, route
from hub.stations import repository
from hub.stations.checklist_schemas import (
    BuiltInChecklists,
    ChecklistEdit,
    ChecklistShape,
    FilledQuery,
    FilledShape,
    NewChecklist,
)
from hub.stations.checklists import Checklists
from hub.stations.tables import Checklist
from protocols.errors import Refused
from protocols.sync.checklists import BUILT_IN, Built


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
        "GET", "/api/v1/built-in-checklists", summary="List built-in checklists", tags=["stations"],
        permission="stations:read", response=BuiltInChecklists,
    )  # fmt: skip
    async def list_built_in(self, call: Call[None, None]) -> BuiltInChecklists:  # noqa: ARG002  # as every route
        """What stations ask while `GET /api/v1/checklists` is empty; each may be made as it is."""
        return BuiltInChecklists(items=[_built_in(one) for one in BUILT_IN])

    @route(
        "GET", "/api/v1/checklists/{key}", summary="A checklist", tags=["stations"],
        permission="stations:read", response=ChecklistShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_checklist(self, call: Call[None, None]) -> Reply:
        """With the ETag that an edit sends back."""
        return _reply(await _found(call, lock=False))

    @route(
        "POST", "/api/v1/checklists", summary="Make a checklist", tags=["stations"],
        permission="stations:write", body=NewChecklist, response=ChecklistShape, status=201,
        errors={"checklist_exists": 409}, idempotent=True,
    )  # fmt: skip
    async def make(self, call: Call[NewChecklist, None]) -> Reply:
        """All stations are told. From the first one on the built-in ones are not shown any more."""
        return _reply(await self._checklists.make(call.session, call.body), status=201)

    @route(
        "PUT", "/api/v1/checklists/{key}", summary="Change a checklist", tags=["stations"],
        permission="stations:write", body=ChecklistEdit, response=ChecklistShape, errors={"not_found": 404},
        edits=True,
    )  # fmt: skip
    async def change(self, call: Call[ChecklistEdit, None]) -> Reply:
        """Needs If-Match with its ETag. All stations are told; what was filled in keeps the questions of its time."""
        row = await _found(call, lock=True)
        call.require_match(_etag(row))
        return _reply(await self._checklists.change(call.session, row, call.body))

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


async def _found(call: Call[None, None] | Call[ChecklistEdit, None], *, lock: bool) -> Checklist:
    row = await repository.checklist(call.session, call.text("key"), lock=lock)
    if row is None:
        raise Refused("not_found")
    return row


def _shown(row: Checklist) -> ChecklistShape:
    return ChecklistShape.model_validate(row)


def _reply(row: Checklist, *, status: int | None = None) -> Reply:
    return Reply(body=_shown(row), etag=_etag(row), status=status)


def _etag(row: Checklist) -> str:
    """Versions of one that was taken back and made again begin anew: the id tells them apart."""
    return f"{row.id}.{row.version}"


def _built_in(one: Built) -> NewChecklist:
    key, about, title, questions = one
    return NewChecklist.model_validate(
        {"key": key, "about": about, "title": title, "questions": [msgspec.structs.asdict(each) for each in questions]}
    )
