"""How long to wait before the next try: exponential with full jitter. Pure; chance comes in from outside."""

import random
from collections.abc import Callable

_chance = random.SystemRandom().random


class Backoff:
    """Waits drawn from [0, min(cap_s, base_s * factor**tries)), so that a thousand stations do not return as one.

    `floor_s` keeps a part that fails at once from spinning when chance says zero.
    """

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
        self.tries = 0

    def next_s(self) -> float:
        """The wait before the next try, in seconds."""
        wait_s = max(self._floor_s, self._chance() * self._ceiling_s)
        self._ceiling_s = min(self._cap_s, self._ceiling_s * self._factor)
        self.tries += 1
        return wait_s

    def reset(self) -> None:
        """It worked, or there is reason to hope: begin again with short waits."""
        self._ceiling_s = self._base_s
        self.tries = 0
