"""VNPay from the booking to the money and back, over sockets and on both databases: a renter pays a deposit, the IPN
tells, the ride is taken from it and the rest goes back; once, whatever fails on the way."""

import uuid

import pytest

from tests.hub.payments.test_collecting import RIDE
from tests.hub.payments.test_holds import BOOKING
from tests.hub.payments.vnpay_desk import DEPOSIT, OWED, Desk, booked, states
from tests.hub.payments.vnpay_desk import desk as desk  # noqa: PLC0414  # a fixture


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


async def test_a_bill_that_was_not_paid_in_time_may_be_paid_after_all(desk: Desk) -> None:
    await desk.pays_with("any")
    await desk.bill(33_000)
    await desk.turn()
    (request,) = await desk.requests()
    assert await desk.renew(request) == 409  # it is still waiting
    desk.clock.move(13 * 3600)
    await desk.turn()
    assert [await desk.renew(request), await desk.renew(request)] == [202, 409]
    assert await desk.turn() == []
    await desk.pay()
    assert ((await desk.the_bill()).state, desk.cases.standing) == ("paid", {})
    assert await desk.renew(request) == 409
    desk.auth.sign_in("payment_methods:own", account_id=uuid.UUID(int=99))
    assert await desk.renew(request) == 404


async def test_a_deposit_whose_time_is_over_is_not_asked_for_again(desk: Desk) -> None:
    await booked(desk)
    (request,) = await desk.requests()
    desk.clock.move(13 * 3600)
    await desk.turn()
    assert await desk.renew(request) == 409


async def test_a_method_that_names_no_bank_leaves_it_to_vnpays_page(desk: Desk) -> None:
    await booked(desk, "no:bank")
    assert "vnp_BankCode" not in await desk.open_page()


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


async def test_a_fee_for_not_coming_is_kept_of_the_deposit_and_the_rest_goes_back(desk: Desk) -> None:
    await booked(desk)
    await desk.pay()
    await desk.book("no_show")
    await desk.bill(11_000, ride=BOOKING)
    desk.clock.move(601)
    assert await desk.turn() == []
    assert (await desk.balances())["clearing:vnpay"] == desk.wire.book.taken() == 11_000
    assert ((await desk.hold()).state, await desk.requests()) == ("captured", [])
