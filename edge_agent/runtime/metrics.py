"""A small registry of the process's own metrics, on prometheus_client. Not the global one: tests need their own."""

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

PREFIX: Final = "voltdock_edge_"


class Metrics:
    """Names get the prefix `voltdock_edge_` and carry their unit (`…_seconds`, `…_total`)."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

    def counter(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
        """A number that only rises. Raises ValueError when the name is taken."""
        return Counter(PREFIX + name, meaning, labels, registry=self._registry)

    def gauge(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
        """A number that goes both ways."""
        return Gauge(PREFIX + name, meaning, labels, registry=self._registry)

    def histogram(self, name: str, meaning: str, buckets: Sequence[float]) -> Histogram:
        """How values are spread; `buckets` are upper bounds."""
        return Histogram(PREFIX + name, meaning, buckets=buckets, registry=self._registry)

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """A gauge that is read when somebody looks."""
        self.gauge(name, meaning).set_function(read)

    def render(self) -> tuple[bytes, str]:
        """The text that /metrics answers, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
