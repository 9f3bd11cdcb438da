"""Reconciliations and breaks as JSON."""

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import Field, model_validator

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape
from hub.payments.reconciliation_rules import Age

Kind = Literal[
    "bill_missing", "bill_differs", "ledger_differs", "adjustment_differs", "missing_at_gateway", "missing_in_ledger",
    "amount_differs",
    "fee", "payment_without_bill", "pending_too_long",
]  # fmt: skip
_MOST = dt.timedelta(days=92)


class NewReconciliation(Shape):
    """Between which instants; the last three days when left out."""

    since: Instant | None = None
    until: Instant | None = None

    @model_validator(mode="after")
    def _fits(self) -> "NewReconciliation":
        if self.since is not None and self.until is not None and not dt.timedelta() < self.until - self.since <= _MOST:
            raise ValueError("until must be after since, by 92 days at most")
        return self


class ReconciliationShape(Shape):
    """One comparison of all books. `counts` is empty until it is `finished_at`."""

    id: uuid.UUID
    created_at: Instant
    since: Instant
    until: Instant
    asked_by: uuid.UUID | None
    finished_at: Instant | None
    counts: dict[str, Any]


class BreakQuery(PageQuery):
    """Breaks that are open or closed, of a kind or gateway, or older than so many days."""

    state: Literal["open", "closed"] | None = None
    kind: Kind | None = None
    gateway: str | None = Field(default=None, max_length=20)
    older_than_days: int | None = Field(default=None, ge=0, le=10_000)


class BreakShape(Shape):
    """Two books that do not agree. `expected_minor` stands in the one nearer to the ride, `actual_minor` in the other.

    `closed_by` null with `closed_at`: the books agree again.
    """

    id: uuid.UUID
    created_at: Instant
    kind: Kind
    about: str
    gateway: str | None
    subject_id: uuid.UUID | None
    currency: str | None
    expected_minor: int | None
    actual_minor: int | None
    since_at: Instant
    age: Age
    closed_at: Instant | None
    closed_by: uuid.UUID | None
    reason: str


class CloseBreak(Shape):
    """Why it may stand as it is."""

    reason: str = Field(min_length=3, max_length=500)


class AgeingRow(Shape):
    """Open breaks of one kind, currency and age: how many, and what they come to without signs."""

    kind: Kind
    currency: str | None
    age: Age
    count: int
    amount_minor: int


class Ageing(Shape):
    """All open breaks by kind and age."""

    rows: list[AgeingRow]
