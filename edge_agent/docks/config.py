"""What the bus is told about its docks, and the figures of its pace. Values only."""

from collections.abc import Callable
from dataclasses import dataclass, field

from protocols.dock.codes import FIRST_ADDRESS, LAST_ADDRESS
from protocols.dock.security import SECRET_LENGTH

# What the bus says to the station; must be thread-safe and return at once.
Tell = Callable[[object], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DockConfig:
    """One dock: its number at the station, its address on the line, its own 128-bit secret."""

    dock_no: int
    address: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not FIRST_ADDRESS <= self.address <= LAST_ADDRESS:
            raise ValueError(f"dock {self.dock_no}: address {FIRST_ADDRESS} to {LAST_ADDRESS}, not {self.address}")
        if len(self.secret) != SECRET_LENGTH:
            raise ValueError(f"dock {self.dock_no}: a secret has {SECRET_LENGTH} bytes, not {len(self.secret)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often and how long. The defaults are for 32 docks at 115,200 baud.

    One status exchange is about 95 bytes, 8 ms at 115,200 baud, and some 2 ms of turn-around: 32 docks fill
    the line at about 0.3 s a round, a few docks leave it mostly idle at 0.22 s.
    """

    poll_s: float = 0.22
    report_s: float = 10.0  # a status or a battery is told at least this often
    battery_s: float = 4.0
    bolt_poll_s: float = 0.06  # while a bolt moves
    bolt_s: float = 3.0  # longest travel before we stop waiting for it
    fast_retries: int = 3
    slow_retries: int = 5
    slow_retry_s: float = 0.1
    first_probe_s: float = 1.0  # a lost dock: first probe, then doubling
    last_probe_s: float = 30.0
    settle_s: float = 3.0  # how long after sending an unlock we look for what became of it, at the least
    settle_probe_s: float = 0.25
    card_age_s: float = 10.0  # a card held to the reader longer ago than this is history, not a wish
