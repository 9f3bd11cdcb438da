"""Leaving without a failed request: whether this process is about to stop, and what that does to its connections.

While it drains it serves as before, but says so: `/readyz` answers 503 and every answer ends its connection. Once
balancers have had the time to look away, links that stay open are sent elsewhere, and the port closes at the end.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from aiohttp import web

SendAway = Callable[[float], Coroutine[Any, Any, None]]
"""Sends open links elsewhere, spread over so many seconds."""
UNSEEN: Final = 0.4
"""Of the whole time: so long a balancer may still bring newcomers. A link sent away before comes back to be refused."""


class Draining:
    """The state of one process; it begins once and never ends. `parting` follows `begun`."""

    def __init__(self) -> None:
        self.begun = False
        self.parting = False

    def begin(self) -> None:
        """From now on this process is leaving."""
        self.begun = True

    def part(self) -> None:
        """From now on what stays open ends here, and nothing that would is taken: balancers bring nobody any more."""
        self.begun = self.parting = True

    def release(self, answer: web.StreamResponse) -> None:
        """End the answer's connection after it, if this process is leaving: the next request shall go elsewhere."""
        if self.begun and not answer.prepared:
            answer.force_close()


DRAINING: web.AppKey[Draining] = web.AppKey("draining", Draining)


async def drain(draining: Draining, send_away: SendAway, *, for_s: float, hurry: asyncio.Event) -> None:
    """Begin to leave, and wait until balancers have seen it and the links are gone; `hurry` cuts the wait."""
    draining.begin()
    leaving, cut = asyncio.create_task(_leave(draining, send_away, for_s)), asyncio.create_task(hurry.wait())
    try:
        await asyncio.wait({leaving, cut}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (leaving, cut):
            task.cancel()
        await asyncio.gather(leaving, cut, return_exceptions=True)
    draining.part()
    await send_away(0.0)  # who came in the last moment


async def _leave(draining: Draining, send_away: SendAway, for_s: float) -> None:
    await asyncio.sleep(for_s * UNSEEN)
    draining.part()
    left_s = for_s * (1 - UNSEEN)
    async with asyncio.TaskGroup() as group:
        group.create_task(send_away(left_s))
        group.create_task(asyncio.sleep(left_s))
