"""The simulator's own door: an HTTP API and a page where people push, pull, plug and break things.

Each handler is one hand of `world`; no behaviour is here. Errors are problem+json with a stable code.
"""

import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import resources
from typing import Annotated, Any, Final, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from firmware_sim.book import book_of
from firmware_sim.clock import MAX_SPEED
from firmware_sim.picture import picture_of
from firmware_sim.world import World
from protocols.errors import Refused

STATUS_OF: Final = {
    "dock_unknown": 404,
    "vehicle_unknown": 404,
    "charger_unknown": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "bad_request": 400,
}
WORDS: Final = {
    "dock_unknown": "There is no dock {dock}.",
    "vehicle_unknown": "There is no vehicle {vehicle}.",
    "charger_unknown": "There is no charger {charger}.",
    "vehicle_in_dock": "{vehicle} stands in dock {dock}.",
    "does_not_fit": "{vehicle} does not fit into dock {dock}.",
    "dock_locked": "The bolt of dock {dock} is out: nothing fits in.",
    "dock_taken": "Something stands in dock {dock} already.",
    "dock_empty": "Dock {dock} is empty.",
    "held_by_lock": "The lock of dock {dock} holds {vehicle}.",
    "already_plugged": "A car is plugged in at {charger} already.",
    "not_plugged": "Nothing is plugged in at {charger}.",
}
HOST: Final = "127.0.0.1"
LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Body(BaseModel):
    """Base of every request body."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Push(Body):
    """Which vehicle: its id, or what is painted on it."""

    vehicle_id: Annotated[str, Field(min_length=1, max_length=60)]


class HoldCard(Body):
    """A card's UID: 4, 7 or 10 bytes in hex (ISO/IEC 14443-3)."""

    uid: Annotated[str, Field(pattern=r"^(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20})$")]


class HoldToken(Body):
    """An OCPP 1.6 idTag."""

    id_token: Annotated[str, Field(min_length=1, max_length=20)]


class Fault(Body):
    """What breaks. `rate` is for noise, `off_s` for losses of power, `at` the message that a brown-out hits."""

    kind: Literal["silence", "stuck", "tamper", "noise", "brown_out", "wrong_secret"]
    rate: Annotated[float, Field(gt=0, le=1)] = 0.01
    off_s: Annotated[float, Field(gt=0, le=600)] = 0.5
    at: Literal["", "unlock", "lock", "status", "contactor"] = ""


