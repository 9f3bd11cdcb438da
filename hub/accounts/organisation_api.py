"""`/api/v1/organisations`: the operators that share the hub."""

import uuid
from typing import Final

from hub.accounts.organisation_schemas import NewOrganisation, OrganisationEdit, OrganisationShape
from hub.accounts.organisations import Organisations
from hub.kernel.auth import Principal
from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import SIGNED_IN, Call, Reply, Unit, route

READ: Final = "organisations:read"
_PATH: Final = "/api/v1/organisations"
_ONE: Final = _PATH + "/{organisation_id}"


class OrganisationsApi:
    """Routes of organisations."""

    def __init__(self, organisations: Organisations) -> None:
        self._organisations = organisations

    @route(
        "GET", _PATH, summary="List organisations", tags=["organisations"], permission=SIGNED_IN, wide=READ,
        query=PageQuery, response=Page[OrganisationShape],
    )  # fmt: skip
    async def list_organisations(self, call: Call[None, PageQuery]) -> Page[OrganisationShape]:
        """Newest first: one's own; all of them with the house's `organisations:read`."""
        found = await self._organisations.page(call.session, call.query, _only(call.principal))
        return found.as_page(OrganisationShape.model_validate)

    @route(
        "POST", _PATH, summary="Add an organisation", tags=["organisations"], permission="organisations:write",
        body=NewOrganisation, response=OrganisationShape, status=201, unit=Unit.NONE,
        errors={"organisation_exists": 409, "email_taken": 409},
    )  # fmt: skip
    async def create(self, call: Call[NewOrganisation, None]) -> Reply:
        """An operator with its first admin, who lets the others in. What it has nobody else sees, the house neither."""
        row = await self._organisations.create(call.body)
        return Reply(body=OrganisationShape.model_validate(row), headers={"Location": f"{_PATH}/{row.id}"})

    @route(
        "GET", _ONE, summary="One organisation", tags=["organisations"], permission=SIGNED_IN, wide=READ,
        response=OrganisationShape, errors={"not_found": 404},
    )  # fmt: skip
    async def read(self, call: Call[None, None]) -> Reply:
        """One's own; any with the house's `organisations:read`."""
        row = await self._organisations.get(call.session, call.id("organisation_id"), _only(call.principal))
        return Reply(body=OrganisationShape.model_validate(row), etag=str(row.version))

    @route(
        "PATCH", _ONE, summary="Change one's own organisation", tags=["organisations"],
        permission="organisations:edit", body=OrganisationEdit, response=OrganisationShape,
        errors={"not_found": 404}, edits=True,
    )  # fmt: skip
    async def edit(self, call: Call[OrganisationEdit, None]) -> Reply:
        """Its name, and who its invoices are from; one's own only. Needs If-Match with its ETag."""
        mine = call.principal.organisation_id
        row = await self._organisations.get(call.session, call.id("organisation_id"), mine, lock=True)
        call.require_match(str(row.version))
        await self._organisations.edit(call.session, row, call.body)
        return Reply(body=OrganisationShape.model_validate(row), etag=str(row.version))


def _only(principal: Principal) -> uuid.UUID | None:
    return None if principal.may(READ) else principal.organisation_id
