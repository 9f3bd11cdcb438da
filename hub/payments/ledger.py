"""Pure: double-entry bookkeeping. What a business event means in accounts; every posting sums to zero.

Amounts are signed minor units: a debit is positive, a credit negative. Accounts are names:

    receivable:<account id>    what a renter owes us; `receivable:unknown` where no station knew who it was
    clearing:<gateway>         what a gateway has taken for us and not yet paid out
    deposits:<account id>      what a renter has paid in advance, and gets back or owes nothing for any more
    revenue:rental             net revenue; also revenue:charging
    tax                        tax inside gross prices, owed to the state
    fees:<gateway>             what a gateway keeps
    bank                       what has been paid out to us
    write_off                  what we have given up

Entries are never changed: a correction is another posting of the difference.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocols.errors import Malformed

TAX: Final = "tax"
BANK: Final = "bank"
WRITE_OFF: Final = "write_off"
UNKNOWN: Final = "receivable:unknown"
IN_ADVANCE: Final = "in_advance"
"""The kind of a posting of money that comes before there is anything to pay, or goes back unused."""
ADJUSTMENT: Final = "adjustment"
"""The kind of a posting of what people correct a bill by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One side of a posting: minor units of `currency`, positive for a debit, never zero."""

    account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Entries that belong together. `key` is unique: the same event is posted once. `subject_id`: what it is about."""

    key: str
    kind: str
    subject_id: uuid.UUID
    entries: tuple[Entry, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What somebody owes for a ride or a charge: gross, and the tax inside. Negative: what is credited to him."""

    account_id: uuid.UUID | None
    currency: str
    total_minor: int
    tax_minor: int


def posting(key: str, kind: str, subject_id: uuid.UUID, entries: Iterable[Entry], note: str = "") -> Posting | None:
    """A posting of these entries, one per account and currency; None when nothing is left of them.

    Raises Malformed `unbalanced` when a currency does not sum to zero: that is a bug, and no money moves.
    """
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for one in entries:
        sums[one.account, one.currency] += one.amount_minor
    kept = tuple(
        Entry(account=account, currency=currency, amount_minor=amount)
        for (account, currency), amount in sorted(sums.items())
        if amount
    )
    for currency in {one.currency for one in kept}:
        if sum(one.amount_minor for one in kept if one.currency == currency):
            raise Malformed("unbalanced", f"{kind} {key}")
    return Posting(key=key, kind=kind, subject_id=subject_id, entries=kept, note=note) if kept else None


def receivable(account_id: uuid.UUID | None) -> str:
    """Where it stands what this person owes."""
    return UNKNOWN if account_id is None else f"receivable:{account_id}"


def deposits(account_id: uuid.UUID | None) -> str:
    """Where it stands what this renter has paid in advance."""
    return "deposits:unknown" if account_id is None else f"deposits:{account_id}"


def clearing(gateway: str) -> str:
    """Where it stands what this gateway holds for us."""
    return f"clearing:{gateway}"


def fees(gateway: str) -> str:
    """Where it stands what this gateway has kept."""
    return f"fees:{gateway}"


def revenue(use: str) -> str:
    """Where the net revenue of this use stands."""
    return f"revenue:{use}"


def billed(use: str, owed: Owed) -> list[Entry]:
    """A bill: the renter owes the gross sum, of which a part is tax."""
    net = owed.total_minor - owed.tax_minor
    return [
        Entry(account=receivable(owed.account_id), currency=owed.currency, amount_minor=owed.total_minor),
        Entry(account=revenue(use), currency=owed.currency, amount_minor=-net),
        Entry(account=TAX, currency=owed.currency, amount_minor=-owed.tax_minor),
    ]


def rebilled(use: str, before: Owed | None, after: Owed | None) -> list[Entry]:
    """From what was posted to what is owed now: the old bill taken back, the new one in its place."""
    old = [] if before is None else billed(use, before)
    new = [] if after is None else billed(use, after)
    return [*(_reversed(one) for one in old), *new]


def captured(gateway: str, account_id: uuid.UUID | None, currency: str, amount_minor: int) -> list[Entry]:
    """A gateway took this from the renter; negative when it gave back."""
    return [
        Entry(account=clearing(gateway), currency=currency, amount_minor=amount_minor),
        Entry(account=receivable(account_id), currency=currency, amount_minor=-amount_minor),
    ]


def deposited(gateway: str, account_id: uuid.UUID | None, currency: str, amount_minor: int) -> list[Entry]:
    """A gateway took this in advance, for nothing yet; negative when it gave it back."""
    return [
        Entry(account=clearing(gateway), currency=currency, amount_minor=amount_minor),
        Entry(account=deposits(account_id), currency=currency, amount_minor=-amount_minor),
    ]


def kept_of_deposit(account_id: uuid.UUID | None, currency: str, amount_minor: int) -> list[Entry]:
    """So much of what was paid in advance pays what the renter owes."""
    return [
        Entry(account=deposits(account_id), currency=currency, amount_minor=amount_minor),
        Entry(account=receivable(account_id), currency=currency, amount_minor=-amount_minor),
    ]


def paid_out(gateway: str, currency: str, gross_minor: int, fee_minor: int) -> list[Entry]:
    """The gateway paid out what it held, less what it keeps."""
    return [
        Entry(account=BANK, currency=currency, amount_minor=gross_minor - fee_minor),
        Entry(account=fees(gateway), currency=currency, amount_minor=fee_minor),
        Entry(account=clearing(gateway), currency=currency, amount_minor=-gross_minor),
    ]


def kept(gateway: str, currency: str, fee_minor: int) -> list[Entry]:
    """The gateway kept this of what it holds; negative when it gave a fee back."""
    return [
        Entry(account=fees(gateway), currency=currency, amount_minor=fee_minor),
        Entry(account=clearing(gateway), currency=currency, amount_minor=-fee_minor),
    ]


def written_off(account_id: uuid.UUID | None, currency: str, amount_minor: int) -> list[Entry]:
    """We give up what this renter owes."""
    return [
        Entry(account=WRITE_OFF, currency=currency, amount_minor=amount_minor),
        Entry(account=receivable(account_id), currency=currency, amount_minor=-amount_minor),
    ]


def _reversed(one: Entry) -> Entry:
    return Entry(account=one.account, currency=one.currency, amount_minor=-one.amount_minor)
