"""The accounts' routes: me, and the list of accounts."""

from hub.accounts import repository
from hub.accounts.rights import rights_of
from hub.accounts.schemas import AccountShape, Me, NewAccount
from hub.accounts.service import Accounts
from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import SIGNED_IN, Call, Reply, Unit, route


class AccountsApi:
    """Routes of the accounts room."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    @route("GET", "/api/v1/me", summary="My account", tags=["accounts"], permission=SIGNED_IN, response=Me)
    async def me(self, call: Call[None, None]) -> Me:
        """The caller's account and what it may do."""
        account = await self._accounts.get(call.session, call.principal.account_id)
        shown = AccountShape.model_validate(account)
        rights = rights_of(account.roles, account.organisation_id)
        return Me(**shown.model_dump(), permissions=sorted(rights.permissions))

    @route(
        "GET",
        "/api/v1/accounts",
        summary="List accounts",
        tags=["accounts"],
        permission="accounts:read",
        query=PageQuery,
        response=Page[AccountShape],
    )
    async def list_accounts(self, call: Call[None, PageQuery]) -> Page[AccountShape]:
        """Every account, newest first."""
        found = await repository.accounts(call.session, call.query)
        return found.as_page(AccountShape.model_validate)

    @route(
        "POST",
        "/api/v1/accounts",
        summary="Create an account",
        tags=["accounts"],
        permission="accounts:write",
        body=NewAccount,
        response=AccountShape,
        status=201,
        errors={"email_taken": 409},
        unit=Unit.NONE,
    )
    async def create(self, call: Call[NewAccount, None]) -> Reply:
        """A new account with its roles; the address must not be in use, whatever its capitals."""
        account = await self._accounts.create(call.body, call.principal.organisation_id)
        shown = AccountShape.model_validate(account)
        return Reply(body=shown, headers={"Location": f"/api/v1/accounts/{account.id}"})

    @route(
        "GET",
        "/api/v1/accounts/{account_id}",
        summary="One account",
        tags=["accounts"],
        permission="accounts:read",
        response=AccountShape,
        errors={"not_found": 404},
    )
    async def read(self, call: Call[None, None]) -> AccountShape:
        """The account with this id."""
        return AccountShape.model_validate(await self._accounts.get(call.session, call.id("account_id")))
