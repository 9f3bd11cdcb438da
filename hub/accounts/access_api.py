"""`/api/v1/accounts/{id}/roles`, `…/deactivate`, `…/reactivate`: who may do what, said by admins."""

from typing import Final

from hub.accounts.access import Access
from hub.accounts.access_schemas import AccessReason, RolesGiven
from hub.accounts.schemas import AccountShape
from hub.kernel.routes import Call, route

_ERRORS: Final = {"not_found": 404, "last_admin": 409}


class AccessApi:
    """Roles and the life of accounts."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @route(
        "PUT", "/api/v1/accounts/{account_id}/roles", summary="Give an account its roles", tags=["accounts"],
        permission="accounts:write", body=RolesGiven, response=AccountShape,
        errors=_ERRORS | {"station_unknown": 422},
    )  # fmt: skip
    async def give(self, call: Call[RolesGiven, None]) -> AccountShape:
        """All of them, in place of those it had. `role` holds everywhere, `role@<station id>` at that station only.

        In force with the account's next access token, ten minutes at most. The last admin stays one.
        """
        account = await self._access.give(call.session, call.id("account_id"), call.body.grants())
        return AccountShape.model_validate(account)

    @route(
        "POST", "/api/v1/accounts/{account_id}/deactivate", summary="Close an account", tags=["accounts"],
        permission="accounts:write", body=AccessReason, response=AccountShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def close(self, call: Call[AccessReason, None]) -> AccountShape:
        """Its sessions end and nobody signs in with it; its last access token runs out within ten minutes."""
        return AccountShape.model_validate(await self._access.close(call.session, call.id("account_id")))

    @route(
        "POST", "/api/v1/accounts/{account_id}/reactivate", summary="Open an account again", tags=["accounts"],
        permission="accounts:write", body=AccessReason, response=AccountShape, errors={"not_found": 404},
        idempotent=True,
    )  # fmt: skip
    async def open(self, call: Call[AccessReason, None]) -> AccountShape:
        """With the roles that it had."""
        return AccountShape.model_validate(await self._access.open(call.session, call.id("account_id")))
