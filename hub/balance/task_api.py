"""`/api/v1/tasks`: what staff has to do."""

import uuid
from typing import Any, Final

from hub.balance import task_repository, task_rules
from hub.balance.plan_schemas import Assignment, NewTask, TaskQuery, TaskShape, Tick, Why
from hub.balance.planning import Places
from hub.balance.task_tables import StaffTask
from hub.balance.tasks import Tasks
from hub.kernel.pages import Page
from hub.kernel.routes import Call, route
from protocols.errors import Refused

_ERRORS: Final = {"not_found": 404, "not_yours": 403, "task_state": 409}
_LEADS: Final = "balance:write"  # who plans may change everybody's tasks


class TasksApi:
    """Tasks. Who plans gives them, who does them starts, ticks off and ends his own or nobody's."""

    def __init__(self, tasks: Tasks, places: Places) -> None:
        self._tasks = tasks
        self._places = places

    @route(
        "GET", "/api/v1/tasks", summary="List tasks", tags=["tasks"],
        permission="tasks:read", query=TaskQuery, response=Page[TaskShape],
    )  # fmt: skip
    async def list_tasks(self, call: Call[None, TaskQuery]) -> Page[TaskShape]:
        """Newest first; `mine=true` one's own."""
        given = call.query.model_dump(exclude={"limit", "cursor", "mine"})
        given["assigned_to"] = call.principal.account_id if call.query.mine else None
        return (await task_repository.tasks(call.session, call.query, given)).as_page(TaskShape.model_validate)

    @route(
        "GET", "/api/v1/tasks/{task_id}", summary="A task", tags=["tasks"],
        permission="tasks:read", response=TaskShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_task(self, call: Call[None, None]) -> TaskShape:
        """With its checklist."""
        task = await task_repository.task(call.session, call.id("task_id"))
        if task is None:
            raise Refused("not_found")
        return TaskShape.model_validate(task)

    @route(
        "POST", "/api/v1/tasks", summary="Add a task", tags=["tasks"], permission=_LEADS,
        body=NewTask, response=TaskShape, status=201, errors={"not_found": 404}, idempotent=True,
    )  # fmt: skip
    async def add(self, call: Call[NewTask, None]) -> TaskShape:
        """By hand, with its own checklist."""
        if all(one[0] != call.body.station_id for one in await self._places.places(call.session)):
            raise Refused("not_found", station_id=str(call.body.station_id))
        task = self._tasks.add(call.session, call.body)
        await call.session.flush()
        return TaskShape.model_validate(task)

    @route(
        "POST", "/api/v1/tasks/{task_id}/assign", summary="Assign a task", tags=["tasks"], permission=_LEADS,
        body=Assignment, response=TaskShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def assign(self, call: Call[Assignment, None]) -> TaskShape:
        """To somebody, or to nobody again."""
        task = await self._held(call)
        self._tasks.assign(task, call.body.assigned_to)
        return await _changed(call, task)

    @route(
        "POST", "/api/v1/tasks/{task_id}/start", summary="Start a task", tags=["tasks"], permission="tasks:do",
        response=TaskShape, errors={**_ERRORS, "vehicle_gone": 409, "vehicle_promised": 409}, idempotent=True,
    )  # fmt: skip
    async def start(self, call: Call[None, None]) -> TaskShape:
        """One that is nobody's becomes the caller's. Refused where the vehicle was booked or has left since."""
        task = await self._held(call)
        await self._tasks.start(call.session, task, call.principal.account_id)
        return await _changed(call, task)

    @route(
        "POST", "/api/v1/tasks/{task_id}/check", summary="Tick a line off", tags=["tasks"], permission="tasks:do",
        body=Tick, response=TaskShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def check(self, call: Call[Tick, None]) -> TaskShape:
        """Others see who and when."""
        task = await self._held(call)
        by, now = call.principal.account_id, call.clock.now()
        task_rules.tick(task, call.body.key, by, now, done=call.body.done)
        return await _changed(call, task)

    @route(
        "POST", "/api/v1/tasks/{task_id}/done", summary="End a task", tags=["tasks"], permission="tasks:do",
        response=TaskShape, errors={**_ERRORS, "checklist_open": 409}, idempotent=True,
    )  # fmt: skip
    async def done(self, call: Call[None, None]) -> TaskShape:
        """Once everything is ticked off. Moves and swaps end by themselves when the docks show them."""
        task = await self._held(call)
        task_rules.finish(task, call.principal.account_id, call.clock.now())
        return await _changed(call, task)

    @route(
        "POST", "/api/v1/tasks/{task_id}/fail", summary="Give a task up", tags=["tasks"], permission="tasks:do",
        body=Why, response=TaskShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def fail(self, call: Call[Why, None]) -> TaskShape:
        """It could not be done, and why."""
        task = await self._held(call)
        task_rules.give_up(task, call.principal.account_id, call.body.why, call.clock.now())
        return await _changed(call, task)

    @route(
        "POST", "/api/v1/tasks/{task_id}/cancel", summary="Cancel a task", tags=["tasks"], permission=_LEADS,
        body=Why, response=TaskShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def cancel(self, call: Call[Why, None]) -> TaskShape:
        """It need not be done."""
        task = await self._held(call)
        task_rules.give_up(task, call.principal.account_id, call.body.why, call.clock.now(), act="cancel")
        return await _changed(call, task)

    async def _held(self, call: Call[Any, None]) -> StaffTask:
        leads = call.principal.may(_LEADS)
        by: uuid.UUID | None = None if leads else call.principal.account_id
        return await self._tasks.held(call.session, call.id("task_id"), by)


async def _changed(call: Call[Any, None], task: StaffTask) -> TaskShape:
    await call.session.flush()
    return TaskShape.model_validate(task)
