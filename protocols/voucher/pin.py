"""Verifiers of PINs, of reservations and of staff, that travel to the stations.

A four-digit PIN is guessed in ten thousand tries whatever the hash: what protects it is the station's lock-out.
scrypt (RFC 7914) with a small cost only keeps a copied list from being read at a glance.
"""

import hmac
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_N: Final = 1 << 12  # about 10 ms on a small board
_R: Final = 8
_PREFIX: Final = "scrypt12$"


def pin_hash(pin: str, salt: bytes) -> str:
    """``scrypt12$<salt hex>$<hash hex>``; the salt has 16 random bytes."""
    return f"{_PREFIX}{salt.hex()}${_digest(pin, salt).hex()}"


def pin_matches(pin: str, verifier: str) -> bool:
    """Whether the PIN belongs to the verifier; a verifier of an unknown form never matches."""
    try:
        salt_hex, digest_hex = verifier.removeprefix(_PREFIX).split("$")
        salt, digest = bytes.fromhex(salt_hex), bytes.fromhex(digest_hex)
    except ValueError:
        return False
    return verifier.startswith(_PREFIX) and hmac.compare_digest(_digest(pin, salt), digest)


def salt_of(verifier: str) -> bytes | None:
    """The verifier's salt; None where it is none of ours."""
    try:
        return bytes.fromhex(verifier.removeprefix(_PREFIX).partition("$")[0]) or None
    except ValueError:
        return None


def whose_pin(pin: str, verifiers: Mapping[str, str]) -> str | None:
    """The key of the verifier that the PIN belongs to. Verifiers that share a salt cost one hash together."""
    digests: dict[str, str] = {}
    for key, verifier in verifiers.items():
        salt_hex = verifier.removeprefix(_PREFIX).partition("$")[0]
        try:
            if salt_hex not in digests:
                digests[salt_hex] = pin_hash(pin, bytes.fromhex(salt_hex))
        except ValueError:
            continue
        if hmac.compare_digest(digests[salt_hex].encode(), verifier.encode()):
            return key
    return None


def _digest(pin: str, salt: bytes) -> bytes:
    # A seventh faster than hashlib's, whose OpenSSL is the system's; neither holds the interpreter's lock.
    return Scrypt(salt=salt, length=16, n=_N, r=_R, p=1).derive(pin.encode())
