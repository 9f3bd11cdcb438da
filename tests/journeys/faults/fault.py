"""What a fault is. The faults themselves stand by what they break, their table is `adversary`'s."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.journeys.faults.lab import Lab

Heal = Callable[[], Awaitable[None]]
Inject = Callable[[Lab, random.Random], Awaitable[Heal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A way to break something.

    `target` is what it breaks: faults on one target exclude each other. `hold_s` is the shortest and longest time it
    lasts, `needs` a feature of the setting without which there is nothing to break, `weight` how often it is chosen
    beside the others of its target.
    """

    name: str
    target: str
    inject: Inject
    hold_s: tuple[float, float] = (0.5, 4.0)
    needs: str = ""
    weight: float = 1.0


async def nothing() -> None:
    """Some faults heal by themselves."""
