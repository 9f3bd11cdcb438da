"""Use cases of invoices: one for a bill as it stands; another standing takes the first back by a credit note.

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
        if before is not None and before.bill_revision == bill.revision:
            return before
        if not bill.posted or (before is None and not bill.total_minor):
            raise Refused("not_billed")
        if before is not None:
            same = (before.account_id, before.total_minor, before.tax_minor, before.currency)
            if same == (bill.account_id, bill.total_minor, bill.tax_minor, bill.currency):
                return before
            note = await self._credit(session, before, bill)
            if not bill.total_minor:
                return note
        return await self._write(
            session, bill, kind="invoice", corrects=None, account_id=bill.account_id, currency=bill.currency,
            total_minor=bill.total_minor, tax_minor=bill.tax_minor, body=await self._body(session, bill),
        )  # fmt: skip

    async def standing(self, session: AsyncSession, bill_id: uuid.UUID) -> Invoice | None:
        """The bill's invoice that no credit note has taken back."""
        taken_back = select(Invoice.corrects_id).where(Invoice.bill_id == bill_id, Invoice.corrects_id.is_not(None))
        found = select(Invoice).where(
            Invoice.bill_id == bill_id, Invoice.kind == "invoice", Invoice.id.not_in(taken_back)
        )
        return await session.scalar(found.order_by(Invoice.number.desc()).limit(1))

    async def _credit(self, session: AsyncSession, before: Invoice, bill: Bill) -> Invoice:
        lines = [_negative(one) for one in before.body["lines"]]
        body = {**before.body, "lines": lines, "payments": [], "corrects": before.name}
        return await self._write(
            session, bill, kind="credit_note", corrects=before.id, account_id=before.account_id,
            currency=before.currency, total_minor=-before.total_minor, tax_minor=-before.tax_minor, body=body,
        )  # fmt: skip

    async def _write(
        self, session: AsyncSession, bill: Bill, *, kind: str, corrects: uuid.UUID | None, **given: Any
    ) -> Invoice:
        now = self._clock.now()
        organisation_id, seller = await self._seller_of(session, bill)
        series = f"{'main' if organisation_id == HOUSE else organisation_id}/{now.year}"
        number = await self._next(session, series)
        row = Invoice(
            id=self._clock.new_id(), created_at=now, series=series, number=number,
            name=f"{seller.prefix}-{now.year}-{number:06d}", kind=kind, corrects_id=corrects, bill_id=bill.id,
            bill_revision=bill.revision, **given,
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
        paid = select(Payment).where(Payment.bill_id == bill.id, Payment.outcome == "succeeded")
        payments = (await session.scalars(paid.order_by(Payment.created_at, Payment.id))).all()
        _, seller = await self._seller_of(session, bill)
        return {
            "use": bill.use,
            "seller": {"name": seller.name, "address": seller.address, "tax": seller.tax_number},
            "began_at": None if story.began_at is None else rfc3339(story.began_at),
            "ended_at": None if story.ended_at is None else rfc3339(story.ended_at),
            "lines": list(story.lines),
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


def _negative(line: dict[str, Any]) -> dict[str, Any]:
    tax = line.get("tax_minor")
    return {
        **line, "quantity": -line["quantity"], "amount_minor": -line["amount_minor"],
        "tax_minor": None if tax is None else -tax,
    }  # fmt: skip
