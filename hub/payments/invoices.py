"""Use cases of invoices: one for a bill as it stands; another standing takes the first back by a credit note.

What people correct a bill by has documents of its own, which name the invoice and leave it standing: a credit note
for a credit, an invoice for a further charge. Only what the facts change takes an invoice back.

A number is given out in the transaction that writes its document, so none is ever missing.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.belonging import HOUSE
from hub.kernel.clock import Clock
from hub.kernel.db import insert_new
from hub.payments.adjustment_rules import CREDIT
from hub.payments.adjustment_tables import Adjustment, lines_of
from hub.payments.invoice_tables import Invoice, InvoiceSeries
from hub.payments.money_tables import Bill, Payment
from protocols.errors import Refused
from protocols.values import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who sends invoices, as it is printed; `prefix` begins each number."""

    name: str = "Voltdock"
    address: str = ""
    tax_number: str = ""
    prefix: str = "VD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a bill is for. Lines are those of the bill: key, quantity, unit, unit_price_minor, amount_minor."""

    began_at: dt.datetime | None
    ended_at: dt.datetime | None
    lines: Sequence[dict[str, Any]]


class Stories(Protocol):
    """What rides, or charges, were. Filled by the wiring."""

    async def story_of(
        self, session: AsyncSession, subject_id: uuid.UUID
    ) -> tuple[dt.datetime | None, dt.datetime | None, Sequence[dict[str, Any]]] | None:
        """Beginning, end, and the bill's lines; None when it is none of theirs."""


class Owners(Protocol):
    """Whose station it is. Filled by the wiring."""

    async def seller_at(
        self, session: AsyncSession, station_id: uuid.UUID | None, /
    ) -> tuple[uuid.UUID, Mapping[str, str] | None]:
        """The organisation, and how it prints itself: name, address, tax_number, prefix. None: it has not said."""


