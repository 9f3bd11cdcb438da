"""`/api/staff`: what staff do at the station by hand. Asks the station; decides nothing."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from edge_agent.core.acts import StaffEnds, StaffRents, StaffSignedIn, StaffSignedOut, StaffUnlocks
from edge_agent.core.state import RUNNING, Rental, StaffSession, State
from edge_agent.kiosk import presenter
from edge_agent.kiosk.requests import body_of, id_of, json_response
from edge_agent.runtime.clock import Clock
from protocols.errors import Refused
from protocols.kiosk.staff import (
    SignIn,
    StaffActView,
    StaffEnd,
    StaffRent,
    StaffRentalsView,
    StaffSessionView,
    StaffUnlock,
)
from protocols.values import rfc3339

_BEARER: Final = "Bearer "
Ask = Callable[[object], Awaitable[Any]]


class StaffApi:
    """The routes; the server adds them to its own."""

    def __init__(self, ask: Ask, state: Callable[[], State], clock: Clock) -> None:
        self._ask = ask
        self._state = state
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post("/api/staff/sessions", self._sign_in),
            web.delete("/api/staff/sessions", self._sign_out),
            web.get("/api/staff/rentals", self._rentals),
            web.post("/api/staff/rentals", self._rent),
            web.post("/api/staff/rentals/{rental_id}/end", self._end),
            web.post("/api/staff/docks/{dock_no}/unlock", self._unlock),
        ]

    async def _sign_in(self, request: web.Request) -> web.Response:
        session: StaffSession = await self._ask(StaffSignedIn(asked=await body_of(request, SignIn)))
        view = StaffSessionView(
            token=session.token, name=session.name, may=list(session.may), expires_at=rfc3339(session.expires_at)
        )
        return json_response(view, status=201)

    async def _sign_out(self, request: web.Request) -> web.Response:
        await self._ask(StaffSignedOut(token=_token(request)))
        return web.Response(status=204)

    async def _rentals(self, request: web.Request) -> web.Response:
        session, now = self._state().staff_sessions.get(_token(request)), self._clock.now()
        if session is None or session.expires_mono_s < now.mono_s:
            raise Refused("staff_session_over")
        running = [one for one in self._state().rentals.values() if one.phase in RUNNING]
        running.sort(key=lambda one: one.started_at)
        return json_response(
            StaffRentalsView(rentals=[presenter.rental_view(self._state(), one, now) for one in running])
        )

    async def _unlock(self, request: web.Request) -> web.Response:
        asked, dock_no = await body_of(request, StaffUnlock), _dock_no(request)
        await self._ask(StaffUnlocks(token=_token(request), dock_no=dock_no, asked=asked))
        return json_response(StaffActView(act_id=asked.act_id, what="unlock", dock_no=dock_no, rental=None), status=202)

    async def _rent(self, request: web.Request) -> web.Response:
        asked = await body_of(request, StaffRent)
        rental: Rental = await self._ask(StaffRents(token=_token(request), asked=asked))
        view = presenter.rental_view(self._state(), rental, self._clock.now())
        done = StaffActView(act_id=asked.act_id, what="start_rental", dock_no=rental.dock_no, rental=view)
        return json_response(done, status=201)

    async def _end(self, request: web.Request) -> web.Response:
        asked, rental_id = await body_of(request, StaffEnd), id_of(request, "rental_id", "rental_unknown")
        rental: Rental = await self._ask(StaffEnds(token=_token(request), rental_id=rental_id, asked=asked))
        view = presenter.rental_view(self._state(), rental, self._clock.now())
        return json_response(
            StaffActView(act_id=asked.act_id, what="end_rental", dock_no=rental.returned_dock_no, rental=view)
        )


def _token(request: web.Request) -> uuid.UUID:
    given = request.headers.get("Authorization", "")
    try:
        return uuid.UUID(given.removeprefix(_BEARER) if given.startswith(_BEARER) else "")
    except ValueError as error:
        raise Refused("staff_session_over") from error


def _dock_no(request: web.Request) -> int:
    text = request.match_info["dock_no"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 3):
        raise Refused("dock_unknown", dock=text[:20])
    return int(text)
