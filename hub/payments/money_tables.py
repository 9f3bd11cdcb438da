"""Bills as rides and charges make them, methods that people pay with, payments, and what gateways told by webhook."""

import datetime as dt
import uuid

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.pages import Listed
from hub.payments.adjustment_rules import Sum, adjusted


class Bill(Listed):
    """What one ride or charge costs now; its id is the ride's or the charge's. `posted_…` is what the ledger shows.

    `total_minor` is the facts' word alone. People correct it by lines of their own: `credited_minor` is what they took
    off it, `charged_…` what they charged further; `owed_minor` is what it all comes to.
    `state`: open (nothing asked yet), collecting, paid, unpaid (declined, or nobody to ask), overpaid (what is too
    much could not be given back), free.
    """

    __tablename__ = "bills"
    __table_args__ = (
        Index("ix_bills_unposted", "changed_at", postgresql_where=text("NOT posted"), sqlite_where=text("posted = 0")),
    )

    use: Mapped[str] = mapped_column(String(10))  # rental | charging
    account_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    station_id: Mapped[uuid.UUID | None]
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int]
    tax_minor: Mapped[int]
    changed_at: Mapped[dt.datetime]
    posted: Mapped[bool]
    revision: Mapped[int]
    posted_account_id: Mapped[uuid.UUID | None]
    posted_currency: Mapped[str | None] = mapped_column(String(3))
    posted_total_minor: Mapped[int]
    posted_tax_minor: Mapped[int]
    paid_minor: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    credited_minor: Mapped[int] = mapped_column(server_default="0")
    charged_minor: Mapped[int] = mapped_column(server_default="0")
    charged_tax_minor: Mapped[int] = mapped_column(server_default="0")
    posted_adjusted_minor: Mapped[int] = mapped_column(server_default="0")
    posted_adjusted_tax_minor: Mapped[int] = mapped_column(server_default="0")

    @property
    def adjusted(self) -> Sum:
        """What people's lines come to."""
        bill = Sum(gross_minor=self.total_minor, tax_minor=self.tax_minor)
        return adjusted(bill, self.credited_minor, self.charged)

    @property
    def charged(self) -> Sum:
        """What was charged further and not taken back."""
        return Sum(gross_minor=self.charged_minor, tax_minor=self.charged_tax_minor)

    @property
    def adjusted_minor(self) -> int:
        return self.adjusted.gross_minor

    @property
    def owed_minor(self) -> int:
        """Gross: what has been paid, and what is still to be."""
        return self.total_minor + self.adjusted.gross_minor

    @property
    def owed_tax_minor(self) -> int:
        """The tax inside `owed_minor`."""
        return self.tax_minor + self.adjusted.tax_minor

    @property
    def creditable_minor(self) -> int:
        """How much of the bill itself may still be credited."""
        return max(0, self.total_minor - self.credited_minor)


class PaymentMethod(Listed):
    """How an account pays: the gateway's token, never a card's number. The newest that is not removed is used."""

    __tablename__ = "payment_methods"

    account_id: Mapped[uuid.UUID] = mapped_column(index=True)
    gateway: Mapped[str] = mapped_column(String(20))
    token: Mapped[str] = mapped_column(String(200))
    label: Mapped[str] = mapped_column(String(40))  # what people recognise, e.g. "Visa ·· 4242"
    removed_at: Mapped[dt.datetime | None]


class Payment(Listed):
    """One call to a gateway that moves money, written down before it is made; `key` is what it is called by.

    A negative amount is given back. Only a pending payment changes, once.
    """

    __tablename__ = "payments"
    __table_args__ = (UniqueConstraint("key"),)

    bill_id: Mapped[uuid.UUID] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    gateway: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(120))
    of_key: Mapped[str | None] = mapped_column(String(120))  # a refund's charge
    method_id: Mapped[uuid.UUID | None]
    ref: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))  # charge | refund
    outcome: Mapped[str] = mapped_column(String(10))  # pending | succeeded | declined
    code: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    settled_at: Mapped[dt.datetime | None]


class WebhookEvent(Base):
    """An event that a gateway told; kept so that its repeats are nothing new."""

    __tablename__ = "webhook_events"

    gateway: Mapped[str] = mapped_column(String(20), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    received_at: Mapped[dt.datetime]
    body: Mapped[str] = mapped_column(Text)
