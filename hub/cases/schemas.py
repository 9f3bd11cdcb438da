"""Cases as JSON."""

import uuid
from typing import Any, Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

State = Literal["open", "acknowledged", "resolved"]


class CaseQuery(PageQuery):
    """Which cases; what is given must all hold. `station_id`: where it was seen first.

    `naming` finds whatever a case names, also a second station, a voucher, a lease or a member of staff.
    """

    kind: str | None = Field(default=None, max_length=40)
    state: State | None = None
    unresolved: bool | None = Field(default=None, description="true: open or acknowledged; false: resolved")
    station_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    rental_id: uuid.UUID | None = None
    vehicle_id: uuid.UUID | None = None
    reservation_id: uuid.UUID | None = None
    about: uuid.UUID | None = Field(default=None, description="What it is about: a rental, a bill, a staff's act, …")
    naming: uuid.UUID | None = Field(default=None, description="Any id that it names, whatever that is")


class NoteShape(Shape):
    """A step in a case's life: opened, acknowledged, resolved, explained (by later facts), escalated, reopened."""

    at: Instant
    what: str
    by: uuid.UUID | None
    why: str


class CaseShape(Shape):
    """A case. `resolved_by` null on a resolved one: later facts explained it, `resolution` says how.

    `standing`: whether the facts still say so. `seen` and `subjects` differ by `kind`.
    """

    id: uuid.UUID
    created_at: Instant
    kind: str
    about: uuid.UUID
    state: State
    standing: bool
    station_id: uuid.UUID | None
    station_ids: list[uuid.UUID]
    account_id: uuid.UUID | None
    rental_id: uuid.UUID | None
    subjects: dict[str, str]
    seen: dict[str, Any]
    seen_at: Instant
    opened_at: Instant
    resolved_at: Instant | None
    resolved_by: uuid.UUID | None
    resolution: str | None
    history: list[NoteShape]


class Note(Shape):
    """What a person says of a case that he has taken up."""

    note: str = Field(default="", max_length=2000)


class Resolution(Shape):
    """Why a case is settled."""

    why: str = Field(min_length=1, max_length=2000, examples=["spoke to the renter: lent to his wife"])


class Finding(Shape):
    """What a person found who went and looked."""

    vehicle_there: bool = Field(description="Whether the vehicle stands where its renter says that he left it")
    why: str = Field(min_length=1, max_length=2000, examples=["beside dock 6, locked, no damage"])
