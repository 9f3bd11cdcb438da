"""The local HTTP API and the kiosk's page. Asks the station; decides nothing.

Bound to loopback by default: the kiosk's browser runs on this machine.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from edge_agent.core.inputs import (
    Agreed,
    HandbackAsked,
    MoreTimeAsked,
    NotOpenReported,
    QuoteAsked,
    VehicleParked,
)
from edge_agent.core.state import Handback, Quote, Rental, State
from edge_agent.kiosk import presenter, problems
from edge_agent.kiosk.handbacks import handback_view
from edge_agent.kiosk.live import LiveViews
from edge_agent.kiosk.requests import body_of, id_of, json_response
from edge_agent.kiosk.staff import StaffApi, Surroundings
from edge_agent.runtime.clock import Clock
from protocols.errors import Refused
from protocols.kiosk.actions import Agree, AskHandback, AskQuote

MAX_REQUEST: Final = 16 * 1024
STATIC: Final = Path(__file__).parent / "static"
_HEADERS: Final = {
    # No font, script or picture from any other host; the page talks to this origin only.
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
Ask = Callable[[object], Awaitable[Any]]
Health = Callable[[], dict[str, object]]


class KioskServer:
    """Serves until cancelled. `port` 0 takes a free one; `bound_port` says which."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        ask: Ask,
        state: Callable[[], State],
        live: LiveViews,
        clock: Clock,
        health: Health,
        metrics: Callable[[], tuple[bytes, str]],
        static: Path = STATIC,
        around: Surroundings | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._ask = ask
        self._state = state
        self._live = live
        self._clock = clock
        self._health = health
        self._metrics = metrics
        self._static = static
        self._staff = StaffApi(ask, state, clock, around or Surroundings(labels={}, trouble=lambda: None))
        self.bound_port = 0

    async def run(self) -> None:
        """Bind and serve. Raises OSError when the port is taken."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self._port)
            await site.start()
            self.bound_port = runner.addresses[0][1]
            await self._live.run()
        finally:
            await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[problems.as_problems], client_max_size=MAX_REQUEST)
        app.on_response_prepare.append(_add_headers)
        app.add_routes(
            [
                web.get("/api/view", self._view),
                web.get("/api/live", self._live.serve),
                web.post("/api/quotes", self._quote),
                web.post("/api/rentals", self._agree),
                web.get("/api/rentals/{rental_id}", self._rental),
                web.post("/api/rentals/{rental_id}/more-time", self._more_time),
                web.post("/api/rentals/{rental_id}/not-open", self._not_open),
                web.post("/api/handbacks", self._handback),
                web.post("/api/handbacks/{handback_id}/parked", self._parked),
                *self._staff.routes(),
                web.get("/healthz", self._healthz),
                web.get("/metrics", self._render_metrics),
                web.get("/", self._kiosk_page),
                web.get("/staff", self._staff_page),
                web.get("/staff/", self._staff_page),
                web.get("/favicon.ico", self._icon),
            ]
        )
        if (self._static / "assets").is_dir():
            app.router.add_static("/assets", self._static / "assets", append_version=False)
        return app

    async def _view(self, _request: web.Request) -> web.Response:
        return json_response(self._live.view())

    async def _quote(self, request: web.Request) -> web.Response:
        asked = await body_of(request, AskQuote)
        quote: Quote = await self._ask(QuoteAsked(who=asked.who, dock_no=asked.dock_no))
        return json_response(presenter.quote_view(self._state(), quote, self._clock.now()), status=201)

    async def _agree(self, request: web.Request) -> web.Response:
        agreed = await body_of(request, Agree)
        return await self._answer(self._ask(Agreed(quote_id=agreed.quote_id)), status=201)

    async def _more_time(self, request: web.Request) -> web.Response:
        return await self._answer(self._ask(MoreTimeAsked(rental_id=id_of(request, "rental_id", "rental_unknown"))))

    async def _not_open(self, request: web.Request) -> web.Response:
        return await self._answer(self._ask(NotOpenReported(rental_id=id_of(request, "rental_id", "rental_unknown"))))

    async def _handback(self, request: web.Request) -> web.Response:
        asked = await body_of(request, AskHandback)
        handback: Handback = await self._ask(HandbackAsked(who=asked.who))
        return json_response(handback_view(self._state(), handback, self._clock.now()), status=201)

    async def _parked(self, request: web.Request) -> web.Response:
        handback_id = id_of(request, "handback_id", "handback_expired")
        return await self._answer(self._ask(VehicleParked(handback_id=handback_id)))

    async def _rental(self, request: web.Request) -> web.Response:
        rental = self._state().rentals.get(id_of(request, "rental_id", "rental_unknown"))
        if rental is None:
            raise Refused("rental_unknown")
        return json_response(presenter.rental_view(self._state(), rental, self._clock.now()))

    async def _answer(self, asking: Awaitable[Rental], status: int = 200) -> web.Response:
        rental = await asking
        return json_response(presenter.rental_view(self._state(), rental, self._clock.now()), status=status)

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response(self._health())

    async def _render_metrics(self, _request: web.Request) -> web.Response:
        body, content_type = self._metrics()
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _kiosk_page(self, _request: web.Request) -> web.StreamResponse:
        return self._page(self._static / "index.html")

    async def _staff_page(self, _request: web.Request) -> web.StreamResponse:
        return self._page(self._static / "staff" / "index.html")

    async def _icon(self, _request: web.Request) -> web.StreamResponse:
        return self._page(self._static / "favicon.svg")

    def _page(self, page: Path) -> web.StreamResponse:
        if not page.is_file():
            return web.Response(status=503, text="The pages are not built: run `make setup`.\n")
        return web.FileResponse(page, headers={"Cache-Control": "no-cache"})


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
    if request.path.startswith("/assets/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
