"""The HTTP edge: carries out the routes, commits, and turns every error into problem+json.

Knows no business. `build` makes the aiohttp application out of routes and the kernel's parts.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pydantic
from aiohttp import web
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel import audit
from hub.kernel.auth import Authenticate, Principal
from hub.kernel.bus import Bus
from hub.kernel.clock import Clock
from hub.kernel.db import Database, is_bad_value, is_busy, may_succeed_again
from hub.kernel.draining import DRAINING, Draining
from hub.kernel.edge import TRACE_ID, edge
from hub.kernel.idempotency import (
    HEADER,
    Answer,
    InFlight,
    earlier_answer,
    fingerprint,
    keep_answer,
    met_another,
    read_key,
)
from hub.kernel.nudges import Nudges
from hub.kernel.problem import (
    CONTENT_TYPE,
    Problem,
    ProblemError,
    from_refused,
    from_validation,
    invalid,
    problem,
    response,
)
from hub.kernel.reach import Reach, reaching
from hub.kernel.routes import SIGNED_IN, Call, RawRoute, Reply, Route, Unit
from hub.kernel.steady_clock import certain
from protocols.errors import Refused

MAX_BODY_BYTES = 1024 * 1024
_TRIES = 4
_NUL = "text must not hold the NUL character"  # PostgreSQL cannot store it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """The furniture that every domain is handed."""

    database: Database
    clock: Clock
    bus: Bus
    nudges: Nudges
    authenticate: Authenticate
    draining: Draining = field(default_factory=Draining)


@dataclass(frozen=True, slots=True)
class _Rendered:
    status: int
    body: str
    headers: dict[str, str]


def build(
    kernel: Kernel, routes: Iterable[Route | RawRoute], *, max_body_bytes: int = MAX_BODY_BYTES
) -> web.Application:
    """The aiohttp application that serves these routes."""
    app = web.Application(middlewares=[edge], client_max_size=max_body_bytes)
    app[DRAINING] = kernel.draining
    in_flight = InFlight()
    for one in routes:
        if isinstance(one, RawRoute):
            app.router.add_route(one.method, one.path, _guarded(kernel, one))
        else:
            app.router.add_route(one.method, one.path, _Endpoint(kernel, one, in_flight).handle)
    return app


class _Endpoint:
    """Carries out one typed route."""

    def __init__(self, kernel: Kernel, route: Route, in_flight: InFlight) -> None:
        self._kernel = kernel
        self._route = route
        self._in_flight = in_flight

    async def handle(self, request: web.Request) -> web.Response:
        """Check the caller, the query and the body, then run the handler and commit."""
        try:
            principal = await self._caller(request)
            _check_permission(self._route.permission, principal, self._route.wide)
            query = _read_query(request, self._route.query)
            raw = await request.read()
            body = _read_body(request, raw, self._route.body)
            with self._deed(request, body, principal), reaching(_reach(self._route, principal)):
                answer = await self._answer(request, raw, body, query, principal)
        except Refused as refused:
            raise ProblemError(from_refused(refused, self._route.errors)) from refused
        return _as_response(request, answer)

    async def _caller(self, request: web.Request) -> Principal | None:
        """Who calls. On a public route a worthless token is nobody's: it may be why somebody comes."""
        try:
            return await self._kernel.authenticate(request)
        except Refused:
            if self._route.permission is not None:
                raise
            return None

    def _deed(
        self, request: web.Request, body: BaseModel | None, principal: Principal | None
    ) -> contextlib.AbstractContextManager[None]:
        if not self._route.audited:
            return contextlib.nullcontext()
        kind, target = _target(self._route.path, request.match_info)
        return audit.doing(
            audit.Deed(
                actor=_actor(principal),
                action=f"{self._route.method} {self._route.path}",
                trace_id=request[TRACE_ID],
                clock=self._kernel.clock,
                target_kind=kind,
                target_id=target,
                reason=_reason(body),
            )
        )

    async def _answer(
        self, request: web.Request, raw: bytes, body: Any, query: Any, principal: Principal | None
    ) -> _Rendered:
        if not self._route.idempotent:
            return await self._retried(request, body, query, principal, None, "")
        key = read_key(request.headers.get(HEADER))
        actor = str(principal.actor_id) if principal else "nobody"
        async with self._in_flight.hold(actor, key):
            print_ = fingerprint(request.method, request.path_qs, raw)
            return await self._retried(request, body, query, principal, (actor, key), print_)

    async def _retried(
        self,
        request: web.Request,
        body: Any,
        query: Any,
        principal: Principal | None,
        key: tuple[str, str] | None,
        print_: str,
    ) -> _Rendered:
        ready = None if self._route.ahead is None else await self._route.ahead(body)
        # A unit of work that only lost a race is begun again: nothing of it was kept.
        for last in (number == _TRIES - 1 for number in range(_TRIES)):
            try:
                async with self._unit() as session:
                    call: Call[Any, Any] = Call(
                        request=request,
                        body=body,
                        query=query,
                        principal=principal,
                        database=self._kernel.database,
                        session=session,
                        clock=self._kernel.clock,
                        bus=self._kernel.bus,
                        ready=ready,
                    )
                    return await self._carry_out(call, key, print_)
            except IntegrityError as error:
                if key is not None and met_another(error) and not last:
                    continue
                raise ProblemError(problem("conflict", 409)) from error
            except DBAPIError as error:
                if may_succeed_again(error) and not last:
                    continue
                if may_succeed_again(error) or is_busy(error):
                    raise ProblemError(problem("busy"), {"Retry-After": "1"}) from error
                if is_bad_value(error):
                    raise ProblemError(problem("invalid", detail="a value that cannot be stored")) from error
                raise
        raise AssertionError("unreachable")

    async def _carry_out(self, call: Call[Any, Any], key: tuple[str, str] | None, print_: str) -> _Rendered:
        if key is None:
            return self._done(await self._route.handler(call))
        now = self._kernel.clock.now()
        kept = await earlier_answer(call.session, *key, print_, certain(self._kernel.clock).now())
        if kept is not None:
            audit.nothing_done()
            headers = {**kept.headers, "Idempotency-Replayed": "true"}
            return _Rendered(kept.status, kept.body, headers)
        answer = self._done(await self._route.handler(call))
        kept = Answer(
            fingerprint=print_, status=answer.status, headers=answer.headers, body=answer.body, created_at=now
        )
        keep_answer(call.session, *key, kept)
        return answer

    def _done(self, answer: BaseModel | Reply | Problem | None) -> _Rendered:
        """The answer, which also tells what became of the deed and what it made."""
        if isinstance(answer, Problem):
            audit.tell(outcome=answer.code)
        made = getattr(answer.body if isinstance(answer, Reply) else answer, "id", None)
        if self._route.status == 201 and made is not None:
            audit.tell(target=(self._route.path.rsplit("/", 1)[-1], made))
        return _render(self._route, answer)

    @contextlib.asynccontextmanager
    async def _unit(self) -> AsyncIterator[AsyncSession | None]:
        if self._route.unit is Unit.NONE:
            yield None
            return
        database = self._kernel.database
        opened = database.transaction() if self._route.unit is Unit.WRITE else database.reading()
        async with opened as session:
            yield session


