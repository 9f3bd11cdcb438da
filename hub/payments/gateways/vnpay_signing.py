"""Pure: how VNPay counts, dates and signs (version 2.1.0). No socket, no clock.

Sources: sandbox.vnpayment.vn/apis/docs/thanh-toan-pay/pay.html (pay URL, IPN, return URL) and
…/truy-van-hoan-tien/querydr&refund.html (querydr, refund). Signatures are HMAC-SHA512 in hex: of a query's pairs
sorted by name and URL-encoded with `+` for blanks, and of a message's fields in an order of their own, with `|`
between. Amounts are a hundred times the dong although VND has no decimals; instants are `yyyyMMddHHmmss` at GMT+7.
"""

import datetime as dt
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from protocols.errors import Malformed, Refused

VERSION: Final = "2.1.0"
CURRENCY: Final = "VND"
HASH: Final = "vnp_SecureHash"
PAID: Final = "00"
_HASH_KIND: Final = "vnp_SecureHashType"
_HUNDRED: Final = 100
_MOST_DIGITS: Final = 12  # vnp_Amount is Numeric[1,12]
_ZONE: Final = dt.timezone(dt.timedelta(hours=7))
_STAMP: Final = "%Y%m%d%H%M%S"
_MOST_INFO: Final = 255

ASK_QUERY: Final = (
    "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate",
    "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo",
)  # fmt: skip
ASK_REFUND: Final = (
    "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType", "vnp_TxnRef", "vnp_Amount",
    "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo",
)  # fmt: skip
TOLD_REFUND: Final = (
    "vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount",
    "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
    "vnp_OrderInfo",
)  # fmt: skip
TOLD_QUERY: Final = (*TOLD_REFUND, "vnp_PromotionCode", "vnp_PromotionAmount")
"""What a message's signature is made of, in this order; a field that is not there counts as empty."""


def to_vnpay(minor: int, currency: str) -> str:
    """Our minor units as VNPay's amount. Raises Refused `amount_not_payable` for what VNPay cannot take."""
    amount = str(minor * _HUNDRED)
    if currency != CURRENCY or minor <= 0 or len(amount) > _MOST_DIGITS:
        raise Refused("amount_not_payable", currency=currency)
    return amount


def from_vnpay(amount: str) -> int:
    """VNPay's amount in our minor units. Raises Malformed."""
    if not re.fullmatch(r"[0-9]{1,15}", amount) or int(amount) % _HUNDRED:
        raise Malformed("bad_gateway_message", "vnp_Amount")
    return int(amount) // _HUNDRED


def stamp(at: dt.datetime) -> str:
    """An instant as VNPay writes it, whole seconds."""
    return at.astimezone(_ZONE).strftime(_STAMP)


def instant_of(text: str) -> dt.datetime:
    """The instant that VNPay wrote. Raises Malformed."""
    if not re.fullmatch(r"[0-9]{14}", text):
        raise Malformed("bad_gateway_message", "date")
    try:
        return dt.datetime.strptime(text, _STAMP).replace(tzinfo=_ZONE).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed("bad_gateway_message", "date") from error


def plain(text: str) -> str:
    """Words as vnp_OrderInfo takes them: no accents, no special characters."""
    bare = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    kept = re.sub(r"[^A-Za-z0-9 ]+", " ", "".join(one for one in bare if not unicodedata.combining(one)))
    return " ".join(kept.split())[:_MOST_INFO].strip() or "Voltdock"


def signed_query(secret: str, fields: Mapping[str, str]) -> str:
    """A query with its signature at the end; fields without a value are left out."""
    query = _query_of(fields)
    return f"{query}&{HASH}={_mac(secret, query)}"


def read_query(secret: str, raw: str) -> dict[str, str]:
    """The fields of a signed query as it came over the wire. Raises Malformed, Refused `bad_signature`.

    VNPay signs what it sends, so the raw pairs are looked at as well as our own encoding of them: senders differ in
    how they write blanks and a few signs. Names that are not VNPay's are nobody's.
    """
    pairs = [one.partition("=") for one in raw.split("&") if one.startswith("vnp_")]
    try:
        fields = {unquote_plus(name, errors="strict"): unquote_plus(value, errors="strict") for name, _, value in pairs}
    except UnicodeDecodeError as error:
        raise Malformed("bad_gateway_message", "encoding") from error
    if len(fields) != len(pairs):
        raise Malformed("bad_gateway_message", "a field twice")
    told = fields.pop(HASH, "").lower()
    fields.pop(_HASH_KIND, None)
    as_sent = "&".join(f"{name}={value}" for name, _, value in sorted(pairs) if name in fields and value)
    if not any(_same(_mac(secret, one), told) for one in (_query_of(fields), as_sent)):
        raise Refused("bad_signature")
    return fields


def sign_message(secret: str, order: tuple[str, ...], fields: Mapping[str, str]) -> str:
    """The signature of a message."""
    return _mac(secret, "|".join(fields.get(name, "") for name in order))


def is_signed(secret: str, order: tuple[str, ...], fields: Mapping[str, str]) -> bool:
    """Whether the message's own signature is right."""
    return _same(sign_message(secret, order, fields), fields.get(HASH, "").lower())


def _query_of(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote_plus(value)}" for name, value in sorted(fields.items()) if value)


def _mac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def _same(expected: str, told: str) -> bool:
    return hmac.compare_digest(expected.encode(), told.encode())
