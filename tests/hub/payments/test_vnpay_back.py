"""What goes back to payers, and what VNPay says of it when it is asked: VNPay's refunds and its report that is none."""

import datetime as dt

from hub.payments.gateways.port import Outcome
from tests.hub.payments.test_holds import BOOKING
from tests.hub.payments.vnpay_desk import DEPOSIT, OWED, Desk, booked
from tests.hub.payments.vnpay_desk import desk as desk  # noqa: PLC0414  # a fixture


async def test_a_refund_whose_answer_was_lost_is_looked_for_and_made_once(desk: Desk) -> None:
    await booked(desk, "SILENT")
    await desk.pay()
    await desk.book("cancelled")
    desk.clock.move(601)
    assert await desk.turn() == []
    assert desk.wire.asked == ["refund", "querydr"]
    assert (await desk.balances(), desk.wire.book.taken()) == ({}, 0)


async def test_a_refund_that_was_not_taken_on_is_asked_for_again(desk: Desk) -> None:
    await booked(desk, "BUSY")
    await desk.pay()
    await desk.book("cancelled")
    desk.clock.move(601)
    assert await desk.turn() == []
    assert desk.wire.asked == ["refund", "querydr", "refund"]
    assert (await desk.balances(), desk.wire.book.taken()) == ({}, 0)


async def test_a_refund_that_vnpay_refuses_is_a_case_until_it_is_made_by_hand(desk: Desk) -> None:
    await booked(desk, "NOREFUND")
    await desk.pay()
    await desk.book("cancelled")
    desk.clock.move(601)
    assert await desk.turn() == ["Refused refund_declined"]
    assert list(desk.cases.standing) == [("deposit_not_returned", BOOKING)]
    assert ((await desk.hold()).state, (await desk.balances())[OWED]) == ("returning", -DEPOSIT)
    (payment,) = desk.wire.book.payments.values()
    payment.bank = "NCB"
    assert await desk.again() == []
    assert (desk.cases.standing, await desk.balances(), (await desk.hold()).state) == ({}, {}, "released")


async def test_a_vnpay_that_stays_away_when_money_is_to_go_back_is_a_case_in_the_end(desk: Desk) -> None:
    await booked(desk)
    await desk.pay()
    await desk.book("cancelled")
    desk.clock.move(601)
    desk.wire.away = True
    assert [one.split()[0] for one in await desk.turn()] == ["OSError"]
    assert desk.cases.standing == {}
    desk.clock.move(2 * 3600)
    assert [one.split()[0] for one in await desk.again()] == ["OSError"]
    assert list(desk.cases.standing) == [("deposit_not_returned", BOOKING)]
    desk.wire.away = False
    assert await desk.again() == []
    assert (desk.cases.standing, await desk.balances(), desk.wire.book.taken()) == ({}, {}, 0)


async def test_the_port_says_what_vnpay_cannot(desk: Desk) -> None:
    more = await desk.gateway.increment("a", "b", 1000, "VND")
    assert (more.outcome, more.code) == (Outcome.DECLINED, "payer_must_act")
    out = await desk.gateway.payout("a", 1000, "VND")
    assert (out.outcome, out.code) == (Outcome.DECLINED, "payout_not_offered")
    nothing = await desk.gateway.void("a", "never", "VND")
    assert (nothing.outcome, nothing.amount_minor) == (Outcome.SUCCEEDED, 0)
    for answer in (await desk.gateway.capture("a", "never", 1, "VND"), await desk.gateway.refund("a", "no", 1, "VND")):
        assert answer.outcome is Outcome.DECLINED
    assert await desk.gateway.query("never") is None


async def test_an_order_is_asked_after_by_its_key(desk: Desk) -> None:
    await booked(desk, "LOST")
    key = str((await desk.hold()).key)
    found = await desk.gateway.query(key)
    assert found is not None
    assert found.outcome is Outcome.PENDING
    await desk.pay()
    found = await desk.gateway.query(key)
    assert found is not None
    assert found.outcome is Outcome.SUCCEEDED


async def test_the_report_is_vnpays_word_for_each_payment_and_refund_asked_once(desk: Desk) -> None:
    await booked(desk)
    await desk.pay()
    await desk.start()
    await desk.end(33_000)
    await desk.turn()
    since, until = desk.clock.now() - dt.timedelta(hours=1), desk.clock.now() + dt.timedelta(hours=1)
    lines = await desk.gateway.report(since, until)
    hold = await desk.hold()
    assert [(one.kind, one.amount_minor) for one in lines] == [("charge", DEPOSIT), ("refund", 33_000 - DEPOSIT)]
    assert lines[0].key == hold.key
    assert lines[1].key.endswith(":rest")
    asked = len(desk.wire.asked)
    assert await desk.gateway.report(since, until) == lines
    assert desk.wire.asked[asked:] == ["querydr"]  # the payment is confirmed; the refund is under way
    assert await desk.gateway.report(since - dt.timedelta(days=1), since) == []


async def test_the_report_knows_of_a_payment_that_our_books_do_not(desk: Desk) -> None:
    await booked(desk, "LOST")
    await desk.pay()
    lines = await desk.gateway.report(
        desk.clock.now() - dt.timedelta(hours=1), desk.clock.now() + dt.timedelta(hours=1)
    )
    assert [(one.key, one.amount_minor) for one in lines] == [((await desk.hold()).key, DEPOSIT)]


async def test_a_refund_that_a_bank_refuses_afterwards_is_reported_as_none(desk: Desk) -> None:
    await booked(desk, "LATERNO")
    await desk.pay()
    await desk.book("cancelled")
    desk.clock.move(601)
    await desk.turn()
    since, until = desk.clock.now() - dt.timedelta(hours=1), desk.clock.now() + dt.timedelta(hours=1)
    assert len(await desk.gateway.report(since, until)) == 2
    desk.wire.book.refused_by_bank()
    assert [one.amount_minor for one in await desk.gateway.report(since, until)] == [DEPOSIT, 0]


async def test_more_than_was_paid_is_never_asked_back(desk: Desk) -> None:
    await booked(desk)
    await desk.pay()
    key = str((await desk.hold()).key)
    for name, amount, outcome in (("a", 30_000, "succeeded"), ("b", 20_001, "declined"), ("b", 20_000, "succeeded"),
                                  ("c", 1, "declined"), ("a", 30_000, "succeeded")):  # fmt: skip
        assert (await desk.gateway.refund(name, key, amount, "VND")).outcome == outcome
    assert (desk.wire.book.taken(), desk.wire.asked) == (0, ["refund", "refund"])
