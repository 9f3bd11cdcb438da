"""The routes of signing in, staying signed in, signing out."""

from hub.accounts.schemas import RefreshRequest, TokenRequest, Tokens
from hub.accounts.second_factor import Challenge
from hub.accounts.sessions import Denied, Sessions
from hub.accounts.sign_in import SignIn
from hub.accounts.visitors import Visitor
from hub.kernel.callers import Callers
from hub.kernel.problem import Problem, invalid, problem
from hub.kernel.routes import Call, Unit, route

_REFRESH_ERRORS = {"refresh_token_invalid": 401, "refresh_token_reused": 401}
_TOKEN_ERRORS = {
    "bad_credentials": 401, "second_factor_required": 401, "challenge_invalid": 401, "code_invalid": 401,
    "log_in_locked": 429, **_REFRESH_ERRORS,
}  # fmt: skip
_PROOFS = (("refresh_token",), ("challenge", "code"), ("email", "password"))


class AuthApi:
    """Routes of tokens."""

    def __init__(self, sign_in: SignIn, sessions: Sessions, callers: Callers) -> None:
        self._sign_in = sign_in
        self._sessions = sessions
        self._callers = callers

    @route(
        "POST", "/api/v1/auth/token", summary="Sign in", tags=["auth"], permission=None, body=TokenRequest,
        response=Tokens, errors=_TOKEN_ERRORS, unit=Unit.NONE,
    )  # fmt: skip
    async def sign_in(self, call: Call[TokenRequest, None]) -> Tokens | Problem:
        """By e-mail address and password, or by refresh token.

        An account with a second factor answers 401 `second_factor_required` with `challenge` in its params: call
        again within five minutes with `challenge` and `code`.

        Wrong passwords are counted per account, per network and in all, and make wait: 5 seconds, doubling up to 15
        minutes (429 `log_in_locked` with `retry_after_s`); an account waits after four of them in a row.
        """
        body = _one_proof(call.body)
        visitor = Visitor.of(call.request, self._callers)
        if body.refresh_token is not None:
            async with call.database.transaction() as session:
                return shown(await self._sessions.refresh(session, body.refresh_token, visitor))
        if body.challenge is not None:
            return shown(await self._sign_in.with_code(body.challenge, body.code or "", visitor))
        return shown(await self._sign_in.with_password(body.email or "", body.password or "", visitor))

    @route(
        "POST", "/api/v1/auth/refresh", summary="Stay signed in", tags=["auth"], permission=None,
        body=RefreshRequest, response=Tokens, errors=_REFRESH_ERRORS,
        audited=False,  # goes on with what the log-in began, every ten minutes
    )  # fmt: skip
    async def refresh(self, call: Call[RefreshRequest, None]) -> Tokens | Problem:
        """Exchange a refresh token for the next pair. One that is used twice ends the whole session."""
        visitor = Visitor.of(call.request, self._callers)
        return shown(await self._sessions.refresh(call.session, call.body.refresh_token, visitor))

    @route(
        "POST", "/api/v1/auth/logout", summary="Sign out", tags=["auth"], permission=None, body=RefreshRequest,
    )  # fmt: skip
    async def sign_out(self, call: Call[RefreshRequest, None]) -> None:
        """End the session that this refresh token belongs to. Its access token runs out within ten minutes."""
        await self._sessions.sign_out(call.session, call.body.refresh_token)


def _one_proof(body: TokenRequest) -> TokenRequest:
    """The body, if it is one whole proof. Raises a 422 that names what lacks or is too much."""
    given = {name for proof in _PROOFS for name in proof if getattr(body, name) is not None}
    proof = next((one for one in _PROOFS if given & {*one}), _PROOFS[-1])
    for name in proof:
        if name not in given:
            raise invalid(f"/{name}", "Field required", rule="missing")
    if given - {*proof}:
        raise invalid(f"/{proof[0]}", "one proof: a refresh token, or challenge and code, or e-mail and password")
    return body


def shown(answer: Tokens | Challenge | Denied) -> Tokens | Problem:
    """The answer. A Problem that is returned, not raised, keeps what was counted or revoked."""
    if isinstance(answer, Tokens):
        return answer
    if isinstance(answer, Challenge):
        params = {"challenge": answer.token, "expires_in_s": answer.expires_in_s}
        return problem("second_factor_required", 401, params=params)
    wait = {"retry_after_s": answer.retry_after_s} if answer.retry_after_s else None
    return problem(answer.code, _TOKEN_ERRORS[answer.code], params=wait)
