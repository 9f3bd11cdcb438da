"""Pictures as JSON."""

import uuid
from typing import Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

State = Literal["waiting", "here", "lost", "deleted"]


class PhotoQuery(PageQuery):
    """Of one station, one rental, one vehicle, or one act (a checklist's is its id)."""

    station_id: uuid.UUID | None = None
    rental_id: uuid.UUID | None = None
    vehicle_id: uuid.UUID | None = None
    act_id: uuid.UUID | None = None


class PhotoShape(Shape):
    """A picture that staff took. waiting: still at its station; lost: it will not come, `why` says more.

    deleted: its time was over (`photos.kept_days`); what is known of it stays.
    """

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    sha256: str
    media_type: str
    size: int | None = Field(description="In bytes; null where the station did not say")
    taken_at: Instant
    act_id: uuid.UUID
    what: str
    rental_id: uuid.UUID | None
    vehicle_id: uuid.UUID | None
    dock_no: int | None
    state: State
    why: str
    deleted_at: Instant | None = Field(description="Since then nobody is shown it")
    erased_at: Instant | None = Field(description="Since then its bytes are gone from the file store")
