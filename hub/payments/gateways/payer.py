"""Gateways at which the payer must act: orders, the tries to pay them, what is given back of them.

An adapter keeps its orders through `Orders`, in transactions of its own, and never tells anybody: what it finds out
about a try goes through `hub.payments.payers`, as what comes by IPN does.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody is to pay. `state`: waiting, paid, closed."""

    key: str
    token: str
    amount_minor: int
    currency: str
    open_until: dt.datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to pay an order; `ref` is its name at the gateway. `state`: open, paid, suspect, failed.

    `stray`: it was paid beside another one, or after its order was closed; it pays for nothing. `key` is its order's.
    """

    ref: str
    key: str
    amount_minor: int
    currency: str
    begun_at: dt.datetime
    expires_at: dt.datetime
    state: str
    stray: bool
    transaction_no: str
    paid_at: dt.datetime | None
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """A refund of a try. `state`: asked, accepted, rejected. `tries`: how often the gateway has been asked."""

    key: str
    ref: str
    amount_minor: int
    request_id: str
    tries: int
    state: str
    code: str
    ended_at: dt.datetime | None
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a gateway says of a try. `state` as an attempt's; `amount_minor` None where it does not say."""

    ref: str
    state: str
    amount_minor: int | None
    code: str = ""
    transaction_no: str = ""
    paid_at: dt.datetime | None = None


class Orders(Protocol):
    """Where an adapter keeps them. Filled by the wiring."""

    async def open(self, key: str, token: str, amount_minor: int, currency: str, until: dt.datetime) -> Order:
        """The order of this key; opened unless it is there."""

    async def order_of(self, key: str) -> Order | None:
        """The order of this key."""

    async def attempts_of(self, key: str) -> Sequence[Attempt]:
        """The tries to pay it, the oldest first."""

    async def paid(self, of: str) -> Attempt | None:
        """The try that paid this order; or the paid try of this name."""

    async def given_of(self, ref: str) -> Sequence[GivenBack]:
        """What was asked to be given back of this try, the oldest first."""

    async def give_back(self, key: str, ref: str, amount_minor: int | None) -> GivenBack | None:
        """The refund of this key, begun unless it is there; None when there is not so much left (None: all of it).

        A rejected one is begun anew.
        """

    async def tried(self, key: str) -> None:
        """The gateway is about to be asked for this refund."""

    async def gave_back(self, key: str, state: str, code: str, transaction_no: str) -> None:
        """How a refund ended."""

    async def moved(self, since: dt.datetime, until: dt.datetime) -> tuple[Sequence[Attempt], Sequence[GivenBack]]:
        """Tries that were begun, and refunds that were accepted, between these instants."""

    async def unconfirmed(self, since: dt.datetime, until: dt.datetime) -> Sequence[GivenBack]:
        """Refunds that were accepted between these instants, and that the gateway has not called done."""

    async def confirm_paid(self, ref: str) -> None:
        """The gateway itself has said, when asked, that this try is paid."""

    async def confirm_given(self, key: str) -> None:
        """The gateway itself has said, when asked, that this refund is done."""


class PayerGateway(Protocol):
    """What such a gateway can beside the port."""

    @property
    def attempt_lasts(self) -> dt.timedelta:
        """How long its page waits for the payer."""

    def pay_url(self, attempt: Attempt, token: str, info: str, address: str) -> str:
        """Where the payer, who comes from this address, pays."""

    async def look(self, attempt: Attempt) -> Told | None:
        """What became of a try; None when the payer never came. Raises OSError."""
