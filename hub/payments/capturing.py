"""Taking what a bill comes to from what is held for it."""

import uuid
from collections.abc import Mapping
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel import wishes
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.payments.gateways.port import Form, Gateway, Outcome
from hub.payments.hold_tables import Hold
from hub.payments.money_tables import Bill, Payment
from protocols.errors import Refused

HOLD: Final = "hold"


async def hold_for(session: AsyncSession, bill_id: uuid.UUID) -> Hold | None:
    """What is held for this ride, charge or booking; its row is held too."""
    mine = or_(Hold.rental_id == bill_id, Hold.subject_id == bill_id)
    found = select(Hold).where(mine, Hold.state == "held").order_by(Hold.created_at).limit(1)
    return await session.scalar(found.with_for_update())


async def top_up(database: Database, gateways: Mapping[str, Gateway], bill_id: uuid.UUID, wish_id: uuid.UUID) -> None:
    """Where a bill comes to more than is held, hold the difference too. Declined: the rest is charged apart."""
    async with database.reading() as session:
        bill, hold = await session.get(Bill, bill_id), await _held(session, bill_id)
        if bill is None or hold is None or hold.topped_by == wish_id:
            return
        missing = bill.owed_minor - bill.paid_minor - hold.held_minor
        gateway = gateways.get(hold.gateway or "")
        hold_id, key, currency = hold.id, str(hold.key), hold.currency
    if missing <= 0 or gateway is None or currency != bill.currency:
        return
    try:
        result = await gateway.increment(f"{wish_id}:increment:{missing}", key, missing, currency)
    except Refused:
        return  # this gateway, or this card, cannot
    if result.outcome is not Outcome.SUCCEEDED:
        return
    async with database.transaction() as session:
        again = await session.get(Hold, hold_id, with_for_update=True)
        if again is not None and again.state == "held" and again.topped_by != wish_id:
            again.held_minor, again.topped_by = again.held_minor + missing, wish_id


async def ended(session: AsyncSession, clock: Clock, capture: Payment, outcome: Outcome, form: Form) -> None:
    """A capture has ended: what was held is taken, or the gateway had let go of it.

    Where holding is a payment, what of it is not taken goes back, by a wish of its own.
    """
    hold = await session.scalar(select(Hold).where(Hold.key == capture.of_key).with_for_update())
    if hold is None or hold.state != "capturing":
        return
    hold.state = "captured" if outcome is Outcome.SUCCEEDED else "lost"
    rest = hold.held_minor - (capture.amount_minor if outcome is Outcome.SUCCEEDED else 0)
    if form is Form.PAYMENT and rest > 0:
        payload = {"hold_id": str(hold.id), "do": "rest", "amount_minor": rest}
        await wishes.wish(session, clock, HOLD, payload, key=f"rest:{hold.key}")


async def is_held(session: AsyncSession, bill_id: uuid.UUID) -> bool:
    """Whether something is held for it."""
    return await _held(session, bill_id) is not None


async def _held(session: AsyncSession, bill_id: uuid.UUID) -> Hold | None:
    mine = or_(Hold.rental_id == bill_id, Hold.subject_id == bill_id)
    return await session.scalar(select(Hold).where(mine, Hold.state == "held").limit(1))
