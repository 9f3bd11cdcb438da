"""What a dock's story may wish for, and what may be thrown into it. Words only: no line, no dock."""

import enum
from collections.abc import Generator
from dataclasses import dataclass

from protocols.dock.messages import Reply, Request


class Haste(enum.IntEnum):
    """Who goes first on the line: somebody at the kiosk waits for an order; a moving bolt goes before mere polls."""

    ORDER = 0
    BOLT = 1
    POLL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An exchange, please. After `not_after_mono_s` it is not put on the line any more."""

    request: Request
    haste: Haste = Haste.POLL
    not_after_mono_s: float | None = None
    retries: bool = True
    yields: bool = False  # may be withdrawn for an order as long as it was not put on the line


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing until then, unless an order comes and `orders_wake`."""

    until_mono_s: float
    orders_wake: bool = True


class TooLate(Exception):
    """The ask's time was over before it was put on the line for the first time."""


class Withdrawn(Exception):
    """A poll that was not on the line yet made room for an order."""


Story = Generator[Ask | Rest, Reply | None, None]
