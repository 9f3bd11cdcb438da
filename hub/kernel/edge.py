"""The outermost middleware: a trace id, a log line and metrics for each request; every error is problem+json."""

import os
import re
import secrets
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from hub.kernel.db import is_away
from hub.kernel.draining import DRAINING
from hub.kernel.problem import Problem, ProblemError, from_http, from_malformed, from_refused, problem, response
from protocols.errors import Malformed, Refused

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context
_AWAY_S, _AWAY_SPREAD_S = 2, 6  # a database that restarts is back within seconds; thousands must not return as one
_log = structlog.get_logger("hub.web")


class Metrics:
    """What Prometheus may scrape of one hub process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "voltdock_hub_requests_total",
            "HTTP requests by route and status",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "voltdock_hub_request_seconds",
            "Time to the answer, by route",
            ["method", "route"],
            registry=self.registry,
        )

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A figure that is looked up whenever somebody scrapes."""
        Gauge(f"voltdock_hub_{name}", what, registry=self.registry).set_function(value)


TRACE_ID: web.RequestKey[str] = web.RequestKey("trace_id", str)
METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Trace, answer, count."""
    request[TRACE_ID] = trace_id = _trace_id(request)
    started = time.perf_counter()
    with structlog.contextvars.bound_contextvars(trace_id=trace_id):
        answer = await _answered(request, handler)
        _count(request, answer, time.perf_counter() - started)
    if not answer.prepared:
        answer.headers["X-Trace-Id"] = trace_id
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers["X-Content-Type-Options"] = "nosniff"
    draining = request.app.get(DRAINING)
    if draining is not None:
        draining.release(answer)
    return answer


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    headers: dict[str, str] = {}
    try:
        return await handler(request)
    except ProblemError as error:
        shown, headers = error.problem, error.headers
    except Refused as refused:
        shown = from_refused(refused, {})
    except Malformed as malformed:
        shown = from_malformed(malformed)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        shown, headers = from_http(error)
    except Exception as error:  # noqa: BLE001  # the HTTP edge: a bug is logged once and answered as 500
        if is_away(error):
            shown, headers = _away(request, error)
            return response(shown, instance=request.path, trace_id=request[TRACE_ID], headers=headers)
        _log.exception("request failed", method=request.method, path=request.path)
        shown = problem("internal", 500, detail="a fault of the hub; the trace id finds it in the log")
    if shown.status == 401:
        headers = {**headers, "WWW-Authenticate": 'Bearer realm="voltdock"'}
    return response(shown, instance=request.path, trace_id=request[TRACE_ID], headers=headers)


def _away(request: web.Request, error: Exception) -> tuple[Problem, dict[str, str]]:
    """The database's absence is nobody's bug: what was asked is not done, and may be asked again."""
    _log.warning("database_unreachable", method=request.method, path=request.path, reason=str(error)[:200])
    shown = problem("database_unreachable", 503, detail="the database does not answer; ask again")
    return shown, {"Retry-After": str(_AWAY_S + secrets.randbelow(_AWAY_SPREAD_S))}


def _trace_id(request: web.Request) -> str:
    given = _TRACEPARENT.match(request.headers.get("traceparent", ""))
    return given.group(1) if given else os.urandom(16).hex()


def _count(request: web.Request, answer: web.StreamResponse, seconds: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "unknown"
    metrics = request.app.get(METRICS)
    if metrics is not None:
        metrics.requests.labels(request.method, route, str(answer.status)).inc()
        metrics.seconds.labels(request.method, route).observe(seconds)
    _log.info("request", method=request.method, route=route, status=answer.status, ms=round(seconds * 1000, 1))
