"""The simulated VNPay on a socket: the payer's page, IPNs to the merchant, querydr and refund. No code of the hub's.

Signatures are made here a second time, from VNPay's description: two hands that agree are a test of both.
"""

import asyncio
import contextlib
import datetime as dt
import hashlib
import hmac
import html
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web

from firmware_sim.gateway.vnpay_book import Payment, Refund, VnpayBook, stamp

PAY_PATH: Final = "/paymentv2/vpcpay.html"
API_PATH: Final = "/merchant_webapi/api/transaction"
_WAITS_S: Final = (0.2, 1.0, 5.0, 30.0)  # VNPay waits five minutes between its ten tries
_ENDS: Final = frozenset({"00", "02"})  # after these answers an IPN is not sent again
_ASK: Final = {
    "querydr": "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo",
    "refund": "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy "
    "CreateDate IpAddr OrderInfo",
}
_TOLD: Final = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType "
    "TransactionStatus OrderInfo"
)
_PAGE: Final = """<!doctype html><meta charset="utf-8"><title>VNPay (simulated)</title>
<h1>VNPay (simulated)</h1><p>{info}</p><p><b>{amount} VND</b> · {bank}</p>
<form method="post" action="/paymentv2/decide"><input type="hidden" name="ref" value="{ref}">
<button name="do" value="pay">Pay</button> <button name="do" value="cancel">Cancel</button></form>
"""


