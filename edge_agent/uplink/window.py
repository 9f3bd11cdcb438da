"""How many facts go into one request: more when it goes well, half when it does not (AIMD). Pure."""

from protocols.sync.envelope import MAX_BYTES, MAX_FACTS

_STEP_FACTS = 50
_MIN_BYTES = 16_384
_ROOM_BYTES = 16_384  # for the request's own fields beside the batches


class Window:
    """The size of the next request."""

    def __init__(self) -> None:
        self.facts = MAX_FACTS
        self.bytes = MAX_BYTES - _ROOM_BYTES

    def grow(self) -> None:
        """An exchange went well."""
        self.facts = min(MAX_FACTS, self.facts + _STEP_FACTS)
        self.bytes = min(MAX_BYTES - _ROOM_BYTES, self.bytes * 2)

    def shrink(self) -> None:
        """A request took too long or was too large; one fact is always tried."""
        self.facts = max(1, self.facts // 2)
        self.bytes = max(_MIN_BYTES, self.bytes // 2)
