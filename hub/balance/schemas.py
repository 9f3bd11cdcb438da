"""The balance as JSON."""

import uuid

from pydantic import Field

from hub.kernel.shapes import Instant, Shape


class DemandQuery(Shape):
    """For how long, and which kind."""

    hours: int = Field(default=24, ge=1, le=168)
    kind: str | None = Field(default=None, max_length=20, examples=["scooter"])


class DemandHour(Shape):
    """What is expected within one hour. `out_high`: with 90 % probability no more rides begin."""

    at: Instant
    kind: str
    out: float
    out_high: int
    back: float


class DemandShape(Shape):
    """The demand expected at a station, hour by hour. Empty where nothing is known yet."""

    station_id: uuid.UUID
    learnt_at: Instant | None
    items: list[DemandHour]
