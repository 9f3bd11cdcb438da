"""The three books as shapes, and what a finding is. What must be true of them together is `check`'s.

Book 1 is what the simulated world really did, book 2 what the station journalled, book 3 what the hub holds.
"""

import enum
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from firmware_sim.chargers.memory import Charge
from protocols.sync import facts
from protocols.sync.envelope import Fact
from protocols.tariff.tariff import Tariff

JSON = dict[str, Any]
SLACK_MS: Final = 1_500  # between a hand's deed and the word of a dock that is asked a few times a second


class Kind(enum.StrEnum):
    """What sort of wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    OPENED = "wrongly opened"
    WRONG = "wrong"
    STALLED = "stalled"
    LIMIT = "known limit"  # nobody could have seen it: docs/reliability.md names each; counted, and no failure


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A bolt was drawn: when by the world's wall clock, where, and by which command."""

    at_ms: int
    dock_no: int
    command: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A hand's deed: pull or push, by the world's wall clock."""

    what: str
    dock_no: int
    vehicle_id: uuid.UUID
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the station told of its meter, and the energy that the meter had counted by then."""

    told: Mapping[str, float]
    energy_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Book 1. `promised` are the rentals that people were told of; `charges` are (charger, what it did).

    `heard` are the instants (ms) at which a dock's status reached the station's end of the line; `booted` those at
    which its controller started anew, and forgot since when its vehicle stands there. `staff` are the orders that
    people gave at the hub, by id, with the dock; `unanswered` the docks of those whose answer never came, where the
    hub may have forgotten the order with a part of its own past.
    """

    opened: Sequence[Opened] = ()
    first: Mapping[uuid.UUID, int] = field(default_factory=dict)  # where each vehicle stood at the beginning
    moves: Sequence[Move] = ()
    promised: frozenset[str] = frozenset()
    charges: Sequence[tuple[str, Charge]] = ()
    heard: Mapping[int, Sequence[int]] = field(default_factory=dict)
    booted: Mapping[int, Sequence[int]] = field(default_factory=dict)
    readings: Sequence[Reading] = ()
    revoked: Sequence[str] = ()  # rentals that the kiosk gave for a voucher that it knew to be revoked
    staff: Mapping[str, int] = field(default_factory=dict)
    unanswered: Sequence[int] = ()
    confirmed: frozenset[str] = frozenset()  # bookings that the hub promised
    turned_away: Mapping[str, str] = field(default_factory=dict)  # their bearers at the kiosk, by the code they heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Journalled:
    """A fact as the station's file has it. `hash` is the chain's value that it wrote beside it."""

    lane: str
    epoch: int
    seq: int
    hash: bytes
    record: bytes
    fact: Fact
    body: facts.Body | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockOrder:
    """An order to open that the station journalled before it sent it. `hlc` orders it among the facts."""

    hlc: int
    order_id: uuid.UUID
    dock_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Book 2. `twins` are the ids of all facts on cloned cards, `forks_noticed` how often the hub met such a one."""

    facts: Sequence[Journalled] = ()
    unlocks: Sequence[UnlockOrder] = ()
    twins: frozenset[str] = frozenset()
    forks_noticed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A fact as the hub has it."""

    lane: str
    epoch: int
    seq: int
    fact_id: str
    record: bytes
    received_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Book 3, read at `read_ms`. `booted_wrong`: its machine was one that remembers no time and shows a wrong one."""

    facts: Sequence[Received] = ()
    rentals: Sequence[JSON] = ()
    sessions: Sequence[JSON] = ()
    tariffs: Mapping[tuple[str, int], Tariff] = field(default_factory=dict)
    orders: Sequence[JSON] = ()
    quarantine: Sequence[JSON] = ()
    bookings: Sequence[JSON] = ()
    cases: Sequence[JSON] = ()
    began_ms: int = 0
    read_ms: int = 0
    booted_wrong: bool = False


T = TypeVar("T", bound=facts.Body)


def bodies(station: Station, kind: type[T]) -> Iterator[T]:
    """The bodies of the station's facts of one type, in the order of its file."""
    return (one.body for one in station.facts if isinstance(one.body, kind))
