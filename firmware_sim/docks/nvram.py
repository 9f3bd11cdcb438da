"""What a dock keeps through a loss of power: boot count, event log, used command ids, firmware images.

A plain object that outlives the restarts of the device that writes it. The bolt is iron: it is not in here.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from protocols.dock.codes import EventKind
from protocols.dock.records import Event

KEPT_EVENTS: Final = 256
KEPT_COMMANDS: Final = 16


@dataclass(slots=True, kw_only=True)
class Staged:
    """A firmware image on its way in."""

    size: int
    digest: bytes
    version: str
    data: bytearray = field(default_factory=bytearray)


@dataclass(slots=True, kw_only=True)
class Nvram:
    """The non-volatile memory of one dock."""

    firmware: str = "1.0.0"
    boot_count: int = 0
    next_event: int = 1
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    command_ids: deque[bytes] = field(default_factory=lambda: deque(maxlen=KEPT_COMMANDS))
    staged: Staged | None = None
    committed: str | None = None

    def log(self, kind: EventKind, data: bytes = b"", *, at_s: int = 0) -> None:
        """Append to the event log."""
        self.events.append(Event(number=self.next_event, at_s=at_s, kind=kind, data=data))
        self.next_event += 1

    @property
    def oldest_event(self) -> int:
        """The number of the oldest entry still kept; the next number when there is none."""
        return self.events[0].number if self.events else self.next_event
