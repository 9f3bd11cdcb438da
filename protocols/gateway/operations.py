"""What a hub asks the simulated gateway, and what it answers.

One endpoint for every operation, `POST /v1/operations`, idempotent by the caller's `key`: the same key and the same
question get the same answer and move money once; the same key and another question is a 409. `GET
/v1/operations/{key}` says what became of a question whose answer was lost. Amounts are minor units of `currency`.
"""

import enum
from typing import TypeVar

import msgspec

from protocols.errors import Malformed

_T = TypeVar("_T")


class Kind(enum.StrEnum):
    """What is done. All but authorize, charge and payout are done to an earlier one, `of` its key."""

    AUTHORIZE = "authorize"  # hold the amount
    INCREMENT = "increment"  # hold more: `amount_minor` on top
    CAPTURE = "capture"  # take (a part of) what is held; the rest is let go
    VOID = "void"  # let go what is held
    CHARGE = "charge"  # authorize and capture at once
    REFUND = "refund"  # give (a part of) what was taken back
    PAYOUT = "payout"  # pay out what has been taken to the merchant's bank


class Outcome(enum.StrEnum):
    """How an operation stands. Only `pending` changes, once; a webhook says so."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class Ask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question. `token` names a payment method, for those operations that begin something."""

    key: str
    kind: Kind
    amount_minor: int
    currency: str
    token: str = ""
    of: str = ""
    note: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of it. `ref` is the gateway's own name; `code` says why it was declined; `fee_minor` it keeps."""

    ref: str
    key: str
    kind: Kind
    outcome: Outcome
    amount_minor: int
    currency: str
    at_ms: int
    of: str = ""
    code: str = ""
    fee_minor: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Every operation that moved money between two instants, in order: `GET /v1/report?since_ms=…&until_ms=…`."""

    since_ms: int
    until_ms: int
    operations: list[Operation]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a question could not be taken: key_reused, unknown_operation, bad_amount, not_signed_in, busy."""

    code: str


def encode(message: Ask | Operation | Report | Failure) -> bytes:
    """The message as UTF-8 JSON."""
    return msgspec.json.encode(message)


def decode(data: bytes, shape: type[_T]) -> _T:
    """Parse a message. Raises Malformed."""
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_gateway_message", str(error)) from error
