"""What gateways report, when the books were compared with it, and where they do not agree."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class GatewayLine(Base):
    """A line of a gateway's report, by the gateway's own name for it. `posting_key`: the ledger's key for the same."""

    __tablename__ = "gateway_lines"
    __table_args__ = (Index("ix_gateway_lines_gateway_at", "gateway", "at"),)

    gateway: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))  # charge | refund | payout
    posting_key: Mapped[str] = mapped_column(String(140), index=True)
    at: Mapped[dt.datetime]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]


class Reconciliation(Listed):
    """One comparison of all books between two instants; its id is its wish's. `counts` says what was looked at."""

    __tablename__ = "reconciliations"

    since: Mapped[dt.datetime]
    until: Mapped[dt.datetime]
    asked_by: Mapped[uuid.UUID | None]  # None: it was its time
    finished_at: Mapped[dt.datetime | None]
    counts: Mapped[dict[str, Any]]


class Break(Listed):
    """Where two books do not agree.

    `expected_minor` stands in the one that is nearer to the ride, `actual_minor` in the other; None: nothing there.
    It closes itself when the books agree again (`closed_by` None), or by a person with a reason; then it opens again
    only when the amounts are others than the person saw.
    """

    __tablename__ = "breaks"
    __table_args__ = (
        UniqueConstraint("kind", "about"),
        Index("ix_breaks_open", "created_at", postgresql_where=text("closed_at IS NULL"),
              sqlite_where=text("closed_at IS NULL")),
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(String(30))
    about: Mapped[str] = mapped_column(String(140))  # a call's key, a gateway's reference, a bill's id
    gateway: Mapped[str | None] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # the ride or the charge, where it is known
    currency: Mapped[str | None] = mapped_column(String(3))
    expected_minor: Mapped[int | None]
    actual_minor: Mapped[int | None]
    since_at: Mapped[dt.datetime]  # when what does not agree came about: its age counts from here
    seen_in: Mapped[uuid.UUID]  # the last reconciliation that found it
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[uuid.UUID | None]
    reason: Mapped[str] = mapped_column(Text)
