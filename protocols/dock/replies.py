"""What a dock answers: one frozen value per reply, each with its payload's layout. README.md §5 and §6.

Integers keep the wire's units (mV, mA, 0.1 °C, 0.1 s, per mille); who wants volts divides.
"""

import uuid
from dataclasses import dataclass
from typing import ClassVar, Final

from protocols.dock import codes, fields
from protocols.dock.codes import Capability, Kind, MessageType, StatusFlag
from protocols.dock.fields import I16, I32, U8, U16, U32, Reader
from protocols.dock.records import Card, Event
from protocols.dock.requests import MAX_TEXT, NONCE_LENGTH, PROOF_LENGTH
from protocols.errors import Malformed

MAX_FAULT_CODES: Final = 32
AGE_SATURATED: Final = 0xFFFFFFFF
_PROVISIONED: Final = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a dock says it is. Worth believing only when it came inside a session."""

    minor: int
    kind: Kind
    provisioned: bool
    capabilities: Capability
    serial: str
    hardware: str
    firmware: str

    def pack(self) -> bytes:
        head = bytes((self.minor, self.kind, _PROVISIONED if self.provisioned else 0))
        texts = (fields.sized(t.encode(), MAX_TEXT) for t in (self.serial, self.hardware, self.firmware))
        return head + U32.pack(self.capabilities) + b"".join(texts)

    @classmethod
    def unpack(cls, reader: Reader) -> "Identity":
        return cls(
            minor=reader.number(U8),
            kind=reader.choice(Kind),
            provisioned=bool(reader.number(U8) & _PROVISIONED),
            capabilities=Capability(reader.number(U32)),
            serial=reader.text(MAX_TEXT),
            hardware=reader.text(MAX_TEXT),
            firmware=reader.text(MAX_TEXT),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloAnswer:
    """The dock's proof, its own challenge, and version, kind and capabilities, which the proof covers."""

    proof: bytes
    nonce: bytes
    minor: int
    kind: Kind
    capabilities: Capability

    def proven(self) -> bytes:
        """The part that the proofs cover: everything behind the proof."""
        return self.nonce + bytes((self.minor, self.kind)) + U32.pack(self.capabilities)

    def pack(self) -> bytes:
        return self.proof + self.proven()

    @classmethod
    def unpack(cls, reader: Reader) -> "HelloAnswer":
        return cls(
            proof=reader.raw(PROOF_LENGTH),
            nonce=reader.raw(NONCE_LENGTH),
            minor=reader.number(U8),
            kind=reader.choice(Kind),
            capabilities=Capability(reader.number(U32)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Carried out; nothing more to say. Its frame's type is the request's."""

    def pack(self) -> bytes:
        return b""

    @classmethod
    def unpack(cls, _reader: Reader) -> "Done":
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a dock is. `presence_age_ds` is counted by the dock's own timer and stops at `AGE_SATURATED`.

    `next_event`, `last_card` and `boot` tell whether there is something to fetch, so an idle poll is one exchange.
    `odometer_m` is what the vehicle has run in all; None where dock or vehicle cannot tell it. Older docks end before.
    """

    lock: codes.Lock
    flags: StatusFlag
    vehicle_id: uuid.UUID | None
    presence_age_ds: int
    supply_mv: int
    temperature_dc: int
    boot: int
    next_event: int
    last_card: int
    odometer_m: int | None = None

    def pack(self) -> bytes:
        known = StatusFlag.VEHICLE_ID_KNOWN if self.vehicle_id else StatusFlag(0)
        # As integers: the complement of a flag enum would drop bits that a newer version has.
        flags = int(self.flags) & ~int(StatusFlag.VEHICLE_ID_KNOWN) | int(known)
        return b"".join(
            (
                bytes((self.lock, flags)),
                self.vehicle_id.bytes if self.vehicle_id else bytes(16),
                U32.pack(min(self.presence_age_ds, AGE_SATURATED)),
                U16.pack(min(max(self.supply_mv, 0), 0xFFFF)),
                fields.known(I16, self.temperature_dc),
                U32.pack(self.boot),
                U32.pack(self.next_event),
                U32.pack(self.last_card),
                fields.known(U32, self.odometer_m),
            )
        )

    @classmethod
    def unpack(cls, reader: Reader) -> "Status":
        lock, flags = reader.choice(codes.Lock), StatusFlag(reader.number(U8))
        tag = reader.raw(16)
        return cls(
            lock=lock,
            flags=flags,
            vehicle_id=uuid.UUID(bytes=tag) if flags & StatusFlag.VEHICLE_ID_KNOWN else None,
            presence_age_ds=reader.number(U32),
            supply_mv=reader.number(U16),
            temperature_dc=reader.number(I16),
            boot=reader.number(U32),
            next_event=reader.number(U32),
            last_card=reader.number(U32),
            odometer_m=reader.known(U32) if reader.left >= U32.size else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """What the vehicle's BMS says; None where it does not know. Positive current charges."""

    soc_pm: int | None = None
    soh_pm: int | None = None
    voltage_mv: int | None = None
    current_ma: int | None = None
    temperature_min_dc: int | None = None
    temperature_avg_dc: int | None = None
    temperature_max_dc: int | None = None
    cycle_count: int | None = None
    fault_codes: tuple[int, ...] = ()

    def pack(self) -> bytes:
        if len(self.fault_codes) > MAX_FAULT_CODES:
            raise ValueError("too many fault codes")
        return b"".join(
            (
                fields.known(U16, self.soc_pm),
                fields.known(U16, self.soh_pm),
                fields.known(U32, self.voltage_mv),
                fields.known(I32, self.current_ma),
                fields.known(I16, self.temperature_min_dc),
                fields.known(I16, self.temperature_avg_dc),
                fields.known(I16, self.temperature_max_dc),
                fields.known(U16, self.cycle_count),
                U8.pack(len(self.fault_codes)),
                *(U16.pack(code) for code in self.fault_codes),
            )
        )

    @classmethod
    def unpack(cls, reader: Reader) -> "Battery":
        return cls(
            soc_pm=reader.known(U16),
            soh_pm=reader.known(U16),
            voltage_mv=reader.known(U32),
            current_ma=reader.known(I32),
            temperature_min_dc=reader.known(I16),
            temperature_avg_dc=reader.known(I16),
            temperature_max_dc=reader.known(I16),
            cycle_count=reader.known(U16),
            fault_codes=tuple(reader.number(U16) for _ in range(_count(reader, MAX_FAULT_CODES))),
        )


def _count(reader: Reader, most: int) -> int:
    count = reader.number(U8)
    if count > most:
        raise Malformed("too_many", str(count))
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A page of the log. `oldest` is the oldest entry still kept, `next` the number that the next one will get."""

    oldest: int
    next: int
    events: tuple[Event, ...] = ()

    def pack(self) -> bytes:
        head = U32.pack(self.oldest) + U32.pack(self.next) + U8.pack(len(self.events))
        return head + b"".join(event.pack() for event in self.events)

    @classmethod
    def unpack(cls, reader: Reader) -> "EventPage":
        oldest, following = reader.number(U32), reader.number(U32)
        events = tuple(Event.unpack(reader) for _ in range(reader.number(U8)))
        return cls(oldest=oldest, next=following, events=events)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """The card reads that the asker has not seen, oldest first."""

    cards: tuple[Card, ...] = ()

    def pack(self) -> bytes:
        return U8.pack(len(self.cards)) + b"".join(card.pack() for card in self.cards)

    @classmethod
    def unpack(cls, reader: Reader) -> "CardPage":
        return cls(cards=tuple(Card.unpack(reader) for _ in range(reader.number(U8))))


@dataclass(frozen=True, slots=True, kw_only=True)
class LockAnswer:
    """Answer to lock and unlock: taken on, and what the bolt does now (usually MOVING)."""

    lock: codes.Lock

    def pack(self) -> bytes:
        return U8.pack(self.lock)

    @classmethod
    def unpack(cls, reader: Reader) -> "LockAnswer":
        return cls(lock=reader.choice(codes.Lock))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReply:
    """The dock says no. `code` stays a plain number: newer docks have codes that we do not know."""

    type: ClassVar = MessageType.ERROR
    code: int

    def pack(self) -> bytes:
        return U8.pack(self.code)

    @classmethod
    def unpack(cls, reader: Reader) -> "ErrorReply":
        return cls(code=reader.number(U8))
