"""`/api/staff`: what staff do at the station by hand, and what they see. Asks the station; decides nothing."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from aiohttp import web

from edge_agent.core.acts import (
    StaffEnds,
    StaffFills,
    StaffOnDock,
    StaffRents,
    StaffSignedIn,
    StaffSignedOut,
    StaffStays,
)
from edge_agent.core.state import Rental, StaffSession, State
from edge_agent.kiosk import presenter, staff_presenter
from edge_agent.kiosk.photos import PhotoShelf
from edge_agent.kiosk.requests import body_of, id_of, json_response
from edge_agent.kiosk.waiting import sync_view
from edge_agent.runtime.clock import Clock
from protocols.errors import Refused
from protocols.kiosk.staff import DOCK_DEEDS, DockDeed, SignIn, StaffChecklist, StaffDockAct, StaffEnd, StaffRent
from protocols.kiosk.staff_views import ChecklistDoneView, PhotoView, StaffActView, StaffSessionView, SyncView
from protocols.photo.jpeg import MEDIA_TYPE, MOST_BYTES
from protocols.sync.facts import Picture
from protocols.values import rfc3339

_BEARER: Final = "Bearer "
_DEEDS: Final[Mapping[str, DockDeed]] = {one: one for one in DOCK_DEEDS}
Ask = Callable[[object], Awaitable[Any]]


class Waiting(Protocol):
    """What the hub does not hold yet. Filled by the app."""

    async def __call__(self) -> SyncView:
        """As it is now."""


async def nothing_waits() -> SyncView:
    """A station that was never enrolled."""
    return sync_view([])


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What staff see beside the state: `labels` are the chargers' names, `trouble` why nothing new is taken."""

    labels: Mapping[str, str]
    trouble: Callable[[], str | None]
    waiting: Waiting = nothing_waits
    photos: PhotoShelf | None = None


