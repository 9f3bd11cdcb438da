"""`/api/v1/work`: durable work that waits, is under way, is done, or has failed and waits for a person."""

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, select

from hub.kernel import wishes
from hub.kernel.pages import Page, PageQuery, find_page
from hub.kernel.routes import Call, route
from hub.kernel.shapes import Instant, Shape
from hub.kernel.wishes import Wish
from protocols.errors import Refused

State = Literal["waiting", "running", "done", "failed"]


class WorkQuery(PageQuery):
    """Work of one state or kind."""

    state: State | None = None
    kind: str | None = Field(default=None, max_length=40)


class WorkShape(Shape):
    """One piece of work."""

    id: uuid.UUID
    created_at: Instant
    kind: str
    state: State
    payload: dict[str, Any] = Field(description="What it is done with, but for what is people's business")
    not_before: Instant
    round: int = Field(description="How often it was begun anew by hand")
    settled_at: Instant | None
    error: str | None


class WorkApi:
    """Durable work, for people who look after the hub."""

    @route(
        "GET", "/api/v1/work", summary="List durable work", tags=["system"],
        permission="work:read", query=WorkQuery, response=Page[WorkShape],
    )  # fmt: skip
    async def list_work(self, call: Call[None, WorkQuery]) -> Page[WorkShape]:
        """Newest first. What was done is forgotten after 30 days; what has failed stays."""
        found = select(Wish)
        if call.query.kind is not None:
            found = found.where(Wish.kind == call.query.kind)
        if call.query.state is not None:
            found = found.where(*_WHERE[call.query.state])
        return (await find_page(call.session, found, Wish, call.query)).as_page(shown)

    @route(
        "POST", "/api/v1/work/{wish_id}/retry", summary="Try failed work again", tags=["system"],
        permission="work:write", response=WorkShape, errors={"not_found": 404, "not_failed": 409},
    )  # fmt: skip
    async def retry(self, call: Call[None, None]) -> WorkShape:
        """Begins it anew; only what has failed for good can be."""
        row = await call.session.get(Wish, call.id("wish_id"), with_for_update=True)
        if row is None:
            raise Refused("not_found")
        if row.failed_at is None:
            raise Refused("not_failed")
        await wishes.again(call.session, row, call.clock.now())
        return shown(row)


_WHERE: dict[State, tuple[ColumnElement[bool], ...]] = {
    "waiting": (Wish.handed_at.is_(None),),
    "running": (Wish.handed_at.is_not(None), Wish.done_at.is_(None), Wish.failed_at.is_(None)),
    "done": (Wish.done_at.is_not(None),),
    "failed": (Wish.failed_at.is_not(None),),
}


def shown(row: Wish) -> WorkShape:
    """A wish as people see it."""
    settled: dt.datetime | None = row.done_at or row.failed_at
    return WorkShape(
        id=row.id,
        created_at=row.created_at,
        kind=row.kind,
        state=_state(row),
        payload={name: value for name, value in row.payload.items() if name != wishes.PRIVATE},
        not_before=row.not_before,
        round=row.round,
        settled_at=settled,
        error=row.error,
    )


def _state(row: Wish) -> State:
    if row.failed_at is not None:
        return "failed"
    if row.done_at is not None:
        return "done"
    return "waiting" if row.handed_at is None else "running"
