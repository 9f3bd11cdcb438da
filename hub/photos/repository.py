"""The queries of pictures."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.bulk import upsert_many
from hub.kernel.pages import Found, PageQuery, find_page
from hub.photos.rules import GONE
from hub.photos.tables import Photo

_KEPT = ("created_at", "here_at", "lost_at", "why")
_AT_ONCE = 500


async def put(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what facts name; what is known of the files stays as it is."""
    await upsert_many(session, Photo, rows, key=("id",), keep=_KEPT)


async def here_of(session: AsyncSession, station_id: uuid.UUID, names: Collection[str]) -> dict[str, dt.datetime]:
    """Which of these pictures of a station are here, and since when."""
    found: dict[str, dt.datetime] = {}
    for some in _parts(names):
        query = select(Photo.sha256, Photo.here_at).where(
            Photo.station_id == station_id, Photo.sha256.in_(some), Photo.here_at.is_not(None)
        )
        found |= {name: here_at for name, here_at in (await session.execute(query)).all() if here_at is not None}
    return found


async def missing(session: AsyncSession, station_id: uuid.UUID) -> list[tuple[str, str]]:
    """The pictures of a station that are named and not here, each with why it will not come (empty: it waits)."""
    query = select(Photo.sha256, Photo.why).where(Photo.station_id == station_id, Photo.here_at.is_(None))
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