def _guarded(kernel: Kernel, route: RawRoute) -> Any:
    if route.permission is None:
        return route.handler

    async def handle(request: web.Request) -> web.StreamResponse:
        principal = await kernel.authenticate(request)
        _check_permission(route.permission, principal, route.wide)
        with reaching(_reach(route, principal)):
            return await route.handler(request)

    return handle


def _reach(route: Route | RawRoute, principal: Principal | None) -> Reach:
    """How far this call reaches: what it is permitted by may hold at some stations only."""
    permission = route.wide or route.permission
    if principal is None or permission is None:
        return Reach()
    return Reach(
        organisation_id=principal.organisation_id,
        stations=principal.stations_for(permission),
        account_id=principal.account_id,
    )


def _actor(principal: Principal | None) -> audit.Actor:
    if principal is None:
        return audit.Actor()
    kind = "account" if principal.key_id is None else "api_key"
    return audit.Actor(kind=kind, id=principal.actor_id, organisation_id=principal.organisation_id)


def _target(path: str, given: Mapping[str, str]) -> tuple[str, str | None]:
    """What the path is about: the last thing that it names by an id, or the collection at its end."""
    parts = path.split("/")
    for at in range(len(parts) - 1, 0, -1):
        if parts[at].startswith("{"):
            return parts[at - 1], given.get(parts[at].strip("{}"))
    return parts[-1], None


