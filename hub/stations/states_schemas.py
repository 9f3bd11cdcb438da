"""Stations at a glance as JSON."""

import uuid
from typing import Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape


class StatesQuery(PageQuery):
    """A page of states. They are small: all stations of a large operator fit on one."""

    limit: int = Field(default=500, ge=1, le=1000, description="How many items at most")


class AgentState(Shape):
    """The station's agent. `up_s` and the store are as its last sync said; null from an older agent."""

    version: str | None
    started_at: Instant | None
    unclean_start: bool
    up_s: float | None
    store_low: bool | None
    store_damaged: bool | None
    store_pressure: str | None
    disk_free_bytes: int | None


class ClockState(Shape):
    """The station's clock at its last sync. `offset_ms`: how far it is ahead of the hub's, the way there included."""

    quality: str
    trusted: bool
    uncertainty_ms: int | None
    offset_ms: int


class LaneState(Shape):
    """What waits in one lane of the station's outbox."""

    lane: str
    waiting: int
    oldest_at: Instant | None


class OutboxState(Shape):
    """What waited at the station when it last synced, what came with that sync included. `late`: for over 5 minutes."""

    waiting: int
    oldest_at: Instant | None
    late: bool
    lanes: list[LaneState]


class DockCounts(Shape):
    """Docks in numbers; all but `total` and `faulty` are by the last picture."""

    total: int
    online: int
    faulty: int
    occupied: int


class ChargerCounts(Shape):
    """Chargers and their connectors in numbers; `total` and `faulty` are by the station's facts."""

    total: int
    online: int
    faulty: int
    connectors: int
    charging: int


class VehicleCounts(Shape):
    """Vehicles that stand in docks; `charged`: at least the station's `min_soc_pct`."""

    present: int
    charged: int


class OpenFault(Shape):
    """Something that is wrong now, by the station's facts. `thing`: dock, connector."""

    thing: str
    thing_id: str
    code: str
    at: Instant
    detail: str


class StationState(Shape):
    """A station now. `level` says what needs attention first:

    trouble (not heard of, its key revoked, its store damaged, something faulty), attention (late outbox, doubtful
    clock, a full store, an unseen device), ok, or new (never heard of). `as_of` is when the hub judged it.
    """

    id: uuid.UUID
    created_at: Instant
    name: str
    number: str
    timezone: str
    latitude: float | None
    longitude: float | None
    level: Literal["ok", "attention", "trouble", "new"]
    why: list[str] = Field(description="What makes the level, as stable words, worst first")
    online: bool
    last_seen_at: Instant | None
    reported_at: Instant | None = Field(description="When its last sync said what stands under agent, clock, outbox")
    picture_at: Instant | None
    agent: AgentState
    clock: ClockState | None
    outbox: OutboxState | None
    docks: DockCounts
    chargers: ChargerCounts
    vehicles: VehicleCounts
    faults: list[OpenFault]
    facts_lost: int
    facts_shed: int
    last_loss_at: Instant | None
    revoked_at: Instant | None
    as_of: Instant


class LevelEvent(Shape):
    """The stream's mark: everything up to `at` has been sent."""

    at: Instant
    stations: int