class StaffApi:
    """The routes; the server adds them to its own."""

    def __init__(self, ask: Ask, state: Callable[[], State], clock: Clock, around: Surroundings) -> None:
        self._ask = ask
        self._state = state
        self._clock = clock
        self._around = around

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post("/api/staff/sessions", self._sign_in),
            web.post("/api/staff/sessions/stay", self._stay),
            web.delete("/api/staff/sessions", self._sign_out),
            web.get("/api/staff/station", self._station),
            web.get("/api/staff/vehicles", self._vehicles),
            web.get("/api/staff/rentals", self._rides),
            web.post("/api/staff/rentals", self._rent),
            web.post("/api/staff/rentals/{rental_id}/end", self._end),
            web.post("/api/staff/docks/{dock_no}/{deed}", self._on_dock),
            web.get("/api/staff/checklists", self._checklists),
            web.post("/api/staff/checklists/{key}", self._fill),
            web.post("/api/staff/photos", self._add_photo),
            web.get("/api/staff/photos/{photo}", self._photo),
        ]

    async def _sign_in(self, request: web.Request) -> web.Response:
        session: StaffSession = await self._ask(StaffSignedIn(asked=await body_of(request, SignIn)))
        return json_response(_session_view(session), status=201)

    async def _stay(self, request: web.Request) -> web.Response:
        return json_response(_session_view(await self._ask(StaffStays(token=_token(request)))))

    async def _sign_out(self, request: web.Request) -> web.Response:
        await self._ask(StaffSignedOut(token=_token(request)))
        return web.Response(status=204)

    async def _station(self, request: web.Request) -> web.Response:
        session = self._session(request)
        sync = await self._around.waiting()
        view = staff_presenter.station_view(
            self._state(),
            self._clock.now(),
            session,
            sync=sync,
            labels=self._around.labels,
            trouble=self._around.trouble(),
        )
        return json_response(view)

    async def _vehicles(self, request: web.Request) -> web.Response:
        self._session(request)
        label = request.query.get("label", "")[:40]
        return json_response(staff_presenter.vehicles_view(self._state(), self._clock.now(), label))

    async def _rides(self, request: web.Request) -> web.Response:
        self._session(request)
        return json_response(staff_presenter.rides_view(self._state(), self._clock.now()))

    async def _on_dock(self, request: web.Request) -> web.Response:
        deed = _DEEDS.get(request.match_info["deed"])
        if deed is None:
            raise web.HTTPNotFound
        asked, dock_no = await body_of(request, StaffDockAct), _dock_no(request)
        pictures = await self._pictures(*asked.photos)
        await self._ask(StaffOnDock(token=_token(request), dock_no=dock_no, what=deed, asked=asked, pictures=pictures))
        return json_response(self._done(asked.act_id, deed, dock_no), status=202)

    async def _rent(self, request: web.Request) -> web.Response:
        asked = await body_of(request, StaffRent)
        pictures = await self._pictures(*asked.photos)
        rental: Rental = await self._ask(StaffRents(token=_token(request), asked=asked, pictures=pictures))
        what = "hand_over" if rental.by_hand else "start_rental"
        return json_response(self._done(asked.act_id, what, rental.dock_no or None, rental), status=201)

    async def _end(self, request: web.Request) -> web.Response:
        asked, rental_id = await body_of(request, StaffEnd), id_of(request, "rental_id", "rental_unknown")
        pictures = await self._pictures(*asked.photos)
        rental: Rental = await self._ask(
            StaffEnds(token=_token(request), rental_id=rental_id, asked=asked, pictures=pictures)
        )
        return json_response(self._done(asked.act_id, "end_rental", rental.returned_dock_no, rental))

    async def _checklists(self, request: web.Request) -> web.Response:
        self._session(request)
        return json_response(staff_presenter.checklists_view(self._state(), request.query.get("lang", "en")))

    async def _fill(self, request: web.Request) -> web.Response:
        asked = await body_of(request, StaffChecklist)
        pictures = await self._pictures(*(photo for one in asked.answers for photo in one.photos))
        key = request.match_info["key"]
        fact = await self._ask(StaffFills(token=_token(request), key=key, asked=asked, pictures=pictures))
        passed = fact.passed if fact is not None else all(one.value != "no" for one in asked.answers)
        done = ChecklistDoneView(act_id=asked.act_id, passed=passed, queued=not self._state().hub.online)
        return json_response(done, status=201)

    async def _add_photo(self, request: web.Request) -> web.Response:
        self._session(request)
        if request.content_type != "image/jpeg" or self._around.photos is None:
            raise web.HTTPUnsupportedMediaType
        picture, at_s = await _picture_of(request), self._clock.now().at.timestamp()
        name = await asyncio.to_thread(self._around.photos.add, picture, at_s=at_s)
        return json_response(PhotoView(photo=name), status=201)

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        self._session(request)
        path = await self._found(request.match_info["photo"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Content-Type": "image/jpeg", "Cache-Control": "private, no-store"})

    async def _pictures(self, *photos: str) -> tuple[Picture, ...]:
        """What the pictures are that an act names. Raises Refused `photo_unknown` for one that is not here."""
        shelf, now_s = self._around.photos, self._clock.now().at.timestamp()
        found = []
        for photo in photos:
            kept = None if shelf is None else await asyncio.to_thread(shelf.describe, photo)
            if kept is None:
                raise Refused("photo_unknown")
            ago_ms = max(0, round((now_s - kept.at_s) * 1000))
            found.append(Picture(sha256=photo, media_type=MEDIA_TYPE, size=kept.size, ago_ms=ago_ms))
        return tuple(found)

    async def _found(self, photo: str) -> Path | None:
        shelf = self._around.photos
        return None if shelf is None else await asyncio.to_thread(shelf.find, photo)

    def _session(self, request: web.Request) -> StaffSession:
        session = self._state().staff_sessions.get(_token(request))
        if session is None or session.expires_mono_s < self._clock.now().mono_s:
            raise Refused("staff_session_over")
        return session

    def _done(self, act_id: uuid.UUID, what: str, dock_no: int | None, rental: Rental | None = None) -> StaffActView:
        state, now = self._state(), self._clock.now()
        return StaffActView(
            act_id=act_id,
            what=what,  # type: ignore[arg-type]
            dock_no=dock_no,
            rental=None if rental is None else presenter.rental_view(state, rental, now),
            bill=None if rental is None else staff_presenter.bill_view(rental),
            queued=not state.hub.online,
        )


def _session_view(session: StaffSession) -> StaffSessionView:
    return StaffSessionView(
        token=session.token, name=session.name, may=list(session.may), expires_at=rfc3339(session.expires_at)
    )


def _token(request: web.Request) -> uuid.UUID:
    given = request.headers.get("Authorization", "")
    try:
        return uuid.UUID(given.removeprefix(_BEARER) if given.startswith(_BEARER) else "")
    except ValueError as error:
        raise Refused("staff_session_over") from error


async def _picture_of(request: web.Request) -> bytes:
    """The body, up to what one picture may weigh; the other routes take far less."""
    picture = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        picture += chunk
        if len(picture) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=len(picture))
    return bytes(picture)


def _dock_no(request: web.Request) -> int:
    text = request.match_info["dock_no"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 3):
        raise Refused("dock_unknown", dock=text[:20])
    return int(text)
