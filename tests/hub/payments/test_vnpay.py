"""VNPay from the booking to the money and back, over sockets and on both databases: a renter pays a deposit, the IPN
tells, the ride is taken from it and the rest goes back; once, whatever fails on the way."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.vnpay_wire import VnpayWire
from hub import events
from hub.kernel.web import Kernel
from hub.payments.gateways import vnpay_signing as signing
from hub.payments.gateways.port import Outcome
from hub.payments.pay_tables import PayAttempt
from hub.payments.vnpay_door import BACK, IPN, VnpayDoor
from tests.hub.conftest import FixedAuth, ManualClock, Serve
from tests.hub.payments.test_collecting import RENTER, RIDE
from tests.hub.payments.test_holds import BOOKING
from tests.hub.payments.test_vnpay_api import SECRET
from tests.hub.payments.vnpay_desk import DEPOSIT, Desk

OWED = f"deposits:{RENTER}"


@pytest.fixture
async def desk(kernel: Kernel, clock: ManualClock, auth: FixedAuth, serve: Serve) -> AsyncIterator[Desk]:
    wire = VnpayWire("VOLTDOCK", SECRET, now=clock.now)
    async with wire.listening("127.0.0.1", free_ports().hub) as url:
        made = Desk(kernel, clock, auth, wire, url)
        made.serve(await serve(kernel, made.routes()))
        yield made


async def booked(desk: Desk, token: str = "NCB") -> None:  # a bank's code
    """A booking whose deposit waits for the renter."""
    await desk.pays_with(token)
    await desk.book()
    assert await desk.turn() == []


def states(desk: Desk) -> list[str]:
    return [one.state for one in desk.told if isinstance(one, events.HoldChanged)]


async def test_a_deposit_waits_for_the_renter_who_pays_it_and_gets_the_rest_back(desk: Desk) -> None:
    await booked(desk)
    (request,) = await desk.requests()
    assert (request["purpose"], request["subject_id"]) == ("deposit", str(BOOKING))
    assert (request["amount_minor"], request["currency"]) == (DEPOSIT, "VND")
    assert ((await desk.hold()).state, await desk.balances()) == ("waiting", {})
    await desk.pay()
    assert desk.wire.answers == ["00"]
    assert (await desk.hold()).state == "held"
    assert await desk.balances() == {"clearing:vnpay": DEPOSIT, OWED: -DEPOSIT}
    await desk.start()
    await desk.end(33_000)
    assert await desk.turn() == []
    assert await desk.balances() == {"clearing:vnpay": 33_000, "revenue:rental": -30_000, "tax": -3000}
    assert desk.wire.book.taken() == 33_000
    assert await desk.payments() == [("capture", "succeeded", 33_000)]
    assert ((await desk.the_bill()).state, (await desk.hold()).state) == ("paid", "captured")
    desk.clock.move(3 * 86_400)
    assert await desk.turn() == []
    assert desk.wire.book.taken() == 33_000
    assert states(desk) == ["asking", "waiting", "held"]
    assert desk.cases.standing == {}


async def test_a_ride_that_costs_more_than_its_deposit_leaves_the_rest_to_be_paid(desk: Desk) -> None:
    await booked(desk)
    await desk.pay()
    await desk.start()
    await desk.end(80_000)
    assert await desk.turn() == []
    (request,) = await desk.requests()
    assert (request["purpose"], request["subject_id"], request["amount_minor"]) == ("bill", str(RIDE), 30_000)
    assert ((await desk.the_bill()).state, (await desk.the_bill()).paid_minor) == ("collecting", DEPOSIT)
    await desk.pay()
    assert (await desk.the_bill()).state == "paid"
    assert (await desk.balances())["clearing:vnpay"] == desk.wire.book.taken() == 80_000
    assert await desk.payments() == [("capture", "succeeded", DEPOSIT), ("charge", "succeeded", 30_000)]


async def test_a_cancelled_booking_gives_all_of_its_deposit_back(desk: Desk) -> None:
    await booked(desk)
    await desk.pay()
    await desk.book("cancelled")
    desk.clock.move(601)
    assert await desk.turn() == []
    assert ((await desk.hold()).state, await desk.balances()) == ("released", {})
    (payment,) = desk.wire.book.payments.values()
    assert [(one.kind, one.amount) for one in payment.refunds] == [("02", DEPOSIT * 100)]


async def test_a_booking_that_is_cancelled_before_it_is_paid_closes_the_request(desk: Desk) -> None:
    await booked(desk)
    (request,) = await desk.requests()
    await desk.book("cancelled")
    desk.clock.move(601)
    assert await desk.turn() == []
    assert ((await desk.hold()).state, await desk.requests()) == ("released", [])
    headers = {"Idempotency-Key": "a"}
    async with desk.client.post(f"/api/v1/pay-requests/{request['id']}/attempts", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "not_payable_any_more")


async def test_money_that_comes_when_nobody_needs_it_any_more_is_booked_and_goes_back(desk: Desk) -> None:
    await booked(desk)
    page = await desk.open_page()
    await desk.book("cancelled")
    desk.clock.move(601)
    assert await desk.turn() == []
    await desk.pay(page)
    assert desk.wire.answers == ["00"]
    assert await desk.balances() == {"clearing:vnpay": DEPOSIT, OWED: -DEPOSIT}
    assert await desk.turn() == []
    assert (await desk.balances(), desk.wire.book.taken()) == ({}, 0)
    assert (await desk.hold()).state == "released"


async def test_an_ipn_that_comes_days_late_is_booked_and_goes_back(desk: Desk) -> None:
    await booked(desk, "LOST")
    await desk.pay()
    desk.wire.away = True
    desk.clock.move(14 * 3600)
    assert [one.split()[0] for one in await desk.turn()] == ["OSError", "OSError"]
    assert (await desk.hold()).state == "waiting"
    desk.wire.away = False
    await desk.book("cancelled")
    desk.clock.move(3 * 86_400)
    (ref,) = desk.wire.book.payments
    assert await desk.turn() == []
    assert await desk.tell(desk.wire.ipn_of(ref)) == "00"
    assert await desk.turn() == []
    assert (await desk.balances(), desk.wire.book.taken()) == ({}, 0)


async def test_whoever_pays_twice_gets_the_second_payment_back(desk: Desk) -> None:
    await booked(desk)
    first = await desk.open_page()
    desk.clock.move(11 * 60)  # the first page has four minutes left: another is opened
    second = await desk.open_page()
    await desk.pay(first)
    await desk.pay(second)
    assert desk.wire.answers == ["00", "00"]
    assert (await desk.balances())[OWED] == -2 * DEPOSIT
    assert await desk.turn() == []
    assert await desk.balances() == {"clearing:vnpay": DEPOSIT, OWED: -DEPOSIT}
    assert (desk.wire.book.taken(), (await desk.hold()).state) == (DEPOSIT, "held")


async def test_a_page_that_is_still_open_is_gone_on_with(desk: Desk) -> None:
    await booked(desk)
    assert await desk.open_page() == await desk.open_page()


@pytest.mark.parametrize(("token", "do"), [("NCB", "cancel"), ("POOR", "pay")])
async def test_a_payer_who_gives_up_may_try_again_until_the_time_is_over(desk: Desk, token: str, do: str) -> None:
    await booked(desk, token)
    back = await desk.pay(do=do)
    assert "try again" in await desk.come_back(back)
    assert (desk.wire.answers, (await desk.hold()).state) == (["00"], "waiting")
    await desk.pay(do=do)
    assert len(desk.wire.book.payments) == 2
    desk.clock.move(13 * 3600)
    assert await desk.turn() == []
    assert ((await desk.hold()).state, (await desk.hold()).code) == ("declined", "not_paid")
    assert list(desk.cases.standing) == [("deposit_declined", BOOKING)]
    assert await desk.balances() == {}


async def test_a_bill_that_nobody_pays_in_time_is_unpaid_and_a_case(desk: Desk) -> None:
    await desk.pays_with("any")
    await desk.bill(33_000)
    await desk.turn()
    desk.clock.move(13 * 3600)
    assert await desk.turn() == []
    assert ((await desk.the_bill()).state, list(desk.cases.standing)) == ("unpaid", [("payment_declined", RIDE)])
    assert await desk.payments() == [("charge", "declined", 33_000)]


async def test_an_ipn_that_never_came_is_found_by_asking(desk: Desk) -> None:
    await booked(desk, "LOST")
    await desk.pay()
    assert ((await desk.hold()).state, desk.wire.answers) == ("waiting", [])
    desk.clock.move(17 * 60)
    assert await desk.turn() == []
    assert ((await desk.hold()).state, desk.wire.asked) == ("held", ["querydr"])
    assert await desk.balances() == {"clearing:vnpay": DEPOSIT, OWED: -DEPOSIT}


async def test_what_nobody_could_ask_about_is_asked_again_every_hour(desk: Desk) -> None:
    await booked(desk, "LOST")
    await desk.pay()
    desk.wire.away = True
    desk.clock.move(17 * 60)
    assert [one.split()[0] for one in await desk.turn()] == ["OSError"]
    desk.wire.away = False
    desk.clock.move(3600)
    for _ in range(2):
        async with desk.database.transaction() as session:
            await desk.payers.sweep(session, desk.clock.now())
    assert await desk.turn() == []
    assert ((await desk.hold()).state, desk.wire.asked) == ("held", ["querydr"])


async def test_a_repeated_ipn_changes_nothing(desk: Desk) -> None:
    await booked(desk, "TWICE")
    await desk.pay()
    assert desk.wire.answers == ["00", "02"]
    before = await desk.everything()
    (ref,) = desk.wire.book.payments
    assert await desk.tell(desk.wire.ipn_of(ref)) == "02"
    assert await desk.everything() == before
    assert await desk.balances() == {"clearing:vnpay": DEPOSIT, OWED: -DEPOSIT}


def forged(desk: Desk, url: str, secret: str = SECRET, **more: str) -> str:
    """An IPN as somebody makes it who wants to ride for nothing."""
    ref = url.partition("vnp_TxnRef=")[2].partition("&")[0]
    fields = {
        "vnp_Amount": str(DEPOSIT * 100), "vnp_BankCode": "NCB", "vnp_OrderInfo": "x", "vnp_ResponseCode": "00",
        "vnp_PayDate": signing.stamp(desk.clock.now()), "vnp_TmnCode": "VOLTDOCK", "vnp_TransactionNo": "1",
        "vnp_TransactionStatus": "00", "vnp_TxnRef": ref,
    }  # fmt: skip
    return signing.signed_query(secret, fields | more)


@pytest.mark.parametrize(
    ("code", "secret", "more"),
    [
        ("97", "guessed", {}),
        ("97", SECRET, {"vnp_TmnCode": "OTHER001"}),
        ("97", SECRET, {"vnp_Amount": "5000050"}),
        ("97", SECRET, {"vnp_ResponseCode": ""}),
        ("97", SECRET, {"vnp_PayDate": "yesterday"}),
        ("01", SECRET, {"vnp_TxnRef": "0190f1d2aaaa7000800000000000dead"}),
    ],
)
async def test_an_ipn_that_is_forged_broken_or_about_nothing_changes_nothing(
    desk: Desk, code: str, secret: str, more: dict[str, str]
) -> None:
    await booked(desk)
    query = forged(desk, await desk.open_page(), secret, **more)
    before = await desk.everything()
    assert await desk.tell(query) == code
    assert (await desk.everything(), await desk.balances(), desk.cases.standing) == (before, {}, {})
    assert (await desk.hold()).state == "waiting"


@pytest.mark.parametrize("query", ["", "vnp_SecureHash=00", "a=b", "vnp_TxnRef=%ff&vnp_SecureHash=00"])
async def test_an_ipn_that_is_nothing_is_answered_in_vnpays_words(desk: Desk, query: str) -> None:
    assert await desk.tell(query) == "97"


async def test_another_amount_is_refused_and_a_case(desk: Desk) -> None:
    await booked(desk)
    url = await desk.open_page()
    before = await desk.everything()
    assert await desk.tell(forged(desk, url, vnp_Amount="100")) == "04"
    assert (await desk.everything(), await desk.balances()) == (before, {})
    assert list(desk.cases.standing) == [("payment_unclear", BOOKING)]


async def test_the_way_back_proves_nothing(desk: Desk) -> None:
    await booked(desk, "LOST")
    back = await desk.pay()
    before = await desk.everything()
    assert "waiting for VNPay" in await desk.come_back(back)
    assert "do not know" in await desk.come_back(back[:-1])
    assert await desk.everything() == before
    assert (await desk.hold()).state == "waiting"
    desk.clock.move(17 * 60)
    await desk.turn()
    assert "has arrived" in await desk.come_back(back)


async def test_a_payer_is_sent_on_to_the_page_that_is_set(desk: Desk, kernel: Kernel, serve: Serve) -> None:
    await booked(desk)
    back = await desk.pay()
    door = VnpayDoor(kernel, desk.payers, desk.gateway, "https://rent.example/after")
    client = await serve(kernel, door.routes())
    (request,) = await desk.requests("paid")
    async with client.get(f"{BACK}?{back.partition('?')[2]}", allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"https://rent.example/after?pay_request={request['id']}"


async def test_money_under_suspicion_waits_for_vnpays_word_and_a_person_sees_it(desk: Desk) -> None:
    await booked(desk, "SUSPECT")
    await desk.pay()
    assert (desk.wire.answers, (await desk.hold()).state) == (["00"], "waiting")
    assert (list(desk.cases.standing), await desk.balances()) == ([("payment_unclear", BOOKING)], {})
    (payment,) = desk.wire.book.payments.values()
    payment.response = "00"  # somebody has approved it at VNPay
    desk.clock.move(17 * 60)
    assert await desk.turn() == []
    assert ((await desk.hold()).state, desk.cases.standing) == ("held", {})


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


async def test_a_bill_that_shrinks_after_it_was_paid_gives_the_difference_back(desk: Desk) -> None:
    await booked(desk)
    await desk.pay()
    await desk.start()
    await desk.end(33_000)
    await desk.turn()
    await desk.bill(22_000)
    assert await desk.turn() == []
    assert desk.wire.book.taken() == (await desk.balances())["clearing:vnpay"] == 22_000
    assert (await desk.the_bill()).state == "paid"


async def test_a_bill_that_changes_while_its_payer_is_waited_for_is_asked_for_anew(desk: Desk) -> None:
    await desk.pays_with("any")
    await desk.bill(33_000)
    await desk.turn()
    old = await desk.open_page()
    await desk.bill(22_000)
    assert await desk.turn() == []
    (request,) = await desk.requests()
    assert request["amount_minor"] == 22_000
    await desk.pay(old)
    await desk.pay()
    assert await desk.turn() == []
    assert desk.wire.book.taken() == (await desk.balances())["clearing:vnpay"] == 22_000
    assert (await desk.the_bill()).state == "paid"
    assert await desk.payments() == [("charge", "declined", 33_000), ("charge", "succeeded", 22_000)]


async def test_a_bill_that_comes_to_nothing_while_its_payer_is_waited_for_asks_nobody(desk: Desk) -> None:
    await desk.pays_with("any")
    await desk.bill(33_000)
    await desk.turn()
    await desk.bill(0)
    assert await desk.turn() == []
    assert await desk.requests() == []
    desk.clock.move(13 * 3600)
    assert await desk.turn() == []
    assert desk.cases.standing == {}


async def test_what_is_not_in_dong_is_declined_clearly(desk: Desk) -> None:
    await desk.pays_with("any")
    await desk.bill(900, currency="EUR")
    assert await desk.turn() == []
    (case,) = desk.cases.standing.values()
    assert (case.kind, case.seen["code"]) == ("payment_declined", "amount_not_payable")
    assert await desk.requests() == []


async def test_nobody_pays_or_sees_what_another_is_to_pay(desk: Desk) -> None:
    await booked(desk)
    (request,) = await desk.requests()
    desk.auth.sign_in("payment_methods:own", account_id=uuid.UUID(int=99))
    async with desk.client.get("/api/v1/pay-requests") as answer:
        assert (await answer.json())["items"] == []
    headers = {"Idempotency-Key": "a"}
    async with desk.client.post(f"/api/v1/pay-requests/{request['id']}/attempts", headers=headers) as answer:
        assert answer.status == 404


async def test_without_vnpay_there_is_no_such_door(desk: Desk, kernel: Kernel, serve: Serve) -> None:
    client = await serve(kernel, VnpayDoor(kernel, desk.payers, None, None).routes())
    for path in (IPN, BACK):
        async with client.get(path) as answer:
            assert answer.status == 404


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


async def test_a_payment_that_went_back_whole_is_told_as_paid(desk: Desk) -> None:
    """VNPay tells a payment by its last refund: an IPN that was lost is found all the same."""
    await booked(desk, "LOST")
    await desk.pay()
    (ref,) = desk.wire.book.payments
    desk.wire.book.refund(
        {"vnp_TxnRef": ref, "vnp_RequestId": "portal", "vnp_Amount": "100", "vnp_TransactionType": "03",
         "vnp_TransactionDate": desk.wire.book.payments[ref].begun}
    )  # fmt: skip
    desk.clock.move(17 * 60)
    await desk.turn()
    async with desk.database.reading() as session:
        assert (await session.scalars(select(PayAttempt.state))).all() == ["paid"]
