"""The one list of every domain's routes, subscriptions, tables and jobs. A new domain adds its lines here."""

from collections.abc import Awaitable, Callable

from hub.kernel.bus import Subscription
from hub.kernel.clock import Clock
from hub.kernel.nudges import Nudges
from hub.kernel.routes import RawRoute, Route
from hub.kernel.web import Kernel

Job = Callable[[], Awaitable[None]]
"""Runs beside the web server from start to stop; it is cancelled at the end."""


def subscriptions(clock: Clock, nudges: Nudges) -> list[Subscription]:
    """Who hears what: `on(events.X, service(clock).when_x)`, in the order they hear it."""
    _ = clock, nudges
    return []


def routes(kernel: Kernel) -> list[Route | RawRoute]:
    """Every route of every domain."""
    _ = kernel
    return []


def jobs(kernel: Kernel) -> list[Job]:
    """What runs in the background."""
    _ = kernel
    return []
