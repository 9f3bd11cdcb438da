"""VNPay's two questions over HTTP: what became of a payment (querydr), and give money back (refund).

Source: sandbox.vnpayment.vn/apis/docs/truy-van-hoan-tien/querydr&refund.html. Both are a POST of JSON to one address,
signed both ways.
"""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp

from hub.kernel.clock import Clock
from hub.payments.gateways import vnpay_signing as signing
from protocols.errors import Malformed

TIMEOUT_S: Final = 20.0
FULL: Final = "02"
PART: Final = "03"
_NOT_FOUND: Final = "91"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who we are at VNPay, and where it is. `locale`: in which language its pages speak, vn or en."""

    tmn_code: str
    secret: str
    pay_url: str
    api_url: str
    return_url: str
    server_ip: str = "127.0.0.1"
    locale: str = "vn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What VNPay says. `code` is about the question (vnp_ResponseCode), `status` about the money.

    `kind`: 01 a payment, 02 a full refund, 03 a partial one. `amount_minor` None where it says none.
    """

    code: str
    status: str = ""
    kind: str = ""
    transaction_no: str = ""
    amount_minor: int | None = None
    paid_at: dt.datetime | None = None


class VnpayApi:
    """One merchant's questions. A session of its own per call."""

    def __init__(self, merchant: Merchant, clock: Clock, *, timeout_s: float = TIMEOUT_S) -> None:
        self._merchant = merchant
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def query(self, ref: str, begun_at: dt.datetime) -> Answer | None:
        """What became of the payment `ref` that we began then; None when VNPay has none. Raises OSError."""
        fields = {
            **self._common("querydr", uuid.uuid4().hex, ref, begun_at), "vnp_OrderInfo": f"Query {ref}",
        }  # fmt: skip
        answer = await self._ask(fields, signing.ASK_QUERY, signing.TOLD_QUERY)
        if answer.code == _NOT_FOUND:
            return None
        if answer.code != signing.PAID:
            raise OSError(f"vnpay: querydr answered {answer.code}")
        return answer

    async def refund(
        self, request_id: str, ref: str, begun_at: dt.datetime, transaction_no: str, amount_minor: int, *, is_all: bool
    ) -> Answer:
        """Give back so much of the payment `ref`; `request_id` names this wish, also when it is sent again."""
        fields = {
            **self._common("refund", request_id, ref, begun_at),
            "vnp_TransactionType": FULL if is_all else PART,
            "vnp_Amount": signing.to_vnpay(amount_minor, signing.CURRENCY), "vnp_TransactionNo": transaction_no,
            "vnp_CreateBy": "voltdock", "vnp_OrderInfo": f"Refund {ref}",
        }  # fmt: skip
        return await self._ask(fields, signing.ASK_REFUND, signing.TOLD_REFUND)

    def _common(self, command: str, request_id: str, ref: str, begun_at: dt.datetime) -> dict[str, str]:
        return {
            "vnp_RequestId": request_id, "vnp_Version": signing.VERSION, "vnp_Command": command,
            "vnp_TmnCode": self._merchant.tmn_code, "vnp_TxnRef": ref,
            "vnp_TransactionDate": signing.stamp(begun_at), "vnp_CreateDate": signing.stamp(self._clock.now()),
            "vnp_IpAddr": self._merchant.server_ip,
        }  # fmt: skip

    async def _ask(self, fields: dict[str, str], ask: tuple[str, ...], told: tuple[str, ...]) -> Answer:
        fields[signing.HASH] = signing.sign_message(self._merchant.secret, ask, fields)
        answer = _fields_in(await self._post(json.dumps(fields).encode()))
        # Refusals come with fields missing, and are not always signed as the rest is: nothing is given on their word.
        if answer.get("vnp_ResponseCode") == signing.PAID:
            mine = {"vnp_TxnRef": fields["vnp_TxnRef"], "vnp_TmnCode": self._merchant.tmn_code}
            if not signing.is_signed(self._merchant.secret, told, answer) or not mine.items() <= answer.items():
                raise OSError("vnpay: an answer that is not signed, or not to our question")
        return _answer(answer)

    async def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as http,
                http.post(self._merchant.api_url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                content = await answer.read()
                status = answer.status
        except aiohttp.ClientError as error:
            raise OSError(f"vnpay: {type(error).__name__}") from error
        if status != 200:
            raise OSError(f"vnpay: HTTP {status}")
        return content


def _fields_in(content: bytes) -> dict[str, str]:
    """Raises OSError: what cannot be read leaves us as wise as before."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise OSError("vnpay: an answer that is no JSON") from error
    if not isinstance(found, dict):
        raise OSError("vnpay: an answer of another form")
    return {str(name): "" if value is None else str(value) for name, value in found.items()}


def _answer(told: Mapping[str, str]) -> Answer:
    try:
        amount, paid = told.get("vnp_Amount", ""), told.get("vnp_PayDate", "")
        return Answer(
            code=told.get("vnp_ResponseCode", "")[:8], status=told.get("vnp_TransactionStatus", "")[:8],
            kind=told.get("vnp_TransactionType", "")[:8], transaction_no=told.get("vnp_TransactionNo", "")[:20],
            amount_minor=signing.from_vnpay(amount) if amount else None,
            paid_at=signing.instant_of(paid) if paid else None,
        )  # fmt: skip
    except Malformed as error:
        raise OSError(f"vnpay: {error}") from error
