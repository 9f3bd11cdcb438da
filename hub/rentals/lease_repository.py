"""The queries of leases and of what stations know of them."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.pages import Found, PageQuery, find_page
from hub.kernel.reach import reach_of
from hub.kernel.statements import Statement, id_in, run
from hub.rentals.lease_rules import OPEN
from hub.rentals.tables import Lease, LeaseStation, Reservation

_KNOWS: Final = "SELECT knows FROM lease_stations WHERE station_id = ?1"
_FREE_BY_PLACE: Final = """\
SELECT station_id, vehicle_kind, count(*) FROM leases
WHERE state = 'granted' AND reservation_id IS NULL AND giving_back = '' AND granted_until_at >= ?1
    AND (vehicle_kind = ?2 OR ?2 IS NULL) {narrowed}
GROUP BY station_id, vehicle_kind ORDER BY count(*) DESC, station_id LIMIT ?3
"""

_OF: Final = "AND station_id IN (SELECT id FROM stations WHERE organisation_id = ?4)"
_AT: Final = "AND station_id = ANY(?4)"


async def leases(session: AsyncSession, query: PageQuery, **equal: object) -> Found[Lease]:
    """A page of leases."""
    found = select(Lease)
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(Lease, name) == value)
    return await find_page(session, found, Lease, query)


async def lease(session: AsyncSession, lease_id: uuid.UUID) -> Lease | None:
    """The lease with this id; its row is held."""
    return await session.get(Lease, lease_id, with_for_update=True, populate_existing=True)


async def by_id(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Lease]:
    """These leases, held until the transaction ends."""
    found = select(Lease).where(Lease.id.in_(ids)).order_by(Lease.id).with_for_update()
    rows = (await session.scalars(found.execution_options(populate_existing=True))).all()
    return {row.id: row for row in rows}


async def free_one(session: AsyncSession, station_id: uuid.UUID, kind: str, until_at: dt.datetime) -> Lease | None:
    """A lease that is held there for nobody yet, at least until then: of those the one that ends first.

    Its row is held; what another sale holds already is passed over.
    """
    found = _free(until_at).where(Lease.station_id == station_id, Lease.vehicle_kind == kind)
    ordered = found.order_by(Lease.granted_until_at, Lease.id).limit(1).with_for_update(skip_locked=True)
    found_one: Lease | None = await session.scalar(ordered)
    return found_one


async def promised(session: AsyncSession, vehicles: Sequence[uuid.UUID], now: dt.datetime) -> set[uuid.UUID]:
    """Those of these vehicles that are kept for a booking now: by name, or by the station in place of another."""
    booked = select(Reservation.vehicle_id).where(
        Reservation.vehicle_id.in_(vehicles), Reservation.state == "confirmed", Reservation.from_at <= now,
        Reservation.until_at > now,
    )  # fmt: skip
    kept = select(func.coalesce(Lease.kept_vehicle_id, Lease.vehicle_id)).where(
        Lease.state == "assigned", func.coalesce(Lease.kept_vehicle_id, Lease.vehicle_id).in_(vehicles)
    )
    return {one for one in (await session.scalars(booked.union(kept))).all() if one is not None}


async def free_by_place(
    session: AsyncSession, kind: str | None, until_at: dt.datetime, most: int
) -> Sequence[tuple[uuid.UUID, str | None, int]]:
    """Where else a vehicle is held for nobody yet until then: station, kind, how many."""
    reach, values = reach_of(session.sync_session), (until_at, kind, most)
    if reach is None:
        asked = Statement(_FREE_BY_PLACE.format(narrowed=""), values)
    elif reach.stations is None:
        asked = Statement(_FREE_BY_PLACE.format(narrowed=_OF), (*values, reach.organisation_id), reached=True)
    else:
        asked = Statement(_FREE_BY_PLACE.format(narrowed=_AT), (*values, list(reach.stations)), reached=True)
    [found] = await run(session, asked)
    return [(id_in(place), free, count) for place, free, count in found.rows]


def _free(until_at: dt.datetime) -> Select[Lease]:
    return select(Lease).where(
        Lease.state == "granted",
        Lease.reservation_id.is_(None),
        Lease.giving_back == "",
        Lease.granted_until_at >= until_at,
    )


async def held_ahead(session: AsyncSession, station_id: uuid.UUID) -> list[Lease]:
    """What is asked for or held there for bookings to come, newest first; the rows are held."""
    found = select(Lease).where(
        Lease.station_id == station_id,
        Lease.state.in_(("requested", "granted")),
        Lease.reservation_id.is_(None),
        Lease.giving_back == "",
    )
    return list((await session.scalars(found.order_by(Lease.id.desc()).with_for_update())).all())


async def refused_since(session: AsyncSession, station_id: uuid.UUID, since: dt.datetime) -> set[str]:
    """The kinds of which a lease for bookings to come was asked for since then, and refused or lost."""
    found = select(Lease.vehicle_kind).where(
        Lease.station_id == station_id,
        Lease.state.in_(("refused", "lost")),
        Lease.reservation_id.is_(None),
        Lease.created_at > since,
    )
    return {kind for kind in (await session.scalars(found)).all() if kind is not None}


async def open_at(session: AsyncSession, station_id: uuid.UUID) -> list[Lease]:
    """All that is asked for or held at a station; the rows are held."""
    found = select(Lease).where(Lease.station_id == station_id, Lease.state.in_(OPEN))
    return list((await session.scalars(found.order_by(Lease.id).with_for_update())).all())


async def over(session: AsyncSession, station_id: uuid.UUID, before: dt.datetime) -> list[Lease]:
    """What should have ended before then and is not given back yet; the rows are held."""
    found = select(Lease).where(
        Lease.station_id == station_id, Lease.state.in_(OPEN), Lease.giving_back == "", Lease.until_at < before
    )
    return list((await session.scalars(found.order_by(Lease.id).with_for_update())).all())


async def station(session: AsyncSession, station_id: uuid.UUID, *, lock: bool = False) -> LeaseStation | None:
    """What a station knows and what is to be held there."""
    return await session.get(LeaseStation, station_id, with_for_update=lock or None)


async def knows(session: AsyncSession, station_id: uuid.UUID) -> bool | None:
    """Whether a station's agent knows leases; None where it has not said."""
    [found] = await run(session, Statement(_KNOWS, (station_id,), reached=True))
    said = found.rows[0][0] if found.rows else None
    return None if said is None else bool(said)


