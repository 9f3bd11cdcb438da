"""Bills, payments and the ledger as JSON."""

import uuid
from typing import Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

State = Literal["open", "collecting", "paid", "unpaid", "overpaid", "free"]


class BillQuery(PageQuery):
    """Bills of one state or account."""

    state: State | None = None
    account_id: uuid.UUID | None = None


class BillShape(Shape):
    """What a ride or a charge costs; its id is the ride's or the charge's. Amounts are gross minor units.

    `total_minor` is what the facts come to. What people have corrected it by is `adjusted_minor`; `owed_minor` is both
    together, and what is collected.
    """

    id: uuid.UUID
    created_at: Instant
    use: str
    account_id: uuid.UUID | None
    station_id: uuid.UUID | None
    currency: str
    total_minor: int
    tax_minor: int
    adjusted_minor: int
    owed_minor: int
    owed_tax_minor: int
    creditable_minor: int = Field(description="How much of the bill itself may still be credited")
    paid_minor: int
    state: State
    revision: int
    changed_at: Instant


class PaymentQuery(PageQuery):
    """Payments of one bill, account or outcome."""

    bill_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    outcome: Literal["pending", "succeeded", "declined"] | None = None


class PaymentShape(Shape):
    """One call to a gateway. Negative amounts were given back."""

    id: uuid.UUID
    created_at: Instant
    bill_id: uuid.UUID
    account_id: uuid.UUID | None
    gateway: str
    ref: str
    kind: str
    outcome: str
    code: str
    currency: str
    amount_minor: int
    settled_at: Instant | None


class LedgerQuery(PageQuery):
    """Postings about one thing, or on one account."""

    subject_id: uuid.UUID | None = None
    account: str | None = Field(default=None, max_length=80, examples=["clearing:simulated"])


class EntryShape(Shape):
    """One side of a posting: minor units, a debit positive."""

    account: str
    currency: str
    amount_minor: int


class PostingShape(Shape):
    """A posting: its entries sum to zero, and it never changes."""

    id: uuid.UUID
    created_at: Instant
    kind: str
    subject_id: uuid.UUID
    note: str
    entries: list[EntryShape]


class BalancesQuery(Shape):
    """Accounts whose name begins so."""

    prefix: str = Field(default="", max_length=80, examples=["receivable:"])


class BalancesShape(Shape):
    """What stands on the accounts, and whether the whole ledger balances."""

    balanced: bool
    accounts: list[EntryShape]


class NewMethod(Shape):
    """A payment method as its gateway names it: never a card's number."""

    gateway: str = Field(min_length=1, max_length=20, examples=["simulated"])
    token: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.:-]+$", examples=["card_ok"])
    label: str = Field(min_length=1, max_length=40, examples=["Visa ·· 4242"])


class MethodShape(Shape):
    """A payment method; the newest is used."""

    id: uuid.UUID
    created_at: Instant
    gateway: str
    label: str


class MethodsShape(Shape):
    """One's own payment methods, the newest first."""

    items: list[MethodShape]
