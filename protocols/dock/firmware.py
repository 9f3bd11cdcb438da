"""Firmware transfer in resumable blocks: its requests and replies. README.md §8.

The dock names the next offset that it wants, so resuming after any restart is one exchange.
"""

from dataclasses import dataclass
from typing import ClassVar

from protocols.dock import fields
from protocols.dock.codes import MessageType
from protocols.dock.fields import U16, U32, Reader
from protocols.dock.requests import DIGEST_LENGTH, MAX_BLOCK, MAX_TEXT
from protocols.errors import Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareBegin:
    """An image of `size` bytes with this SHA-256 digest. The same digest again resumes, another starts anew."""

    type: ClassVar = MessageType.FIRMWARE_BEGIN
    size: int
    digest: bytes
    version: str

    def pack(self) -> bytes:
        return U32.pack(self.size) + self.digest + fields.sized(self.version.encode(), MAX_TEXT)

    @classmethod
    def unpack(cls, reader: Reader) -> "FirmwareBegin":
        return cls(
            size=reader.number(U32),
            digest=reader.raw(DIGEST_LENGTH),
            version=reader.text(MAX_TEXT),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareBlock:
    """Up to 256 bytes of the image at `offset`, which must be the dock's next offset."""

    type: ClassVar = MessageType.FIRMWARE_BLOCK
    offset: int
    data: bytes

    def pack(self) -> bytes:
        if not 0 < len(self.data) <= MAX_BLOCK:
            raise ValueError("a block has 1 to 256 bytes")
        return U32.pack(self.offset) + U16.pack(len(self.data)) + self.data

    @classmethod
    def unpack(cls, reader: Reader) -> "FirmwareBlock":
        offset, length = reader.number(U32), reader.number(U16)
        if not 0 < length <= MAX_BLOCK:
            raise Malformed("bad_block", str(length))
        return cls(offset=offset, data=reader.raw(length))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareCommit:
    """Check the whole image against its digest and start from it at the next restart."""

    type: ClassVar = MessageType.FIRMWARE_COMMIT

    def pack(self) -> bytes:
        return b""

    @classmethod
    def unpack(cls, _reader: Reader) -> "FirmwareCommit":
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareProgress:
    """Answer to begin and block: the offset that the dock wants next (the size: it has all of it)."""

    type: ClassVar = MessageType.FIRMWARE_BLOCK
    next_offset: int

    def pack(self) -> bytes:
        return U32.pack(self.next_offset)

    @classmethod
    def unpack(cls, reader: Reader) -> "FirmwareProgress":
        return cls(next_offset=reader.number(U32))
