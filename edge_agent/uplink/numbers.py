"""Request numbers that only rise: what makes a signed request unrepeatable without a clock."""

from collections.abc import Callable
from dataclasses import dataclass

from protocols.sync.signing import request_number


@dataclass(slots=True)
class RequestNumbers:
    """Counts up within the store's epoch, which is committed before the first request of a start.

    One instance serves both channels (sync and live): each then sees numbers that rise, with holes.
    """

    epoch: Callable[[], int]
    _n: int = 0

    def __call__(self) -> int:
        """The next number."""
        self._n += 1
        return request_number(self.epoch(), self._n)
