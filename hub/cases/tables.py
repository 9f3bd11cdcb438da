"""Cases as rows. The id follows from what the case is about, so the same facts make the same case everywhere."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.pages import Listed


class CaseRow(Listed):
    """A case. `standing`: the facts still say so; a case of which they do not any more is resolved by nobody."""

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_state_kind", "state", "kind"),)

    kind: Mapped[str] = mapped_column(String(40))
    about: Mapped[uuid.UUID]  # the rental, the fact, …: with the kind it names the case
    state: Mapped[str] = mapped_column(String(12))  # open | acknowledged | resolved
    standing: Mapped[bool]
    station_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # where it was seen first
    account_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    rental_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    station_ids: Mapped[list[Any]]
    subjects: Mapped[dict[str, Any]]  # more ids, by what they are
    seen: Mapped[dict[str, Any]]
    seen_at: Mapped[dt.datetime]  # by the facts' own clocks
    opened_at: Mapped[dt.datetime]  # the last time
    resolved_at: Mapped[dt.datetime | None]
    resolved_by: Mapped[uuid.UUID | None]  # None: later facts explain it
    resolution: Mapped[str | None] = mapped_column(Text)
    history: Mapped[list[Any]]


class CaseThing(Base):
    """What a case names, so that its cases are found: what it is about, where, whose, and every other id in it."""

    __tablename__ = "case_things"

    case_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    thing_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, index=True)
