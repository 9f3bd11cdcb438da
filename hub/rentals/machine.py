"""Pure: the life of a booking as one table: in which phase which event leads where, and what must follow.

    held ──► asked ──► confirmed ──► ready ──► starting ──► active ──► closed
      │        │           │  ▲        │          │
      └────────┴───────────┴──┼────────┴──► cancelled · refused · expired · no_show · broken
                              └── voided ──┘

What is not in the table does not happen. People ask, stations answer, time passes; but a ride is a fact whatever was
promised: a start counts in every phase, also after a no-show that the hub saw because a line was cut.
"""

import enum
from collections.abc import Mapping
from typing import Final, Protocol


class Phase(enum.StrEnum):
    """Where a booking stands."""

    HELD = "held"  # kept for a few minutes, while its owner makes up his mind
    ASKED = "asked"  # wanted, and not promised yet
    CONFIRMED = "confirmed"  # promised
    READY = "ready"  # promised, and its time has come
    STARTING = "starting"  # the dock opens
    ACTIVE = "active"  # on the road
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    BROKEN = "broken"


class Event(enum.StrEnum):
    """What happens to a booking."""

    WANT = "want"  # its owner says yes to what is held
    KEEP = "keep"  # it is backed: its station keeps a vehicle, or (for an older agent) the hub promises alone
    REFUSE = "refuse"  # the station has none
    LOSE = "lose"  # the station had one, and it failed
    SILENCE = "silence"  # nobody answered in time
    LAPSE = "lapse"  # the hold is over
    COME = "come"  # its time begins
    MISS = "miss"  # its time is over and nobody came
    CANCEL = "cancel"
    START = "start"  # a rental has begun with it
    LEAVE = "leave"  # the vehicle left its dock
    VOID = "void"  # the dock did not open, or nobody pulled
    RETURN = "return"


class Effect(enum.StrEnum):
    """What must be done because of a step, in the same transaction."""

    RELEASE = "release"  # the lease goes back, the vehicle is free
    REVOKE = "revoke"  # its voucher is worth nothing any more
    CASE = "case"  # a person must look
    CHARGE_CANCEL = "charge_cancel"  # a late cancellation may cost something
    CHARGE_NO_SHOW = "charge_no_show"
    FORGIVE = "forgive"  # a fee that was charged for it was wrong


P, E, F = Phase, Event, Effect
PROMISED: Final = frozenset({P.CONFIRMED, P.READY})
WAITING: Final = frozenset({P.HELD, P.ASKED, *PROMISED})
RIDING: Final = frozenset({P.STARTING, P.ACTIVE})
_NONE: Final[frozenset[Effect]] = frozenset()
_FREE: Final = frozenset({F.RELEASE, F.REVOKE})

_OWN: Final[Mapping[tuple[Phase, Event], tuple[Phase, frozenset[Effect]]]] = {
    (P.HELD, E.WANT): (P.ASKED, _NONE),
    (P.HELD, E.LAPSE): (P.EXPIRED, _FREE),
    (P.HELD, E.REFUSE): (P.REFUSED, _NONE),
    (P.HELD, E.LOSE): (P.REFUSED, _NONE),
    (P.HELD, E.SILENCE): (P.EXPIRED, _FREE),
    (P.HELD, E.CANCEL): (P.CANCELLED, _FREE),
    (P.ASKED, E.KEEP): (P.CONFIRMED, _NONE),
    (P.ASKED, E.REFUSE): (P.REFUSED, _NONE),
    (P.ASKED, E.LOSE): (P.REFUSED, _NONE),
    (P.ASKED, E.SILENCE): (P.EXPIRED, _FREE),
    (P.ASKED, E.CANCEL): (P.CANCELLED, _FREE),
    (P.CONFIRMED, E.KEEP): (P.CONFIRMED, _NONE),
    (P.CONFIRMED, E.COME): (P.READY, _NONE),
    (P.READY, E.KEEP): (P.READY, _NONE),
    (P.STARTING, E.LEAVE): (P.ACTIVE, _NONE),
    (P.STARTING, E.VOID): (P.CONFIRMED, _NONE),
}
_OF_PROMISED: Final[Mapping[Event, tuple[Phase, frozenset[Effect]]]] = {
    E.REFUSE: (P.BROKEN, frozenset({F.CASE})),
    E.LOSE: (P.BROKEN, frozenset({F.CASE})),
    E.MISS: (P.NO_SHOW, frozenset({F.RELEASE, F.CHARGE_NO_SHOW})),
    E.CANCEL: (P.CANCELLED, frozenset({F.RELEASE, F.REVOKE, F.CHARGE_CANCEL})),
}
# The stations' facts, in whatever order they arrive: the rental's fold says what holds.
_OF_ALL: Final[Mapping[Event, Phase]] = {E.START: P.STARTING, E.LEAVE: P.ACTIVE, E.RETURN: P.CLOSED}

TABLE: Final[Mapping[tuple[Phase, Event], tuple[Phase, frozenset[Effect]]]] = {
    **{(phase, event): (after, frozenset({F.FORGIVE})) for phase in Phase for event, after in _OF_ALL.items()},
    **{(phase, event): row for phase in PROMISED for event, row in _OF_PROMISED.items()},
    **_OWN,
}

STATES: Final[Mapping[Phase, str]] = {
    P.HELD: "held",
    P.ASKED: "requested",
    P.CONFIRMED: "confirmed",
    P.READY: "confirmed",
    P.STARTING: "used",
    P.ACTIVE: "used",
    P.CLOSED: "used",
    P.CANCELLED: "cancelled",
    P.REFUSED: "refused",
    P.EXPIRED: "expired",
    P.NO_SHOW: "expired",
    P.BROKEN: "broken",
}
"""Of each phase the `state` that clients have known from the beginning; it says less."""


class Booking(Protocol):
    """The columns that a step changes. `blocks`: nobody else may have the vehicle in its period."""

    phase: str
    state: str
    blocks: bool


def step(booking: Booking, event: Event) -> frozenset[Effect] | None:
    """Change the booking by one event; what must follow. None: nothing happens in this phase."""
    before = Phase(booking.phase)
    row = TABLE.get((before, event))
    if row is None:
        return None
    after, effects = row
    if event is E.VOID and not booking.blocks:
        after, effects = P.EXPIRED, _NONE  # it was over before the ride that came to nothing
    booking.phase, booking.state = after.value, STATES[after]
    booking.blocks = after in WAITING or (after in RIDING and booking.blocks)
    return effects - {F.FORGIVE} if before in WAITING | RIDING else effects
