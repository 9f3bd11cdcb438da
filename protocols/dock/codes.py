"""The dock bus's numbers: message types, error codes, states, capabilities. README.md is their reference.

Only names for numbers live here; how they are laid out in bytes is `requests` and `replies`.
"""

import enum
from typing import Final

MAJOR: Final = 1
MINOR: Final = 0

FIRST_ADDRESS: Final = 1
LAST_ADDRESS: Final = 247  # as on Modbus: installers know the range, and 248 to 255 stay free


class MessageType(enum.IntEnum):
    """What a frame asks for; a reply repeats the request's type, or is ERROR."""

    IDENTIFY = 0x01
    HELLO = 0x02
    PROOF = 0x03
    STATUS = 0x10
    BATTERY = 0x11
    EVENTS = 0x12
    CARDS = 0x13
    LOCK = 0x20
    UNLOCK = 0x21
    CONTACTOR = 0x22
    SIGNAL = 0x23
    SET_TIME = 0x24
    RESTART = 0x25
    FIRMWARE_BEGIN = 0x30
    FIRMWARE_BLOCK = 0x31
    FIRMWARE_COMMIT = 0x32
    ERROR = 0x7F


class ErrorCode(enum.IntEnum):
    """Why a dock says no. Trusted only inside a session; outside it is a hint (README §7)."""

    UNKNOWN_TYPE = 1
    MALFORMED = 2
    NO_SESSION = 3
    NOT_PROVISIONED = 4
    BAD_PROOF = 5
    SEQUENCE_CONFLICT = 6
    WRONG_STATE = 7
    STUCK = 8
    NO_VEHICLE = 9
    NOT_CAPABLE = 10
    ALREADY_SEEN = 11
    BAD_OFFSET = 12
    BAD_DIGEST = 13


class Lock(enum.IntEnum):
    """What the bolt's own sensors say."""

    LOCKED = 0
    UNLOCKED = 1
    MOVING = 2
    STUCK = 3


class Kind(enum.IntEnum):
    """A latch holds a two-wheeler; a bay holds a car by the key in its box."""

    LATCH = 1
    BAY = 2


class Capability(enum.IntFlag):
    """What a dock can do; unknown bits belong to newer minor versions and are kept."""

    CHARGE = 1 << 0
    BATTERY_DATA = 1 << 1
    CARD_READER = 1 << 2
    LIGHT = 1 << 3
    BUZZER = 1 << 4
    KEY_BOX = 1 << 5
    FIRMWARE = 1 << 6
    ODOMETER = 1 << 7  # its status ends with the vehicle's odometer


class StatusFlag(enum.IntFlag):
    """The bits of a status's flags byte."""

    VEHICLE_PRESENT = 1 << 0
    VEHICLE_ID_KNOWN = 1 << 1
    CONTACTOR_CLOSED = 1 << 2
    TAMPER = 1 << 3
    AGE_SINCE_BOOT = 1 << 4  # the presence has not changed since the restart: its age counts from there


class Pattern(enum.IntEnum):
    """Light and buzzer together: what a person standing at the dock shall understand."""

    OFF = 0
    GUIDE = 1
    SUCCESS = 2
    REFUSED = 3
    LOCATE = 4


class EventKind(enum.IntEnum):
    """The event log's vocabulary. A reader keeps kinds that it does not know as plain numbers."""

    BOOTED = 1
    UNLOCK_STARTED = 2
    UNLOCKED = 3
    UNLOCK_REFUSED = 4
    LOCKED = 5
    VEHICLE_IN = 6
    VEHICLE_OUT = 7
    TAMPER = 8
    CONTACTOR = 9
    FIRMWARE = 10


NEEDS_NO_SESSION: Final = frozenset({MessageType.IDENTIFY, MessageType.HELLO, MessageType.PROOF})
