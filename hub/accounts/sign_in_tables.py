"""The tables by which people get in: registrations, links of one use, and what strangers tried."""

import datetime as dt
import uuid

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.belonging import HOUSE
from hub.kernel.columns import Base


class Registration(Base):
    """Somebody asked for an account. It becomes one when the mail to its address is answered, and not before."""

    __tablename__ = "registrations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), index=True)
    display_name: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[uuid.UUID] = mapped_column(server_default=HOUSE.hex)


class Link(Base):
    """A link of one use, by the hash of its secret. `subject_id` is what it is for: a registration, an account."""

    __tablename__ = "links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    used_at: Mapped[dt.datetime | None]


class ThrottleCount(Base):
    """What was counted under one key; see `throttle`."""

    __tablename__ = "throttle_counts"
    __table_args__ = ({"info": {"audit": False}},)  # strangers' tries are nobody's deeds

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    level: Mapped[float]
    at: Mapped[dt.datetime]
    until: Mapped[dt.datetime | None]
    forget_at: Mapped[dt.datetime] = mapped_column(index=True)
