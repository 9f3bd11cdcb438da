"""The routes of signing in elsewhere. A browser walks the first three by redirects; the page asks for the last."""

from http.cookies import SimpleCookie
from typing import Final

from pydantic import ConfigDict, Field

from hub.accounts.auth_api import shown
from hub.accounts.oidc import LASTS_S, Oidc
from hub.accounts.schemas import Tokens
from hub.accounts.visitors import Visitor
from hub.kernel.callers import Callers
from hub.kernel.problem import Problem
from hub.kernel.routes import Call, Reply, Unit, route
from hub.kernel.shapes import Shape

_PATH: Final = "/api/v1/auth/oidc"
_COOKIE: Final = "voltdock_oidc"
_ERRORS: Final = {
    "oidc_state_invalid": 401, "oidc_denied": 401, "oidc_code_refused": 401, "oidc_token_invalid": 401,
    "oidc_email_missing": 403, "oidc_email_unverified": 403, "account_closed": 403, "oidc_unreachable": 502,
    "oidc_account_elsewhere": 403, "organisation_unknown": 403, "second_factor_required": 401, "not_found": 404,
}  # fmt: skip


class ProviderShape(Shape):
    """Where one can sign in."""

    name: str
    title: str
    start: str = Field(description="Where to send the browser", examples=[f"{_PATH}/city/start"])


class ProviderList(Shape):
    """All of them."""

    items: list[ProviderShape]


class StartQuery(Shape):
    """Where to go on afterwards: a path of this hub."""

    return_to: str = Field(default="/", max_length=500, pattern=r"^/(?:[^/\\\s][^\\\s]*)?$")


class CallbackQuery(Shape):
    """What providers say (RFC 6749 §4.1.2, RFC 9207), and whatever else they add."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str | None = None
    state: str | None = None
    iss: str | None = None
    error: str | None = None


class OidcApi:
    """Routes of providers."""

    def __init__(self, oidc: Oidc, callers: Callers, *, over_tls: bool) -> None:
        self._oidc = oidc
        self._callers = callers
        self._over_tls = over_tls

    @route("GET", _PATH, summary="Providers to sign in with", tags=["auth"], permission=None, response=ProviderList)
    async def providers(self, call: Call[None, None]) -> ProviderList:  # noqa: ARG002  # the same for everybody
        """What a page of signing in offers beside the password."""
        found = self._oidc.providers()
        return ProviderList(
            items=[ProviderShape(name=one.name, title=one.title, start=f"{_PATH}/{one.name}/start") for one in found]
        )

    @route(
        "GET", _PATH + "/{provider}/start", summary="Sign in elsewhere", tags=["auth"], permission=None,
        query=StartQuery, status=302, errors={"not_found": 404}, unit=Unit.NONE,
    )  # fmt: skip
    async def start(self, call: Call[None, StartQuery]) -> Reply:
        """Sends the browser to the provider (code with PKCE), and gives it a sealed cookie to come back with.

        Where the provider does not answer: to `return_to`, whose page hears `oidc_unreachable` from its session.
        """
        address, kept = await self._oidc.begin(call.text("provider"), call.query.return_to)
        return Reply(headers={"Location": address, "Set-Cookie": self._cookie(kept)})

    @route(
        "GET", _PATH + "/{provider}/callback", summary="Come back from elsewhere", tags=["auth"], permission=None,
        query=CallbackQuery, status=302, errors={"not_found": 404}, unit=Unit.NONE,
    )  # fmt: skip
    async def callback(self, call: Call[None, CallbackQuery]) -> Reply:
        """Sends the browser to `return_to`; the page there then asks for its session. Changes nothing at the hub."""
        kept = call.request.cookies.get(_COOKIE, "")
        said = call.query.model_dump(exclude_none=True)
        return_to, kept = self._oidc.came_back(call.text("provider"), kept, said)
        return Reply(headers={"Location": return_to, "Set-Cookie": self._cookie(kept)})

    @route(
        "POST", _PATH + "/session", summary="Begin the session of who came back", tags=["auth"], permission=None,
        response=Tokens, errors=_ERRORS, unit=Unit.NONE,
    )  # fmt: skip
    async def session(self, call: Call[None, None]) -> Reply | Problem:
        """By the cookie alone, once.

        Somebody whom the provider's issuer and subject name for the first time is the account of their address, if
        the provider has verified it; without one, a new account.
        """
        visitor = Visitor.of(call.request, self._callers)
        answer = shown(await self._oidc.finish(call.request.cookies.get(_COOKIE, ""), visitor))
        if isinstance(answer, Problem):
            return answer
        return Reply(body=answer, headers={"Set-Cookie": self._cookie("")})

    def _cookie(self, kept: str) -> str:
        jar = SimpleCookie()
        jar[_COOKIE] = kept
        morsel = jar[_COOKIE]
        # Lax: the provider's redirect brings it along, another site's request does not.
        morsel.update({"path": _PATH, "max-age": str(LASTS_S if kept else 0), "samesite": "Lax"})
        morsel["httponly"] = True
        if self._over_tls:
            morsel["secure"] = True
        return morsel.OutputString()
