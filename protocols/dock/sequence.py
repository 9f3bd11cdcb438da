"""Sequence numbers: the station counts requests, the dock remembers its last answer. README.md §3.

With one request open per dock, one remembered answer is enough: the same number means the same request.
"""

from protocols.dock.framing import Frame
from protocols.errors import Malformed


class Sequence:
    """The station's numbers, 0 to 255 and round again; a retry keeps its number."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = 0

    def take(self) -> int:
        """A number for a new request."""
        number = self._next
        self._next = (number + 1) & 0xFF
        return number


class LastAnswer:
    """The dock's memory of the last request of a session and what was answered."""

    __slots__ = ("_answer", "_request")

    def __init__(self) -> None:
        self._request: tuple[int, int, bytes] | None = None
        self._answer: Frame | None = None

    def recall(self, request: Frame) -> Frame | None:
        """The answer already given to this request (unsealed), or None for a new one.

        Raises Malformed `sequence_conflict` when the number was used for another request.
        """
        if self._request is None or self._request[0] != request.seq:
            return None
        if self._request != (request.seq, request.type, request.payload):
            raise Malformed("sequence_conflict", str(request.seq))
        return self._answer

    def remember(self, request: Frame, answer: Frame) -> None:
        """Keep the answer before it is sent."""
        self._request = (request.seq, request.type, request.payload)
        self._answer = answer
