"""What the station asks a dock: one frozen value per request, each with its payload's layout. README.md §5.

Here are layouts only; when a request may be sent is `lifecycle`, how it is protected is `session`.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from protocols.dock.codes import MINOR, MessageType, Pattern
from protocols.dock.fields import U8, U16, U32, U64, Reader

COMMAND_ID_LENGTH: Final = 8
NONCE_LENGTH: Final = 16
PROOF_LENGTH: Final = 16
DIGEST_LENGTH: Final = 32
MAX_TEXT: Final = 32
MAX_BLOCK: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bare:
    """A request without a payload."""

    def pack(self) -> bytes:
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """Who are you? Answered by every dock, provisioned or not. `minor`: the newest that the asker knows."""

    type: ClassVar = MessageType.IDENTIFY
    minor: int = MINOR

    def pack(self) -> bytes:
        return U8.pack(self.minor)

    @classmethod
    def unpack(cls, reader: Reader) -> "Identify":
        return cls(minor=reader.number(U8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Opens a handshake with the station's challenge of 16 random bytes."""

    type: ClassVar = MessageType.HELLO
    nonce: bytes
    minor: int = MINOR

    def pack(self) -> bytes:
        return self.nonce + U8.pack(self.minor)

    @classmethod
    def unpack(cls, reader: Reader) -> "Hello":
        return cls(nonce=reader.raw(NONCE_LENGTH), minor=reader.number(U8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The station's proof that it knows the dock's secret."""

    type: ClassVar = MessageType.PROOF
    proof: bytes

    def pack(self) -> bytes:
        return self.proof

    @classmethod
    def unpack(cls, reader: Reader) -> "Proof":
        return cls(proof=reader.raw(PROOF_LENGTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStatus(_Bare):
    """How are you?"""

    type: ClassVar = MessageType.STATUS

    @classmethod
    def unpack(cls, _reader: Reader) -> "AskStatus":
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBattery(_Bare):
    """What does the vehicle's BMS say?"""

    type: ClassVar = MessageType.BATTERY

    @classmethod
    def unpack(cls, _reader: Reader) -> "AskBattery":
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskEvents:
    """The event log from number `cursor` on, at most `most` entries."""

    type: ClassVar = MessageType.EVENTS
    cursor: int
    most: int = 8

    def pack(self) -> bytes:
        return U32.pack(self.cursor) + U8.pack(self.most)

    @classmethod
    def unpack(cls, reader: Reader) -> "AskEvents":
        return cls(cursor=reader.number(U32), most=reader.number(U8))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCards:
    """The card reads with a number above `after`."""

    type: ClassVar = MessageType.CARDS
    after: int

    def pack(self) -> bytes:
        return U32.pack(self.after)

    @classmethod
    def unpack(cls, reader: Reader) -> "AskCards":
        return cls(after=reader.number(U32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Drive the bolt shut. `command_id` names the command in the event log and is used once."""

    type: ClassVar = MessageType.LOCK
    command_id: bytes

    def pack(self) -> bytes:
        return self.command_id

    @classmethod
    def unpack(cls, reader: Reader) -> "Lock":
        return cls(command_id=reader.raw(COMMAND_ID_LENGTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """Open; lock again by yourself after `duration_ds` tenths of a second if the vehicle is still there."""

    type: ClassVar = MessageType.UNLOCK
    command_id: bytes
    duration_ds: int

    def pack(self) -> bytes:
        return self.command_id + U16.pack(self.duration_ds)

    @classmethod
    def unpack(cls, reader: Reader) -> "Unlock":
        return cls(command_id=reader.raw(COMMAND_ID_LENGTH), duration_ds=reader.number(U16))


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchContactor:
    """Connect or disconnect the charging contacts."""

    type: ClassVar = MessageType.CONTACTOR
    closed: bool

    def pack(self) -> bytes:
        return U8.pack(self.closed)

    @classmethod
    def unpack(cls, reader: Reader) -> "SwitchContactor":
        return cls(closed=bool(reader.number(U8)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Light and buzzer for `duration_ds` tenths of a second (0: until the next signal)."""

    type: ClassVar = MessageType.SIGNAL
    pattern: Pattern
    duration_ds: int = 0

    def pack(self) -> bytes:
        return U8.pack(self.pattern) + U16.pack(self.duration_ds)

    @classmethod
    def unpack(cls, reader: Reader) -> "Signal":
        return cls(pattern=reader.choice(Pattern), duration_ds=reader.number(U16))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTime:
    """The wall clock, Unix milliseconds."""

    type: ClassVar = MessageType.SET_TIME
    at_ms: int

    def pack(self) -> bytes:
        return U64.pack(self.at_ms)

    @classmethod
    def unpack(cls, reader: Reader) -> "SetTime":
        return cls(at_ms=reader.number(U64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(_Bare):
    """Restart the controller after the reply has left."""

    type: ClassVar = MessageType.RESTART

    @classmethod
    def unpack(cls, _reader: Reader) -> "Restart":
        return cls()
