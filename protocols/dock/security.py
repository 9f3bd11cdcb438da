"""The two primitives under a session: AES-CMAC (NIST SP 800-38B, RFC 4493) and a KDF on it.

The KDF is NIST SP 800-108r1 §4.1 in counter mode with CMAC, one block, 128 bits out.
"""

import hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

SECRET_LENGTH: Final = 16


def cmac(key: bytes, data: bytes) -> bytes:
    """AES-128-CMAC, 16 bytes."""
    mac = CMAC(AES(key))
    mac.update(data)
    return mac.finalize()


def derive(secret: bytes, label: bytes, context: bytes) -> bytes:
    """128 bits for one purpose (`label`) of one handshake (`context`)."""
    if len(secret) != SECRET_LENGTH:
        raise ValueError("a dock's secret has 16 bytes")
    return cmac(secret, b"\x01" + label + b"\x00" + context + b"\x00\x80")


def same(left: bytes, right: bytes) -> bool:
    """Equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(left, right)
