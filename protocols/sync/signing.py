"""How a station signs its requests: HTTP Message Signatures (RFC 9421) with Ed25519 and Content-Digest (RFC 9530).

Covered: "@method", "@path", "content-digest"; parameters: keyid (the station's id), alg, and `nonce`, a number that
only rises: `epoch * 2**32 + n`. The epoch is committed before the first request of a start, so the number never
repeats although `n` lives in memory; the hub refuses one that is not greater than the last it took on the same
channel. No clock takes part: a station in 1970 can sync.
"""

import base64
import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.errors import Malformed, Refused

_COMPONENTS: Final = '("@method" "@path" "content-digest")'
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_INPUT: Final = re.compile(
    rf'sig1=\("@method" "@path" "content-digest"\);keyid="({_UUID})";nonce="(\d{{1,20}})";alg="ed25519"'
)
_SIGNATURE: Final = re.compile(r"sig1=:([A-Za-z0-9+/=]{86,90}):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Whose request this says it is, and its number. True only after `verify` returned."""

    station_id: uuid.UUID
    number: int


def request_number(epoch: int, n: int) -> int:
    """The n-th request (from 1) of this epoch."""
    return epoch << 32 | n


def content_digest(body: bytes) -> str:
    """The Content-Digest header's value."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(
    key: Ed25519PrivateKey, station_id: uuid.UUID, number: int, method: str, path: str, body: bytes
) -> dict[str, str]:
    """The headers to send with the request. `path` is the target's path without query."""
    digest = content_digest(body)
    params = f'{_COMPONENTS};keyid="{station_id}";nonce="{number}";alg="ed25519"'
    signature = base64.b64encode(key.sign(_base(method, path, digest, params))).decode()
    return {
        "Content-Digest": digest,
        "Signature-Input": f"sig1={params}",
        "Signature": f"sig1=:{signature}:",
    }


def claimed(signature_input: str | None) -> Signed:
    """Who the request says it is from, so that the key can be looked up. Raises Malformed."""
    match = _INPUT.fullmatch(signature_input or "")
    if match is None:
        raise Malformed("bad_signature_input", (signature_input or "missing")[:120])
    return Signed(station_id=uuid.UUID(match[1]), number=int(match[2]))


def verify(public_key: bytes, headers: dict[str, str], method: str, path: str, body: bytes) -> Signed:
    """Check digest and signature (`headers` with the three names as `sign` made them).

    Raises Malformed for headers that are no signature at all, Refused("bad_signature") for a wrong one.
    """
    signed = claimed(headers.get("Signature-Input"))
    match = _SIGNATURE.fullmatch(headers.get("Signature", ""))
    if match is None:
        raise Malformed("bad_signature_header")
    digest = headers.get("Content-Digest", "")
    if digest != content_digest(body):
        raise Refused("bad_signature", why="content_digest")
    params = headers["Signature-Input"].removeprefix("sig1=")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            base64.b64decode(match[1]), _base(method, path, digest, params)
        )
    except (InvalidSignature, ValueError) as error:
        raise Refused("bad_signature", why="signature") from error
    return signed


def _base(method: str, path: str, digest: str, params: str) -> bytes:
    return (
        f'"@method": {method.upper()}\n"@path": {path}\n"content-digest": {digest}\n"@signature-params": {params}'
    ).encode()
