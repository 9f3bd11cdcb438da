"""The entries that a dock keeps and hands out in pages: its event log and its card reads. README.md §6.

What an event's data means to a reader that asks is here too (`command_of`); nothing is decided.
"""

from dataclasses import dataclass
from typing import Final

from protocols.dock import fields
from protocols.dock.codes import EventKind
from protocols.dock.fields import U8, U16, U32, Reader
from protocols.dock.requests import COMMAND_ID_LENGTH

MAX_EVENT_DATA: Final = 24
MAX_UID: Final = 10  # ISO/IEC 14443-3: a UID has 4, 7 or 10 bytes

_ABOUT_COMMANDS: Final = frozenset({EventKind.UNLOCK_STARTED, EventKind.UNLOCKED, EventKind.UNLOCK_REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the log. `number` rises by one and survives restarts; `at_s` is Unix time, 0 if not known.

    `kind` stays a plain number, for newer docks have kinds that we do not know.
    """

    number: int
    at_s: int
    kind: int
    data: bytes = b""

    def pack(self) -> bytes:
        head = U32.pack(self.number) + U32.pack(self.at_s) + U8.pack(self.kind)
        return head + fields.sized(self.data, MAX_EVENT_DATA)

    @classmethod
    def unpack(cls, reader: Reader) -> "Event":
        return cls(
            number=reader.number(U32),
            at_s=reader.number(U32),
            kind=reader.number(U8),
            data=reader.sized(0xFF),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card held to the reader, `age_ds` tenths of a second ago. `number` rises by one from each boot."""

    number: int
    age_ds: int
    uid: bytes

    def pack(self) -> bytes:
        age = U16.pack(min(self.age_ds, 0xFFFF))
        return U32.pack(self.number) + age + fields.sized(self.uid, MAX_UID)

    @classmethod
    def unpack(cls, reader: Reader) -> "Card":
        return cls(number=reader.number(U32), age_ds=reader.number(U16), uid=reader.sized(MAX_UID))


def command_of(event: Event) -> bytes | None:
    """The command that an event is about, or None for events that no unlock caused."""
    if event.kind not in _ABOUT_COMMANDS or len(event.data) < COMMAND_ID_LENGTH:
        return None
    return event.data[:COMMAND_ID_LENGTH]
