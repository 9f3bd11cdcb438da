"""What became of an order: the wire's words and the event log, judged. Pure.

The rule behind it: an unlock is sent in one session only. If that session breaks before the reply, the dock's
own log says whether the bolt moved; nobody guesses and nobody sends it again.
"""

import uuid
from dataclasses import dataclass, field
from typing import Final

from edge_agent.core.inputs import Outcome
from edge_agent.core.orders import (
    DockOrder,
    LockDock,
    RestartDock,
    SignalDock,
    SwitchContactor,
    UnlockDock,
)
from protocols.dock import codes, requests
from protocols.dock.codes import ErrorCode, EventKind, Pattern
from protocols.dock.messages import Request
from protocols.dock.records import Event, command_of
from protocols.dock.replies import EventPage, Status

_LONGEST_DS: Final = 0xFFFF
_PATTERNS: Final = {pattern.name.lower(): pattern for pattern in Pattern}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How an order ended."""

    outcome: Outcome
    detail: str = ""


def command_id(order_id: uuid.UUID) -> bytes:
    """The eight bytes that name an order on the wire: the end of its id, where a UUIDv7 is random."""
    return order_id.bytes[-requests.COMMAND_ID_LENGTH :]


def request_for(order: DockOrder) -> Request | Verdict:
    """The order as a request, or the verdict on an order that the wire cannot say."""
    match order:
        case UnlockDock():
            duration_ds = min(max(round(order.duration_s * 10), 1), _LONGEST_DS)
            return requests.Unlock(command_id=command_id(order.order_id), duration_ds=duration_ds)
        case LockDock():
            return requests.Lock(command_id=command_id(order.order_id))
        case SwitchContactor():
            return requests.SwitchContactor(closed=order.closed)
        case SignalDock():
            pattern = _PATTERNS.get(order.pattern)
            if pattern is None:
                return Verdict(outcome=Outcome.REFUSED, detail="unknown_pattern")
            return requests.Signal(pattern=pattern)
        case RestartDock():
            return requests.Restart()


def refusal(code: int) -> Verdict:
    """The dock said no."""
    try:
        return Verdict(outcome=Outcome.REFUSED, detail=ErrorCode(code).name.lower())
    except ValueError:
        return Verdict(outcome=Outcome.REFUSED, detail=f"code_{code}")


@dataclass(slots=True, kw_only=True)
class Sent:
    """An order that is on the wire or was. `floor` is the log's next number before it was sent."""

    order: DockOrder
    floor: int
    boot: int
    sent_at_mono_s: float
    kinds: set[int] = field(default_factory=set)
    cursor: int = 0
    gap: bool = False

    def __post_init__(self) -> None:
        self.cursor = self.floor

    def read(self, page: EventPage) -> bool:
        """Take a page of the log; True when that was its end."""
        # Entries that we needed have been overwritten, or the log is another one.
        self.gap = self.gap or page.oldest > self.cursor or page.next < self.floor
        wanted = command_id(self.order.order_id)
        self.kinds.update(event.kind for event in page.events if command_of(event) == wanted)
        if page.events:
            self.cursor = page.events[-1].number + 1
        return not page.events or self.cursor >= page.next

    def judge_unlock(self, status: Status) -> Verdict:
        """What the log says about this unlock, once it was read to its end."""
        if EventKind.UNLOCKED in self.kinds:
            here_again = status.lock is codes.Lock.LOCKED and status.vehicle_id is not None
            return Verdict(outcome=Outcome.DONE, detail="relocked" if here_again else "")
        if EventKind.UNLOCK_REFUSED in self.kinds:
            return Verdict(outcome=Outcome.REFUSED, detail="stuck")
        if EventKind.UNLOCK_STARTED in self.kinds:
            return Verdict(outcome=Outcome.NO_ANSWER, detail="interrupted")
        return Verdict(outcome=Outcome.NO_ANSWER, detail="unknown" if self.gap else "not_carried_out")


def bolt_verdict(order: DockOrder, status: Status) -> Verdict | None:
    """What the bolt's sensors alone tell about a lock or unlock; None when they do not settle it."""
    if status.lock is codes.Lock.STUCK:
        return Verdict(outcome=Outcome.REFUSED, detail="stuck")
    wanted = codes.Lock.UNLOCKED if isinstance(order, UnlockDock) else codes.Lock.LOCKED
    return Verdict(outcome=Outcome.DONE) if status.lock is wanted else None


def recent(event: Event) -> str:
    """An event in a few words, for the snapshot."""
    name = EventKind(event.kind).name.lower() if event.kind in list(EventKind) else f"kind_{event.kind}"
    return f"{event.number} {name} {event.data.hex()}".rstrip()
