"""Bytes on the line to frames and back: COBS between zero bytes, CRC-32, header. README.md §2 and §3.

No message's meaning lives here, and no key: the tag is carried, not checked (that is `session`).
"""

import struct
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Final

from cobs import cobs

from protocols.dock.codes import FIRST_ADDRESS, LAST_ADDRESS, MAJOR
from protocols.errors import Malformed

MAX_PAYLOAD: Final = 512
TAG_LENGTH: Final = 8

_HEADER: Final = struct.Struct("<BBBBH")
_WORD: Final = struct.Struct("<I")
_SECURITY_LENGTH: Final = _WORD.size + TAG_LENGTH
_REPLY: Final = 0x01
_SECURED: Final = 0x02
_MAX_BODY: Final = _HEADER.size + MAX_PAYLOAD + _SECURITY_LENGTH + _WORD.size
# COBS adds one byte for every 254 begun (Cheshire & Baker 1999).
MAX_ENCODED: Final = _MAX_BODY + _MAX_BODY // 254 + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One request or reply. `counter` and `tag` are both set (secured) or both None."""

    address: int
    seq: int
    type: int
    payload: bytes = b""
    reply: bool = False
    counter: int | None = None
    tag: bytes | None = None

    @property
    def secured(self) -> bool:
        """Does the frame claim to belong to a session?"""
        return self.tag is not None

    def authenticated_bytes(self, counter: int) -> bytes:
        """The bytes that the tag covers: header, payload and counter, exactly as they stand on the line."""
        return _head(self, secured=True) + self.payload + _WORD.pack(counter)


def _head(frame: Frame, *, secured: bool) -> bytes:
    flags = (_REPLY if frame.reply else 0) | (_SECURED if secured else 0)
    return _HEADER.pack(MAJOR << 4 | flags, frame.address, frame.seq, frame.type, len(frame.payload))


def encode(frame: Frame) -> bytes:
    """The frame's bytes for the line, both delimiters included. Raises ValueError on an impossible frame."""
    if len(frame.payload) > MAX_PAYLOAD or not FIRST_ADDRESS <= frame.address <= LAST_ADDRESS:
        raise ValueError("frame out of range")
    if frame.tag is not None and frame.counter is not None:
        body = frame.authenticated_bytes(frame.counter) + frame.tag
    else:
        body = _head(frame, secured=False) + frame.payload
    encoded: bytes = cobs.encode(body + _WORD.pack(zlib.crc32(body)))
    return b"\0" + encoded + b"\0"


def decode(encoded: bytes) -> Frame:
    """The frame between two delimiters. Raises Malformed, and nothing else, on any other bytes."""
    try:
        body: bytes = cobs.decode(encoded)
    except cobs.DecodeError as error:
        raise Malformed("bad_cobs") from error
    if len(body) < _HEADER.size + _WORD.size:
        raise Malformed("too_short")
    if len(body) > _MAX_BODY:
        raise Malformed("too_long")
    content = body[: -_WORD.size]
    if zlib.crc32(content) != _WORD.unpack_from(body, len(content))[0]:
        raise Malformed("bad_crc")
    return _parse(content)


def _parse(content: bytes) -> Frame:
    first, address, seq, type_, length = _HEADER.unpack_from(content)
    if first >> 4 != MAJOR:
        raise Malformed("bad_version", str(first >> 4))
    if first & 0x0F & ~(_REPLY | _SECURED):
        raise Malformed("bad_flags")
    if not FIRST_ADDRESS <= address <= LAST_ADDRESS:
        raise Malformed("bad_address", str(address))
    secured = bool(first & _SECURED)
    end = _HEADER.size + length
    if length > MAX_PAYLOAD or len(content) != end + (_SECURITY_LENGTH if secured else 0):
        raise Malformed("bad_length")
    return Frame(
        address=address,
        seq=seq,
        type=type_,
        payload=content[_HEADER.size : end],
        reply=bool(first & _REPLY),
        counter=_WORD.unpack_from(content, end)[0] if secured else None,
        tag=content[end + _WORD.size :] if secured else None,
    )


class FrameStream:
    """Cuts a stream of bytes into frames. Never raises; counts what it rejects, by reason, and goes on.

    Its memory is bounded: more than `MAX_ENCODED` bytes without a delimiter are dropped up to the next one.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.rejects: Counter[str] = Counter()
        self._buffer = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[Frame]:
        """The whole frames that these bytes complete, in order."""
        *whole, rest = data.split(b"\0")
        found = []
        for piece in whole:
            self._keep(piece)
            frame = self._cut()
            if frame is not None:
                found.append(frame)
        self._keep(rest)
        return found

    def _keep(self, piece: bytes) -> None:
        if self._skipping:
            return
        if len(self._buffer) + len(piece) > MAX_ENCODED:
            self._skipping = True
            self._buffer.clear()
            self.rejects["too_long"] += 1
            return
        self._buffer += piece

    def _cut(self) -> Frame | None:
        encoded = bytes(self._buffer)
        self._buffer.clear()
        self._skipping = False
        if not encoded:  # two delimiters in a row: every frame brings its own pair
            return None
        try:
            frame = decode(encoded)
        except Malformed as error:
            self.rejects[error.reason] += 1
            return None
        self.frames += 1
        return frame
