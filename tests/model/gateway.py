"""The simulated gateway's own book in this process, behind the payments' port: no socket, no time, and every fault that
money meets on its way. A card's token says which (see `firmware_sim.gateway.book`)."""

import datetime as dt
from collections.abc import Sequence

from firmware_sim.gateway.book import Book, CannotError
from hub.payments.gateways.port import Form, Line, Outcome, Result
from protocols.errors import Refused
from protocols.gateway import operations
from protocols.gateway.operations import Ask, Kind, Operation
from protocols.values import from_ms, to_ms

_SIGN = {Kind.CHARGE: 1, Kind.CAPTURE: 1, Kind.REFUND: -1}


class MemoryGateway:
    """`news`: what it has not told yet by webhook, in order. Whoever drives it tells, twice or late."""

    name = "simulated"
    form = Form.SET_ASIDE

    def __init__(self) -> None:
        self.book = Book()
        self.news: list[Operation] = []
        self._silenced: set[str] = set()
        self._at_ms = 0

    async def authorize(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        return self._ask(Ask(key=key, kind=Kind.AUTHORIZE, token=token, amount_minor=amount_minor, currency=currency))

    async def increment(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        return self._ask(Ask(key=key, kind=Kind.INCREMENT, of=of, amount_minor=amount_minor, currency=currency))

    async def capture(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        return self._ask(Ask(key=key, kind=Kind.CAPTURE, of=of, amount_minor=amount_minor, currency=currency))

    async def void(self, key: str, of: str, currency: str) -> Result:
        return self._ask(Ask(key=key, kind=Kind.VOID, of=of, amount_minor=0, currency=currency))

    async def charge(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        return self._ask(Ask(key=key, kind=Kind.CHARGE, token=token, amount_minor=amount_minor, currency=currency))

    async def refund(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        return self._ask(Ask(key=key, kind=Kind.REFUND, of=of, amount_minor=amount_minor, currency=currency))

    async def payout(self, key: str, amount_minor: int, currency: str) -> Result:
        return self._ask(Ask(key=key, kind=Kind.PAYOUT, amount_minor=amount_minor, currency=currency))

    async def query(self, key: str) -> Result | None:
        try:
            return _result(self.book.find(key))
        except CannotError:
            return None

    async def report(self, since: dt.datetime, until: dt.datetime) -> Sequence[Line]:
        return [
            Line(
                kind=one.kind.value, key=one.key, ref=one.ref, at=from_ms(one.at_ms),
                amount_minor=_SIGN[one.kind] * one.amount_minor, fee_minor=one.fee_minor, currency=one.currency,
            )
            for one in self.book.report(to_ms(since), to_ms(until))
            if one.kind in _SIGN
        ]  # fmt: skip

    def _ask(self, ask: Ask) -> Result:
        """Once per key; a silent card's money is taken and its first answer never comes."""
        self._at_ms += 1
        try:
            answer = self.book.take(ask, self._at_ms)
        except CannotError as error:
            if error.status >= 500:
                raise OSError(error.code) from error
            raise Refused("gateway_refused", why=error.code, status=error.status) from error
        if ask.key not in self._silenced:
            self._silenced.add(ask.key)
            self.news.append(answer.operation)
            if answer.silent:
                raise TimeoutError(f"{ask.key}: taken, and not told")
        return _result(answer.operation)

    def pending(self) -> list[str]:
        """What has not been decided."""
        return [key for key, one in self.book._done.items() if one.outcome is operations.Outcome.PENDING]

    def settle(self, key: str) -> None:
        """Decide it, as its card will have it."""
        self.news.append(self.book.settle(key))

    def moved(self) -> dict[str, int]:
        """What was taken (given back: negative) by each call."""
        return {one.key: _SIGN[one.kind] * one.amount_minor for one in self.book.report(0, 2**62) if one.kind in _SIGN}


def _result(one: Operation) -> Result:
    return Result(
        key=one.key, ref=one.ref, outcome=Outcome(one.outcome.value), amount_minor=one.amount_minor,
        currency=one.currency, code=one.code,
    )  # fmt: skip
