"""What is held of renters' money: deposits, before anything is taken."""

import datetime as dt
import uuid

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.pages import Listed


class Hold(Listed):
    """A deposit for one booking, or for one rental that was not booked; `rental_id` is the ride that came of it.

    `state`: wanted (nobody asked yet), asking, waiting (for the payer), held, capturing, captured, returning (what was
    paid goes back), released, declined, lost (the gateway let go of it). `key` names the authorization at the
    gateway. `let_go`: whoever wanted it does not want it any more.
    """

    __tablename__ = "holds"

    subject_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    rental_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(index=True)
    currency: Mapped[str] = mapped_column(String(3))
    wanted_minor: Mapped[int]
    held_minor: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    gateway: Mapped[str | None] = mapped_column(String(20))
    method_id: Mapped[uuid.UUID | None]
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    expires_at: Mapped[dt.datetime | None]
    let_go: Mapped[bool]
    topped_by: Mapped[uuid.UUID | None]  # the wish that held more, so that its next try does not do so again
    code: Mapped[str] = mapped_column(Text)
