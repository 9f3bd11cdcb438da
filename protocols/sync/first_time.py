"""The time for a station that knows none and so cannot check a certificate: signed by a key of the hub that it holds.

`GET /api/v1/time?nonce=…`, public. Signed are three lines: ``voltdock-time-v1``, the nonce, `at_ms`. The key is the
one that signs vouchers; what it signs there begins with the byte 84 hex (an array of CBOR), here with 76 ("v"): neither
is ever the other. The nonce is the station's, fresh and random for each question: an old answer is none.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.errors import Malformed, Refused

PATH: Final = "/api/v1/time"
PREFIX: Final = b"voltdock-time-v1\n"
NONCE_PATTERN: Final = "^[0-9a-f]{32,64}$"
MAX_ANSWER_BYTES: Final = 1024


class SignedTime(msgspec.Struct, frozen=True, kw_only=True):
    """`at_ms` is the hub's time (Unix ms) when it signed; `signature` in hex."""

    at_ms: int
    nonce: str
    signature: str


def sign_time(key: Ed25519PrivateKey, nonce: str, at_ms: int) -> SignedTime:
    """What the hub answers. `nonce` fits NONCE_PATTERN."""
    return SignedTime(at_ms=at_ms, nonce=nonce, signature=key.sign(_signed(nonce, at_ms)).hex())


def read_time(answer: bytes, nonce: str, keys: Iterable[bytes]) -> int:
    """The hub's time in Unix ms, signed by one of these public keys for this very question.

    Raises Malformed, Refused `time_not_signed`.
    """
    if len(answer) > MAX_ANSWER_BYTES:
        raise Malformed("bad_time", f"more than {MAX_ANSWER_BYTES} bytes")
    try:
        told = msgspec.json.decode(answer, type=SignedTime)
        signature = bytes.fromhex(told.signature)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed("bad_time", str(error)) from error
    if told.nonce == nonce and any(_is_by(key, signature, told) for key in keys):
        return told.at_ms
    raise Refused("time_not_signed")


def _is_by(key: bytes, signature: bytes, told: SignedTime) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _signed(told.nonce, told.at_ms))
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed(nonce: str, at_ms: int) -> bytes:
    return PREFIX + f"{nonce}\n{at_ms}".encode()
