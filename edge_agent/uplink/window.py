"""How much goes into one request: more when it goes well, half when it does not (AIMD). Pure.

Beyond the contract's MAX_FACTS only where the hub offers room, and only while exchanges are quick: what is lost when a
slow line breaks must stay small.
"""

from typing import Final

from protocols.sync.envelope import MAX_BYTES, MAX_FACTS, MOST_BYTES, MOST_FACTS, Room

_STEP_FACTS: Final = 50
_MIN_BYTES: Final = 16_384
_ROOM_BYTES: Final = 16_384  # for the request's own fields beside the batches
_QUICK_S: Final = 1.0
_SLOW_S: Final = 3.0
_USUAL: Final = Room(facts=MAX_FACTS, bytes=MAX_BYTES)


class Window:
    """The size of the next request."""

    def __init__(self) -> None:
        self.facts = MAX_FACTS
        self.bytes = MAX_BYTES - _ROOM_BYTES
        self._room = _USUAL
        self._ceiling = MOST_FACTS

    def grow(self, room: Room | None, took_s: float) -> None:
        """An exchange went well; `room` is what the hub offers the next one."""
        self._room = _within(room or _USUAL)
        if self.facts < MAX_FACTS:
            self.facts += _STEP_FACTS
        elif took_s <= _QUICK_S:
            self.facts += MAX_FACTS
        elif took_s > _SLOW_S:
            self.facts = max(MAX_FACTS, self.facts // 2)
        self.facts = min(self._room.facts, self._ceiling, self.facts)
        self.bytes = min(self._room.bytes - _ROOM_BYTES, self.bytes * 2)

    def shrink(self) -> None:
        """A request took too long or was too large; one fact is always tried.

        What did not fit once (facts that hardly compress, a thin line) is not tried again for the sake of speed.
        """
        self._ceiling = max(MAX_FACTS, self.facts // 2)
        self.facts = max(1, self.facts // 2)
        self.bytes = max(_MIN_BYTES, self.bytes // 2)

    def failed(self) -> None:
        """No exchange came of it: who answers next may be another hub, which has offered nothing."""
        self._room = _USUAL
        self.facts = min(MAX_FACTS, self.facts)
        self.bytes = min(MAX_BYTES - _ROOM_BYTES, self.bytes)


def _within(room: Room) -> Room:
    """The offer, as far as it is one: no hub talks a station out of what every hub takes, nor into more than this."""
    return Room(facts=min(MOST_FACTS, max(MAX_FACTS, room.facts)), bytes=min(MOST_BYTES, max(MAX_BYTES, room.bytes)))
