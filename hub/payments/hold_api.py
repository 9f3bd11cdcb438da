"""`/api/v1/holds`."""

import uuid
from typing import Literal

from sqlalchemy import or_, select

from hub.kernel.pages import Page, PageQuery, find_page
from hub.kernel.routes import Call, route
from hub.kernel.shapes import Instant, Shape
from hub.payments.hold_tables import Hold

State = Literal[
    "wanted", "asking", "waiting", "held", "capturing", "captured", "returning", "released", "declined", "lost"
]  # fmt: skip


class HoldQuery(PageQuery):
    """Holds for one booking or rental, of one account, or in one state."""

    subject_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    state: State | None = None


class HoldShape(Shape):
    """A deposit: wanted, and held in fact. Nothing is taken until it is captured, and then at most this much.

    Where the gateway cannot hold, the renter pays it (`waiting`), and what is not taken goes back.
    """

    id: uuid.UUID
    created_at: Instant
    subject_id: uuid.UUID
    rental_id: uuid.UUID | None
    account_id: uuid.UUID
    gateway: str | None
    currency: str
    wanted_minor: int
    held_minor: int
    state: State
    expires_at: Instant | None
    code: str


class HoldsApi:
    """Deposits that are held."""

    @route(
        "GET", "/api/v1/holds", summary="List deposits", tags=["payments"],
        permission="payments:read", query=HoldQuery, response=Page[HoldShape],
    )  # fmt: skip
    async def holds(self, call: Call[None, HoldQuery]) -> Page[HoldShape]:
        """Newest first; of a booking, or of the rental that came of it."""
        query, found = call.query, select(Hold)
        if query.subject_id is not None:
            found = found.where(or_(Hold.subject_id == query.subject_id, Hold.rental_id == query.subject_id))
        for name in ("account_id", "state"):
            if (wanted := getattr(query, name)) is not None:
                found = found.where(getattr(Hold, name) == wanted)
        return (await find_page(call.session, found, Hold, query)).as_page(HoldShape.model_validate)
