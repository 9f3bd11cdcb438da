"""`/api/v1/availability`: what can be had where, when and for how far; and why the rest cannot."""

import datetime as dt
import math
import uuid

from hub.kernel.problem import invalid
from hub.kernel.routes import Call, route
from hub.rentals import search_repository, search_rules
from hub.rentals.safety import Limit
from hub.rentals.search_repository import Row, Seen, Window
from hub.rentals.search_rules import Ask, Judged
from hub.rentals.search_schemas import (
    Availability,
    AvailabilityQuery,
    LimitShape,
    OfferShape,
    PlaceShape,
    ReasonShape,
)
from hub.settings import LeaseSettings
from protocols.errors import Refused

_HOUR = dt.timedelta(hours=1)
_LONGEST = dt.timedelta(days=90)


class SearchApi:
    """Search."""

    def __init__(self, times: LeaseSettings) -> None:
        self._margin = dt.timedelta(seconds=times.margin_s)

    @route(
        "GET", "/api/v1/availability", summary="What can be had", tags=["rentals"],
        permission="vehicles:read", query=AvailabilityQuery, response=Availability, errors={"not_found": 404},
    )  # fmt: skip
    async def availability(self, call: Call[None, AvailabilityQuery]) -> Availability:
        """Vehicles in docks whose charge at the pick-up covers the trip with a margin; and why others do not fit."""
        query, now = call.query, call.clock.now()
        ask = _ask(query, now)
        rows, point = await _rows(call, query)
        window = Window(
            now=now, from_at=ask.from_at, until_at=ask.until_at, kept_until_at=ask.until_at + 2 * self._margin
        )
        seen = await search_repository.seen_in(call.session, rows, window)
        found = [search_rules.judged(one, ask) for one in seen.candidates]
        limits = search_rules.at_stations(found, seen.places, ask)
        wanted = [one for one in found if query.kind in (None, one.vehicle.kind)]
        return _shown(query, ask, seen, wanted, limits, point)


def _ask(query: AvailabilityQuery, now: dt.datetime) -> Ask:
    from_at = max(now, query.from_at or now)
    until_at = query.until_at or from_at + _HOUR
    if until_at <= from_at:
        raise invalid("until_at", "must be after from_at and in the future", place="query")
    if until_at - now > _LONGEST:
        raise invalid("until_at", f"at most {_LONGEST.days} days from now", place="query")
    return Ask(from_at=from_at, until_at=until_at, trip_km=query.trip_km, now=now)


async def _rows(
    call: Call[None, AvailabilityQuery], query: AvailabilityQuery
) -> tuple[list[Row], tuple[float, float] | None]:
    point = None if query.lat is None or query.lon is None else (query.lat, query.lon)
    if (point is None) == (query.station_id is None):
        raise invalid("lat", "either station_id, or lat and lon", place="query")
    if query.station_id is not None:
        found = await search_repository.one(call.session, query.station_id)
        if not found:
            raise Refused("not_found")
        return found, None
    assert point is not None  # noqa: S101  # said above
    box = search_rules.box(*point, query.radius_m)
    shrink = math.cos(math.radians(point[0])) ** 2
    near = await search_repository.near(call.session, box, point, shrink)
    return [row for row in near if search_rules.distance_m(point, (row[2], row[3])) <= query.radius_m], point


def _shown(
    query: AvailabilityQuery,
    ask: Ask,
    seen: Seen,
    found: list[Judged],
    limits: dict[uuid.UUID, dict[str, Limit]],
    point: tuple[float, float] | None,
) -> Availability:
    far: dict[uuid.UUID, float] = dict.fromkeys(seen.places, 0.0)
    if point is not None:
        for place in seen.places.values():
            if place.latitude is not None and place.longitude is not None:
                far[place.station_id] = search_rules.distance_m(point, (place.latitude, place.longitude))
    kept = [one for one in found if one.offered] if query.only_offered else found
    ordered = search_rules.ordered(kept, far)
    counts: dict[uuid.UUID, int] = dict.fromkeys(seen.places, 0)
    for one in found:
        counts[one.vehicle.station_id] += one.offered
    return Availability(
        from_at=ask.from_at,
        until_at=ask.until_at,
        items=[_offer(one) for one in ordered[: query.limit]],
        stations=[
            PlaceShape(
                station_id=place.station_id, name=place.name, latitude=place.latitude, longitude=place.longitude,
                distance_m=None if point is None else round(far[place.station_id], 1), online=place.online(ask.now),
                offered=counts[place.station_id],
                limits=[LimitShape.model_validate(one) for _, one in sorted(limits[place.station_id].items())],
            )
            for place in sorted(seen.places.values(), key=lambda one: (far[one.station_id], one.station_id))
        ],
        more=len(ordered) > query.limit,
    )  # fmt: skip


def _offer(one: Judged) -> OfferShape:
    vehicle = one.vehicle
    return OfferShape(
        vehicle_id=vehicle.vehicle_id, station_id=vehicle.station_id, dock_no=vehicle.dock_no, label=vehicle.label,
        kind=vehicle.kind, model=vehicle.model, tariff_id=vehicle.tariff_id, offered=one.offered,
        reasons=[ReasonShape.model_validate({"code": code, "params": params}) for code, params in one.reasons],
        soc_now_pct=vehicle.soc_pct, soc_pct=one.soc_pct, range_km=one.range_km,
    )  # fmt: skip
