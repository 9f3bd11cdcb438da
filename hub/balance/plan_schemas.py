"""Plans and tasks as JSON."""

import uuid
from typing import Literal

from pydantic import Field

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape


class VanShape(Shape):
    """A mobile team. `start`: latitude and longitude, where it sets out; without, at its first stop."""

    capacity: int = Field(default=6, ge=0, le=50, description="Vehicles that it takes at once")
    batteries: int = Field(default=0, ge=0, le=100, description="Fresh batteries that it has")
    shift_h: float = Field(default=4, gt=0, le=12)
    start: tuple[float, float] | None = Field(default=None, examples=[[10.7769, 106.7009]])


class NewPlan(Shape):
    """What to plan. `engine` auto: OR-tools where it is installed, else the greedy planner."""

    kind: str = Field(default="scooter", min_length=1, max_length=20)
    horizon_h: int = Field(default=12, ge=1, le=48)
    vans: list[VanShape] = Field(min_length=1, max_length=20)
    most_moves: int = Field(default=40, ge=0, le=200)
    most_swaps: int = Field(default=40, ge=0, le=200)
    engine: Literal["auto", "ortools", "greedy"] = "auto"


class ActionShape(Shape):
    """A move, or a swap (from and to are the same). `worth`: rides not lost by it alone."""

    what: Literal["move", "swap"]
    vehicle_id: uuid.UUID
    label: str
    van: int
    from_station_id: uuid.UUID
    from_name: str
    to_station_id: uuid.UUID
    to_name: str
    worth: float


class StopShape(Shape):
    """A stop of a van: `after_s` from setting out."""

    station_id: uuid.UUID
    name: str
    after_s: int
    load: list[uuid.UUID]
    unload: list[uuid.UUID]
    swap: list[uuid.UUID]


class RouteShape(Shape):
    """A van's way."""

    van: int
    km: float
    seconds: int
    stops: list[StopShape]


class StationBalance(Shape):
    """A station in the plan: rides expected within the horizon, what stands there, rides expected to be lost."""

    station_id: uuid.UUID
    name: str
    out: float
    back: float
    usable: int
    empty: int
    supply: float
    added: float
    shortage_before: float
    shortage_after: float


class PlanBody(Shape):
    """What a plan proposes; of the stations the 200 that it concerns most."""

    actions: list[ActionShape]
    routes: list[RouteShape]
    stations: list[StationBalance]


class PlanShape(Shape):
    """A plan. `shortage`: rides expected to be lost in the network within the horizon, without it and with it."""

    id: uuid.UUID
    created_at: Instant
    kind: str
    state: Literal["proposed", "accepted", "dismissed"]
    engine: Literal["ortools", "greedy"]
    horizon_h: int
    valid_until: Instant
    shortage_before: float
    shortage_after: float
    body: PlanBody
    made_by: uuid.UUID
    decided_at: Instant | None
    decided_by: uuid.UUID | None


class Acceptance(Shape):
    """Who drives: one for each van, null for nobody yet."""

    assigned_to: list[uuid.UUID | None] = Field(default_factory=list, max_length=20)


class Line(Shape):
    """A line of a checklist, and who ticked it when."""

    key: str
    text: str
    at: Instant | None
    by: uuid.UUID | None


class TaskShape(Shape):
    """A task. `ended_by` null on one that is over: facts of the stations say so."""

    id: uuid.UUID
    created_at: Instant
    what: Literal["move", "swap", "other"]
    title: str
    state: Literal["open", "assigned", "started", "done", "failed", "cancelled"]
    plan_id: uuid.UUID | None
    station_id: uuid.UUID
    to_station_id: uuid.UUID | None
    vehicle_id: uuid.UUID | None
    soc_pct: float | None
    assigned_to: uuid.UUID | None
    due_at: Instant | None
    checklist: list[Line]
    started_at: Instant | None
    picked_at: Instant | None
    ended_at: Instant | None
    ended_by: uuid.UUID | None
    reason: str


class LeftOut(Shape):
    """What does not hold any more: gone, promised, in_a_task, not_for_rent."""

    vehicle_id: uuid.UUID
    why: str


class AcceptedShape(Shape):
    """The tasks of an accepted plan, and what was left out."""

    tasks: list[TaskShape]
    left_out: list[LeftOut]


class TaskQuery(PageQuery):
    """Which tasks."""

    mine: bool = Field(default=False, description="Those assigned to the caller")
    state: Literal["open", "assigned", "started", "done", "failed", "cancelled"] | None = None
    under_way: bool | None = None
    station_id: uuid.UUID | None = None
    plan_id: uuid.UUID | None = None


class NewTask(Shape):
    """A task by hand, with its own checklist."""

    title: str = Field(min_length=1, max_length=200, examples=["Clean the docks"])
    station_id: uuid.UUID
    assigned_to: uuid.UUID | None = None
    due_at: Instant | None = None
    checklist: list[str] = Field(default_factory=list, max_length=30, examples=[["Swept", "Cameras wiped"]])


class Assignment(Shape):
    """Whose it is; null: anybody's."""

    assigned_to: uuid.UUID | None


class Tick(Shape):
    """A line of the checklist is done, or not after all."""

    key: str = Field(max_length=40)
    done: bool = True


class Why(Shape):
    """Why it was not done."""

    why: str = Field(min_length=1, max_length=2000, examples=["the dock does not open"])
