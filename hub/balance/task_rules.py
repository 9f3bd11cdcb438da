"""Pure: what may be done with a task when, and when facts end it."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final, Protocol

from hub.events import VehiclePlaced
from protocols.errors import Refused
from protocols.values import rfc3339

UNDER_WAY: Final = ("open", "assigned", "started")
SWAPPED_PCT: Final = 30.0  # a charge that jumps by so much is another battery, not a charger's work of minutes
_MAY: Final[Mapping[str, tuple[str, ...]]] = {
    "assign": ("open", "assigned"),
    "start": ("open", "assigned"),
    "check": ("started",),
    "done": ("started",),
    "fail": UNDER_WAY,
    "cancel": UNDER_WAY,
}
CHECKLISTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "move": (
        ("sound", "Tyres, brakes and lights are sound"),
        ("loaded", "Loaded and secured"),
        ("docked", "Docked and locked"),
    ),
    "swap": (
        ("intact", "The fresh battery is intact and dry"),
        ("seated", "Seated, and the lid is closed"),
        ("awake", "The dock shows the new charge"),
    ),
}


class Task(Protocol):
    """The columns that the rules read and change."""

    what: str
    state: str
    station_id: uuid.UUID
    to_station_id: uuid.UUID | None
    soc_pct: float | None
    assigned_to: uuid.UUID | None
    checklist: list[Any]
    started_at: dt.datetime | None
    picked_at: dt.datetime | None
    ended_at: dt.datetime | None
    ended_by: uuid.UUID | None
    reason: str


def check(task: Task, act: str) -> None:
    """Raises Refused `task_state` where that cannot be done with it now."""
    if task.state not in _MAY[act]:
        raise Refused("task_state", state=task.state)


def begin(task: Task, by: uuid.UUID, now: dt.datetime) -> None:
    """Somebody is at it; whose it was not before, it is now."""
    check(task, "start")
    task.state, task.started_at, task.assigned_to = "started", now, task.assigned_to or by


def tick(task: Task, key: str, by: uuid.UUID, now: dt.datetime, *, done: bool) -> None:
    """Tick a line of the checklist, or take the tick back. Raises Refused `task_state`, `not_found`."""
    check(task, "check")
    if all(one["key"] != key for one in task.checklist):
        raise Refused("not_found", key=key)
    ticked = {"at": rfc3339(now), "by": str(by)} if done else {"at": None, "by": None}
    task.checklist = [one | ticked if one["key"] == key else one for one in task.checklist]


def finish(task: Task, by: uuid.UUID, now: dt.datetime) -> None:
    """It is done. Raises Refused `task_state`, `checklist_open`."""
    check(task, "done")
    if any(one["at"] is None for one in task.checklist):
        raise Refused("checklist_open")
    _end(task, "done", by, "", now)


def give_up(task: Task, by: uuid.UUID, why: str, now: dt.datetime, *, act: str = "fail") -> None:
    """It cannot be done (`fail`), or need not (`cancel`). Raises Refused `task_state`."""
    check(task, act)
    _end(task, "failed" if act == "fail" else "cancelled", by, why, now)


def hear(task: Task, placed: VehiclePlaced, now: dt.datetime) -> None:
    """What facts about its vehicle make of a task that is under way."""
    if task.what == "swap":
        if placed.docked and placed.station_id == task.station_id and _is_swapped(task, placed):
            _end(task, "done", None, "the dock reads another battery", now)
    elif task.what == "move":
        if not placed.docked:
            task.picked_at = task.picked_at or now
            if task.state != "started":
                task.state, task.started_at = "started", now
        elif placed.station_id == task.to_station_id:
            _end(task, "done", None, "it stands there", now)
        elif placed.station_id != task.station_id:
            _end(task, "failed", None, "it stands elsewhere", now)


def _is_swapped(task: Task, placed: VehiclePlaced) -> bool:
    return placed.soc_pct is not None and placed.soc_pct >= (task.soc_pct or 0.0) + SWAPPED_PCT


def _end(task: Task, state: str, by: uuid.UUID | None, why: str, now: dt.datetime) -> None:
    task.state, task.ended_at, task.ended_by, task.reason = state, now, by, why
