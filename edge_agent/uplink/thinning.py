"""When the station's picture goes up: at once when it changed, rarely when it did not. Knows no wire."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

import msgspec

from protocols.sync.live import Telemetry

CHANGE_S: Final = 1.0  # telemetry that changed is sent at most this often
INTERVAL_S: Final = 5.0  # and in any case this often


async def thinned(
    telemetry: Callable[[], Telemetry],
    pause: Callable[[float], Awaitable[None]],
    *,
    change_s: float = CHANGE_S,
    interval_s: float = INTERVAL_S,
) -> AsyncGenerator[Telemetry, None]:
    """The pictures that are due, for ever. Only what the station shows counts as a change, not the time."""
    last: bytes | None = None
    age_s = 0.0
    while True:
        message = telemetry()
        picture = msgspec.json.encode((message.docks, message.chargers, message.meters))
        if picture != last or age_s >= interval_s:
            yield message
            last, age_s = picture, 0.0
        await pause(change_s)
        age_s += change_s
