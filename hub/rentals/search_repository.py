"""The queries of a search: past SQLAlchemy's own work, two or three statements whatever is found."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.reach import reach_of
from hub.kernel.statements import Statement, id_in, instant_in, json_in, run
from hub.rentals import forecast
from hub.rentals.forecast import Battery, Taken
from hub.rentals.offer_tables import OfferStation
from hub.rentals.safety import Policy
from hub.rentals.search_rules import Candidate, Place

_COLUMNS: Final = """\
SELECT s.station_id, s.name, s.latitude, s.longitude, s.min_soc_pct, s.heard_at,
    p.safe, p.walk_in_min, p.walk_in_pct,
    v.vehicle_id, v.dock_no, v.label, v.kind, v.model, v.tariff_id, v.why_not, v.papers_until, v.faulty, v.soc_pct,
    v.soh_pct, v.battery_wh, v.wh_per_km, v.charge_w, v.full_range_km
"""
_JOINED: Final = """\
LEFT JOIN lease_stations p ON p.station_id = s.station_id
LEFT JOIN offer_vehicles v ON v.station_id = s.station_id AND v.docked AND v.kind IS NOT NULL
"""
_NEAR: Final = f"""\
{_COLUMNS} FROM (
    SELECT * FROM offer_stations WHERE latitude BETWEEN ?1 AND ?2 AND longitude BETWEEN ?3 AND ?4
    ORDER BY (latitude - ?5) * (latitude - ?5) + (longitude - ?6) * (longitude - ?6) * ?7, station_id LIMIT 20
) s {_JOINED}
"""  # noqa: S608  # names of our own columns
_NEAR_REACHED: Final = _NEAR.replace("WHERE latitude", "WHERE station_id = ANY(?8) AND latitude", 1)
_OF_ORGANISATION: Final = "station_id IN (SELECT id FROM stations WHERE organisation_id = ?{})"
_NEAR_OF: Final = _NEAR.replace("WHERE latitude", f"WHERE {_OF_ORGANISATION.format(8)} AND latitude", 1)
_ONE: Final = f"{_COLUMNS} FROM offer_stations s {_JOINED} WHERE s.station_id = ?1"
_ONE_OF: Final = f"{_ONE} AND s.{_OF_ORGANISATION.format(2)}"
_BOOKINGS: Final = """\
SELECT station_id, vehicle_id, vehicle_kind, from_at, until_at, trip_km FROM reservations
WHERE station_id = ANY(?1) AND until_at > ?2 AND blocks
"""
_LEASES: Final = """\
SELECT station_id, vehicle_kind, count(*) FROM leases
WHERE station_id = ANY(?1) AND state = 'granted' AND reservation_id IS NULL AND giving_back = ''
    AND vehicle_kind IS NOT NULL AND granted_until_at >= ?2
GROUP BY station_id, vehicle_kind
"""
_BATTERY: Final = """\
SELECT soh_pct, battery_wh, wh_per_km, charge_w, full_range_km FROM offer_vehicles
WHERE vehicle_id = ?1 AND kind IS NOT NULL
"""
_OF_PLACE: Final = 9  # columns
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Now, and from when until when a vehicle is wanted; `kept_until_at`: so long a lease must last for it."""

    now: dt.datetime
    from_at: dt.datetime
    until_at: dt.datetime
    kept_until_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What a search found: stations by id, and the vehicles in their docks."""

    places: dict[uuid.UUID, Place]
    candidates: list[Candidate]


async def near(
    session: AsyncSession, box: tuple[float, float, float, float], point: tuple[float, float], shrink: float
) -> list[Row]:
    """The twenty nearest stations in a box with their vehicles; `shrink`: longitude's degree by latitude's, squared."""
    reach = reach_of(session.sync_session)
    values = (*box, *point, shrink)
    if reach is None:
        asked = Statement(_NEAR, values)
    elif reach.stations is None:
        asked = Statement(_NEAR_OF, (*values, reach.organisation_id), reached=True)
    else:
        asked = Statement(_NEAR_REACHED, (*values, await _stations(session)), reached=True)
    [found] = await run(session, asked)
    return found.rows


async def one(session: AsyncSession, station_id: uuid.UUID) -> list[Row]:
    """One station with its vehicles; nothing where there is no such station."""
    reach = reach_of(session.sync_session)
    if reach is not None and reach.stations is None:
        asked = Statement(_ONE_OF, (station_id, reach.organisation_id), reached=True)
    elif reach is None or station_id in await _stations(session):
        asked = Statement(_ONE, (station_id,), reached=True)
    else:
        return []
    [found] = await run(session, asked)
    return found.rows


async def _stations(session: AsyncSession) -> list[uuid.UUID]:
    """The stations within the caller's reach, where that is some of its organisation's."""
    return list((await session.scalars(select(OfferStation.station_id))).all())


async def battery(session: AsyncSession, vehicle_id: uuid.UUID) -> Battery | None:
    """A registered vehicle's battery, wherever it is; None for one that is not registered."""
    [found] = await run(session, Statement(_BATTERY, (vehicle_id,), reached=True))
    if not found.rows:
        return None
    soh_pct, battery_wh, wh_per_km, charge_w, full_range_km = found.rows[0]
    return forecast.battery_of(
        battery_wh=battery_wh, wh_per_km=wh_per_km, charge_w=charge_w, full_range_km=full_range_km, soh_pct=soh_pct,
        min_soc_pct=0.0,
    )  # fmt: skip


