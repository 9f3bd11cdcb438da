"""Pure: roles as an account has them, everywhere or at one station: `technician`, `technician@<station id>`.

So they stand in the account, in its access token, and in the API, in the same words.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hub.accounts.roles import Role
from hub.accounts.rules import ASSIGNABLE, AT_STATION, OF_THE_HOUSE, permissions_of
from hub.kernel.auth import Rights
from hub.kernel.belonging import HOUSE

_ROLES: Final = frozenset(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role, and the one station where it holds; None: everywhere in the organisation."""

    role: Role
    station_id: uuid.UUID | None = None

    def __str__(self) -> str:
        return self.role.value if self.station_id is None else f"{self.role.value}@{self.station_id}"


def read_grant(text: str) -> Grant | None:
    """The grant that is written so; None for a role that does not exist (any more) or cannot be given so."""
    name, at, place = text.partition("@")
    if name not in _ROLES:
        return None
    role = Role(name)
    if not at:
        return Grant(role=role)
    try:
        station_id = uuid.UUID(place)
    except ValueError:
        return None
    return Grant(role=role, station_id=station_id) if role in ASSIGNABLE else None


def rights_of(texts: Iterable[str], organisation_id: uuid.UUID = HOUSE) -> Rights:
    """Everything these grants permit together in an organisation. What cannot be read permits nothing."""
    everywhere: set[str] = set()
    at: defaultdict[str, set[uuid.UUID]] = defaultdict(set)
    for grant in map(read_grant, texts):
        if grant is None:
            continue
        if grant.station_id is None:
            everywhere |= permissions_of([grant.role])
        else:
            for permission in permissions_of([grant.role]) & AT_STATION:
                at[permission].add(grant.station_id)
    if organisation_id != HOUSE:
        everywhere -= OF_THE_HOUSE
    limits = {name: frozenset(stations) for name, stations in at.items() if name not in everywhere}
    return Rights(permissions=frozenset(everywhere) | limits.keys(), limits=limits)
