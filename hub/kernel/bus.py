"""Events between domains, in the transaction that caused them. `wiring` lists who hears what."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One row of the wiring: this handler hears events of this type."""

    event: type[Any]
    hear: Callable[[AsyncSession, Any], Awaitable[None]]


def on(event: type[E], hear: Callable[[AsyncSession, E], Awaitable[None]]) -> Subscription:
    """A subscription whose handler is checked against the event's type."""
    return Subscription(event=event, hear=hear)


class Bus:
    """Publishes by exact type, in the order of the wiring; what a handler raises undoes the whole transaction."""

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self._hear: dict[type[Any], list[Subscription]] = defaultdict(list)
        for one in subscriptions:
            self._hear[one.event].append(one)

    async def publish(self, session: AsyncSession, event: object) -> None:
        """Tell every subscriber, one after the other, inside the session's transaction."""
        for one in self._hear.get(type(event), ()):
            await one.hear(session, event)
