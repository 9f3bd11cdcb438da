"""Pure: what a reconciliation looks at, what becomes of a break, and how old it is."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

POSTING: Final = "payment:"  # how the ledger's keys of calls to gateways begin
KINDS: Final = (
    "bill_missing", "bill_differs", "ledger_differs", "adjustment_differs", "missing_at_gateway", "missing_in_ledger",
    "amount_differs", "fee", "payment_without_bill", "pending_too_long",
)  # fmt: skip
SETTLING: Final = dt.timedelta(minutes=15)  # what is younger may still be on its way from one book to the next
PENDING: Final = dt.timedelta(hours=24)
AGREE: Final = "the books agree"
Age = Literal["day", "week", "month", "older"]
_AGES: Final[tuple[tuple[int, Age], ...]] = ((1, "day"), (7, "week"), (30, "month"))
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What a gateway may keep of a line: so much, and so many thousandths of the amount."""

    free_minor: int = 50
    per_mille: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is looked at: what came about in [since, until), as of `now`."""

    since: dt.datetime
    until: dt.datetime
    now: dt.datetime

    @property
    def settled_until(self) -> dt.datetime:
        """What must stand in all books: it is old enough."""
        return min(self.until, self.now - SETTLING)

    @property
    def pending_since(self) -> dt.datetime:
        """A call that began before this should have ended."""
        return self.now - PENDING


def after_found(
    row: Row | None, found: Mapping[str, Any], run_id: uuid.UUID, new_id: uuid.UUID, now: dt.datetime
) -> Row:
    """The break after a reconciliation found it."""
    if row is None:
        fresh = {"id": new_id, "created_at": now, "closed_at": None, "closed_by": None, "reason": ""}
        return {**found, **fresh, "seen_in": run_id}
    amounts = ("expected_minor", "actual_minor", "currency")
    same = all(row[name] == found[name] for name in amounts)
    by_a_person = row["closed_by"] is not None
    if row["closed_at"] is not None and not (same and by_a_person):
        row = {**row, "closed_at": None, "closed_by": None, "reason": "", "created_at": now}
    return {**row, **found, "seen_in": run_id}


def age_of(since: dt.datetime, now: dt.datetime) -> Age:
    """How old a break is: day, week, month (it is younger than that), or older."""
    days = (now - since) / dt.timedelta(days=1)
    return next((name for most, name in _AGES if days < most), "older")
