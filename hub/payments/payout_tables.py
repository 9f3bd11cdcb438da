"""Payouts that people asked for."""

import datetime as dt
import uuid

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.pages import Listed


class Payout(Listed):
    """A payout. `state`: asked, succeeded, declined; `code`: the gateway's word for why not, `ref`: its name for it."""

    __tablename__ = "payouts"

    gateway: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    asked_by: Mapped[uuid.UUID]
    why: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(String(140))
    ended_at: Mapped[dt.datetime | None]