class VnpayWire:
    """One merchant at VNPay. `ipn_url` None: nobody is told. `now` is its clock."""

    def __init__(
        self, tmn_code: str, secret: str, ipn_url: str | None = None, *,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC), ipn_after_s: float = 0.0,
    ) -> None:  # fmt: skip
        self.book = VnpayBook()
        self.ipn_url = ipn_url
        self.answers: list[str] = []
        self.asked: list[str] = []
        self.away = False
        self._tmn_code, self._secret = tmn_code, secret.encode()
        self._now, self._ipn_after_s = now, ipn_after_s
        self._telling: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[str]:
        """Its address, while it listens."""
        app = web.Application()
        app.router.add_get(PAY_PATH, self._show)
        app.router.add_post("/paymentv2/decide", self._decide)
        app.router.add_post(API_PATH, self._transaction)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            for task in self._telling:
                task.cancel()
            await asyncio.gather(*self._telling, return_exceptions=True)
            await runner.cleanup()

    async def told(self) -> None:
        """Until every IPN that is under way has been taken, or given up."""
        await asyncio.gather(*self._telling)

    def ipn_of(self, ref: str) -> str:
        """The signed query by which VNPay tells of this payment."""
        return self._signed(self._outcome(self.book.payments[ref]))

    async def _show(self, request: web.Request) -> web.Response:
        fields = dict(parse_qsl(request.query_string, keep_blank_values=True))
        told = fields.pop("vnp_SecureHash", "")
        if not hmac.compare_digest(told, self._mac(_query(fields))) or fields.get("vnp_TmnCode") != self._tmn_code:
            return web.Response(text="70: wrong signature", status=400)
        if fields.get("vnp_CurrCode") != "VND" or not fields["vnp_OrderInfo"].isascii():
            return web.Response(text="03: bad data", status=400)
        wrong = self.book.begin(fields, self._now())
        if wrong:
            return web.Response(text=f"{wrong}: this payment cannot be made", status=400)
        found = self.book.payments[fields["vnp_TxnRef"]]
        page = _PAGE.format(
            info=html.escape(found.info), amount=f"{found.amount // 100:,}", bank=html.escape(found.bank),
            ref=html.escape(found.ref),
        )  # fmt: skip
        return web.Response(text=page, content_type="text/html")

    async def _decide(self, request: web.Request) -> web.Response:
        form = await request.post()
        found = self.book.decide(str(form.get("ref")), pays=form.get("do") == "pay", now=self._now())
        if found is None:
            return web.Response(text="91: no such payment", status=404)
        if found.bank != "LOST":
            task = asyncio.create_task(self._tell(found, 2 if found.bank == "TWICE" else 1))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        raise web.HTTPFound(f"{found.return_url}?{self.ipn_of(found.ref)}")

    async def _tell(self, one: Payment, times: int) -> None:
        await asyncio.sleep(self._ipn_after_s)
        if self.ipn_url is None:
            return
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            for _ in range(times):
                await self._tell_once(http, f"{self.ipn_url}?{self.ipn_of(one.ref)}")

    async def _tell_once(self, http: aiohttp.ClientSession, url: str) -> None:
        for wait_s in (*_WAITS_S, None):
            try:
                async with http.get(url) as answer:
                    self.answers.append(str((await answer.json(content_type=None))["RspCode"]))
            except (aiohttp.ClientError, TimeoutError, ValueError, KeyError):
                self.answers.append("")
            if self.answers[-1] in _ENDS:
                return
            if wait_s is not None:
                await asyncio.sleep(wait_s)

    async def _transaction(self, request: web.Request) -> web.Response:
        if self.away:
            raise web.HTTPServiceUnavailable
        fields: dict[str, str] = await request.json()
        command = fields.get("vnp_Command", "")
        self.asked.append(command)
        if command not in _ASK or not hmac.compare_digest(
            fields["vnp_SecureHash"], self._joined(_ASK[command], fields)
        ):
            return web.json_response({"vnp_ResponseCode": "97", "vnp_Message": "Checksum is invalid"})
        if command == "querydr":
            return self._answer(*self._queried(fields), fields)
        code, made, is_lost = self.book.refund(fields)
        if is_lost:
            assert request.transport is not None  # noqa: S101  # a request that is served has one
            request.transport.abort()
        return self._answer(code, {} if made is None else _refunded(made), fields)

    def _queried(self, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        """A payment is told by its last refund, once there is one."""
        found = self.book.payments.get(fields["vnp_TxnRef"])
        if found is None or found.begun != fields["vnp_TransactionDate"]:
            return "91", {}
        paid = {"TransactionNo": str(found.no), "PayDate": found.paid, "BankCode": found.bank}
        if found.refunds:
            return "00", {**paid, **_refunded(found.refunds[-1])}
        return "00", {
            **paid, "Amount": str(found.amount), "TransactionType": "01", "TransactionStatus": found.status,
        }  # fmt: skip

    def _answer(self, code: str, more: dict[str, str], fields: dict[str, str]) -> web.Response:
        told = {
            "ResponseId": f"r{len(self.asked)}", "Command": fields["vnp_Command"], "ResponseCode": code,
            "Message": "Success" if code == "00" else "Refused", "TmnCode": self._tmn_code,
            "TxnRef": fields["vnp_TxnRef"], "OrderInfo": fields["vnp_OrderInfo"], **more,
        }  # fmt: skip
        body: dict[str, Any] = {f"vnp_{name}": value for name, value in told.items()}
        order = _TOLD + (" PromotionCode PromotionAmount" if fields["vnp_Command"] == "querydr" else "")
        body["vnp_SecureHash"] = self._joined(order, body)
        return web.json_response(body)

    def _outcome(self, one: Payment) -> dict[str, str]:
        return {
            "vnp_Amount": str(one.amount), "vnp_BankCode": one.bank, "vnp_CardType": "ATM",
            "vnp_OrderInfo": one.info, "vnp_PayDate": one.paid or stamp(self._now()),
            "vnp_ResponseCode": one.response, "vnp_TmnCode": self._tmn_code, "vnp_TransactionNo": str(one.no),
            "vnp_TransactionStatus": one.status, "vnp_TxnRef": one.ref,
        }  # fmt: skip

    def _signed(self, fields: Mapping[str, str]) -> str:
        query = _query(fields)
        return f"{query}&vnp_SecureHash={self._mac(query)}"

    def _joined(self, order: str, fields: Mapping[str, Any]) -> str:
        return self._mac("|".join(str(fields.get(f"vnp_{name}", "")) for name in order.split()))

    def _mac(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha512).hexdigest()


def _query(fields: Mapping[str, str]) -> str:
    return urlencode(sorted((name, value) for name, value in fields.items() if value))


def _refunded(made: Refund) -> dict[str, str]:
    return {
        "Amount": str(made.amount), "TransactionType": made.kind, "TransactionStatus": made.status,
        "TransactionNo": str(made.no),
    }  # fmt: skip
