"""What the simulated gateway knows: operations by key, and what each card's token brings about. No socket, no clock.

card_ok…            everything works
card_declined…      every hold and charge is declined
card_limit_<n>…     what goes above n minor units is declined
card_silent…        acts, and does not answer the first time: the question must be asked again, or looked up
card_busy…          says 503 the first time, without acting
card_pending…       answers `pending`; succeeds when `settle` is called
card_late_no…       answers `pending`; is declined when `settle` is called
card_no_refund…     takes, and declines to give anything back
"""

import re
from dataclasses import dataclass
from typing import Final

from protocols.gateway.operations import Ask, Kind, Operation, Outcome

FEE_FIXED_MINOR: Final = 25
FEE_PARTS: Final = (14, 1000)  # 1.4 %
_BEGINS: Final = frozenset({Kind.AUTHORIZE, Kind.CHARGE})
_TAKES: Final = frozenset({Kind.CAPTURE, Kind.CHARGE})


class CannotError(Exception):
    """The question cannot be taken; `code` says why, `status` is its HTTP status."""

    def __init__(self, code: str, status: int = 409) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered; `silent`: nothing is, though it was done."""

    operation: Operation
    silent: bool = False


@dataclass(slots=True)
class _Held:
    """One authorization, or one charge."""

    token: str
    currency: str
    held_minor: int = 0
    taken_minor: int = 0
    refunded_minor: int = 0


class Book:
    """All operations. The same questions in the same order get the same answers."""

    def __init__(self) -> None:
        self._asked: dict[str, Ask] = {}
        self._done: dict[str, Operation] = {}
        self._held: dict[str, _Held] = {}
        self._tried: set[str] = set()

    def take(self, ask: Ask, at_ms: int) -> Answer:
        """Do what is asked, once per key. Raises CannotError."""
        if not 0 < len(ask.key) <= 200 or not re.fullmatch("[A-Z]{3}", ask.currency):
            raise CannotError("bad_question", 400)
        before = self._asked.get(ask.key)
        if before is not None:
            if before != ask:
                raise CannotError("key_reused")
            return Answer(operation=self._done[ask.key])
        if ask.amount_minor < 0 or (ask.amount_minor == 0 and ask.kind is not Kind.VOID):
            raise CannotError("bad_amount", 400)
        token = self._token(ask)
        if token.startswith("card_busy") and ask.key not in self._tried:
            self._tried.add(ask.key)
            raise CannotError("busy", 503)
        operation = self._operation(ask, token, at_ms)
        self._asked[ask.key], self._done[ask.key] = ask, operation
        if operation.outcome is Outcome.SUCCEEDED:
            self._move(ask, token)
        return Answer(operation=operation, silent=token.startswith("card_silent"))

    def settle(self, key: str) -> Operation:
        """End a pending operation, as its card will have it. Raises CannotError."""
        pending = self.find(key)
        if pending.outcome is not Outcome.PENDING:
            return pending
        ask = self._asked[key]
        refused = self._token(ask).startswith("card_late_no")
        outcome = Outcome.DECLINED if refused else Outcome.SUCCEEDED
        settled = replace_operation(pending, outcome, "do_not_honor" if refused else "")
        self._done[key] = settled
        if not refused:
            self._move(ask, self._token(ask))
        return settled

    def find(self, key: str) -> Operation:
        """What became of this question. Raises CannotError `unknown_operation`."""
        found = self._done.get(key)
        if found is None:
            raise CannotError("unknown_operation", 404)
        return found

    def report(self, since_ms: int, until_ms: int) -> list[Operation]:
        """What moved money between these instants, in order."""
        moved = {*_TAKES, Kind.REFUND, Kind.PAYOUT}
        return [
            one
            for one in self._done.values()
            if one.kind in moved and one.outcome is Outcome.SUCCEEDED and since_ms <= one.at_ms < until_ms
        ]

    def _token(self, ask: Ask) -> str:
        if ask.kind in _BEGINS:
            if not ask.token.startswith("card_"):
                raise CannotError("unknown_card", 400)
            return ask.token
        if ask.kind is Kind.PAYOUT:
            return ""
        held = self._held.get(ask.of)
        if held is None or held.currency != ask.currency:
            raise CannotError("unknown_operation", 404)
        return held.token

    def _operation(self, ask: Ask, token: str, at_ms: int) -> Operation:
        outcome, code = self._judge(ask, token)
        fee = 0
        if ask.kind in _TAKES and outcome is not Outcome.DECLINED:
            fee = FEE_FIXED_MINOR + ask.amount_minor * FEE_PARTS[0] // FEE_PARTS[1]
        return Operation(
            ref=f"op_{len(self._done) + 1:06d}", key=ask.key, kind=ask.kind, outcome=outcome,
            amount_minor=ask.amount_minor, currency=ask.currency, at_ms=at_ms, of=ask.of, code=code, fee_minor=fee,
        )  # fmt: skip

    def _judge(self, ask: Ask, token: str) -> tuple[Outcome, str]:
        declined = Outcome.DECLINED
        held = self._held.get(ask.of)
        match ask.kind:
            case Kind.AUTHORIZE | Kind.CHARGE | Kind.INCREMENT:
                total = ask.amount_minor + (held.held_minor if held is not None else 0)
                limit = re.match(r"card_limit_(\d+)", token)
                if token.startswith("card_declined"):
                    return declined, "card_declined"
                if limit is not None and total > int(limit[1]):
                    return declined, "insufficient_funds"
                if token.startswith(("card_pending", "card_late_no")):
                    return Outcome.PENDING, ""
            case Kind.CAPTURE if held is not None and ask.amount_minor > held.held_minor:
                return declined, "more_than_held"
            case Kind.REFUND if held is not None and ask.amount_minor > held.taken_minor - held.refunded_minor:
                return declined, "more_than_taken"
            case Kind.REFUND if token.startswith("card_no_refund"):
                return declined, "refund_not_possible"
            case _:
                pass
        return Outcome.SUCCEEDED, ""

    def _move(self, ask: Ask, token: str) -> None:
        match ask.kind:
            case Kind.AUTHORIZE:
                self._held[ask.key] = _Held(token, ask.currency, held_minor=ask.amount_minor)
            case Kind.CHARGE:
                self._held[ask.key] = _Held(token, ask.currency, taken_minor=ask.amount_minor)
            case Kind.INCREMENT:
                self._held[ask.of].held_minor += ask.amount_minor
            case Kind.CAPTURE:
                self._held[ask.of].taken_minor += ask.amount_minor
                self._held[ask.of].held_minor = 0
            case Kind.VOID:
                self._held[ask.of].held_minor = 0
            case Kind.REFUND:
                self._held[ask.of].refunded_minor += ask.amount_minor
            case Kind.PAYOUT:
                pass


def replace_operation(one: Operation, outcome: Outcome, code: str) -> Operation:
    """The operation with another end."""
    return Operation(
        ref=one.ref, key=one.key, kind=one.kind, outcome=outcome, amount_minor=one.amount_minor,
        currency=one.currency, at_ms=one.at_ms, of=one.of, code=code,
        fee_minor=0 if outcome is Outcome.DECLINED else one.fee_minor,
    )  # fmt: skip
