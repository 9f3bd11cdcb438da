"""The live link's second form: topics and messages of a station on an MQTT 5 broker. Lossy by design.

    voltdock/v1/stations/<station id>/status      up, QoS 1, retained, also the last will: `Status`
    voltdock/v1/stations/<station id>/telemetry   up, QoS 0: `live.Telemetry`, the whole picture
    voltdock/v1/stations/<station id>/nudge       down, QoS 1: `live.Nudge`

What goes up is signed by the station's key as its HTTP requests are (`signing`), the method being PUBLISH and the
path the topic; the three headers travel as user properties of the same names in lower case. The broker and who else
may publish there need not be trusted. A status carries the number that its connection was opened by: the will of an
old connection can be told from the present one in whatever order they arrive. A nudge is not signed: a forged one
costs one sync.
"""

import re
import uuid
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from protocols.errors import Malformed

ROOT: Final = "voltdock/v1/stations"
STATUS: Final = "status"
TELEMETRY: Final = "telemetry"
NUDGE: Final = "nudge"
METHOD: Final = "PUBLISH"
SHARE: Final = "$share/hub"
"""The hub's processes share what they subscribe to: each message goes to one of them (MQTT 5, §4.8.2)."""

_TOPIC: Final = re.compile(ROOT + r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(status|telemetry)")
_HEADERS: Final = ("Content-Digest", "Signature-Input", "Signature")


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the station is connected; `at_ms` by the station's clock, when this connection was opened."""

    online: bool
    at_ms: int


def topic(station_id: uuid.UUID, kind: str) -> str:
    """A station's topic."""
    return f"{ROOT}/{station_id}/{kind}"


def of_all(kind: str) -> str:
    """The filter by which one of the hub's processes hears this of each station."""
    return f"{SHARE}/{ROOT}/+/{kind}"


def station_of(name: str) -> tuple[uuid.UUID, str]:
    """Whose topic it is, and its kind. Raises Malformed."""
    match = _TOPIC.fullmatch(name)
    if match is None:
        raise Malformed("bad_topic", name[:120])
    return uuid.UUID(match[1]), match[2]


def encode_status(status: Status) -> bytes:
    """The payload."""
    return msgspec.json.encode(status)


def decode_status(data: bytes) -> Status:
    """Raises Malformed."""
    try:
        return msgspec.json.decode(data, type=Status)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_status", str(error)) from error


def as_properties(headers: dict[str, str]) -> list[tuple[str, str]]:
    """Signature headers as user properties."""
    return [(name.lower(), headers[name]) for name in _HEADERS]


def as_headers(properties: Iterable[Sequence[str]]) -> dict[str, str]:
    """The signature headers among a message's user properties; of a name that comes twice, the first."""
    found: dict[str, str] = {}
    for name, value in properties:
        for header in _HEADERS:
            if name == header.lower():
                found.setdefault(header, value)
    return found
