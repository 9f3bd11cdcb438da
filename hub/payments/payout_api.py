"""`/api/v1/payouts`."""

import uuid
from typing import Literal

from pydantic import Field
from sqlalchemy import select

from hub.kernel.pages import Page, PageQuery, find_page
from hub.kernel.routes import Call, Reply, route
from hub.kernel.shapes import Instant, Shape
from hub.payments.payout_tables import Payout
from hub.payments.payouts import Payouts


class NewPayout(Shape):
    """How much of what a gateway took is to be paid out."""

    gateway: str = Field(min_length=1, max_length=20, examples=["simulated"])
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"])
    amount_minor: int = Field(ge=1, le=10**12, description="Minor units")
    why: str = Field(min_length=3, max_length=500, examples=["Month's end"])


class PayoutShape(Shape):
    """A payout."""

    id: uuid.UUID
    created_at: Instant
    gateway: str
    currency: str
    amount_minor: int
    asked_by: uuid.UUID
    why: str
    state: Literal["asked", "succeeded", "declined"]
    code: str
    ref: str
    ended_at: Instant | None


class PayoutsApi:
    """What goes to the operator's bank."""

    def __init__(self, payouts: Payouts) -> None:
        self._payouts = payouts

    @route(
        "GET", "/api/v1/payouts", summary="List payouts", tags=["payments"], permission="payouts:ask",
        query=PageQuery, response=Page[PayoutShape],
    )  # fmt: skip
    async def list_payouts(self, call: Call[None, PageQuery]) -> Page[PayoutShape]:
        """Those that people asked for, newest first; a gateway's own stand in the ledger."""
        return (await find_page(call.session, select(Payout), Payout, call.query)).as_page(PayoutShape.model_validate)

    @route(
        "POST", "/api/v1/payouts", summary="Ask for a payout", tags=["payments"], permission="payouts:ask",
        body=NewPayout, response=PayoutShape, status=202, idempotent=True,
    )  # fmt: skip
    async def ask(self, call: Call[NewPayout, None]) -> Reply:
        """Asked of the gateway within seconds, once; look at the list for what came of it."""
        row = await self._payouts.ask(call.session, call.principal.account_id, **call.body.model_dump())
        return Reply(body=PayoutShape.model_validate(row))
