"""The nightly comparison with VNPay, which has no report: its word for each payment beside the ledger."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from hub.kernel.wishes import Task
from hub.payments.reconciliation_rules import Fees
from hub.payments.reconciliation_tables import Break, GatewayLine
from hub.payments.reconciling import Reconciling
from protocols.values import rfc3339
from tests.hub.payments.vnpay_desk import DEPOSIT, Desk
from tests.hub.payments.vnpay_desk import desk as desk  # noqa: PLC0414  # a fixture

pytestmark = pytest.mark.timeout(60)


async def compare(desk: Desk) -> list[tuple[str, int | None, int | None]]:
    """The open breaks after a comparison: kind, what we expect, what VNPay says."""
    desk.clock.move(3600)
    now = desk.clock.now()
    books = Reconciling(desk.database, desk.clock, {"vnpay": desk.gateway}, [], Fees())
    window = {"since": rfc3339(now - dt.timedelta(days=3)), "until": rfc3339(now), "by": None}
    await books.reconcile(Task(id=uuid.uuid4(), kind="reconcile", payload=window))
    async with desk.database.reading() as session:
        rows = (await session.scalars(select(Break).where(Break.closed_at.is_(None)).order_by(Break.kind))).all()
    return [(one.kind, one.expected_minor, one.actual_minor) for one in rows]


async def test_deposits_captures_rests_and_strays_agree_with_vnpay(desk: Desk) -> None:
    await desk.pays_with("NCB")
    await desk.book()
    await desk.turn()
    first = await desk.open_page()
    desk.clock.move(11 * 60)
    await desk.pay(first)
    await desk.start()
    await desk.end(80_000)
    await desk.turn()
    await desk.pay()
    await desk.bill(70_000)
    await desk.turn()
    assert await compare(desk) == []
    async with desk.database.reading() as session:
        lines = (await session.scalars(select(GatewayLine.amount_minor).order_by(GatewayLine.amount_minor))).all()
    assert lines == [-10_000, 30_000, DEPOSIT]


async def test_a_second_payment_that_went_back_agrees_too(desk: Desk) -> None:
    await desk.pays_with("NCB")
    await desk.book()
    await desk.turn()
    first = await desk.open_page()
    desk.clock.move(11 * 60)
    second = await desk.open_page()
    await desk.pay(first)
    await desk.pay(second)
    await desk.turn()
    assert await compare(desk) == []


@pytest.mark.parametrize("days", [0, 9])
async def test_a_refund_that_the_bank_refused_afterwards_is_a_break(desk: Desk, days: int) -> None:
    await desk.pays_with("LATERNO")
    await desk.book()
    await desk.turn()
    await desk.pay()
    await desk.book("cancelled")
    desk.clock.move(601)
    await desk.turn()
    assert await compare(desk) == []
    desk.clock.move(days * 86_400)
    desk.wire.book.refused_by_bank()
    assert await compare(desk) == [("amount_differs", -DEPOSIT, 0)]


async def test_a_payment_that_only_vnpay_knows_is_a_break_until_we_have_asked(desk: Desk) -> None:
    await desk.pays_with("LOST")
    await desk.book()
    await desk.turn()
    await desk.pay()
    assert await compare(desk) == [("missing_in_ledger", None, DEPOSIT)]
    await desk.turn()
    assert (await desk.hold()).state == "held"
    assert await compare(desk) == []
