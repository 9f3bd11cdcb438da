"""Use cases of staff tasks: given, begun, ticked off, ended by people or by what stations report."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.balance import task_repository, task_rules
from hub.balance.plan_schemas import NewTask
from hub.balance.planning import Promises, checklist_of
from hub.balance.task_tables import StaffTask
from hub.kernel.clock import Clock
from protocols.errors import Refused


class Tasks:
    """Tasks."""

    def __init__(self, clock: Clock, promises: Promises) -> None:
        self._clock = clock
        self._promises = promises

    def add(self, session: AsyncSession, new: NewTask) -> StaffTask:
        """A task by hand."""
        task = StaffTask(
            id=self._clock.new_id(), created_at=self._clock.now(), what="other", title=new.title,
            state="open" if new.assigned_to is None else "assigned", plan_id=None, station_id=new.station_id,
            to_station_id=None, vehicle_id=None, soc_pct=None, assigned_to=new.assigned_to, due_at=new.due_at,
            checklist=checklist_of([(str(number), line[:200]) for number, line in enumerate(new.checklist, 1)]),
            started_at=None, picked_at=None, ended_at=None, ended_by=None, reason="",
        )  # fmt: skip
        session.add(task)
        return task

    async def held(self, session: AsyncSession, task_id: uuid.UUID, by: uuid.UUID | None) -> StaffTask:
        """The task, to be changed by whoever it belongs to; `by` None: by anybody.

        Raises Refused `not_found`, `not_yours`.
        """
        task = await task_repository.task(session, task_id, lock=True)
        if task is None:
            raise Refused("not_found")
        if by is not None and task.assigned_to not in {None, by}:
            raise Refused("not_yours")
        return task

    def assign(self, task: StaffTask, to: uuid.UUID | None) -> None:
        """Whose it is from now on. Raises Refused `task_state`."""
        task_rules.check(task, "assign")
        task.assigned_to, task.state = to, "open" if to is None else "assigned"

    async def start(self, session: AsyncSession, task: StaffTask, by: uuid.UUID) -> None:
        """Somebody is at it. Raises Refused `task_state`, `vehicle_gone`, `vehicle_promised`."""
        task_rules.check(task, "start")
        if task.vehicle_id is not None:
            found = await task_repository.vehicles(session, [task.vehicle_id])
            if not found or not found[0].docked or found[0].station_id != task.station_id:
                raise Refused("vehicle_gone")
            promised, _ = await self._promises.promised_from(session, self._clock.now())
            if task.vehicle_id in promised:
                raise Refused("vehicle_promised")
        task_rules.begin(task, by, self._clock.now())

    async def when_placed(self, session: AsyncSession, event: events.VehiclesPlaced) -> None:
        """Vehicles have come, gone or were read: tasks with them go on or end."""
        placed = {one.vehicle_id: one for one in event.vehicles}
        for task in await task_repository.under_way(session, list(placed)):
            if task.vehicle_id is not None:
                task_rules.hear(task, placed[task.vehicle_id], self._clock.now())
        await session.flush()

    async def being_moved(self, session: AsyncSession) -> set[str]:
        """Vehicles that are out of their docks because staff takes them elsewhere."""
        found: Sequence[StaffTask] = await task_repository.under_way(session)
        return {str(one.vehicle_id) for one in found if one.what == "move" and one.picked_at is not None}
