"""OCPP-J frames: text in, `Call`, `Reply` or `Failure` out. No socket, no action's meaning.

Reads tolerantly (whatever can still be answered is a frame), writes strictly. Source: OCPP 1.6-J §4.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from protocols.errors import Malformed

UNREADABLE_ID: Final = "-1"  # what an answer carries when the peer's message id could not be read (2.0.1-J §4.2.3)
MAX_DEPTH: Final = 16  # deeper nesting has no meaning in any OCPP message and would only cost stack
MAX_ID_LENGTH: Final = 255  # the standard says 36; peers exceed it, and an echo must stay bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request. `whole` is False where the payload was missing or no object and was read as empty."""

    message_id: str
    action: str
    payload: dict[str, Any]
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to a Call (CALLRESULT)."""

    message_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The refusal of a Call (CALLERROR). `description` may be longer than the standard's 255 characters."""

    message_id: str
    code: str
    description: str


Frame = Call | Reply | Failure


class BadFrame(Malformed):
    """A text that is no frame. `message_id` is the peer's where it could be read, else ``"-1"``."""

    def __init__(self, reason: str, detail: str = "", *, message_id: str = UNREADABLE_ID) -> None:
        super().__init__(reason, detail)
        self.message_id = message_id


def read_frame(raw: str | bytes) -> Frame:
    """The frame in a WebSocket message. Raises `BadFrame`, and nothing else, on anything that is none."""
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError) as error:  # bad JSON, bad UTF-8, a number of 5000 digits, 10^5 brackets
        raise BadFrame("not_json", type(error).__name__) from error
    if not isinstance(parsed, list) or not parsed:
        raise BadFrame("not_a_frame", type(parsed).__name__)
    message_id = _message_id(parsed[1] if len(parsed) > 1 else None)
    match parsed[0]:
        case 2:
            return _call(message_id, parsed)
        case 3:
            return Reply(message_id=message_id, payload=_payload(parsed, 2)[0])
        case 4:
            code, text = (str(part)[:1000] for part in ([*parsed[2:4], "", ""])[:2])
            return Failure(message_id=message_id, code=code, description=text)
    raise BadFrame("unknown_message_type", str(parsed[0])[:40], message_id=message_id)


def write_call(message_id: str, action: str, payload: dict[str, Any]) -> str:
    """A CALL as text."""
    return _text([2, message_id, action, payload])


def write_reply(message_id: str, payload: dict[str, Any]) -> str:
    """A CALLRESULT as text."""
    return _text([3, message_id, payload])


def write_failure(message_id: str, code: str, description: str = "") -> str:
    """A CALLERROR as text; the description is cut to the standard's 255 characters."""
    return _text([4, message_id, code, description[:255], {}])


def _text(frame: list[Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _call(message_id: str, parsed: list[Any]) -> Call:
    action = parsed[2] if len(parsed) > 2 else None
    if not isinstance(action, str) or not action:
        raise BadFrame("no_action", str(action)[:40], message_id=message_id)
    payload, whole = _payload(parsed, 3)
    return Call(message_id=message_id, action=action, payload=payload, whole=whole)


def _payload(parsed: list[Any], index: int) -> tuple[dict[str, Any], bool]:
    payload = parsed[index] if len(parsed) > index else None
    if not isinstance(payload, dict):
        return {}, False
    return {key: _pruned(value, MAX_DEPTH) for key, value in payload.items()}, True


def _pruned(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(item, depth - 1) for key, item in value.items()} if depth else None
    if isinstance(value, list):
        return [_pruned(item, depth - 1) for item in value] if depth else None
    return value


def _message_id(value: object) -> str:
    if isinstance(value, str) and value:
        return value[:MAX_ID_LENGTH]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:MAX_ID_LENGTH]  # some firmwares count in numbers
    return UNREADABLE_ID