def _reason(body: BaseModel | None) -> str | None:
    """The words that a person gave for it, whatever this body calls them."""
    words = (getattr(body, name, None) for name in ("reason", "why", "note"))
    return next((one for one in words if isinstance(one, str)), None)


def _check_permission(permission: str | None, principal: Principal | None, wide: str | None = None) -> None:
    if permission is None:
        return
    if principal is None:
        raise Refused("not_signed_in")
    if permission == SIGNED_IN and principal.key_id is not None:
        # A machine has not signed in: it may what its scopes say, all of it or its account's own.
        if wide is None or not (principal.may(wide) or principal.may(f"{wide}_own")):
            raise Refused("forbidden", permission=wide or SIGNED_IN)
        return
    if permission != SIGNED_IN and not principal.may(permission):
        raise Refused("forbidden", permission=permission)


def _read_query(request: web.Request, model: type[BaseModel] | None) -> BaseModel | None:
    given: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        given[name] = values[0] if len(values) == 1 else values
        if any("\0" in value for value in values):
            raise invalid(name, _NUL, place="query", rule="nul")
    if model is None:
        model = _NoQuery
    try:
        read = model.model_validate(given)
    except pydantic.ValidationError as error:
        raise ProblemError(from_validation(error, "query")) from error
    return None if isinstance(read, _NoQuery) else read


class _NoQuery(BaseModel, extra="forbid"):
    """The query of a route that has none."""


def _read_body(request: web.Request, raw: bytes, model: type[BaseModel] | None) -> BaseModel | None:
    if model is None:
        return None
    if request.content_type not in {"application/json", "application/octet-stream"}:
        raise ProblemError(problem("unsupported_media_type", 415, detail="send application/json"))
    if b"\\u0000" in raw and "\0" in "".join(_texts(raw)):
        raise invalid("", _NUL, rule="nul")
    try:
        return model.model_validate_json(raw)
    except pydantic.ValidationError as error:
        raise ProblemError(from_validation(error, "body")) from error


def _texts(raw: bytes) -> Iterator[str]:
    """Every text in a JSON body; nothing where it cannot be read, which the model then says better."""
    try:
        waiting = [json.loads(raw)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend((*value, *value.values()))
        elif isinstance(value, list):
            waiting.extend(value)


def _render(route: Route, answer: BaseModel | Reply | Problem | None) -> _Rendered:
    if isinstance(answer, Problem):
        return _Rendered(answer.status, answer.model_dump_json(), {"Content-Type": CONTENT_TYPE})
    reply = answer if isinstance(answer, Reply) else Reply(body=answer)
    headers = dict(reply.headers)
    if reply.etag is not None:
        headers["ETag"] = f'"{reply.etag}"'
    body = ""
    if reply.body is not None:
        body = reply.body.model_dump_json()
        headers["Content-Type"] = "application/json"
    return _Rendered(reply.status or route.status, body, headers)


def _as_response(request: web.Request, answer: _Rendered) -> web.Response:
    headers = dict(answer.headers)
    kind = headers.pop("Content-Type", None)
    if kind == CONTENT_TYPE:
        shown = Problem.model_validate_json(answer.body)
        return response(shown, instance=request.path, trace_id=request[TRACE_ID], headers=headers)
    return web.Response(status=answer.status, body=answer.body.encode() or None, content_type=kind, headers=headers)
