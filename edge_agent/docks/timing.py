"""How long to wait for a dock's reply, and for how long to leave a lost one alone. Pure; seconds throughout."""

from typing import Final

_BITS_PER_BYTE: Final = 10  # 8N1
_GRACE_S: Final = 0.020
_CEILING_S: Final = 0.200
_TYPICAL_EXCHANGE_BYTES: Final = 95


class ReplyTimeout:
    """Adapts to each dock: 7/8 of the old value and half of the measured time, so it settles at four times that.

    The filter is that of Silicon Labs' ASH protocol (UG101 §5.6). It never falls below twice the time on the wire and
    20 ms, and a timeout doubles it.
    """

    def __init__(self, baud: int) -> None:
        self._floor_s = 2 * _TYPICAL_EXCHANGE_BYTES * _BITS_PER_BYTE / baud + _GRACE_S
        self._ceiling_s = max(_CEILING_S, 2 * self._floor_s)
        self.seconds = self._ceiling_s / 2
        self.last_s = 0.0

    @property
    def probe_s(self) -> float:
        """For a dock that is lost anyway: short, for an order to another dock may be waiting behind it."""
        return min(self.seconds, 2 * self._floor_s)

    def answered(self, took_s: float) -> None:
        """A reply came after so long."""
        self.last_s = took_s
        self._set(self.seconds * 7 / 8 + took_s / 2)

    def silent(self) -> None:
        """No reply came."""
        self._set(self.seconds * 2)

    def _set(self, seconds: float) -> None:
        self.seconds = min(max(seconds, self._floor_s), self._ceiling_s)


class Probing:
    """Pauses between the probes of a lost dock: doubling from `first_s` to `last_s`."""

    def __init__(self, *, first_s: float, last_s: float) -> None:
        self._first_s, self._last_s = first_s, last_s
        self._next_s = first_s

    def pause_s(self) -> float:
        """The next pause."""
        pause_s = self._next_s
        self._next_s = min(pause_s * 2, self._last_s)
        return pause_s

    def reset(self) -> None:
        """It is back."""
        self._next_s = self._first_s
