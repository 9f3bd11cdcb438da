"""Reading and writing the small parts of a payload: bounded, little-endian, "not known" as a sentinel.

No message lives here; a Reader raises Malformed and nothing else, whatever the bytes.
"""

import enum
import struct
from typing import Final, TypeVar

from protocols.errors import Malformed

U8: Final = struct.Struct("<B")
U16: Final = struct.Struct("<H")
U32: Final = struct.Struct("<I")
U64: Final = struct.Struct("<Q")
I16: Final = struct.Struct("<h")
I32: Final = struct.Struct("<i")

# The value of each width that no sensor can say, so it means "not known".
UNKNOWN: Final = {U16: 0xFFFF, U32: 0xFFFFFFFF, I16: -0x8000, I32: -0x80000000}
_RANGE: Final = {
    U16: (0, 0xFFFE),
    U32: (0, 0xFFFFFFFE),
    I16: (-0x7FFF, 0x7FFF),
    I32: (-0x7FFFFFFF, 0x7FFFFFFF),
}


Choice = TypeVar("Choice", bound=enum.IntEnum)


class Reader:
    """Takes fields from a payload from left to right. What is left at the end belongs to a newer minor version."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def number(self, layout: struct.Struct) -> int:
        """One integer."""
        return int(layout.unpack(self.raw(layout.size))[0])

    def known(self, layout: struct.Struct) -> int | None:
        """One integer, or None where the sender does not know."""
        value = self.number(layout)
        return None if value == UNKNOWN[layout] else value

    def choice(self, choices: type[Choice]) -> Choice:
        """One byte out of a closed list. Raises Malformed `bad_<list>` for a number that is not on it."""
        number = self.number(U8)
        try:
            return choices(number)
        except ValueError as error:
            raise Malformed(f"bad_{choices.__name__.lower()}", str(number)) from error

    def raw(self, length: int) -> bytes:
        """Exactly so many bytes. Raises Malformed when there are fewer."""
        end = self._at + length
        if end > len(self._data):
            raise Malformed("short_payload", f"{length} more bytes wanted at {self._at}")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def sized(self, most: int) -> bytes:
        """A length byte and so many bytes; Malformed above `most`."""
        length = self.number(U8)
        if length > most:
            raise Malformed("field_too_long", str(length))
        return self.raw(length)

    def text(self, most: int) -> str:
        """A sized field in UTF-8."""
        try:
            return self.sized(most).decode()
        except UnicodeDecodeError as error:
            raise Malformed("bad_text") from error


def known(layout: struct.Struct, value: int | None) -> bytes:
    """One integer, saturated at the width's ends, or the sentinel for None."""
    if value is None:
        return layout.pack(UNKNOWN[layout])
    low, high = _RANGE[layout]
    return layout.pack(min(max(value, low), high))


def sized(data: bytes, most: int) -> bytes:
    """A length byte and the bytes. Raises ValueError above `most`."""
    if len(data) > most:
        raise ValueError(f"at most {most} bytes, not {len(data)}")
    return U8.pack(len(data)) + data
