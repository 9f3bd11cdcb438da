"""What the payments' room asks of a gateway, whichever it is.

Every call has a `key`: the same key moves money once, however often it is asked. What a gateway declines is an
answer; that it cannot be reached, or does not answer in time, is `OSError` or `TimeoutError`: then nobody knows, and
the same call with the same key is made again.
"""

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Outcome(enum.StrEnum):
    """How a call stands. A pending one ends later: by webhook, or by `query`."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a call. `ref` is the gateway's name for it, `code` why it was declined."""

    key: str
    ref: str
    outcome: Outcome
    amount_minor: int
    currency: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a gateway's report: what it took (positive) or gave back (negative), and kept as its fee."""

    key: str
    ref: str
    at: dt.datetime
    amount_minor: int
    fee_minor: int
    currency: str


class Gateway(Protocol):
    """A gateway. `of` names an earlier call by its key. Amounts are minor units."""

    @property
    def name(self) -> str:
        """How the ledger calls it."""

    async def authorize(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Hold the amount on this payment method."""

    async def increment(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Hold so much more."""

    async def capture(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Take so much of what is held, let go of the rest."""

    async def void(self, key: str, of: str, currency: str) -> Result:
        """Let go of what is held."""

    async def charge(self, key: str, token: str, amount_minor: int, currency: str) -> Result:
        """Take the amount at once."""

    async def refund(self, key: str, of: str, amount_minor: int, currency: str) -> Result:
        """Give back so much of what was taken."""

    async def payout(self, key: str, amount_minor: int, currency: str) -> Result:
        """Pay out so much of what has been taken."""

    async def query(self, key: str) -> Result | None:
        """What became of a call; None when the gateway never heard of it."""

    async def report(self, since: dt.datetime, until: dt.datetime) -> Sequence[Line]:
        """What moved money between these instants."""
