"""How long a link to another service waits before its next try. Pure; chance comes in from outside."""

import random
from collections.abc import Callable

_chance = random.SystemRandom().random


class Backoff:
    """Waits drawn from [floor_s, min(cap_s, base_s * factor**tries)), so that many processes do not return as one."""

    def __init__(
        self,
        *,
        base_s: float = 0.5,
        factor: float = 1.8,
        cap_s: float = 30.0,
        floor_s: float = 0.05,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self._base_s = base_s
        self._factor = factor
        self._cap_s = cap_s
        self._floor_s = floor_s
        self._chance = chance
        self._ceiling_s = base_s

    def next_s(self) -> float:
        """The wait before the next try, in seconds."""
        wait_s = max(self._floor_s, self._chance() * self._ceiling_s)
        self._ceiling_s = min(self._cap_s, self._ceiling_s * self._factor)
        return wait_s

    def reset(self) -> None:
        """It worked: begin again with short waits."""
        self._ceiling_s = self._base_s
