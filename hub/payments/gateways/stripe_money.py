"""Pure: amounts as Stripe counts them, and its webhooks' signatures.

Stripe counts in the currency's smallest unit, with exceptions of its own (docs.stripe.com/currencies): some
currencies have none, ISK and UGX are sent with two decimals that must be 00, and of three-decimal ones the last digit
must be 0. A webhook's header is `Stripe-Signature: t=<Unix seconds>,v1=<hex of HMAC-SHA256(secret, "t.body")>[,…]`.
"""

import hashlib
import hmac
from typing import Final

from protocols.errors import Malformed, Refused
from protocols.values import exponent_of

HEADER: Final = "Stripe-Signature"
TOLERANCE_S: Final = 300
_NONE: Final = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)  # no decimals at Stripe, whatever ISO 4217 says
_TWO: Final = frozenset({"ISK", "UGX"})
_MOST_SIGNATURES: Final = 8


def to_stripe(minor: int, currency: str) -> int:
    """Our minor units as Stripe's. Raises Refused `amount_not_payable` for a part that Stripe cannot take."""
    ours, theirs = exponent_of(currency), _exponent(currency)
    if ours == 3 and minor % 10:
        raise Refused("amount_not_payable", currency=currency)
    if theirs >= ours:
        return int(minor * 10 ** (theirs - ours))
    whole, rest = divmod(minor, 10 ** (ours - theirs))
    if rest:
        raise Refused("amount_not_payable", currency=currency)
    return int(whole)


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's amount in our minor units; what Stripe does not count in is rounded half to even."""
    ours, theirs = exponent_of(currency), _exponent(currency)
    return int(amount * 10 ** (ours - theirs)) if ours >= theirs else round(amount / 10 ** (theirs - ours))


def sign(secret: str, at_s: int, body: bytes) -> str:
    """The header of a delivery."""
    return f"t={at_s},v1={_mac(secret, str(at_s), body)}"


def verify(secret: str, header: str, body: bytes, *, now_s: float) -> None:
    """Raises Malformed for what is no header, Refused `bad_signature` for a stranger's, an old or a future one."""
    parts = [one.strip().partition("=") for one in header.split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"][:_MOST_SIGNATURES]
    if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or len(stamps[0]) > 12:
        raise Malformed("bad_webhook_headers")
    if abs(now_s - int(stamps[0])) > TOLERANCE_S:
        raise Refused("bad_signature", why="timestamp")
    expected = _mac(secret, stamps[0], body)
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
        raise Refused("bad_signature", why="signature")


def _exponent(currency: str) -> int:
    if currency in _NONE:
        return 0
    return 2 if currency in _TWO else exponent_of(currency)


def _mac(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
