"""The holes in the station's wall: what it expects of the links, and what the links may call.

`app` fills them. A link never raises into the station and never blocks it.
"""

from collections.abc import Awaitable
from typing import Any, Protocol

from edge_agent.core.orders import ChargerOrder, DockOrder
from edge_agent.store.work import Work


class Journal(Protocol):
    """Where decisions become durable; the store."""

    def commit(self, work: Work) -> Awaitable[None]:
        """All of it or nothing, on the disk when it was awaited. Raises StoreUnwritable."""


class DockLink(Protocol):
    """Takes orders for docks; each ends in exactly one `DockOrderEnded`."""

    def send(self, order: DockOrder) -> None:
        """Queue the order and return at once; called from the event loop's thread."""


class ChargerLink(Protocol):
    """Takes orders for chargers; each ends in exactly one `ChargerOrderEnded`."""

    def send(self, order: ChargerOrder) -> None:
        """Queue the order and return at once."""


class Tell(Protocol):
    """Tell the station what was seen. Thread-safe; returns at once; readings coalesce, facts never drop."""

    def __call__(self, seen: object, /) -> None: ...


class Ask(Protocol):
    """Ask the station. Answers after the decision is committed; raises `Refused` when the rules say no."""

    def __call__(self, question: object, /) -> Awaitable[Any]: ...
