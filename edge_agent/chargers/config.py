"""What the chargers' room is told at start: which chargers there are, and how patient to be with them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Tell = Callable[[object], None]
"""Tells the station what was seen; returns at once."""

Ask = Callable[[object], Awaitable[Any]]
"""Asks the station; answers after its decision is committed, raises `Refused` when the rules say no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerConfig:
    """One charge point that may connect. With a `password`, only by HTTP Basic (security profile 1)."""

    charger_id: str
    connectors: int
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Every wait in the room has an end; these are the ends, in seconds."""

    heartbeat_interval_s: int = 60
    ping_interval_s: float = 20.0
    ping_timeout_s: float = 20.0
    send_s: float = 10.0  # a peer that does not read for so long is gone
    ask_s: float = 20.0  # below the 30 s after which chargers give a call up
    call_s: float = 30.0
    close_s: float = 5.0
    drain_s: float = 5.0  # what was received before the cut is still told to the station
