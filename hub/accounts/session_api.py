"""The routes of one's own sessions and password."""

import uuid

from pydantic import Field

from hub.accounts import session_repository
from hub.accounts.recovery import Recovery
from hub.accounts.schemas import NewPassword
from hub.accounts.sessions import Sessions
from hub.accounts.visitors import Visitor
from hub.kernel.callers import Callers
from hub.kernel.pages import Page, PageQuery
from hub.kernel.problem import Problem, problem
from hub.kernel.routes import SIGNED_IN, Call, Unit, route
from hub.kernel.shapes import Instant, Shape
from protocols.errors import Refused


class SessionShape(Shape):
    """A log-in on one device. `address` is coarse: enough to know it again."""

    id: uuid.UUID
    device: str = Field(examples=["Firefox on Linux"])
    address: str = Field(examples=["203.0.113.0/24"])
    created_at: Instant
    last_used_at: Instant
    current: bool = Field(description="Whether this request belongs to it")


class NewPasswordRequest(Shape):
    """The password as it is, and as it shall be."""

    password: str = Field(max_length=200)
    new_password: NewPassword


class SessionsApi:
    """Routes of who is signed in."""

    def __init__(self, sessions: Sessions, recovery: Recovery, callers: Callers) -> None:
        self._sessions = sessions
        self._recovery = recovery
        self._callers = callers

    @route(
        "GET", "/api/v1/me/sessions", summary="My sessions", tags=["auth"], permission=SIGNED_IN, query=PageQuery,
        response=Page[SessionShape],
    )  # fmt: skip
    async def list_mine(self, call: Call[None, PageQuery]) -> Page[SessionShape]:
        """Where I am signed in, newest first."""
        found = await session_repository.open_sessions(call.session, call.principal.account_id, call.query)
        here = call.principal.session_id
        return found.as_page(
            lambda one: SessionShape(
                id=one.id,
                device=one.device,
                address=one.address,
                created_at=one.created_at,
                last_used_at=one.last_used_at,
                current=one.id == here,
            )
        )

    @route(
        "DELETE", "/api/v1/me/sessions/{session_id}", summary="Sign out a device", tags=["auth"],
        permission=SIGNED_IN, errors={"not_found": 404},
    )  # fmt: skip
    async def end(self, call: Call[None, None]) -> None:
        """End this session of mine. Its access token runs out within ten minutes."""
        await self._sessions.end(call.session, call.principal.account_id, call.id("session_id"))

    @route(
        "POST", "/api/v1/me/sessions/end-others", summary="Sign out everywhere else", tags=["auth"],
        permission=SIGNED_IN, errors={"no_session": 409},
    )  # fmt: skip
    async def end_others(self, call: Call[None, None]) -> None:
        """End all of my sessions but the one of this request. A caller without one (an API key) is refused."""
        if call.principal.session_id is None:
            raise Refused("no_session")
        await self._sessions.end_all(call.session, call.principal.account_id, but=call.principal.session_id)

    @route(
        "POST", "/api/v1/me/password", summary="Change my password", tags=["auth"], permission=SIGNED_IN,
        body=NewPasswordRequest, errors={"bad_credentials": 403, "log_in_locked": 429}, unit=Unit.NONE,
    )  # fmt: skip
    async def change(self, call: Call[NewPasswordRequest, None]) -> Problem | None:
        """The other sessions end, and a mail tells the owner."""
        visitor = Visitor.of(call.request, self._callers)
        principal, body = call.principal, call.body
        denied = await self._recovery.change(
            principal.account_id, body.password, body.new_password, visitor, keep=principal.session_id
        )
        if denied is None:
            return None
        params = {"retry_after_s": denied.retry_after_s} if denied.retry_after_s else None
        return problem(denied.code, 429 if denied.retry_after_s else 403, params=params)
