"""Use cases of corrections: people credit a bill or charge further, by lines that never change it or its facts.

The bill's row is held while its lines are summed, so of two at once the second sees the first: nobody credits more
than there is. The ledger is told in the same transaction; what is to be paid or given back for it is wished there.
"""

import uuid
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.payments import adjustment_rules as rules
from hub.payments import capturing
from hub.payments.adjustment_rules import CHARGE, Sum
from hub.payments.adjustment_tables import Adjustment
from hub.payments.billing import COLLECT, Billing
from hub.payments.collecting import newest_method
from hub.payments.money_tables import Bill
from protocols.errors import Refused

From = Literal["deposit", "payment_method", "nobody"]
_QUIET: Final = frozenset({"unpaid", "overpaid"})


class Asked(Protocol):
    """What a person asks for."""

    @property
    def kind(self) -> str: ...
    @property
    def cause(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def of_id(self) -> uuid.UUID | None: ...
    @property
    def tax_bp(self) -> int | None: ...


class Papers(Protocol):
    """Who writes invoices."""

    async def follow(self, session: AsyncSession, bill: Bill) -> None:
        """The bill was corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """Why: for whoever pays, and for the operator's people; and who says so."""

    reason: str
    note: str
    by: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a correction does. `line`: what it adds to what is owed, negative for a credit. Minor units."""

    line: Sum
    owed_before_minor: int
    owed_after: Sum
    paid_minor: int

    @property
    def refund_minor(self) -> int:
        """So much more than is owed then has been paid."""
        return max(0, self.paid_minor - self.owed_after.gross_minor)

    @property
    def collect_minor(self) -> int:
        """So much is still to be paid then."""
        return max(0, self.owed_after.gross_minor - self.paid_minor)


class Adjusting:
    """Corrections of bills."""

    def __init__(self, clock: Clock, billing: Billing, papers: Papers | None = None) -> None:
        self._clock = clock
        self._billing = billing
        self._papers = papers

    async def quote(self, session: AsyncSession, bill: Bill, asked: Asked) -> Effect:
        """What it would do, as the bill stands. Raises as `adjust` does."""
        line = await self._line(session, bill, asked)
        credited, charged = _sums_after(bill, asked, line)
        whole = Sum(gross_minor=bill.total_minor, tax_minor=bill.tax_minor)
        after = whole.plus(rules.adjusted(whole, credited, charged))
        before = Sum(gross_minor=bill.owed_minor, tax_minor=bill.owed_tax_minor)
        return Effect(
            line=after.less(before), owed_before_minor=before.gross_minor, owed_after=after, paid_minor=bill.paid_minor
        )

    async def adjust(self, session: AsyncSession, bill: Bill, asked: Asked, worded: Worded) -> Adjustment:
        """Write the line and post it; the caller holds the bill's row.

        Raises Refused `own_bill`, `more_than_billed` (with what is left as `most_minor`), `not_found` for a charge that
        is none of this bill's, `seller_unknown` as an invoice does, and a 422 for another currency.
        """
        if worded.by == bill.account_id:
            raise Refused("own_bill")
        line = await self._line(session, bill, asked)
        row = Adjustment(
            id=self._clock.new_id(), created_at=self._clock.now(), bill_id=bill.id, kind=asked.kind, cause=asked.cause,
            of_id=asked.of_id, currency=bill.currency, amount_minor=line.gross_minor, tax_minor=line.tax_minor,
            tax_bp=asked.tax_bp, reason=worded.reason, note=worded.note, made_by=worded.by,
        )  # fmt: skip
        session.add(row)
        bill.credited_minor, charged = _sums_after(bill, asked, line)
        bill.charged_minor, bill.charged_tax_minor = charged.gross_minor, charged.tax_minor
        bill.posted = False
        await session.flush()
        await self._billing.post_one(session, bill.id)
        await session.refresh(bill)
        if self._papers is not None:
            await self._papers.follow(session, bill)
        return row

    async def collect_again(self, session: AsyncSession, bill: Bill) -> None:
        """Ask once more for what was declined. Raises Refused `nothing_to_collect`, `collecting`."""
        if bill.owed_minor == bill.paid_minor:
            raise Refused("nothing_to_collect")
        if bill.state not in _QUIET:
            raise Refused("collecting")
        bill.state = "collecting"
        await wishes.wish(session, self._clock, COLLECT, {"bill_id": str(bill.id)})
        await session.flush()

    async def by_whom(self, session: AsyncSession, bill: Bill) -> From:
        """Where what is still to be paid would come from: deposit, payment_method, nobody."""
        if await capturing.is_held(session, bill.id):
            return "deposit"
        return "nobody" if await newest_method(session, bill.account_id) is None else "payment_method"

    async def _line(self, session: AsyncSession, bill: Bill, asked: Asked) -> Sum:
        """Its gross amount and the tax inside, positive both for a credit and for a charge."""
        if asked.currency != bill.currency:
            raise invalid("/currency", f"the bill is in {bill.currency}")
        if asked.kind == CHARGE:
            return rules.charge_of(asked.amount_minor, asked.tax_bp or 0)
        if asked.of_id is None:
            return _credit(Sum(gross_minor=bill.total_minor, tax_minor=bill.tax_minor), bill.credited_minor, asked)
        charge = await session.get(Adjustment, asked.of_id)
        if charge is None or charge.bill_id != bill.id or charge.kind != CHARGE:
            raise Refused("not_found", of_id=str(asked.of_id))
        given = select(func.coalesce(func.sum(Adjustment.amount_minor), 0)).where(Adjustment.of_id == charge.id)
        whole = Sum(gross_minor=charge.amount_minor, tax_minor=charge.tax_minor)
        return _credit(whole, int(await session.scalar(given) or 0), asked)


def _credit(whole: Sum, given_minor: int, asked: Asked) -> Sum:
    """The next part of the whole, after so much of it has been credited: the parts' tax comes to the whole's."""
    left = max(0, whole.gross_minor - given_minor)
    if asked.amount_minor > left:
        raise Refused("more_than_billed", most_minor=left, currency=asked.currency)
    return rules.part_of(whole, given_minor + asked.amount_minor).less(rules.part_of(whole, given_minor))


def _sums_after(bill: Bill, asked: Asked, line: Sum) -> tuple[int, Sum]:
    """What is credited of the bill itself, and what is charged further, with this line."""
    if asked.kind == CHARGE:
        return bill.credited_minor, bill.charged.plus(line)
    if asked.of_id is not None:
        return bill.credited_minor, bill.charged.less(line)
    return bill.credited_minor + line.gross_minor, bill.charged
