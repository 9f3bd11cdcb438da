"""The hub's clock and the source of its ids. Everything that needs the time is handed a `Clock`; nobody asks the OS."""

import datetime as dt
import os
import uuid
from typing import Protocol

from protocols.values import UTC, to_ms, uuid7


class Clock(Protocol):
    """What time it is, and a fresh id at that time."""

    def now(self) -> dt.datetime:
        """The aware UTC instant."""

    def new_id(self) -> uuid.UUID:
        """A new UUIDv7 of this instant."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(UTC)

    def new_id(self) -> uuid.UUID:
        return uuid7(to_ms(self.now()), os.urandom(10))