class Ride(Body):
    """How long, or how far; exactly one of the two."""

    minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    km: Annotated[float, Field(gt=0, le=600)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Ride":
        if (self.minutes is None) is (self.km is None):
            raise ValueError("either minutes or km")
        return self


class Speed(Body):
    """Simulated seconds of energy in a real one."""

    speed: Annotated[float, Field(gt=0, le=MAX_SPEED)]


T = TypeVar("T", bound=Body)


async def _body(request: web.Request, shape: type[T]) -> T:
    return shape.model_validate_json(await request.read() or b"{}")


def _problem(status: int, code: str, detail: str = "", **more: Any) -> web.Response:
    title = code.replace("_", " ").capitalize()
    body = {"type": f"urn:voltdock:sim:{code}", "title": title, "status": status, "code": code, "detail": detail}
    return web.json_response({**body, **more}, status=status, content_type="application/problem+json")


def _fields(error: ValidationError) -> list[dict[str, str]]:
    return [
        {"pointer": "/" + "/".join(str(part) for part in one["loc"]), "detail": one["msg"]}
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]


@web.middleware
async def _answer_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except ValidationError as error:
        return _problem(422, "invalid", "The request's body is not as it should be.", errors=_fields(error))
    except Refused as error:
        params = dict(error.params)
        detail = WORDS.get(error.code, "").format(**params)
        return _problem(STATUS_OF.get(error.code, 409), error.code, detail, params=params)
    except web.HTTPException as error:
        code = (error.reason or "error").lower().replace(" ", "_")
        return _problem(error.status, code, f"{request.method} {request.path}")


@web.middleware
async def _own_host_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """No other site may push our vehicles about: a browser that says where it comes from must come from here."""
    if request.url.host not in LOOPBACK:  # a foreign name that was made to point here
        return _problem(403, "foreign_host", "Call this machine by its own name.")
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin is not None and origin.partition("://")[2] != request.host:
        return _problem(403, "foreign_origin", "Only this page may do that.")
    return await handler(request)


class Control:
    """The handlers."""

    def __init__(self, world: World, links: dict[str, str]) -> None:
        self._world = world
        self._links = links
        self._page = resources.files("firmware_sim").joinpath("page/index.html").read_text("utf-8")

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.get("/", self.page),
            web.get("/healthz", self.health),
            web.get("/api/world", self.world),
            web.get("/api/book", self.book),
            web.post("/api/speed", self.speed),
            web.post("/api/docks/{dock_no}/push", self.push),
            web.post("/api/docks/{dock_no}/pull", self.pull),
            web.post("/api/docks/{dock_no}/card", self.dock_card),
            web.post("/api/docks/{dock_no}/faults", self.fault),
            web.delete("/api/docks/{dock_no}/faults", self.clear_faults),
            web.post("/api/vehicles/{vehicle_id}/ride", self.ride),
            web.post("/api/chargers/{charger_id}/card", self.charger_card),
            web.post("/api/chargers/{charger_id}/{deed:plug|unplug|offline|online|reboot}", self.charger),
        ]

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._page, content_type="text/html", headers=SECURITY)

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response({"state": "ok"})

    async def world(self, _request: web.Request) -> web.Response:
        return web.json_response({**picture_of(self._world), "links": self._links})

    async def book(self, _request: web.Request) -> web.Response:
        return web.json_response(book_of(self._world))

    async def speed(self, request: web.Request) -> web.Response:
        self._world.set_speed((await _body(request, Speed)).speed)
        return await self.world(request)

    async def push(self, request: web.Request) -> web.Response:
        self._world.yard.push(_dock_no(request), (await _body(request, Push)).vehicle_id)
        return await self.world(request)

    async def pull(self, request: web.Request) -> web.Response:
        self._world.yard.pull(_dock_no(request))
        return await self.world(request)

    async def dock_card(self, request: web.Request) -> web.Response:
        self._world.yard.card(_dock_no(request), (await _body(request, HoldCard)).uid)
        return await self.world(request)

    async def fault(self, request: web.Request) -> web.Response:
        fault = await _body(request, Fault)
        self._world.yard.fault(_dock_no(request), fault.kind, rate=fault.rate, off_s=fault.off_s, at=fault.at)
        return await self.world(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._world.yard.clear_faults(_dock_no(request))
        return await self.world(request)

    async def ride(self, request: web.Request) -> web.Response:
        wish = await _body(request, Ride)
        km = self._world.yard.ride(request.match_info["vehicle_id"], minutes=wish.minutes, km=wish.km)
        return web.json_response({"km": round(km, 3)})

    async def charger_card(self, request: web.Request) -> web.Response:
        token = (await _body(request, HoldToken)).id_token
        shown = await self._world.present_card(request.match_info["charger_id"], token)
        return web.json_response({"shown": shown})

    async def charger(self, request: web.Request) -> web.Response:
        charger_id, deed = request.match_info["charger_id"], request.match_info["deed"]
        charger = self._world.charger(charger_id)
        match deed:
            case "plug":
                self._world.plug(charger_id)
            case "unplug":
                self._world.unplug(charger_id)
            case "offline":
                charger.go_offline()
            case "online":
                charger.go_online()
            case _:
                charger.reboot()
        return await self.world(request)


def _dock_no(request: web.Request) -> int:
    text = request.match_info["dock_no"]
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise Refused("dock_unknown", dock=text[:20])
    return int(text)


@contextlib.asynccontextmanager
async def serve_control(world: World, *, port: int = 0, links: dict[str, str] | None = None) -> AsyncIterator[str]:
    """Serve on loopback while inside; gives the page's URL. Raises OSError when the port is taken."""
    app = web.Application(middlewares=[_answer_errors, _own_host_only], client_max_size=64 * 1024)
    app.add_routes(Control(world, links or {}).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        listener = socket.create_server((HOST, port))
        await web.SockSite(runner, listener).start()
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        await runner.cleanup()
