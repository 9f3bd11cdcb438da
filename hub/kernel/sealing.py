"""What the hub keeps to itself under its own key: sealed bytes at rest or in a browser, and derived secrets.

AES-256-GCM (NIST SP 800-38D) under keys derived by HKDF (RFC 5869), one per purpose: what was sealed for one purpose
opens for no other.
"""

import base64
import binascii
import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey

from hub.kernel.auth import signing_key

_NONCE_BYTES: Final = 12
_SEED_BYTES: Final = 32


class Seal:
    """Seals and derives. All processes of one hub have the same signing key, and so the same seal."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    @classmethod
    def of(cls, key: OKPKey) -> "Seal":
        """The seal that belongs to the hub's signing key."""
        return cls(signing_key(key).private_bytes_raw())

    @classmethod
    def throwaway(cls) -> "Seal":
        """A seal that nobody keeps."""
        return cls(os.urandom(_SEED_BYTES))

    def seal(self, purpose: str, content: bytes) -> str:
        """The content as text that only `open` with the same purpose reads."""
        nonce = os.urandom(_NONCE_BYTES)
        return _text(nonce + AESGCM(self._key(purpose)).encrypt(nonce, content, None))

    def open(self, purpose: str, sealed: str) -> bytes | None:
        """What was sealed; None when it was not sealed here for this purpose, or was changed."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            return AESGCM(self._key(purpose)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)
        except (InvalidTag, ValueError, binascii.Error):
            return None

    def secret(self, purpose: str, name: bytes) -> str:
        """A secret that nobody can guess and that is the same for the same name: 256 bits as text."""
        return _text(hmac.new(self._key(purpose), name, hashlib.sha256).digest())

    def _key(self, purpose: str) -> bytes:
        return HKDF(hashes.SHA256(), _SEED_BYTES, None, b"voltdock " + purpose.encode()).derive(self._seed)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