async def due_stations(session: AsyncSession, now: dt.datetime, before: dt.datetime) -> list[uuid.UUID]:
    """Stations where something may be due: leases that are to be held, that are over, bookings that wait too long."""
    ahead = select(LeaseStation.station_id).where(LeaseStation.knows.is_(True))
    over_ = select(Lease.station_id).where(Lease.state.in_(OPEN), Lease.giving_back == "", Lease.until_at < before)
    late = select(Reservation.station_id).where(or_(_is_late(now, before), _has_come(now)))
    found = await session.scalars(ahead.union(over_, late))
    return sorted(found.all())


async def late_bookings(
    session: AsyncSession, station_id: uuid.UUID, now: dt.datetime, before: dt.datetime
) -> list[Reservation]:
    """Bookings there that wait too long for their answer, or whose time is over; the rows are held."""
    found = select(Reservation).where(Reservation.station_id == station_id, _is_late(now, before))
    return list((await session.scalars(found.order_by(Reservation.id).with_for_update())).all())


async def bookings_that_come(session: AsyncSession, station_id: uuid.UUID, now: dt.datetime) -> list[Reservation]:
    """Promised bookings there whose time has begun since the last look; the rows are held."""
    found = select(Reservation).where(Reservation.station_id == station_id, _has_come(now))
    return list((await session.scalars(found.order_by(Reservation.id).with_for_update())).all())


def _has_come(now: dt.datetime):  # type: ignore[no-untyped-def]  # a SQL expression
    return (Reservation.phase == "confirmed") & (Reservation.from_at <= now) & (Reservation.until_at > now)


def _is_late(now: dt.datetime, before: dt.datetime):  # type: ignore[no-untyped-def]  # a SQL expression
    unanswered = (Reservation.state == "requested") & (Reservation.answer_by_at <= now)
    lapsed = (Reservation.state == "held") & (Reservation.hold_until_at <= now)
    return or_(unanswered, lapsed, (Reservation.state == "confirmed") & (Reservation.until_at < before))


async def bookings_ahead(session: AsyncSession, station_id: uuid.UUID, now: dt.datetime) -> list[Reservation]:
    """The bookings there that are asked for or promised and not over; the rows are held."""
    found = select(Reservation).where(
        Reservation.station_id == station_id,
        Reservation.state.in_(("held", "requested", "confirmed")),
        Reservation.until_at > now,
    )
    return list((await session.scalars(found.order_by(Reservation.id).with_for_update())).all())
