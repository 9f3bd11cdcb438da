"""Pure: what to tell others of a ride when its row changes."""

from typing import Any, TypeAlias

from hub.events import RideChanged

Row: TypeAlias = dict[str, Any]
_TOLD = ("state", "vehicle_id", "undocked_at", "started_at", "ended_at", "ended_station_id", "station_id")


def ride_between(before: Row | None, after: Row) -> RideChanged | None:
    """The ride as it is now, where it is another than before."""
    if before is not None and all(before[name] == after[name] for name in _TOLD):
        return None
    ended = after["state"] == "ended"
    return RideChanged(
        rental_id=after["id"],
        vehicle_id=after["vehicle_id"],
        is_ride=after["state"] in {"active", "ended"},
        station_id=after["station_id"],
        started_at=after["undocked_at"] or after["started_at"],
        ended_station_id=(after["ended_station_id"] or after["station_id"]) if ended else None,
        ended_at=after["ended_at"] if ended else None,
    )
