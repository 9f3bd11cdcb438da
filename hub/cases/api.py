"""`/api/v1/cases`: what a person must look at."""

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub.cases import repository
from hub.cases.schemas import CaseQuery, CaseShape, Finding, Note, Resolution
from hub.cases.service import Cases
from hub.kernel.pages import Page
from hub.kernel.routes import Call, route
from protocols.errors import Refused


class Finder(Protocol):
    """Who can do something with what a person found. Filled by the wiring."""

    async def __call__(
        self, session: AsyncSession, case_id: uuid.UUID, rental_id: uuid.UUID, *, there: bool, by: uuid.UUID, why: str
    ) -> None:
        """The vehicle of this rental is there, or it is not. Raises Refused `not_found`, `case_resolved`."""


class CasesApi:
    """Cases."""

    def __init__(self, cases: Cases, finders: Mapping[str, Finder] = MappingProxyType({})) -> None:
        self._cases = cases
        self._finders = finders

    @route(
        "GET", "/api/v1/cases", summary="List cases", tags=["cases"],
        permission="cases:read", query=CaseQuery, response=Page[CaseShape],
    )  # fmt: skip
    async def list_cases(self, call: Call[None, CaseQuery]) -> Page[CaseShape]:
        """Newest first."""
        query = call.query
        found = await repository.cases(
            call.session,
            query,
            kind=query.kind,
            state=query.state,
            station_id=query.station_id,
            account_id=query.account_id,
            rental_id=query.rental_id,
            about=query.about,
            naming=(query.vehicle_id, query.reservation_id, query.naming),
            unresolved=query.unresolved,
        )
        return found.as_page(CaseShape.model_validate)

    @route(
        "GET", "/api/v1/cases/{case_id}", summary="A case", tags=["cases"],
        permission="cases:read", response=CaseShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_case(self, call: Call[None, None]) -> CaseShape:
        """With its history."""
        return await self._shown(call)

    @route(
        "POST", "/api/v1/cases/{case_id}/acknowledge", summary="Take a case up", tags=["cases"],
        permission="cases:write", body=Note, response=CaseShape,
        errors={"not_found": 404, "case_resolved": 409}, idempotent=True,
    )  # fmt: skip
    async def acknowledge(self, call: Call[Note, None]) -> CaseShape:
        """Somebody looks at it; others see who and when."""
        await self._cases.acknowledge(call.session, call.id("case_id"), call.principal.account_id, call.body.note)
        return await self._shown(call)

    @route(
        "POST", "/api/v1/cases/{case_id}/resolve", summary="Resolve a case", tags=["cases"],
        permission="cases:write", body=Resolution, response=CaseShape,
        errors={"not_found": 404, "case_resolved": 409}, idempotent=True,
    )  # fmt: skip
    async def resolve(self, call: Call[Resolution, None]) -> CaseShape:
        """What hung on it goes on (a blocked account may rent again). It opens again only if something else is seen."""
        await self._cases.resolve(call.session, call.id("case_id"), call.principal.account_id, call.body.why)
        return await self._shown(call)

    @route(
        "POST", "/api/v1/cases/{case_id}/finding", summary="Say what was found", tags=["cases"],
        permission="cases:look", body=Finding, response=CaseShape,
        errors={"not_found": 404, "case_resolved": 409, "case_asks_nothing": 409}, idempotent=True,
    )  # fmt: skip
    async def find(self, call: Call[Finding, None]) -> CaseShape:
        """Of a vehicle that was left beside full docks (`overflow_return`): it is there, or it is not.

        There: the ride keeps its end, the case is resolved. Not there: the case is escalated, the rental flagged
        `parked_unconfirmed`.
        """
        case = await repository.case(call.session, call.id("case_id"))
        if case is None:
            raise Refused("not_found")
        finder = self._finders.get(case.kind)
        if finder is None or case.rental_id is None:
            raise Refused("case_asks_nothing", kind=case.kind)
        there, why, by = call.body.vehicle_there, call.body.why, call.principal.account_id
        await finder(call.session, case.id, case.rental_id, there=there, by=by, why=why)
        return await self._shown(call)

    async def _shown(
        self, call: Call[None, None] | Call[Note, None] | Call[Resolution, None] | Call[Finding, None]
    ) -> CaseShape:
        found = await repository.case(call.session, call.id("case_id"))
        if found is None:
            raise Refused("not_found")
        return CaseShape.model_validate(found)
