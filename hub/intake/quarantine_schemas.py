"""What people see of facts that were set aside, and what they may do with them."""

import uuid
from typing import Annotated, Literal

from pydantic import Field

from hub.intake.schemas import Text
from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

State = Literal["waiting", "parked", "applied", "dismissed"]


class QuarantineQuery(PageQuery):
    """Which set-aside facts; a filter that is left out lets all through."""

    station_id: uuid.UUID | None = None
    code: str | None = Field(default=None, max_length=80)
    type: str | None = Field(default=None, max_length=80)
    state: State | None = Field(default=None, description="`waiting` for a person, `parked` for a newer hub")


class QuarantineShape(Shape):
    """A fact that could not be applied, why, and what became of it. `record` is what the station wrote."""

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    lane: str
    epoch: int
    seq: int
    type: str
    code: str
    detail: str
    state: str
    settled_at: Instant | None
    record: Text


class ActShape(Shape):
    """What somebody did with it: `retry` or `dismiss`, by `api`, `command` or at the hub's `start`."""

    created_at: Instant
    act: str
    via: str
    account_id: uuid.UUID | None
    outcome: str = Field(description="`applied`, `dismissed`, or the code that it failed with again")
    reason: str


class QuarantineDetail(QuarantineShape):
    """One set-aside fact with all that was done with it, oldest first."""

    acts: list[ActShape]


class RetryAll(Shape):
    """All of one code, or those of one station; at most 200 in one call."""

    code: str = Field(min_length=1, max_length=80)
    station_id: uuid.UUID | None = None
    cursor: str | None = Field(default=None, max_length=200, description="`next_cursor` of the call before")


class RetriedAll(Shape):
    """How many were applied and how many failed again; call again with `next_cursor` until it is null."""

    applied: int
    failed: int
    next_cursor: str | None


class Dismissal(Shape):
    """Why nothing shall come of it."""

    reason: Annotated[str, Field(min_length=3, max_length=500)]
