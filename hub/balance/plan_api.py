"""`/api/v1/restocking/plans`."""

import uuid

from hub.balance import task_repository
from hub.balance.plan_schemas import Acceptance, AcceptedShape, LeftOut, NewPlan, PlanShape, TaskShape
from hub.balance.planning import Planning
from hub.balance.task_tables import RestockPlan
from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, Unit, route
from protocols.errors import Refused


class PlansApi:
    """Moves and swaps for the mobile team."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    @route(
        "POST", "/api/v1/restocking/plans", summary="Plan moves and swaps", tags=["balance"],
        permission="balance:write", body=NewPlan, response=PlanShape, status=201, unit=Unit.NONE,
        errors={"ortools_missing": 409},
    )  # fmt: skip
    async def propose(self, call: Call[NewPlan, None]) -> PlanShape:
        """A proposal: nothing happens before it is accepted. Each action lowers the rides expected to be lost.

        `engine` of the answer says which planner it was. Takes up to some seconds.
        """
        plan_id = await self._planning.propose(call.database, call.body, call.principal.account_id)
        async with call.database.reading() as session:
            return _shown(await task_repository.plan(session, plan_id))

    @route(
        "GET", "/api/v1/restocking/plans", summary="List plans", tags=["balance"],
        permission="plans:read", query=PageQuery, response=Page[PlanShape],
    )  # fmt: skip
    async def list_plans(self, call: Call[None, PageQuery]) -> Page[PlanShape]:
        """Newest first."""
        return (await task_repository.plans(call.session, call.query)).as_page(PlanShape.model_validate)

    @route(
        "GET", "/api/v1/restocking/plans/{plan_id}", summary="A plan", tags=["balance"],
        permission="plans:read", response=PlanShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_plan(self, call: Call[None, None]) -> PlanShape:
        """With its actions, the vans' routes, and the stations that it concerns."""
        return _shown(await task_repository.plan(call.session, call.id("plan_id")))

    @route(
        "POST", "/api/v1/restocking/plans/{plan_id}/accept", summary="Accept a plan", tags=["balance"],
        permission="balance:write", body=Acceptance, response=AcceptedShape,
        errors={"not_found": 404, "plan_over": 409}, idempotent=True,
    )  # fmt: skip
    async def accept(self, call: Call[Acceptance, None]) -> AcceptedShape:
        """Within two hours. Tasks of all that still holds; what was booked, taken or broken since is left out."""
        plan = await _held(call, call.id("plan_id"))
        tasks, left = await self._planning.accept(call.session, plan, call.principal.account_id, call.body.assigned_to)
        return AcceptedShape(
            tasks=[TaskShape.model_validate(one) for one in tasks],
            left_out=[LeftOut.model_validate(one) for one in left],
        )

    @route(
        "POST", "/api/v1/restocking/plans/{plan_id}/dismiss", summary="Dismiss a plan", tags=["balance"],
        permission="balance:write", response=PlanShape, errors={"not_found": 404, "plan_over": 409}, idempotent=True,
    )  # fmt: skip
    async def dismiss(self, call: Call[None, None]) -> PlanShape:
        """Nothing comes of it."""
        plan = await _held(call, call.id("plan_id"))
        self._planning.dismiss(plan, call.principal.account_id)
        await call.session.flush()
        return _shown(plan)


async def _held(call: Call[Acceptance, None] | Call[None, None], plan_id: uuid.UUID) -> RestockPlan:
    plan = await task_repository.plan(call.session, plan_id, lock=True)
    if plan is None:
        raise Refused("not_found")
    return plan


def _shown(plan: RestockPlan | None) -> PlanShape:
    if plan is None:
        raise Refused("not_found")
    return PlanShape.model_validate(plan)
