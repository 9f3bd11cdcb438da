"""The queries of stations, docks and chargers."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from hub.kernel.bulk import upsert_many
from hub.kernel.pages import Found, PageQuery, find_page
from hub.stations.tables import Charger, Checklist, Dock, FilledChecklist, StaffMember, Station

Json: TypeAlias = dict[str, Any]
_DOCK = ("dock_no", "kind", "serial", "firmware", "seen_hlc", "faults")
_CHARGER = ("charger_id", "vendor", "model", "firmware", "seen_hlc", "connectors")


class Contact(NamedTuple):
    """When a station was last heard of, said goodbye, and changed in a way worth seeing."""

    id: uuid.UUID
    last_seen_at: dt.datetime | None
    last_left_at: dt.datetime | None
    changed_at: dt.datetime | None


async def station(session: AsyncSession, station_id: uuid.UUID, *, lock: bool = False) -> Station | None:
    """The station with this id."""
    return await session.get(Station, station_id, with_for_update=lock or None)


async def timezones(session: AsyncSession, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The IANA names of these stations' time zones."""
    found = select(Station.id, Station.timezone).where(Station.id.in_(ids))
    return {row.id: row.timezone for row in (await session.execute(found)).all()}


async def by_number(session: AsyncSession, name: str) -> list[Station]:
    """The stations with this number or name."""
    found = select(Station).where(or_(Station.number == name, Station.name == name))
    return list((await session.scalars(found)).all())


async def stations(session: AsyncSession, query: PageQuery) -> Found[Station]:
    """A page of stations, newest first."""
    return await find_page(session, select(Station), Station, query)


async def staff(session: AsyncSession, query: PageQuery) -> Found[StaffMember]:
    """A page of staff, newest first."""
    return await find_page(session, select(StaffMember), StaffMember, query)


async def staff_of(session: AsyncSession, account_id: uuid.UUID) -> StaffMember | None:
    """The member of staff with this account."""
    return await session.scalar(select(StaffMember).where(StaffMember.account_id == account_id))


async def all_staff(session: AsyncSession) -> list[StaffMember]:
    """Everybody; the rows are held."""
    return list((await session.scalars(select(StaffMember).order_by(StaffMember.id).with_for_update())).all())


async def checklist(session: AsyncSession, key: str, *, lock: bool = True) -> Checklist | None:
    """The checklist with this key; `lock`: its row is held."""
    query = select(Checklist).where(Checklist.key == key)
    return await session.scalar(query.with_for_update() if lock else query)


async def checklists(session: AsyncSession, query: PageQuery) -> Found[Checklist]:
    """A page of checklists, newest first."""
    return await find_page(session, select(Checklist), Checklist, query)


async def filled_checklists(session: AsyncSession, query: PageQuery, **equal: object) -> Found[FilledChecklist]:
    """A page of what was filled in; `equal` are columns and their values, None for any."""
    found = select(FilledChecklist)
    for name, value in equal.items():
        if value is not None:
            found = found.where(getattr(FilledChecklist, name) == value)
    return await find_page(session, found, FilledChecklist, query)


async def docks(session: AsyncSession, station_id: uuid.UUID) -> list[Dock]:
    """A station's docks by number."""
    found = select(Dock).where(Dock.station_id == station_id).order_by(Dock.dock_no)
    return list((await session.scalars(found)).all())


async def chargers(session: AsyncSession, station_id: uuid.UUID) -> list[Charger]:
    """A station's chargers by id."""
    found = select(Charger).where(Charger.station_id == station_id).order_by(Charger.charger_id)
    return list((await session.scalars(found)).all())


async def dock_rows(session: AsyncSession, station_id: uuid.UUID, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Docks as plain rows by number."""
    columns = [getattr(Dock, name) for name in _DOCK]
    found = select(*columns).where(Dock.station_id == station_id, Dock.dock_no.in_(sorted(numbers)))
    return {row["dock_no"]: dict(row) for row in (await session.execute(found)).mappings()}


async def charger_rows(session: AsyncSession, station_id: uuid.UUID, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Chargers as plain rows by id."""
    columns = [getattr(Charger, name) for name in _CHARGER]
    found = select(*columns).where(Charger.station_id == station_id, Charger.charger_id.in_(sorted(ids)))
    return {row["charger_id"]: dict(row) for row in (await session.execute(found)).mappings()}


async def put_docks(session: AsyncSession, station_id: uuid.UUID, rows: Iterable[dict[str, Any]]) -> None:
    """Write docks."""
    given = [{"station_id": station_id, **row} for row in rows]
    await upsert_many(session, Dock, given, key=("station_id", "dock_no"))


async def put_chargers(session: AsyncSession, station_id: uuid.UUID, rows: Iterable[dict[str, Any]]) -> None:
    """Write chargers."""
    given = [{"station_id": station_id, **row} for row in rows]
    await upsert_many(session, Charger, given, key=("station_id", "charger_id"))


async def agent_started(
    session: AsyncSession, station_id: uuid.UUID, version: str, hlc: int, at: dt.datetime, *, unclean: bool
) -> None:
    """The agent's last start; an older one changes nothing."""
    await session.execute(
        update(Station)
        .where(Station.id == station_id, Station.agent_hlc < hlc)
        .values(agent=version, agent_hlc=hlc, agent_started_at=at, unclean_start=unclean)
        .execution_options(synchronize_session=False)
    )


async def change(session: AsyncSession, station_id: uuid.UUID, **values: Any) -> None:
    """Set columns of a station, whatever its version."""
    await session.execute(
        update(Station).where(Station.id == station_id).values(values).execution_options(synchronize_session=False)
    )


async def lost(session: AsyncSession, station_id: uuid.UUID, at: dt.datetime, gone: int, *, shed: bool) -> None:
    """Count what the station lost for good."""
    counted = {"facts_shed": Station.facts_shed + gone} if shed else {"facts_lost": Station.facts_lost + gone}
    changed = update(Station).where(Station.id == station_id).values(**counted, last_loss_at=at)
    await session.execute(changed.execution_options(synchronize_session=False))


async def devices(
    session: AsyncSession, station_id: uuid.UUID
) -> tuple[list[tuple[int, Json]], list[tuple[str, Json]]]:
    """A station's docks with their faults, and its chargers with their connectors."""
    docks = select(Dock.dock_no, Dock.faults).where(Dock.station_id == station_id).order_by(Dock.dock_no)
    chargers = select(Charger.charger_id, Charger.connectors).where(Charger.station_id == station_id)
    return (
        [(row.dock_no, row.faults) for row in await session.execute(docks)],
        [(row.charger_id, row.connectors) for row in await session.execute(chargers)],
    )


async def contacts(session: AsyncSession) -> Sequence[Contact]:
    """Of every station when it was heard of."""
    found = select(Station.id, Station.last_seen_at, Station.last_left_at, Station.changed_at)
    return [Contact(*row) for row in (await session.execute(found)).all()]


def _without_picture(found: Select[Station]) -> Select[Station]:
    return found.options(defer(Station.picture))


async def at_a_glance(session: AsyncSession, query: PageQuery) -> Found[Station]:
    """A page of stations without their pictures, newest first."""
    return await find_page(session, _without_picture(select(Station)), Station, query)


async def by_ids(session: AsyncSession, ids: Sequence[uuid.UUID]) -> Sequence[Station]:
    """These stations without their pictures."""
    return (await session.scalars(_without_picture(select(Station).where(Station.id.in_(ids))))).all()


async def every(session: AsyncSession) -> Sequence[Station]:
    """All stations without their pictures."""
    return (await session.scalars(_without_picture(select(Station)))).all()
