"""What a domain says about its routes: one decorator that types, documents, guards and dispatches them.

`@route` stands on the methods of a domain's Api class; `routes_of(api)` collects them for the wiring.
The web layer (`web.py`) carries them out and `openapi.py` documents them.
"""

import enum
import functools
import inspect
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from aiohttp import web
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.auth import Principal
from hub.kernel.bus import Bus
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.problem import Problem, ProblemError, invalid, problem
from protocols.errors import Refused

B = TypeVar("B")
Q = TypeVar("Q")
F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

SIGNED_IN = "signed_in"
"""The permission of a route that every signed-in account may call."""


class Unit(enum.StrEnum):
    """The unit of work a route runs in."""

    WRITE = "write"  # one transaction; committed when the handler returns
    READ = "read"  # queries only
    NONE = "none"  # the handler opens its own by `call.database`, e.g. around slow work


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer with more than a body: another status, headers, an entity tag."""

    body: BaseModel | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Everything that is known about one typed route."""

    method: str
    path: str
    handler: Callable[["Call[Any, Any]"], Awaitable[BaseModel | Reply | Problem | None]]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    response: type[BaseModel] | None
    status: int
    permission: str | None
    wide: str | None
    errors: Mapping[str, int]
    idempotent: bool
    edits: bool
    audited: bool
    unit: Unit
    ahead: Callable[[Any], Awaitable[Any]] | None
    tags: tuple[str, ...]
    summary: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRoute:
    """A route that speaks for itself (sync, live link, feeds); errors still become problem+json.

    `body_types` and `answers` (status → meaning) only document it. It opens its own units of work; they stay within
    the caller's reach, by `wide` on a SIGNED_IN route as for a typed one.
    """

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    summary: str
    tags: tuple[str, ...]
    description: str = ""
    permission: str | None = None
    wide: str | None = None
    body_types: tuple[str, ...] = ()
    answers: Mapping[int, str] = field(default_factory=lambda: {200: "Done"})
    documented: bool = True


class Call(Generic[B, Q]):
    """One call of a typed route: the checked body and query, the caller, and the unit of work."""

    def __init__(
        self,
        *,
        request: web.Request,
        body: B,
        query: Q,
        principal: Principal | None,
        database: Database,
        session: AsyncSession | None,
        clock: Clock,
        bus: Bus,
        ready: Any = None,
    ) -> None:
        self.request = request
        self.body = body
        self.query = query
        self.database = database
        self.clock = clock
        self.bus = bus
        self.ready = ready  # what the route's `ahead` made of the body
        self._principal = principal
        self._session = session

    @property
    def session(self) -> AsyncSession:
        """The session of this call's unit of work."""
        if self._session is None:
            raise RuntimeError("this route runs without a unit of work")
        return self._session

    @property
    def principal(self) -> Principal:
        """Who calls. Raises Refused `not_signed_in` on a public route that nobody signed in to."""
        if self._principal is None:
            raise Refused("not_signed_in")
        return self._principal

    def id(self, name: str) -> uuid.UUID:
        """A UUID from the path. Raises a 422 that names it when it is none."""
        try:
            return uuid.UUID(self.request.match_info[name])
        except ValueError as error:
            raise invalid(name, "not a UUID", place="path", rule="uuid_parsing") from error

    def text(self, name: str) -> str:
        """A piece of the path as text."""
        return self.request.match_info[name]

    async def publish(self, event: object) -> None:
        """Tell other domains, in this call's transaction."""
        await self.bus.publish(self.session, event)

    def require_match(self, etag: str) -> None:
        """The edit's If-Match must name the current entity tag: 428 without one, 412 when it changed."""
        given = self.request.headers.get("If-Match")
        if given is None:
            raise ProblemError(problem("if_match_required"))
        tags = {one.strip() for one in given.split(",")}
        if "*" not in tags and f'"{etag}"' not in tags:
            raise ProblemError(problem("changed_meanwhile"), {"ETag": f'"{etag}"'})


def route(
    method: str,
    path: str,
    *,
    summary: str,
    tags: Sequence[str],
    permission: str | None,
    wide: str | None = None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    response: type[BaseModel] | None = None,
    status: int = 200,
    errors: Mapping[str, int] | None = None,
    idempotent: bool = False,
    edits: bool = False,
    audited: bool | None = None,
    unit: Unit | None = None,
    ahead: Callable[[Any, Any], Awaitable[Any]] | None = None,
) -> Callable[[F], F]:
    """Make an Api class's method a route. Its one parameter is `call: Call[<body or None>, <query or None>]`.

    `permission`: a permission's name, SIGNED_IN, or None for everybody. `wide`: on a SIGNED_IN route, the permission
    that reaches further than one's own; who has it at some stations only is kept within them. `errors`: every code
    the handler may refuse with → its status. `idempotent`: the client must send an Idempotency-Key. `edits`: the
    handler calls `require_match`, so the client must send If-Match. The docstring is the description. GET reads and
    every other method writes, unless `unit` says otherwise. What is no GET stands in the audit log, unless `audited`
    says otherwise. `ahead`: a method that is given the body before the unit of work begins, for slow work that nobody
    shall wait for who waits for this transaction; what it makes is `call.ready`, the same in each try.
    """
    declared = {
        "method": method,
        "path": path,
        "body": body,
        "query": query,
        "response": response,
        "status": status if response is not None or status != 200 else 204,
        "permission": permission,
        "wide": wide,
        "errors": dict(errors or {}),
        "idempotent": idempotent,
        "edits": edits,
        "audited": method != "GET" if audited is None else audited,
        "unit": unit or (Unit.READ if method == "GET" else Unit.WRITE),
        "ahead": ahead,
        "tags": tuple(tags),
        "summary": summary,
    }
    if idempotent and declared["unit"] is not Unit.WRITE:
        raise TypeError(f"{method} {path}: an idempotent route runs in a writing unit of work")

    def mark(handler: F) -> F:
        _check_call(handler, body, query)
        handler.__voltdock_route__ = {  # type: ignore[attr-defined]  # read by routes_of
            **declared,
            "description": inspect.getdoc(handler) or "",
        }
        return handler

    return mark


def routes_of(api: object) -> list[Route]:
    """The routes that an Api object's methods declare, in the order they are written."""
    found = []
    for name in type(api).__dict__:
        declared = getattr(type(api).__dict__[name], "__voltdock_route__", None)
        if declared is not None:
            ahead = declared["ahead"]
            bound = None if ahead is None else functools.partial(ahead, api)
            found.append(Route(handler=getattr(api, name), **{**declared, "ahead": bound}))
    return found


def _check_call(handler: Callable[..., Any], body: object, query: object) -> None:
    """A route whose handler expects another body or query than it declares is a bug at import."""
    hint = get_type_hints(handler).get("call")
    expected = (body or type(None), query or type(None))
    if get_args(hint) != expected:
        raise TypeError(f"{handler.__qualname__}: declares {expected}, but `call` is {hint}")
