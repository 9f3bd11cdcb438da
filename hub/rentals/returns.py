"""Pure: where rides ended, by what all stations saw of a vehicle, and who held two vehicles at once.

The stations' hybrid clocks give the order (a wall clock that is set back cannot turn a return into a departure),
their wall clocks give the instants to bill. The rules know nothing of the order in which facts arrived.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

OPEN: Final = 2**63 - 1  # the clock of what has not happened yet: later than all that has
PARKED: Final = "parked"  # beside a full station, by its renter's scan
DAY_MS: Final = 24 * 3600 * 1000  # a return that nobody saw is billed for one day at most

Key: TypeAlias = tuple[int, bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A vehicle stood in a dock: it was pushed in (`docked`), rented there (`started`) or left (`left`).

    Or beside one: `parked` at a full station, by its renter's scan.

    `rental_id`: which rental the station took it for, where it knew one.
    """

    vehicle_id: uuid.UUID
    key: Key
    what: str
    station_id: uuid.UUID
    at_ms: int
    dock_no: int
    rental_id: uuid.UUID | None = None
    soc_pct: float | None = None
    uncertainty_ms: int = 0
    odometer_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The end of a ride. `ended_by`: station (its own word), other_station, sighting, missing_return, overflow.

    `key`: of the sighting that it follows from.
    """

    ended_by: str
    hlc: int
    station_id: uuid.UUID
    at_ms: int
    dock_no: int | None
    soc_pct: float | None
    uncertainty_ms: int = 0
    odometer_m: int | None = None
    key: Key = (0, b"", b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """From when to when an account held a vehicle, by the hybrid clocks."""

    key: Key
    ended_hlc: int


def closing_of(
    rental_id: uuid.UUID, station_id: uuid.UUID, began: Key, began_ms: int, sightings: Sequence[Sighting]
) -> Closing | None:
    """The end of a ride that began: the first that anybody saw of the vehicle afterwards. `sightings` are in order.

    Pushed into a dock it is a return. Seen leaving, or rented again, without one: the return was missed, and the
    ride is closed at that sighting, though never later than a day after its beginning.
    """
    for one in sightings:
        own = one.rental_id == rental_id
        # Its own end comes after its beginning, whatever the clocks say.
        if (own and one.what == "started") or (one.key <= began and not (own and one.station_id == station_id)):
            continue
        docked = one.what in {"docked", PARKED}
        return Closing(
            ended_by=_ended_by(one, rental_id, station_id) if docked else "missing_return",
            hlc=max(one.key[0], began[0]),
            station_id=one.station_id,
            at_ms=one.at_ms if docked else min(one.at_ms, began_ms + DAY_MS),
            dock_no=one.dock_no or None if docked else None,
            soc_pct=one.soc_pct,
            uncertainty_ms=one.uncertainty_ms,
            odometer_m=one.odometer_m if docked else None,
            key=one.key,
        )
    return None


def _ended_by(docked: Sighting, rental_id: uuid.UUID, station_id: uuid.UUID) -> str:
    if docked.what == PARKED:
        return "overflow"
    if docked.station_id != station_id:
        return "other_station"
    return "station" if docked.rental_id == rental_id else "sighting"


def over_limit(held: Iterable[Held]) -> set[Key]:
    """Of one account's rides those that began while an earlier one was still out."""
    found: set[Key] = set()
    out_until = -OPEN
    for one in sorted(held, key=lambda each: each.key):
        if one.key[0] < out_until:
            found.add(one.key)
        out_until = max(out_until, one.ended_hlc)
    return found
