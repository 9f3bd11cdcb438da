"""Plans for the mobile team, and the staff's tasks."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.belonging import HOUSE
from hub.kernel.pages import Listed

_UNDER_WAY = text("state IN ('open', 'assigned', 'started')")


class RestockPlan(Listed):
    """A plan of moves and swaps. `state`: proposed | accepted | dismissed. `body`: actions, routes, stations."""

    __tablename__ = "restock_plans"

    organisation_id: Mapped[uuid.UUID] = mapped_column(index=True, server_default=HOUSE.hex)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    engine: Mapped[str] = mapped_column(String(10))  # ortools | greedy
    horizon_h: Mapped[int]
    valid_until: Mapped[dt.datetime]
    shortage_before: Mapped[float]
    shortage_after: Mapped[float]
    body: Mapped[dict[str, Any]]
    made_by: Mapped[uuid.UUID]
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[uuid.UUID | None]


class StaffTask(Listed):
    """Something for staff to do. The database refuses a second one under way with the same vehicle.

    `state`: open | assigned | started | done | failed | cancelled. `checklist`: [{key, text, at, by}].
    `ended_by` None on one that is done or failed: facts say so.
    """

    __tablename__ = "staff_tasks"
    __table_args__ = (
        Index(
            "uq_staff_tasks_vehicle_id", "vehicle_id", unique=True, postgresql_where=_UNDER_WAY,
            sqlite_where=_UNDER_WAY,
        ),
        Index("ix_staff_tasks_assigned_to_state", "assigned_to", "state"),
    )  # fmt: skip

    what: Mapped[str] = mapped_column(String(20))  # move | swap | other
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    plan_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    station_id: Mapped[uuid.UUID] = mapped_column(index=True)  # where it begins
    to_station_id: Mapped[uuid.UUID | None]
    vehicle_id: Mapped[uuid.UUID | None]
    soc_pct: Mapped[float | None]  # of the vehicle when the task was made
    assigned_to: Mapped[uuid.UUID | None]
    due_at: Mapped[dt.datetime | None]
    checklist: Mapped[list[Any]]
    started_at: Mapped[dt.datetime | None]
    picked_at: Mapped[dt.datetime | None]  # the vehicle left its dock
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    reason: Mapped[str] = mapped_column(Text)
