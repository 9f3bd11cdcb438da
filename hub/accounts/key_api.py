"""`/api/v1/api-keys`: keys for machines."""

import uuid

from hub.accounts.key_schemas import KeyMade, KeyShape, NewKey
from hub.accounts.keys import MANAGE, ApiKeys
from hub.kernel.auth import Principal
from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, Reply, route


class KeysApi:
    """API keys."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    @route(
        "GET", "/api/v1/api-keys", summary="List API keys", tags=["accounts"],
        permission=MANAGE, query=PageQuery, response=Page[KeyShape],
    )  # fmt: skip
    async def list_keys(self, call: Call[None, PageQuery]) -> Page[KeyShape]:
        """One's own, with `accounts:read` everybody's; newest first, also those that ended."""
        found = await self._keys.page(call.session, call.query, _whose(call.principal, "accounts:read"))
        return found.as_page(KeyShape.model_validate)

    @route(
        "POST", "/api/v1/api-keys", summary="Make an API key", tags=["accounts"], permission=MANAGE,
        body=NewKey, response=KeyMade, status=201, errors={"scope_not_held": 403, "too_many_keys": 409},
    )  # fmt: skip
    async def make(self, call: Call[NewKey, None]) -> Reply:
        """It may what its scopes say, as long as its account may too. The key is shown this once.

        Takes no Idempotency-Key: an answer that is kept would keep the secret.
        """
        row, key = await self._keys.make(call.session, call.principal, call.body)
        shown = KeyMade(**KeyShape.model_validate(row).model_dump(), key=key)
        return Reply(body=shown, headers={"Location": f"/api/v1/api-keys/{row.id}"})

    @route(
        "DELETE", "/api/v1/api-keys/{key_id}", summary="Revoke an API key", tags=["accounts"],
        permission=MANAGE, response=KeyShape, errors={"not_found": 404},
    )  # fmt: skip
    async def revoke(self, call: Call[None, None]) -> KeyShape:
        """One's own, with `accounts:write` anybody's. It is let in no more, at once; a second time changes nothing."""
        whose = _whose(call.principal, "accounts:write")
        return KeyShape.model_validate(await self._keys.revoke(call.session, call.id("key_id"), whose))


def _whose(principal: Principal, wide: str) -> uuid.UUID | None:
    return None if principal.may(wide) else principal.account_id
