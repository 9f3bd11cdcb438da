"""Pure: whether a vehicle that its renter left beside full docks stood there.

A row is folded anew with every fact and with what a person says who has looked, so their order does not matter. The
bill is not touched: that is for people.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from hub.rentals.returns import OPEN, PARKED, Closing, Key, Sighting
from hub.rentals.rules import Ride, flags_text
from protocols.values import from_ms, rfc3339

Row: TypeAlias = dict[str, Any]
WAITING: Final = "waiting"  # nobody has seen it there but its renter
CONFIRMED: Final = "confirmed"
NOT_THERE: Final = "not_there"  # a person looked, and it was not
UNCONFIRMED: Final = "parked_unconfirmed"  # the flag of those that are not there: somebody must see to the bill


def with_parking(row: Row, ride: Ride, closing: Closing | None, sightings: Sequence[Sighting]) -> Row:
    """The folded row, and what is known of the place where its renter says that the vehicle stands.

    Whoever sees the vehicle next confirms it by seeing it there, unless a person looked before that and it was not.
    `parking_hlc`: what was seen later than that changes nothing any more.
    """
    key = _parked_at(ride, closing)
    if key is None:
        return row | {"parking": None, "parking_hlc": None}
    later = (one for one in sightings if one.key > key and not _is_its_own(one, row))
    first = next(later, None)
    state = _state(row, first)
    hlc = OPEN if first is None else first.key[0]
    after = row | {"parking": state, "parking_hlc": hlc, "settled_hlc": max(row["settled_hlc"], hlc)}
    if state == NOT_THERE:
        after["flags"] = flags_text({*row["flags"].split(), UNCONFIRMED})
    return after


def look_of(row: Row, *, there: bool, at_ms: int, by: object) -> Row:
    """What a person says who has looked where the vehicle should stand, as a row keeps it."""
    return {"there": there, "at_ms": at_ms, "at": rfc3339(from_ms(at_ms)), "by": str(by), "station_id": _place(row)}


def why_confirmed(row: Row) -> str:
    """What the case is told that waits for it."""
    return "somebody saw it there" if _looked(row, there=True) else "it was docked there"


def _parked_at(ride: Ride, closing: Closing | None) -> Key | None:
    if closing is not None and closing.ended_by != "station":
        return closing.key if closing.ended_by == "overflow" else None
    return ride.ended.key if ride.ended is not None and ride.ended.body.parked else None


def _state(row: Row, first: Sighting | None) -> str:
    if _looked(row, there=True):
        return CONFIRMED
    stood = first is not None and first.station_id == row["ended_station_id"]
    if _looked(row, there=False):
        before = first is not None and first.at_ms <= row["parking_look"]["at_ms"]
        return CONFIRMED if stood and before else NOT_THERE
    return CONFIRMED if stood else WAITING


def _looked(row: Row, *, there: bool) -> bool:
    look = row["parking_look"]
    return look is not None and look["station_id"] == _place(row) and look["there"] is there


def _place(row: Row) -> str:
    return str(row["ended_station_id"])


def _is_its_own(one: Sighting, row: Row) -> bool:
    """Its own beginning, under a clock that went wrong; or a renter's word, which confirms none."""
    return one.what == PARKED or (one.what == "started" and one.rental_id == row["id"])
