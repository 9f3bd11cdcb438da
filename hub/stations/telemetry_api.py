"""`/api/v1/stations/{station_id}/telemetry`: what a station's things showed over time."""

import datetime as dt
from typing import Final

from pydantic import Field, model_validator

from hub.kernel.problem import invalid
from hub.kernel.routes import Call, Unit, route
from hub.kernel.shapes import Instant, Shape
from hub.stations import repository
from hub.stations.archive import Archive, Point, TooMuch, Wish
from hub.stations.recorder import Recorder
from protocols.errors import Refused
from protocols.values import from_ms

LONGEST: Final = dt.timedelta(days=92)
_DAY: Final = dt.timedelta(days=1)


class TelemetryQuery(Shape):
    """Which signals, when, how fine. Without times: the last day."""

    since: Instant | None = Field(default=None, description="From this instant; a day before `until` unless given")
    until: Instant | None = Field(default=None, description="Up to, not including, this instant; now unless given")
    step_s: int = Field(default=300, ge=1, le=86_400, description="One point for so many seconds")
    thing: str | None = Field(default=None, max_length=40, examples=["battery"], description="Kind of thing")
    thing_id: str | None = Field(default=None, max_length=200, description="Dock number, vehicle id, charger id …")
    signal: str | None = Field(default=None, max_length=200, examples=["soc_pct"])
    limit: int = Field(default=2000, ge=1, le=10_000, description="How many points at most")

    @model_validator(mode="after")
    def _in_order(self) -> "TelemetryQuery":
        if self.since is not None and self.until is not None and not self.since < self.until <= self.since + LONGEST:
            raise ValueError(f"since must be before until, by {LONGEST.days} days at most")
        return self


class PointShape(Shape):
    """A signal within one step: least, mean and most of its numbers, and the last number or word."""

    at: Instant
    thing: str
    thing_id: str
    signal: str
    rows: int = Field(description="How many rows were kept; a signal that does not change has one a minute")
    min: float | None
    mean: float | None
    max: float | None
    last: float | None
    last_text: str | None


class SeriesShape(Shape):
    """Points in the order of thing, signal, time. `complete` is false where the limit cut them off."""

    since: Instant
    until: Instant
    step_s: int
    complete: bool
    points: list[PointShape]


class TelemetryApi:
    """Telemetry over time."""

    def __init__(self, archive: Archive, recorder: Recorder) -> None:
        self._archive = archive
        self._recorder = recorder

    @route(
        "GET", "/api/v1/stations/{station_id}/telemetry", summary="Telemetry over time", tags=["stations"],
        permission="telemetry:read", query=TelemetryQuery, response=SeriesShape, unit=Unit.NONE,
        errors={"not_found": 404, "too_much": 422, "files_unreachable": 503},
    )  # fmt: skip
    async def series(self, call: Call[None, TelemetryQuery]) -> SeriesShape:
        """Docks, batteries, chargers, connectors and meters as they were. Lossy: gaps are gaps of the live link.

        What this hub process heard in the last minutes is in it; what another one heard comes when it is written
        (five minutes at the most).
        """
        wish = _wish(call)
        async with call.database.reading() as session:
            if await repository.station(session, wish.station_id) is None:
                raise Refused("not_found")
        try:
            found = await self._archive.series(wish, self._recorder.unwritten(wish.station_id))
        except TooMuch as error:
            raise Refused("too_much", files=error.files) from error
        except OSError as error:
            raise Refused("files_unreachable") from error
        complete = len(found) < wish.most
        points = [_point(one) for one in found[: call.query.limit]]
        return SeriesShape(since=wish.since, until=wish.until, step_s=wish.step_s, complete=complete, points=points)


def _wish(call: Call[None, TelemetryQuery]) -> Wish:
    asked = call.query
    until = asked.until or (call.clock.now() if asked.since is None else min(call.clock.now(), asked.since + LONGEST))
    since = asked.since or until - _DAY
    if since >= until:
        raise invalid("since", "must be before until", place="query", rule="order")
    return Wish(
        station_id=call.id("station_id"),
        since=since,
        until=until,
        step_s=asked.step_s,
        thing=asked.thing,
        thing_id=asked.thing_id,
        signal=asked.signal,
        most=asked.limit + 1,
    )


def _point(one: Point) -> PointShape:
    return PointShape(
        at=from_ms(one.at_ms),
        thing=one.thing,
        thing_id=one.thing_id,
        signal=one.signal,
        rows=one.rows,
        min=one.least,
        mean=one.mean,
        max=one.most,
        last=one.last,
        last_text=one.last_text,
    )
