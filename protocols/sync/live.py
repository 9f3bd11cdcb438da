"""The live link's messages (WebSocket `/api/v1/live`, signed like a GET with an empty body). Lossy by design.

Binary frames of JSON. Up: `Telemetry` (what the next reading replaces). Down: `Nudge` ("there is news").
"""

import msgspec

from protocols.errors import Malformed


class Telemetry(msgspec.Struct, frozen=True, kw_only=True, tag="telemetry", tag_field="t"):
    """The station's picture of itself; the hub keeps the last one with its age, and its signals over time.

    Things are objects with their name (`dock_no`, `charger_id`, `meter_id`) and signals: numbers, words, lists of
    words. A dock's `battery` (with `vehicle_id`) and a charger's `connectors` are things within things. A signal's
    name ends in its unit.
    """

    at_ms: int
    docks: list[dict[str, object]] = []
    chargers: list[dict[str, object]] = []
    meters: list[dict[str, object]] = []


class Nudge(msgspec.Struct, frozen=True, kw_only=True, tag="nudge", tag_field="t"):
    """There are changes up to `rev`: sync now."""

    rev: int


LiveMessage = Telemetry | Nudge
_decoder = msgspec.json.Decoder(LiveMessage)


def encode_live(message: LiveMessage) -> bytes:
    """One binary frame."""
    return msgspec.json.encode(message)


def decode_live(data: bytes) -> LiveMessage:
    """Raises Malformed."""
    try:
        message: LiveMessage = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_live_message", str(error)) from error
    return message
