"""What VNPay tells, does not tell, or never said: only its own word moves anything, and once."""

import aiohttp
import pytest
from sqlalchemy import select

from hub.kernel.web import Kernel
from hub.payments.gateways import vnpay_signing as signing
from hub.payments.pay_tables import PayAttempt
from hub.payments.vnpay_door import BACK, IPN, VnpayDoor
from tests.hub.conftest import Serve
from tests.hub.payments.test_holds import BOOKING
from tests.hub.payments.test_vnpay_api import SECRET
from tests.hub.payments.vnpay_desk import DEPOSIT, OWED, Desk, booked
from tests.hub.payments.vnpay_desk import desk as desk  # noqa: PLC0414  # a fixture


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


async def test_an_ipn_that_never_came_is_found_by_asking(desk: Desk) -> None:
    await booked(desk, "LOST")
    await desk.pay()
    assert ((await desk.hold()).state, desk.wire.answers) == ("waiting", [])
    desk.clock.move(17 * 60)
    assert await desk.turn() == []
    assert ((await desk.hold()).state, desk.wire.asked) == ("held", ["querydr"])
    assert await desk.balances() == {"clearing:vnpay": DEPOSIT, OWED: -DEPOSIT}


async def test_what_nobody_could_ask_about_is_asked_again_after_hours(desk: Desk) -> None:
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


async def test_without_vnpay_there_is_no_such_door(desk: Desk, kernel: Kernel, serve: Serve) -> None:
    client = await serve(kernel, VnpayDoor(kernel, desk.payers, None, None).routes())
    for path in (IPN, BACK):
        async with client.get(path) as answer:
            assert answer.status == 404


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


async def test_a_payer_who_left_the_page_open_is_asked_after_ever_more_rarely(desk: Desk) -> None:
    await booked(desk)
    async with aiohttp.ClientSession() as http, http.get(await desk.open_page()) as page:
        assert page.status == 200
    for _ in range(7 * 24):
        desk.clock.move(3600)
        async with desk.database.transaction() as session:
            await desk.payers.sweep(session, desk.clock.now())
        assert await desk.turn() == []
    assert len(desk.wire.asked) < 14
