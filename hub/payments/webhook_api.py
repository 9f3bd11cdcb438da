"""Where gateways tell what became of calls: believed when it is theirs and fresh, once in effect."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.db import insert_new
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import RawRoute
from hub.kernel.web import Kernel
from hub.payments.gateways import simulated, stripe_money
from hub.payments.gateways.port import Outcome, Result
from hub.payments.gateways.stripe_events import told_by
from hub.payments.money_tables import WebhookEvent
from protocols.errors import Malformed, Refused
from protocols.gateway import webhooks
from protocols.values import to_ms

_MAX_WEBHOOK: Final = 64 * 1024
_MAX_ID: Final = 100
_ANSWERS: Final = {
    200: "Taken, or known",
    202: "Kept; no payment has this key",
    401: "Not the gateway's signature",
    404: "No such gateway here",
}


class Hearer(Protocol):
    """Whoever made the calls that gateways tell of."""

    async def when_told(self, session: AsyncSession, gateway: str, result: Result) -> bool:
        """A gateway tells how a call ended. False when it is none of his."""


class Dialect(Protocol):
    """How one gateway tells and signs."""

    def read(self, headers: Mapping[str, str], body: bytes, now_s: float) -> tuple[str, Result | None]:
        """The event's id, and what it says of a call. Raises Malformed, Refused `bad_signature`."""


class Webhooks:
    """One gateway's webhooks; `dialect` None: there is no such gateway here."""

    def __init__(self, kernel: Kernel, hearers: Sequence[Hearer], name: str, dialect: Dialect | None) -> None:
        self._kernel = kernel
        self._hearers = hearers
        self._name = name
        self._dialect = dialect

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Believe it, write it down, act on it. What is nobody's call is answered 202 and kept."""
        if self._dialect is None:
            raise ProblemError(problem("not_found"))
        if (request.content_length or 0) > _MAX_WEBHOOK:
            raise ProblemError(problem("too_large", 413))
        body = await request.read()
        now = self._kernel.clock.now()
        try:
            event_id, result = self._dialect.read(request.headers, body, to_ms(now) / 1000)
        except (Malformed, Refused) as error:
            raise ProblemError(problem("bad_signature", 401)) from error
        row = {
            "gateway": self._name, "event_id": event_id, "received_at": now, "body": body.decode(errors="replace"),
        }  # fmt: skip
        async with self._kernel.database.transaction() as session:
            is_new = await insert_new(session, WebhookEvent, [row], key=("gateway", "event_id"))
            known = not is_new
            if is_new and result is not None and result.outcome is not Outcome.PENDING:
                known = any([await one.when_told(session, self._name, result) for one in self._hearers])
        return web.json_response({"taken": bool(is_new)}, status=200 if known else 202)

    def route(self) -> RawRoute:
        """Where the gateway delivers."""
        return RawRoute(
            method="POST",
            path=f"/api/v1/webhooks/{self._name}",
            handler=self.handle,
            summary=f"Events of the gateway {self._name}",
            tags=("payments",),
            description="Signed by the gateway. Repeats are nothing new.",
            body_types=("application/json",),
            answers=_ANSWERS,
        )


class Simulated:
    """The simulated gateway signs as Standard Webhooks are."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def read(self, headers: Mapping[str, str], body: bytes, now_s: float) -> tuple[str, Result | None]:
        """See `Dialect`."""
        event_id = webhooks.verify(self._secret, headers, body, now_s=now_s)
        return event_id, simulated.result_in(body)


class Stripe:
    """Stripe signs with a time of its own, and tells of much that is none of our calls."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def read(self, headers: Mapping[str, str], body: bytes, now_s: float) -> tuple[str, Result | None]:
        """See `Dialect`."""
        stripe_money.verify(self._secret, headers.get(stripe_money.HEADER, ""), body, now_s=now_s)
        try:
            event: dict[str, Any] = json.loads(body)
            return str(event["id"])[:_MAX_ID], told_by(event)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Malformed("bad_gateway_message") from error
