"""`/api/v1/stations/states`: every station's state, as a list and as a stream of server-sent events.

    event: station      data: a state, whenever something worth seeing changed, at the latest after 30 s
    event: level        id and data: up to when everything has been sent; every 15 s at least

Who comes again with the `Last-Event-ID` of his last `level` gets what changed since, at any process of the hub.
"""

import asyncio
import datetime as dt
import uuid
from typing import Final

from aiohttp import web

from hub.kernel.auth import LIFETIME_S
from hub.kernel.pages import Page
from hub.kernel.problem import ProblemError, problem
from hub.kernel.reach import reach_of
from hub.kernel.routes import Call, RawRoute, route
from hub.kernel.web import Kernel
from hub.stations import repository, states
from hub.stations.states_schemas import LevelEvent, StatesQuery, StationState
from hub.stations.watch import Listener, Watch
from protocols.errors import Refused
from protocols.values import from_ms, to_ms

STREAM: Final = "/api/v1/stations/states/stream"
BEAT_S: Final = 15.0
_WRITE_S: Final = 10.0  # a console that takes nothing for so long is gone
_RETRY_MS: Final = 2000
_LONGEST_ID: Final = 15


class StatesApi:
    """The states of all stations."""

    @route(
        "GET", "/api/v1/stations/states", summary="Every station's state", tags=["stations"],
        permission="telemetry:read", query=StatesQuery, response=Page[StationState],
    )  # fmt: skip
    async def list_states(self, call: Call[None, StatesQuery]) -> Page[StationState]:
        """Docks, chargers, agent, clock, outbox, faults and last contact of up to 1000 stations at once."""
        found = await repository.at_a_glance(call.session, call.query)
        shown = await states.states(call.session, found.rows, call.clock.now())
        return Page[StationState](items=shown, next_cursor=found.next_cursor)


class StatesStream:
    """The stream that consoles keep open."""

    def __init__(self, kernel: Kernel, watch: Watch, *, beat_s: float = BEAT_S, longest_s: float = LIFETIME_S) -> None:
        self._kernel = kernel
        self._watch = watch
        self._beat_s = beat_s
        self._longest_s = longest_s  # an access token's life: who may not look any more is out by then

    def route(self) -> RawRoute:
        """As the wiring takes it."""
        return RawRoute(
            method="GET",
            path=STREAM,
            handler=self.handle,
            summary="Every station's state as it changes (server-sent events)",
            tags=("stations",),
            description="`station` events carry a state as the list shows it; `level` events carry the id to come "
            "again with in `Last-Event-ID`. Ends after ten minutes: open it again with a fresh token.",
            permission="telemetry:read",
            answers={200: "text/event-stream", 503: "Too many listeners here, or this process stops: come again"},
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Send until the listener leaves, the time is over, or the hub stops."""
        if self._kernel.draining.parting:
            raise ProblemError(problem("stopping", 503), {"Retry-After": "1"})
        try:
            since, only = _since(request.headers.get("Last-Event-ID", "")), await self._reached()
            with self._watch.listening(since, only) as listener:
                return await self._send(request, listener)
        except Refused as refused:
            raise ProblemError(problem(refused.code, 503, params=refused.params), {"Retry-After": "5"}) from refused

    async def _reached(self) -> frozenset[uuid.UUID] | None:
        """The stations within the caller's reach; None for all of them."""
        async with self._kernel.database.reading() as session:
            if reach_of(session.sync_session) is None:
                return None
            return frozenset(row.id for row in await repository.contacts(session))

    async def _send(self, request: web.Request, listener: Listener) -> web.StreamResponse:
        answer = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        try:
            await answer.prepare(request)
            await _write(answer, f"retry: {_RETRY_MS}\n\n")
            async with asyncio.timeout(self._longest_s):
                while not listener.ended:
                    await self._send_next(answer, listener)
        except (ConnectionResetError, TimeoutError):
            pass  # gone, or its time is over
        return answer

    async def _send_next(self, answer: web.StreamResponse, listener: Listener) -> None:
        try:
            async with asyncio.timeout(self._beat_s):
                await listener.news.wait()
        except TimeoutError:
            pass
        level_at = listener.level_at
        if level_at is None:
            await _write(answer, ": wait\n\n")
            return
        shown = listener.take()
        events = [_event("station", one.model_dump_json()) for one in shown]
        level = LevelEvent(at=level_at, stations=len(shown))
        await _write(answer, "".join(events) + _event("level", level.model_dump_json(), to_ms(level_at)))


async def _write(answer: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(_WRITE_S):
        await answer.write(text.encode())


def _event(name: str, data: str, id_: int | None = None) -> str:
    told = "" if id_ is None else f"id: {id_}\n"
    return f"event: {name}\n{told}data: {data}\n\n"


def _since(last_event_id: str) -> dt.datetime | None:
    """The instant of an id of ours; None for another, which begins anew."""
    text = last_event_id.strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST_ID:
        return None
    try:
        return from_ms(int(text))
    except (ValueError, OverflowError, OSError):
        return None
