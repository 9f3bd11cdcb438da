"""The accounts' routes: sign in, refresh, sign out, me, and the list of accounts."""

from hub.accounts import repository
from hub.accounts.rules import permissions_of
from hub.accounts.schemas import AccountShape, Me, NewAccount, RefreshRequest, TokenRequest, Tokens
from hub.accounts.service import Accounts, Denied
from hub.kernel.pages import Page, PageQuery
from hub.kernel.problem import Problem, invalid, problem
from hub.kernel.routes import SIGNED_IN, Call, Reply, Unit, route

_REFRESH_ERRORS = {"refresh_token_invalid": 401, "refresh_token_reused": 401}
_TOKEN_ERRORS = {"bad_credentials": 401, "log_in_locked": 429, **_REFRESH_ERRORS}


class AccountsApi:
    """Routes of the accounts room."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    @route(
        "POST",
        "/api/v1/auth/token",
        summary="Sign in",
        tags=["auth"],
        permission=None,
        body=TokenRequest,
        response=Tokens,
        errors=_TOKEN_ERRORS,
        unit=Unit.NONE,
    )
    async def sign_in(self, call: Call[TokenRequest, None]) -> Tokens | Problem:
        """By e-mail address and password, or by refresh token.

        After four wrong passwords in a row an account waits before the next try: 5 seconds, doubling up to
        15 minutes (429 `log_in_locked` with `retry_after_s`).
        """
        body = call.body
        if body.refresh_token is not None:
            if body.email is not None or body.password is not None:
                raise invalid("/refresh_token", "either a refresh token or e-mail and password")
            async with call.database.transaction() as session:
                return _shown(await self._accounts.refresh(session, body.refresh_token))
        if body.email is None:
            raise invalid("/email", "Field required", rule="missing")
        if body.password is None:
            raise invalid("/password", "Field required", rule="missing")
        return _shown(await self._accounts.sign_in(body.email, body.password))

    @route(
        "POST",
        "/api/v1/auth/refresh",
        summary="Stay signed in",
        tags=["auth"],
        permission=None,
        body=RefreshRequest,
        response=Tokens,
        errors=_REFRESH_ERRORS,
        audited=False,  # goes on with what the log-in began, every ten minutes
    )
    async def refresh(self, call: Call[RefreshRequest, None]) -> Tokens | Problem:
        """Exchange a refresh token for the next pair. One that is used twice ends the whole session."""
        return _shown(await self._accounts.refresh(call.session, call.body.refresh_token))

    @route(
        "POST",
        "/api/v1/auth/logout",
        summary="Sign out",
        tags=["auth"],
        permission=None,
        body=RefreshRequest,
    )
    async def sign_out(self, call: Call[RefreshRequest, None]) -> None:
        """End the session that this refresh token belongs to. Its access token runs out within ten minutes."""
        await self._accounts.sign_out(call.session, call.body.refresh_token)

    @route("GET", "/api/v1/me", summary="My account", tags=["accounts"], permission=SIGNED_IN, response=Me)
    async def me(self, call: Call[None, None]) -> Me:
        """The caller's account and what it may do."""
        account = await self._accounts.get(call.session, call.principal.account_id)
        shown = AccountShape.model_validate(account)
        return Me(**shown.model_dump(), permissions=sorted(permissions_of(account.roles)))

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
        account = await self._accounts.create(call.body)
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


def _shown(answer: Tokens | Denied) -> Tokens | Problem:
    # A Problem that is returned, not raised, keeps what was counted or revoked.
    if isinstance(answer, Tokens):
        return answer
    params = {"retry_after_s": answer.retry_after_s} if answer.retry_after_s else None
    return problem(answer.code, _TOKEN_ERRORS[answer.code], params=params)
