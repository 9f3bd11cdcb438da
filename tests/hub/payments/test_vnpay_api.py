"""VNPay's querydr and refund against a socket that speaks their wire."""

import datetime as dt
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from firmware_sim.demo.ports import free_ports
from firmware_sim.gateway.vnpay_wire import API_PATH, PAY_PATH, VnpayWire
from hub.payments.gateways import vnpay_signing as signing
from hub.payments.gateways.vnpay_api import Answer, Merchant, VnpayApi
from tests.hub.conftest import ManualClock

SECRET = "SANDBOXSECRET"


def merchant_at(url: str, secret: str = SECRET) -> Merchant:
    return Merchant(
        tmn_code="VOLTDOCK", secret=secret, pay_url=url + PAY_PATH, api_url=url + API_PATH,
        return_url="http://127.0.0.1:9/return",
    )  # fmt: skip


class Desk:
    """VNPay, what is asked of it, and a payer."""

    def __init__(self, wire: VnpayWire, url: str, clock: ManualClock) -> None:
        self.wire, self.clock, self.url = wire, clock, url
        self.merchant = merchant_at(url)
        self.api = VnpayApi(self.merchant, clock, timeout_s=5)
        self.begun_at = clock.now()

    async def pay(self, ref: str, minor: int = 15_000, *, bank: str = "NCB", do: str = "pay") -> None:
        """A payer opens the page and clicks."""
        fields = {
            "vnp_Version": "2.1.0", "vnp_Command": "pay", "vnp_TmnCode": "VOLTDOCK", "vnp_CurrCode": "VND",
            "vnp_Amount": signing.to_vnpay(minor, "VND"), "vnp_TxnRef": ref, "vnp_OrderInfo": "Deposit",
            "vnp_CreateDate": signing.stamp(self.begun_at), "vnp_BankCode": bank, "vnp_ReturnUrl": "http://x/r",
        }  # fmt: skip
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{self.merchant.pay_url}?{signing.signed_query(SECRET, fields)}") as page:
                assert page.status == 200, await page.text()
            form = {"ref": ref, "do": do}
            async with http.post(f"{self.url}/paymentv2/decide", data=form, allow_redirects=False) as answer:
                assert answer.status == 302

    async def query(self, ref: str) -> Answer | None:
        return await self.api.query(ref, self.begun_at)

    async def refund(self, ref: str, minor: int, request_id: str = "q1", *, is_all: bool = False) -> Answer:
        return await self.api.refund(request_id, ref, self.begun_at, "1", minor, is_all=is_all)


@pytest.fixture
async def desk(clock: ManualClock) -> AsyncIterator[Desk]:
    wire = VnpayWire("VOLTDOCK", SECRET, now=clock.now)
    async with wire.listening("127.0.0.1", free_ports().hub) as url:
        yield Desk(wire, url, clock)


@pytest.mark.parametrize(
    ("bank", "do", "status"), [("NCB", "pay", "00"), ("NCB", "cancel", "02"), ("POOR", "pay", "02"),
                               ("SUSPECT", "pay", "07")],
)  # fmt: skip
async def test_vnpay_is_asked_what_became_of_a_payment(desk: Desk, bank: str, do: str, status: str) -> None:
    await desk.pay("T1", bank=bank, do=do)
    found = await desk.query("T1")
    assert found is not None
    assert (found.status, found.kind, found.amount_minor) == (status, "01", 15_000)


async def test_what_nobody_began_or_began_at_another_time_is_not_known(desk: Desk) -> None:
    assert await desk.query("T9") is None
    await desk.pay("T1")
    desk.begun_at -= dt.timedelta(seconds=1)
    assert await desk.query("T1") is None


async def test_a_part_and_then_the_rest_is_given_back_and_no_more(desk: Desk) -> None:
    await desk.pay("T1")
    assert (await desk.refund("T1", 5000)).code == "00"
    assert (await desk.refund("T1", 10_000, "q2")).code == "00"
    assert (await desk.refund("T1", 1, "q3")).code == "95"
    assert desk.wire.book.taken() == 0
    found = await desk.query("T1")
    assert found is not None
    assert (found.kind, found.status, found.amount_minor) == ("03", "05", 10_000)


async def test_the_same_wish_sent_again_gives_back_once(desk: Desk) -> None:
    await desk.pay("T1", bank="SILENT")
    with pytest.raises(OSError, match="vnpay"):
        await desk.refund("T1", 5000)
    assert (await desk.refund("T1", 5000)).code == "94"
    assert desk.wire.book.taken() == 10_000


async def test_another_secret_is_no_answer(desk: Desk) -> None:
    await desk.pay("T1")
    stranger = VnpayApi(merchant_at(desk.url, "wrong"), desk.clock)
    with pytest.raises(OSError, match="97"):
        await stranger.query("T1", desk.begun_at)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"<html>", b'{"vnp_ResponseCode": "00"}',
        json.dumps({"vnp_ResponseCode": "00", "vnp_TxnRef": "T1", "vnp_TmnCode": "VOLTDOCK",
                    "vnp_SecureHash": "0" * 128}).encode(),
        json.dumps({"vnp_ResponseCode": "91x", "vnp_Amount": "no"}).encode(),
    ],
)  # fmt: skip
async def test_an_answer_that_is_not_vnpays_leaves_us_as_wise_as_before(clock: ManualClock, body: bytes) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_post(API_PATH, answer)
    async with TestServer(app) as server:
        with pytest.raises(OSError, match="vnpay"):
            await VnpayApi(merchant_at(f"http://127.0.0.1:{server.port}"), clock).query("T1", clock.now())


async def test_an_answer_to_another_question_is_none_of_ours(desk: Desk) -> None:
    told = {"vnp_ResponseCode": "00", "vnp_TxnRef": "T2", "vnp_TmnCode": "VOLTDOCK", "vnp_TransactionStatus": "00"}
    told["vnp_SecureHash"] = signing.sign_message(SECRET, signing.TOLD_QUERY, told)

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(told)

    app = web.Application()
    app.router.add_post(API_PATH, answer)
    async with TestServer(app) as server:
        with pytest.raises(OSError, match="not signed"):
            await VnpayApi(merchant_at(f"http://127.0.0.1:{server.port}"), desk.clock).query("T1", desk.begun_at)


async def test_a_vnpay_that_is_away_is_an_oserror(desk: Desk) -> None:
    desk.wire.away = True
    with pytest.raises(OSError, match="503"):
        await desk.query("T1")
    with pytest.raises(OSError, match="vnpay"):
        await VnpayApi(merchant_at("http://127.0.0.1:9"), desk.clock).query("T1", desk.begun_at)


async def test_the_simulator_takes_no_forged_late_or_foreign_order(desk: Desk) -> None:
    fields = {
        "vnp_TmnCode": "VOLTDOCK", "vnp_CurrCode": "VND", "vnp_Amount": "100", "vnp_TxnRef": "T1",
        "vnp_OrderInfo": "x", "vnp_CreateDate": "20261121000000", "vnp_ReturnUrl": "http://x/r",
    }  # fmt: skip
    wrong = {
        "70": signing.signed_query("other", fields),
        "03": signing.signed_query(SECRET, {**fields, "vnp_CurrCode": "USD"}),
        "11": signing.signed_query(SECRET, {**fields, "vnp_ExpireDate": "20200101000000"}),
    }
    async with aiohttp.ClientSession() as http:
        for code, query in wrong.items():
            async with http.get(f"{desk.merchant.pay_url}?{query}") as page:
                assert (page.status, (await page.text())[:2]) == (400, code)
