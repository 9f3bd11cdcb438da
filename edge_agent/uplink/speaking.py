"""Which protocol this station speaks with its hub, and which of the two must be updated when they share none."""

import enum
from typing import Final

from protocols.sync.envelope import PROTOCOL_VERSION, common_protocol

UNSPOKEN: Final = "protocol_unknown"  # the hub's problem code, with status 426


class Outdated(enum.StrEnum):
    """Who is too old for the other."""

    STATION = "station_outdated"
    HUB = "hub_outdated"


class Speaking:
    """Begins with the newest; goes down to what the hub says it speaks."""

    def __init__(self) -> None:
        self.protocol = PROTOCOL_VERSION
        self.outdated: Outdated | None = None

    def refused(self, newest: object, oldest: object) -> bool:
        """The hub does not speak ours, it says what it does (`oldest` is missing from hubs of protocol 1).

        True when another try makes sense.
        """
        if not isinstance(newest, int):
            return False
        lowest = oldest if isinstance(oldest, int) else newest
        found = common_protocol(lowest, newest)
        if found is None:
            self.outdated = Outdated.STATION if lowest > PROTOCOL_VERSION else Outdated.HUB
            return False
        before, self.protocol = self.protocol, found
        return found != before

    def understood(self) -> None:
        """The hub has answered."""
        self.outdated = None

    def begin_again(self) -> None:
        """The hub may be another one by now: the next try is with the newest."""
        self.protocol = PROTOCOL_VERSION
