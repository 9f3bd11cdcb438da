"""Which payload belongs to which message type, in both directions: the one table of the dock bus's words.

The layouts themselves are in `requests`, `replies` and `firmware`.
"""

from typing import Final

from protocols.dock import firmware, replies, requests
from protocols.dock.codes import MessageType
from protocols.dock.fields import Reader
from protocols.errors import Malformed

Request = (
    requests.Identify
    | requests.Hello
    | requests.Proof
    | requests.AskStatus
    | requests.AskBattery
    | requests.AskEvents
    | requests.AskCards
    | requests.Lock
    | requests.Unlock
    | requests.SwitchContactor
    | requests.Signal
    | requests.SetTime
    | requests.Restart
    | firmware.FirmwareBegin
    | firmware.FirmwareBlock
    | firmware.FirmwareCommit
)
Reply = (
    replies.Identity
    | replies.HelloAnswer
    | replies.Status
    | replies.Battery
    | replies.EventPage
    | replies.CardPage
    | replies.LockAnswer
    | replies.Done
    | replies.ErrorReply
    | firmware.FirmwareProgress
)

TABLE: Final[dict[MessageType, tuple[type[Request], type[Reply]]]] = {
    MessageType.IDENTIFY: (requests.Identify, replies.Identity),
    MessageType.HELLO: (requests.Hello, replies.HelloAnswer),
    MessageType.PROOF: (requests.Proof, replies.Done),
    MessageType.STATUS: (requests.AskStatus, replies.Status),
    MessageType.BATTERY: (requests.AskBattery, replies.Battery),
    MessageType.EVENTS: (requests.AskEvents, replies.EventPage),
    MessageType.CARDS: (requests.AskCards, replies.CardPage),
    MessageType.LOCK: (requests.Lock, replies.LockAnswer),
    MessageType.UNLOCK: (requests.Unlock, replies.LockAnswer),
    MessageType.CONTACTOR: (requests.SwitchContactor, replies.Done),
    MessageType.SIGNAL: (requests.Signal, replies.Done),
    MessageType.SET_TIME: (requests.SetTime, replies.Done),
    MessageType.RESTART: (requests.Restart, replies.Done),
    MessageType.FIRMWARE_BEGIN: (firmware.FirmwareBegin, firmware.FirmwareProgress),
    MessageType.FIRMWARE_BLOCK: (firmware.FirmwareBlock, firmware.FirmwareProgress),
    MessageType.FIRMWARE_COMMIT: (firmware.FirmwareCommit, replies.Done),
}


def decode_request(type_: int, payload: bytes) -> Request:
    """The request in a payload. Raises Malformed: `unknown_type`, `short_payload`, or a field's own reason."""
    row = TABLE.get(type_)  # type: ignore[call-overload]
    if row is None:
        raise Malformed("unknown_type", str(type_))
    request: Request = row[0].unpack(Reader(payload))
    return request


def decode_reply(type_: int, payload: bytes) -> Reply:
    """The reply in a payload; what a newer minor version put behind the known fields is ignored."""
    if type_ == MessageType.ERROR:
        return replies.ErrorReply.unpack(Reader(payload))
    row = TABLE.get(type_)  # type: ignore[call-overload]
    if row is None:
        raise Malformed("unknown_type", str(type_))
    reply: Reply = row[1].unpack(Reader(payload))
    return reply
