"""The queries of pictures."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bulk import upsert_many
from hub.kernel.pages import Found, PageQuery, find_page
from hub.photos.rules import GONE, Ends, Named
from hub.photos.tables import Photo

_KEPT = ("created_at", "counts_at", "here_at", "lost_at", "why", "deleted_at", "erased_at")
_AT_ONCE = 500


async def put(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what facts name; what is known of the files stays as it is."""
    await upsert_many(session, Photo, rows, key=("id",), keep=_KEPT)


async def had(session: AsyncSession, station_id: uuid.UUID, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Which of these pictures of a station came, and what became of them: since when they are here, or deleted."""
    found: dict[str, dict[str, Any]] = {}
    for some in _parts(names):
        query = select(Photo.sha256, Photo.here_at, Photo.deleted_at, Photo.erased_at).where(
            Photo.station_id == station_id, Photo.sha256.in_(some), Photo.here_at.is_not(None)
        )
        for row in (await session.execute(query)).mappings():
            found[row["sha256"]] = {name: row[name] for name in ("here_at", "deleted_at", "erased_at")}
    return found


async def overdue(
    session: AsyncSession, ends: Ends, after: tuple[dt.datetime, uuid.UUID] | None, limit: int
) -> list[Photo]:
    """The pictures that are here and whose time is over, the oldest first, behind `after`."""
    query = select(Photo).where(
        Photo.here_at.is_not(None), Photo.deleted_at.is_(None), Photo.counts_at < ends.counted,
        Photo.here_at < ends.here,
    )  # fmt: skip
    return await _next(session, query, after, limit)


async def deleted(
    session: AsyncSession, until: dt.datetime, after: tuple[dt.datetime, uuid.UUID] | None, limit: int
) -> list[Photo]:
    """The pictures that were deleted until then and whose files may still be there, the oldest first."""
    query = select(Photo).where(Photo.deleted_at.is_not(None), Photo.erased_at.is_(None), Photo.deleted_at <= until)
    return await _next(session, query, after, limit)


async def _next(
    session: AsyncSession, query: Select[Photo], after: tuple[dt.datetime, uuid.UUID] | None, limit: int
) -> list[Photo]:
    if after is not None:
        at, last = after
        query = query.where(or_(Photo.counts_at > at, and_(Photo.counts_at == at, Photo.id > last)))
    return list((await session.scalars(query.order_by(Photo.counts_at, Photo.id).limit(limit))).all())


async def named(session: AsyncSession, files: Collection[Named]) -> list[Photo]:
    """Every row of these files, held until the transaction ends."""
    found: list[Photo] = []
    for station_id in sorted({station_id for station_id, _ in files}):
        names = [name for of, name in files if of == station_id]
        for some in _parts(names):
            query = select(Photo).where(Photo.station_id == station_id, Photo.sha256.in_(some))
            found += (await session.scalars(query.order_by(Photo.id).with_for_update())).all()
    return found


async def missing(session: AsyncSession, station_id: uuid.UUID) -> list[tuple[str, str]]:
    """The pictures of a station that are named and not here, each with why it will not come (empty: it waits)."""
    query = select(Photo.sha256, Photo.why).where(
        Photo.station_id == station_id, Photo.here_at.is_(None), Photo.deleted_at.is_(None)
    )
    return [(name, why) for name, why in (await session.execute(query.order_by(Photo.taken_at, Photo.id))).all()]


async def is_named(session: AsyncSession, station_id: uuid.UUID, name: str) -> bool:
    """Whether a fact of this station names it."""
    query = select(Photo.id).where(Photo.station_id == station_id, Photo.sha256 == name).limit(1)
    return (await session.scalar(query)) is not None


async def set_here(session: AsyncSession, station_id: uuid.UUID, names: Collection[str], now: dt.datetime) -> None:
    """They are in the file store."""
    await _set(session, station_id, names, {"here_at": now, "lost_at": None, "why": ""})


async def set_lost(
    session: AsyncSession, station_id: uuid.UUID, names: Collection[str], now: dt.datetime, why: str
) -> None:
    """They will not come."""
    await _set(session, station_id, names, {"lost_at": now, "why": why})


async def set_waiting(session: AsyncSession, station_id: uuid.UUID, names: Collection[str]) -> None:
    """They were believed gone and are there after all."""
    await _set(session, station_id, names, {"lost_at": None, "why": ""})


async def _set(session: AsyncSession, station_id: uuid.UUID, names: Collection[str], values: dict[str, Any]) -> None:
    for some in _parts(names):
        due = update(Photo).where(
            Photo.station_id == station_id, Photo.sha256.in_(some), Photo.here_at.is_(None),
            or_(Photo.why.in_(("", GONE))),
        )  # fmt: skip
        await session.execute(due.values(**values), execution_options={"synchronize_session": False})


async def of_rental(session: AsyncSession, rental_id: uuid.UUID) -> list[Photo]:
    """A rental's pictures in the order in which they were taken."""
    query = select(Photo).where(Photo.rental_id == rental_id).order_by(Photo.taken_at, Photo.id)
    return list((await session.scalars(query)).all())


async def page(session: AsyncSession, query: PageQuery, **given: Any) -> Found[Photo]:
    """Newest first, those with these values."""
    found = select(Photo)
    for name, value in given.items():
        if value is not None:
            found = found.where(getattr(Photo, name) == value)
    return await find_page(session, found, Photo, query)


def _parts(names: Collection[str]) -> list[list[str]]:
    every = list(names)
    return [every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE)]
