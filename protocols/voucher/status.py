"""Which vouchers are revoked, as bits: what the IETF's Token Status List does (draft-ietf-oauth-status-list).

One bit for each voucher, in the order of their status numbers, least significant bit first, deflated (zlib, RFC 1950)
and written in base64. Cut into chunks, so that a revocation sends one of them again and not the whole.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable
from typing import Final

from protocols.errors import Malformed

CHUNK: Final = 8192  # vouchers in one; 1 KiB of bits, deflated about 100 bytes at one in a hundred revoked


def place_of(number: int) -> tuple[int, int]:
    """In which chunk a status number stands, and where in it."""
    return divmod(number, CHUNK)


def packed(places: Iterable[int]) -> str:
    """A chunk in which the bits at these places are set."""
    bits = bytearray(CHUNK // 8)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return base64.b64encode(zlib.compress(bytes(bits), 9)).decode()


def is_set(text: str, place: int) -> bool:
    """Whether the bit at this place of the chunk is set. Raises Malformed for what is no chunk."""
    try:
        reader = zlib.decompressobj()
        bits = reader.decompress(base64.b64decode(text, validate=True), CHUNK // 8)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Malformed("bad_status", str(error)) from error
    if len(bits) != CHUNK // 8:
        raise Malformed("bad_status", f"{len(bits)} bytes")
    return bool(bits[place >> 3] >> (place & 7) & 1)
