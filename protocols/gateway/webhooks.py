"""Webhooks of the simulated gateway, signed as Standard Webhooks are (symmetric, `v1,`; its specification of 2023).

Headers `webhook-id` (the event's, the same at every delivery), `webhook-timestamp` (Unix seconds) and
`webhook-signature`: one or more of `v1,<base64 of HMAC-SHA256(secret, "id.timestamp.body")>`, apart by blanks.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from protocols.errors import Malformed, Refused

TOLERANCE_S: Final = 300  # a delivery that is older, or from the future, is not believed: it may be a replay
ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
_MAX_ID: Final = 100


def sign(secret: bytes, event_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    return {ID: event_id, TIMESTAMP: str(at_s), SIGNATURE: f"v1,{_mac(secret, event_id, at_s, body)}"}


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, *, now_s: float) -> str:
    """The event's id, when the delivery is the gateway's and fresh. Raises Malformed, Refused `bad_signature`."""
    event_id, stamp, signatures = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not 0 < len(event_id) <= _MAX_ID or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise Malformed("bad_webhook_headers")
    if abs(now_s - int(stamp)) > TOLERANCE_S:
        raise Refused("bad_signature", why="timestamp")
    expected = _mac(secret, event_id, int(stamp), body)
    given = [one.removeprefix("v1,") for one in signatures.split(" ") if one.startswith("v1,")]
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given[:8]):
        raise Refused("bad_signature", why="signature")
    return event_id


def secret_of(text: str) -> bytes:
    """A secret as it is written: `whsec_` and base64. Raises Malformed."""
    try:
        secret = base64.b64decode(text.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("bad_webhook_secret") from error
    if not 16 <= len(secret) <= 64:
        raise Malformed("bad_webhook_secret", "16 to 64 bytes")
    return secret


def _mac(secret: bytes, event_id: str, at_s: int, body: bytes) -> str:
    content = f"{event_id}.{at_s}.".encode() + body
    return base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
