"""The simulated gateway's client: the default, for the demo and for tests. Real processes, no real money."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import aiohttp

from hub.payments.gateways.port import Form, Line, Outcome, Result
from protocols.errors import Malformed, Refused
from protocols.gateway import operations
from protocols.gateway.operations import Ask, Failure, Kind, Operation, Report
from protocols.values import from_ms, to_ms

NAME: Final = "simulated"
TIMEOUT_S: Final = 5.0
_UNKNOWN: Final = "unknown_operation"


class SimulatedGateway:
    """`Gateway` over HTTP. A session of its own per call: calls are rare, and none outlives its caller."""

    def __init__(self, url: str, api_key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    @property
    def name(self) -> str:
        """How the ledger calls it."""
        return NAME

    @property
    def form(self) -> Form:
        """What holding is here."""
        return Form.SET_ASIDE

    async def authorize(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Hold the amount on this payment method."""
        return await self._ask(
            Ask(key=key, kind=Kind.AUTHORIZE, amount_minor=amount_minor, currency=currency, token=token)
        )

    async def increment(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Hold so much more."""
        return await self._ask(Ask(key=key, kind=Kind.INCREMENT, amount_minor=amount_minor, currency=currency, of=of))

    async def capture(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Take so much of what is held, let go of the rest."""
        return await self._ask(Ask(key=key, kind=Kind.CAPTURE, amount_minor=amount_minor, currency=currency, of=of))

    async def void(self, key: str, of: str, currency: str) -> Result:
        """Let go of what is held."""
        return await self._ask(Ask(key=key, kind=Kind.VOID, amount_minor=0, currency=currency, of=of))

    async def charge(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Take the amount at once."""
        return await self._ask(
            Ask(key=key, kind=Kind.CHARGE, amount_minor=amount_minor, currency=currency, token=token)
        )

    async def refund(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Give back so much of what was taken."""
        return await self._ask(Ask(key=key, kind=Kind.REFUND, amount_minor=amount_minor, currency=currency, of=of))

    async def payout(self, key: str, amount_minor: int, currency: str) -> Result:
        """Pay out so much of what has been taken."""
        return await self._ask(Ask(key=key, kind=Kind.PAYOUT, amount_minor=amount_minor, currency=currency))

    async def query(self, key: str) -> Result | None:
        """What became of a call; None when the gateway never heard of it."""
        try:
            return _result(operations.decode(await self._call("GET", f"/v1/operations/{key}"), Operation))
        except Refused as refused:
            if refused.params.get("why") == _UNKNOWN:
                return None
            raise

    async def report(self, since: dt.datetime, until: dt.datetime) -> Sequence[Line]:
        """What moved money between these instants."""
        path = f"/v1/report?since_ms={to_ms(since)}&until_ms={to_ms(until)}"
        found = operations.decode(await self._call("GET", path), Report)
        return [_line(one) for one in found.operations]

    async def _ask(self, ask: Ask) -> Result:
        return _result(operations.decode(await self._call("POST", "/v1/operations", operations.encode(ask)), Operation))

    async def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer's body. Raises OSError, TimeoutError; Refused where asking again mends nothing."""
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout, headers=self._headers) as http,
                http.request(method, self._url + path, data=body) as answer,
            ):
                content = await answer.read()
                status = answer.status
        except aiohttp.ClientError as error:
            raise OSError(f"gateway: {type(error).__name__}") from error
        if status >= 500:
            raise OSError(f"gateway: HTTP {status}")
        if status >= 400:
            raise Refused("gateway_refused", why=_code_in(content), status=status)
        return content


def result_in(body: bytes) -> Result:
    """What a webhook tells. Raises Malformed."""
    return _result(operations.decode(body, Operation))


def _code_in(content: bytes) -> str:
    try:
        return operations.decode(content, Failure).code[:40]
    except Malformed:
        return "unreadable"


def _result(one: Operation) -> Result:
    return Result(
        key=one.key, ref=one.ref, outcome=Outcome(one.outcome.value), amount_minor=one.amount_minor,
        currency=one.currency, code=one.code,
    )  # fmt: skip


def _line(one: Operation) -> Line:
    sign = -1 if one.kind is Kind.REFUND else 1
    kind = {Kind.REFUND: "refund", Kind.PAYOUT: "payout"}.get(one.kind, "charge")
    return Line(
        kind=kind, key=one.key, ref=one.ref, at=from_ms(one.at_ms), amount_minor=sign * one.amount_minor,
        fee_minor=one.fee_minor, currency=one.currency,
    )  # fmt: skip
