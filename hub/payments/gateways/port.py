"""What the payments' room asks of a gateway, whichever it is.

Every call has a `key`: the same key moves money once, however often it is asked. What a gateway declines is an
answer; that it cannot be reached, or does not answer in time, is `OSError` or `TimeoutError`: then nobody knows, and
the same call with the same key is made again.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Outcome(enum.StrEnum):
    """How a call stands. A pending one ends later: by webhook, or by `query`."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"


class Form(enum.StrEnum):
    """What holding is at a gateway: money that is set aside, or a payment whose rest is given back."""

    SET_ASIDE = "set_aside"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a call. `ref` is the gateway's name for it, `code` why it was declined.

    `held_until`: when a hold ends by itself, where the gateway says so. `waits_until`: it is pending because the
    payer must act, who has time until then; asking the gateway again before does not help.
    """

    key: str
    ref: str
    outcome: Outcome
    amount_minor: int
    currency: str
    code: str = ""
    held_until: dt.datetime | None = None
    waits_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a gateway's report: what it took (positive) or gave back (negative), and kept as its fee.

    `kind`: charge, refund, or payout (what it paid out to the bank, positive). `key` is what it was asked by; empty
    where nobody of us asked.
    """

    kind: str
    key: str
    ref: str
    at: dt.datetime
    amount_minor: int
    fee_minor: int
    currency: str


class Refs(Protocol):
    """Where an adapter keeps what its gateway calls our calls. Filled by the wiring."""

    async def remember(self, key: str, ref: str, kind: str) -> str:
        """Keep this name, unless there is one for the key; the one that stands."""

    async def ref_of(self, key: str) -> str | None:
        """The name of what was asked by this key."""

    async def keys_of(self, refs: Iterable[str], kinds: Iterable[str]) -> dict[str, str]:
        """The key of each of these names, of calls of these kinds."""


class Gateway(Protocol):
    """A gateway. `of` names an earlier call by its key. Amounts are minor units."""

    @property
    def name(self) -> str:
        """How the ledger calls it."""

    @property
    def form(self) -> Form:
        """What holding is here."""

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
