"""What staff ask of the station by hand: inputs like those of `inputs`, each a question that is answered."""

import uuid
from dataclasses import dataclass

from protocols.kiosk.staff import DockDeed, SignIn, StaffChecklist, StaffDockAct, StaffEnd, StaffRent
from protocols.sync.facts import Picture

Pictures = tuple[Picture, ...]
"""Those that an act names, as the door found them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedIn:
    """Question: somebody says by PIN or by badge that he is staff. Answer: `state.StaffSession`; raises `Refused`."""

    asked: SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedOut:
    """Question: end this session. Answer: None."""

    token: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffStays:
    """Question: he is still there. Answer: `state.StaffSession`, longer; raises `Refused`."""

    token: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOnDock:
    """Question: staff do something to a dock. Answer: None, once it is committed; raises `Refused`."""

    token: uuid.UUID
    dock_no: int
    what: DockDeed
    asked: StaffDockAct
    pictures: Pictures = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRents:
    """Question: staff start a rental for somebody. Answer: `state.Rental`; raises `Refused`."""

    token: uuid.UUID
    asked: StaffRent
    pictures: Pictures = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEnds:
    """Question: staff end a rental. Answer: `state.Rental`; raises `Refused`."""

    token: uuid.UUID
    rental_id: uuid.UUID
    asked: StaffEnd
    pictures: Pictures = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFills:
    """Question: staff have filled in a checklist. Answer: the fact, or None where it was told before."""

    token: uuid.UUID
    key: str
    asked: StaffChecklist
    pictures: Pictures = ()
