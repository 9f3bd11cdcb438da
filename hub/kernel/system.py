"""The hub's routes about itself: alive, ready, metrics, the API's document and its readable page."""

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from aiohttp import web
from prometheus_client import generate_latest
from sqlalchemy.exc import SQLAlchemyError

from hub.kernel.db import Database
from hub.kernel.draining import DRAINING
from hub.kernel.edge import Metrics
from hub.kernel.openapi import document
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import RawRoute, Route

_TAGS = ("system",)
_CSP = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:"
_REFERENCE = {"": ("reference.html", "text/html"), "/reference.css": ("reference.css", "text/css"),
              "/reference.js": ("reference.js", "text/javascript")}  # fmt: skip


def system_routes(
    database: Database, metrics: Metrics, routes: Sequence[Route | RawRoute], *, version: str
) -> list[RawRoute]:
    """Routes that every hub has, whatever its domains; they document themselves too."""
    own = [_alive(), _ready(database), _scrape(metrics)]
    shown = document([*routes, *own], version=version)
    return [*own, _openapi(shown), *_reference()]


def _alive() -> RawRoute:
    async def handle(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    return RawRoute(
        method="GET", path="/healthz", handler=handle, summary="Alive", tags=_TAGS,
        description="The process answers; says nothing about its database.",
    )  # fmt: skip


def _ready(database: Database) -> RawRoute:
    async def handle(request: web.Request) -> web.Response:
        draining = request.app.get(DRAINING)
        if draining is not None and draining.begun:
            raise ProblemError(problem("stopping", 503, detail="this process is about to stop; others serve"))
        try:
            await database.ping()
        except (SQLAlchemyError, OSError) as error:
            down = problem("database_unreachable", 503, detail=type(error).__name__)
            raise ProblemError(down, {"Retry-After": "5"}) from error
        return web.json_response({"status": "ready"})

    return RawRoute(
        method="GET", path="/readyz", handler=handle, summary="Ready", tags=_TAGS,
        description="Able to serve: the database answers, and the process is not about to stop.",
        answers={200: "Ready", 503: "`database_unreachable` or `stopping`"},
    )  # fmt: skip


def _scrape(metrics: Metrics) -> RawRoute:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(metrics.registry), content_type="text/plain", charset="utf-8")

    return RawRoute(
        method="GET", path="/metrics", handler=handle, summary="Metrics", tags=_TAGS,
        description="Prometheus text format.",
    )  # fmt: skip


def _openapi(shown: dict[str, Any]) -> RawRoute:
    text = json.dumps(shown, ensure_ascii=False)

    async def handle(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    return RawRoute(
        method="GET", path="/openapi.json", handler=handle, summary="API document", tags=_TAGS, documented=False
    )


def _reference() -> list[RawRoute]:
    folder = files("hub.kernel") / "reference"
    return [
        # Browsers ask for it by themselves wherever a page names no other: the reference, a paper in a tab.
        _file("/favicon.ico", (folder / "favicon.svg").read_text("utf-8"), "image/svg+xml"),
        *(
            _file(f"/docs{suffix}", (folder / name).read_text("utf-8"), kind)
            for suffix, (name, kind) in _REFERENCE.items()
        ),
    ]


def _file(path: str, text: str, kind: str) -> RawRoute:
    async def handle(_request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": _CSP, "Cache-Control": "no-cache"}
        return web.Response(text=text, content_type=kind, headers=headers)

    return RawRoute(method="GET", path=path, handler=handle, summary="API reference", tags=_TAGS, documented=False)
