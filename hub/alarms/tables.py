"""Alarms and their settings as rows."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.pages import Listed

_LIVING = text("state <> 'cleared'")


class AlarmRow(Listed):
    """An alarm, from when its condition was first seen. The database refuses a second living one of the same `key`.

    `times`: how often it came, flapping included. `other_since`: since when its condition is the other way than the
    state says.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        Index("uq_alarms_living", "key", unique=True, postgresql_where=_LIVING, sqlite_where=_LIVING),
        Index("ix_alarms_state_cleared_at", "state", "cleared_at"),
    )

    key: Mapped[str] = mapped_column(String(200))
    rule: Mapped[str] = mapped_column(String(40))
    station_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    organisation_id: Mapped[uuid.UUID | None]
    subject: Mapped[str] = mapped_column(String(120))
    severity: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))  # waiting | open | cleared
    since: Mapped[dt.datetime]
    raised_at: Mapped[dt.datetime | None]
    other_since: Mapped[dt.datetime | None]
    cleared_at: Mapped[dt.datetime | None]
    times: Mapped[int]
    seen: Mapped[dict[str, Any]]
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None]
    note: Mapped[str] = mapped_column(Text)
    muted_until: Mapped[dt.datetime | None]
    muted_by: Mapped[uuid.UUID | None]
    mute_reason: Mapped[str] = mapped_column(Text)
    history: Mapped[list[Any]]


class AlarmSetting(Listed):
    """How a rule is at a station, in an organisation, or everywhere; what is None is left to the next wider one."""

    __tablename__ = "alarm_settings"

    key: Mapped[str] = mapped_column(String(120), unique=True)  # the three below together
    rule: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[uuid.UUID | None]
    station_id: Mapped[uuid.UUID | None]
    enabled: Mapped[bool | None]
    severity: Mapped[str | None] = mapped_column(String(10))
    after_s: Mapped[int | None]
    clear_s: Mapped[int | None]
