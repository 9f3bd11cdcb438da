"""Invoices and credit notes. The database refuses every change and deletion (see the migration)."""

import uuid
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class InvoiceSeries(Base):
    """The last number of a series: one for each organisation and year. Its row is held while one is given out."""

    __tablename__ = "invoice_series"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]


class Invoice(Listed):
    """One document. `kind` is invoice or credit_note; `corrects_id`: the invoice that a credit note takes back.

    `amends_id`: the invoice that stands, and to which this one adds the correction `adjustment_id` alone.
    `body` is all that is printed: seller, buyer, what for and when, lines, payments.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        Index("uq_invoices_amendment", "amends_id", "adjustment_id", unique=True),
    )

    series: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(40))  # as it is printed, e.g. VD-2026-000123
    kind: Mapped[str] = mapped_column(String(12))
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    bill_id: Mapped[uuid.UUID] = mapped_column(index=True)
    bill_revision: Mapped[int]
    account_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int]
    tax_minor: Mapped[int]
    body: Mapped[dict[str, Any]]
    amends_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    adjustment_id: Mapped[uuid.UUID | None]