class Invoices:
    """Writes documents."""

    def __init__(self, clock: Clock, stories: Sequence[Stories], owners: Owners, seller: Seller) -> None:
        self._clock = clock
        self._stories = stories
        self._owners = owners
        self._seller = seller

    async def issue(self, session: AsyncSession, bill: Bill) -> Invoice:
        """The invoice for the bill as it stands; the same one as long as it stands so.

        Raises Refused `not_billed` for one that is not posted yet, or that comes to nothing, `seller_unknown` where the
        organisation has not said who its invoices are from.
        """
        before = await self.standing(session, bill.id)
        if not bill.posted or (before is None and not bill.owed_minor):
            if before is not None and before.bill_revision == bill.revision:
                return before
            raise Refused("not_billed")
        if before is not None:
            amendments = await self._amendments(session, before)
            if await self._amended(session, bill, before, amendments):
                return before
            note = await self._credit(session, before, amendments, bill)
            if not bill.owed_minor:
                return note
        return await self._write(
            session, bill, kind="invoice", account_id=bill.account_id, currency=bill.currency,
            total_minor=bill.owed_minor, tax_minor=bill.owed_tax_minor, body=await self._body(session, bill),
        )  # fmt: skip

    async def follow(self, session: AsyncSession, bill: Bill) -> None:
        """The bill was corrected: whoever holds an invoice for it gets what corrects that."""
        if await self.standing(session, bill.id) is not None:
            await self.issue(session, bill)

    async def _amended(self, session: AsyncSession, bill: Bill, before: Invoice, amendments: Sequence[Invoice]) -> bool:
        """Whether the invoice stands: with what is written already, and with a document for each new correction."""
        told = {*before.body.get("adjustments", ()), *(str(one.adjustment_id) for one in amendments)}
        new = [one for one in await lines_of(session, bill.id) if str(one.id) not in told]
        papers = [before, *amendments]
        total = sum(one.total_minor for one in papers) + sum(_signed(one.kind) * one.amount_minor for one in new)
        tax = sum(one.tax_minor for one in papers) + sum(_signed(one.kind) * one.tax_minor for one in new)
        stands = (before.account_id, before.currency, total, tax)
        if stands != (bill.account_id, bill.currency, bill.owed_minor, bill.owed_tax_minor):
            return False
        for one in new:
            sign = _signed(one.kind)
            body = {**before.body, "lines": [_line(one)], "payments": [], "amends": before.name, "adjustments": []}
            body.pop("corrects", None)
            await self._write(
                session, bill, kind="credit_note" if one.kind == CREDIT else "invoice", account_id=bill.account_id,
                currency=bill.currency, total_minor=sign * one.amount_minor, tax_minor=sign * one.tax_minor, body=body,
                amends_id=before.id, adjustment_id=one.id,
            )  # fmt: skip
        return True

    async def _amendments(self, session: AsyncSession, before: Invoice) -> Sequence[Invoice]:
        found = select(Invoice).where(Invoice.amends_id == before.id)
        return (await session.scalars(found.order_by(Invoice.number))).all()

    async def standing(self, session: AsyncSession, bill_id: uuid.UUID) -> Invoice | None:
        """The bill's invoice that no credit note has taken back."""
        taken_back = select(Invoice.corrects_id).where(Invoice.bill_id == bill_id, Invoice.corrects_id.is_not(None))
        found = select(Invoice).where(
            Invoice.bill_id == bill_id, Invoice.kind == "invoice", Invoice.amends_id.is_(None),
            Invoice.id.not_in(taken_back),
        )  # fmt: skip
        return await session.scalar(found.order_by(Invoice.number.desc()).limit(1))

    async def _credit(
        self, session: AsyncSession, before: Invoice, amendments: Sequence[Invoice], bill: Bill
    ) -> Invoice:
        """Take it back, with what was added to it."""
        papers = [before, *amendments]
        lines = [_negative(line) for one in papers for line in one.body["lines"]]
        body = {**before.body, "lines": lines, "payments": [], "corrects": before.name}
        return await self._write(
            session, bill, kind="credit_note", corrects_id=before.id, account_id=before.account_id,
            currency=before.currency, total_minor=-sum(one.total_minor for one in papers),
            tax_minor=-sum(one.tax_minor for one in papers), body=body,
        )  # fmt: skip

    async def _write(
        self, session: AsyncSession, bill: Bill, *, kind: str, corrects_id: uuid.UUID | None = None,
        amends_id: uuid.UUID | None = None, adjustment_id: uuid.UUID | None = None, **given: Any,
    ) -> Invoice:  # fmt: skip
        now = self._clock.now()
        organisation_id, seller = await self._seller_of(session, bill)
        series = f"{'main' if organisation_id == HOUSE else organisation_id}/{now.year}"
        number = await self._next(session, series)
        row = Invoice(
            id=self._clock.new_id(), created_at=now, series=series, number=number,
            name=f"{seller.prefix}-{now.year}-{number:06d}", kind=kind, corrects_id=corrects_id, bill_id=bill.id,
            bill_revision=bill.revision, amends_id=amends_id, adjustment_id=adjustment_id, **given,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return row

    async def _seller_of(self, session: AsyncSession, bill: Bill) -> tuple[uuid.UUID, Seller]:
        """Whose invoice it is. The house's seller stands in the settings, unless it has said otherwise itself."""
        organisation_id, said = await self._owners.seller_at(session, bill.station_id)
        if said is not None:
            return organisation_id, Seller(**said)
        if organisation_id != HOUSE:
            raise Refused("seller_unknown")
        return organisation_id, self._seller

    async def _next(self, session: AsyncSession, series: str) -> int:
        await insert_new(session, InvoiceSeries, [{"name": series, "last": 0}], key=["name"])
        row = await session.get(InvoiceSeries, series, with_for_update=True, populate_existing=True)
        assert row is not None  # noqa: S101  # written just now, or before
        row.last += 1
        await session.flush()
        return row.last

    async def _body(self, session: AsyncSession, bill: Bill) -> dict[str, Any]:
        story = await self._story(session, bill)
        corrections = await lines_of(session, bill.id)
        paid = select(Payment).where(Payment.bill_id == bill.id, Payment.outcome == "succeeded")
        payments = (await session.scalars(paid.order_by(Payment.created_at, Payment.id))).all()
        _, seller = await self._seller_of(session, bill)
        return {
            "use": bill.use,
            "seller": {"name": seller.name, "address": seller.address, "tax": seller.tax_number},
            "began_at": None if story.began_at is None else rfc3339(story.began_at),
            "ended_at": None if story.ended_at is None else rfc3339(story.ended_at),
            "lines": [*story.lines, *_corrections(bill, corrections)],
            "adjustments": [str(one.id) for one in corrections],
            "payments": [
                {
                    "at": rfc3339(one.settled_at or one.created_at), "gateway": one.gateway, "ref": one.ref,
                    "amount_minor": one.amount_minor,
                }
                for one in payments
            ],
        }  # fmt: skip

    async def _story(self, session: AsyncSession, bill: Bill) -> Story:
        """What the bill is for; one line where its lines are not known, or are another sum than the bill."""
        for one in self._stories:
            found = await one.story_of(session, bill.id)
            if found is not None:
                began_at, ended_at, lines = found
                whole = sum(line["amount_minor"] for line in lines) == bill.total_minor
                return Story(began_at=began_at, ended_at=ended_at, lines=lines if whole else [_whole(bill)])
        return Story(began_at=None, ended_at=None, lines=[_whole(bill)])


def _whole(bill: Bill) -> dict[str, Any]:
    return {
        "key": bill.use, "quantity": 1, "unit": "piece", "unit_price_minor": bill.total_minor,
        "amount_minor": bill.total_minor, "tax_minor": bill.tax_minor,
    }  # fmt: skip


def _corrections(bill: Bill, corrections: Sequence[Adjustment]) -> list[dict[str, Any]]:
    """A line for each; one for all where the bill has fallen below what was credited."""
    lines = [_line(one) for one in corrections]
    if sum(line["amount_minor"] for line in lines) == bill.adjusted_minor:
        return lines
    whole = {"key": "corrections", "quantity": 1, "unit": "piece", "unit_price_minor": bill.adjusted_minor}
    tax_minor = bill.adjusted.tax_minor
    return [{**whole, "amount_minor": bill.adjusted_minor, "tax_minor": tax_minor}] if bill.adjusted_minor else []


def _line(one: Adjustment) -> dict[str, Any]:
    sign = _signed(one.kind)
    return {
        "key": one.cause, "quantity": 1, "unit": "piece", "unit_price_minor": sign * one.amount_minor,
        "amount_minor": sign * one.amount_minor, "tax_minor": sign * one.tax_minor, "reason": one.reason,
    }  # fmt: skip


def _signed(kind: str) -> int:
    return -1 if kind == CREDIT else 1


def _negative(line: dict[str, Any]) -> dict[str, Any]:
    tax = line.get("tax_minor")
    return {
        **line, "quantity": -line["quantity"], "amount_minor": -line["amount_minor"],
        "tax_minor": None if tax is None else -tax,
    }  # fmt: skip
