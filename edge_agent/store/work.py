"""What the station asks the store to keep, in one piece: facts, table state, journal. Shapes only."""

import uuid
from dataclasses import dataclass
from typing import Final

from protocols.sync.clock import Moment
from protocols.sync.envelope import Lane

# Far above any body of ours; a fact must always fit into one request (MAX_BYTES of the sync envelope).
MAX_BODY_BYTES: Final = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """A fact before it has its number and its clocks. `body` is JSON."""

    lane: Lane
    type: str
    v: int
    id: uuid.UUID
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """One row of table state: `value` is JSON, None deletes the row."""

    kind: str
    key: str
    value: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A journal row for people and for the proof: orders dispatched, answers given. `data` is JSON."""

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one decision leaves behind: all of it is committed, or none.

    `new_business` marks work that may be refused when only the reserve is left on the disk (a rental that
    begins); what has happened already (a return, a fault) is taken to the last byte.
    """

    moment: Moment
    facts: tuple[NewFact, ...] = ()
    puts: tuple[Put, ...] = ()
    journal: tuple[Entry, ...] = ()
    new_business: bool = False
