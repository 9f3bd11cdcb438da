"""`/api/v1/pay-requests`: what waits for its payer."""

import uuid
from typing import Literal

from sqlalchemy import select

from hub.kernel.callers import Callers
from hub.kernel.pages import Page, PageQuery, find_page
from hub.kernel.routes import Call, route
from hub.kernel.shapes import Instant, Shape
from hub.payments.pay_tables import PayRequest
from hub.payments.payers import Payers

State = Literal["waiting", "paid", "closed"]


class PayRequestQuery(PageQuery):
    """Of one state, or about one booking, ride or charge."""

    state: State | None = None
    subject_id: uuid.UUID | None = None


class PayRequestShape(Shape):
    """What one is to pay at the gateway's page, by acting oneself: a deposit, or a bill.

    `waiting` waits for the payer, until `open_until`; `closed`: nobody needs it any more, or the time is over. What
    is paid all the same goes back.
    """

    id: uuid.UUID
    created_at: Instant
    gateway: str
    purpose: str
    subject_id: uuid.UUID | None
    currency: str
    amount_minor: int
    state: State
    open_until: Instant


class PayAttemptShape(Shape):
    """Where to pay, and until when that page takes it."""

    ref: str
    pay_url: str
    expires_at: Instant


class PayApi:
    """One's own requests."""

    def __init__(self, payers: Payers, callers: Callers) -> None:
        self._payers = payers
        self._callers = callers

    @route(
        "GET", "/api/v1/pay-requests", summary="What waits for one's payment", tags=["payments"],
        permission="payment_methods:own", query=PayRequestQuery, response=Page[PayRequestShape],
    )  # fmt: skip
    async def requests(self, call: Call[None, PayRequestQuery]) -> Page[PayRequestShape]:
        """One's own, newest first."""
        found = select(PayRequest).where(PayRequest.account_id == call.principal.account_id)
        for name in ("state", "subject_id"):
            if (wanted := getattr(call.query, name)) is not None:
                found = found.where(getattr(PayRequest, name) == wanted)
        return (await find_page(call.session, found, PayRequest, call.query)).as_page(PayRequestShape.model_validate)

    @route(
        "POST", "/api/v1/pay-requests/{pay_request_id}/attempts", summary="Pay", tags=["payments"],
        permission="payment_methods:own", response=PayAttemptShape, status=201, idempotent=True,
        errors={"not_found": 404, "not_payable_any_more": 409},
    )  # fmt: skip
    async def pay(self, call: Call[None, None]) -> PayAttemptShape:
        """Where to pay. A try that is still open is gone on with; after a failed or cancelled one there is a new one.

        What the payer's browser comes back with proves nothing: the request is `paid` when the gateway has told it.
        """
        address = self._callers.address(call.request)
        attempt, url = await self._payers.begin(
            call.session, call.id("pay_request_id"), call.principal.account_id,
            "127.0.0.1" if address is None else str(address),
        )  # fmt: skip
        return PayAttemptShape(ref=attempt.ref, pay_url=url, expires_at=attempt.expires_at)

    @route(
        "POST", "/api/v1/pay-requests/{pay_request_id}/renewal", summary="Pay after all", tags=["payments"],
        permission="payment_methods:own", status=202, idempotent=True,
        errors={"not_found": 404, "not_payable_any_more": 409},
    )  # fmt: skip
    async def renew(self, call: Call[None, None]) -> None:
        """Have a bill asked for once more whose time to pay is over: by one's newest payment method, in a moment."""
        await self._payers.anew(call.session, call.id("pay_request_id"), call.principal.account_id)
