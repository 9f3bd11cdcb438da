"""What waits for a payer to act: requests, the tries to pay them, and what is given back of these."""

import datetime as dt
import uuid

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class PayRequest(Listed):
    """What somebody is to pay by acting at a gateway; `key` is what the gateway was asked by.

    `state`: waiting, paid, closed. `purpose`: deposit or bill, about `subject_id`; empty until whoever asked has
    said so.
    """

    __tablename__ = "pay_requests"

    gateway: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    token: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    open_until: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[uuid.UUID | None]


class PayAttempt(Base):
    """One try to pay a request. `state`: open, paid, suspect, failed; `code` is the gateway's word for why.

    `stray`: its money pays for nothing and goes back. `confirmed_at`: when the gateway said so on being asked.
    """

    __tablename__ = "pay_attempts"
    __table_args__ = (
        Index("ix_pay_attempts_unclear", "expires_at", postgresql_where=text("state IN ('open', 'suspect')"),
              sqlite_where=text("state IN ('open', 'suspect')")),
    )  # fmt: skip

    ref: Mapped[str] = mapped_column(String(34), primary_key=True)
    request_id: Mapped[uuid.UUID] = mapped_column(index=True)
    begun_at: Mapped[dt.datetime] = mapped_column(index=True)
    expires_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(10))
    stray: Mapped[bool]
    transaction_no: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(8), info={"audit": False})
    paid_at: Mapped[dt.datetime | None]
    confirmed_at: Mapped[dt.datetime | None]


class PayRefund(Base):
    """What is given back of a try, written down before the gateway is asked. `state`: asked, accepted, rejected.

    `request_no` names it there, also when it is sent again.
    """

    __tablename__ = "pay_refunds"

    key: Mapped[str] = mapped_column(String(140), primary_key=True)
    ref: Mapped[str] = mapped_column(String(34), index=True)
    amount_minor: Mapped[int]
    request_no: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[dt.datetime]
    tries: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(12), info={"audit": False})
    transaction_no: Mapped[str] = mapped_column(String(20))
    ended_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    confirmed_at: Mapped[dt.datetime | None]
