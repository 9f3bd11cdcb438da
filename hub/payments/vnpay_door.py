"""Where VNPay tells (IPN), and where it sends payers back to.

Source: sandbox.vnpayment.vn/apis/docs/thanh-toan-pay/pay.html. An IPN is a GET with a signed query; answered is always
with HTTP 200 and a code: 00 and 02 end it, after any other VNPay asks again. The payer's way back proves nothing and
changes nothing; its page says what the hub knows.
"""

import html
from typing import Final, Protocol

import structlog
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import RawRoute
from hub.kernel.web import Kernel
from hub.payments.gateways.payer import Told
from hub.payments.pay_tables import PayAttempt, PayRequest
from hub.payments.payers import Payers, Verdict
from protocols.errors import Malformed, Refused

NAME: Final = "vnpay"
IPN: Final = "/api/v1/webhooks/vnpay"
BACK: Final = "/api/v1/vnpay/return"
_TOLD: Final = {
    Verdict.TAKEN: ("00", "Confirm Success"),
    Verdict.KNOWN: ("02", "Order already confirmed"),
    Verdict.UNKNOWN: ("01", "Order not found"),
    Verdict.OTHER_AMOUNT: ("04", "Invalid amount"),
}
_FORGED: Final = ("97", "Invalid signature")
_TROUBLE: Final = ("99", "Unknown error")
_WORDS: Final = {
    "paid": ("Your payment has arrived.", "Đã nhận được thanh toán."),
    "waiting": ("We are waiting for VNPay's confirmation.", "Đang chờ VNPay xác nhận."),
    "closed": ("This payment is no longer needed. What was paid goes back.", "Không cần thanh toán này nữa."),
    "failed": ("This payment was not made. You can try again.", "Thanh toán chưa được thực hiện."),
    "unknown": ("We do not know this payment.", "Không tìm thấy thanh toán này."),
}
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>Voltdock</title><p>{0}</p><p lang="vi">{1}</p></html>'
)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}  # fmt: skip
_log = structlog.get_logger("hub.vnpay")


class Reader(Protocol):
    """Who knows whether a query is VNPay's."""

    def told_by(self, raw_query: str) -> Told:
        """What it says. Raises Malformed, Refused `bad_signature`."""


class VnpayDoor:
    """IPNs and returning payers; `reader` None: there is no VNPay here."""

    def __init__(self, kernel: Kernel, payers: Payers, reader: Reader | None, after_url: str | None) -> None:
        self._kernel = kernel
        self._payers = payers
        self._reader = reader
        self._after_url = after_url

    async def ipn(self, request: web.Request) -> web.StreamResponse:
        """Believe it, act on it, and say so in VNPay's words."""
        told = self._read(request)
        code, message = _FORGED
        if told is not None:
            try:
                async with self._kernel.database.transaction() as session:
                    verdict = await self._payers.told(session, NAME, told)
                code, message = _TOLD[verdict]
            except (DBAPIError, OSError) as error:
                code, message = _TROUBLE
                _log.warning("ipn_not_taken", ref=told.ref, reason=type(error).__name__)
        _log.info("ipn", ref="" if told is None else told.ref, answered=code)
        return web.json_response({"RspCode": code, "Message": message})

    async def back(self, request: web.Request) -> web.StreamResponse:
        """The payer is back: says how it stands here, whatever the query claims."""
        if (told := self._read(request)) is None:
            return self._page("unknown")
        async with self._kernel.database.reading() as session:
            tries = select(PayAttempt.state, PayRequest.id, PayRequest.state)
            found = tries.join(PayRequest, PayRequest.id == PayAttempt.request_id).where(PayAttempt.ref == told.ref)
            row = (await session.execute(found)).first()
        if row is None:
            return self._page("unknown")
        if self._after_url is not None:
            raise web.HTTPSeeOther(f"{self._after_url}?pay_request={row[1]}")
        return self._page("failed" if row[0] == "failed" and row[2] == "waiting" else row[2])

    def routes(self) -> list[RawRoute]:
        """Both."""
        return [
            RawRoute(
                method="GET", path=IPN, handler=self.ipn, summary="IPN of VNPay", tags=("payments",),
                description="A query signed by VNPay. Repeats are nothing new; the answer is VNPay's RspCode.",
                answers={200: "RspCode and Message, also for what is forged", 404: "No VNPay here"},
            ),
            RawRoute(
                method="GET", path=BACK, handler=self.back, summary="Where VNPay sends payers back to",
                tags=("payments",), description="A page, or a redirect. Changes nothing and proves nothing.",
                answers={200: "A page for the payer", 303: "To the page that is set", 404: "No VNPay here"},
            ),
        ]  # fmt: skip

    def _read(self, request: web.Request) -> Told | None:
        """None for what is not VNPay's word."""
        if self._reader is None:
            raise ProblemError(problem("not_found"))
        try:
            return self._reader.told_by(request.rel_url.raw_query_string)
        except (Malformed, Refused):
            return None

    def _page(self, words: str) -> web.Response:
        return web.Response(
            text=_PAGE.format(*map(html.escape, _WORDS[words])), content_type="text/html", headers=_HEADERS
        )  # fmt: skip
