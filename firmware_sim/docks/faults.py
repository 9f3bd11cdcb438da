"""What can go wrong at a dock or on its line, on demand and with a seed."""

import random
from dataclasses import dataclass
from enum import Enum

from protocols.dock.codes import MessageType


class Moment(Enum):
    """Where in an exchange the supply breaks down."""

    BEFORE_ACTING = "before_acting"  # the request was heard, nothing was done
    BEFORE_REPLY = "before_reply"  # it was done, the reply never left
    MID_REPLY = "mid_reply"  # half of the reply left


@dataclass(frozen=True, slots=True, kw_only=True)
class BrownOut:
    """The supply breaks down at the next request of this type and is back after `off_s`.

    `bolt_finishes`: the motor's buffer capacitor carries a bolt that is on its way to the end; otherwise the
    spring takes it back.
    """

    at: MessageType
    moment: Moment
    off_s: float = 0.3
    bolt_finishes: bool = True


class Noise:
    """Garbles bytes: each with probability `rate` is flipped, dropped or doubled."""

    def __init__(self, rate: float, seed: int = 0) -> None:
        self.rate = rate
        self.garbled = 0
        self._random = random.Random(seed)

    def garble(self, data: bytes) -> bytes:
        """The bytes as they arrive at the other end."""
        if self.rate <= 0:
            return data
        out = bytearray()
        for byte in data:
            if self._random.random() >= self.rate:
                out.append(byte)
                continue
            self.garbled += 1
            way = self._random.randrange(3)
            if way == 0:
                out.append(byte ^ (1 << self._random.randrange(8)))
            elif way == 1:
                out += bytes((byte, self._random.randrange(256)))
        return bytes(out)


@dataclass(slots=True)
class Faults:
    """The faults of one dock. All off by default; set and clear at any time."""

    silent: bool = False
    stuck: bool = False
    tamper: bool = False
    noise: Noise | None = None
    brown_out: BrownOut | None = None