async def seen_in(session: AsyncSession, rows: Sequence[Row], window: Window) -> Seen:
    """The stations and vehicles of these rows with what is promised there."""
    places = {station_id: _place(row) for station_id, row in {id_in(row[0]): row for row in rows}.items()}
    ids = list(places)
    [bookings] = await run(session, Statement(_BOOKINGS, (ids, window.now), reached=True))
    taken: dict[uuid.UUID, list[Taken]] = {}
    for station, vehicle, kind, begins, ends, trip_km in bookings.rows:
        one = Taken(from_at=_instant(begins), until_at=_instant(ends), trip_km=trip_km)
        if vehicle is not None:
            taken.setdefault(id_in(vehicle), []).append(one)
        elif one.from_at < window.until_at and window.from_at < one.until_at:
            places[id_in(station)].wanted[kind] += 1
    if any(place.policy.demands or not place.online(window.now) for place in places.values()):
        [leases] = await run(session, Statement(_LEASES, (ids, window.kept_until_at), reached=True))
        for station, kind, count in leases.rows:
            places[id_in(station)].leased[kind] = count
    vehicles = [row for row in rows if row[_OF_PLACE] is not None]
    return Seen(places, [_candidate(row, places[id_in(row[0])], taken) for row in vehicles])


def _place(row: Row) -> Place:
    return Place(
        station_id=id_in(row[0]), name=row[1], latitude=row[2], longitude=row[3], min_soc_pct=row[4],
        heard_at=instant_in(row[5]),
        policy=Policy(safe=json_in(row[6]) or {}, walk_in_min=row[7] or 0, walk_in_pct=row[8] or 0.0),
    )  # fmt: skip


def _candidate(row: Row, place: Place, taken: dict[uuid.UUID, list[Taken]]) -> Candidate:
    (
        vehicle, dock_no, label, kind, model, tariff, why_not, papers_until, faulty, soc_pct, soh_pct, battery_wh,
        wh_per_km, charge_w, full_range_km,
    ) = row[_OF_PLACE:]  # fmt: skip
    vehicle_id = id_in(vehicle)
    return Candidate(
        vehicle_id=vehicle_id, station_id=place.station_id, dock_no=dock_no, label=label, kind=kind, model=model,
        tariff_id=None if tariff is None else id_in(tariff), why_not=why_not, papers_until=instant_in(papers_until),
        faulty=bool(faulty), soc_pct=soc_pct,
        battery=forecast.battery_of(
            battery_wh=battery_wh, wh_per_km=wh_per_km, charge_w=charge_w, full_range_km=full_range_km,
            soh_pct=soh_pct, min_soc_pct=place.min_soc_pct,
        ),
        taken=taken.get(vehicle_id, ()),
    )  # fmt: skip


def _instant(value: str | dt.datetime) -> dt.datetime:
    found = instant_in(value)
    assert found is not None  # noqa: S101  # the columns are never empty
    return found
