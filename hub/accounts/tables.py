"""The tables of accounts and of the refresh tokens that keep people signed in."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.belonging import HOUSE
from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class Account(Listed):
    """Somebody who may sign in. `email_key` is the address as it is compared: trimmed and case-folded."""

    __tablename__ = "accounts"

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True, server_default=HOUSE.hex)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(16))
    roles: Mapped[list[Any]] = mapped_column(info={"audit": True})
    active: Mapped[bool]
    password_hash: Mapped[str] = mapped_column(String(200))
    # Kept for hubs of the version before, which may run beside this one; failures are in `throttle_counts`.
    failed_logins: Mapped[int]
    locked_until: Mapped[dt.datetime | None]


class RefreshToken(Base):
    """One link of a family: each use makes the next; a second use of one gives the whole family away."""

    __tablename__ = "refresh_tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    family_id: Mapped[uuid.UUID] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
