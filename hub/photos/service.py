"""Use cases of pictures: name them, take them in, tell what waits and what is gone, hand them out.

photos/<station's id>/<sha256>.jpg     in the hub's file store; put there before the row says that it is here
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.kernel.clock import Clock
from hub.kernel.db import Database
from hub.kernel.files import Files
from hub.photos import repository, rules
from hub.photos.rules import file_of
from hub.photos.tables import Photo
from protocols.errors import Malformed, Refused
from protocols.photo import jpeg
from protocols.photo.upload import Offer, Wanted, digest_of
from protocols.values import rfc3339

LATER_S: Final = 60


class Photos:
    """Pictures of all stations."""

    def __init__(self, clock: Clock, files: Files) -> None:
        self._clock = clock
        self._files = files

    async def when_staff(self, session: AsyncSession, event: events.StaffReported) -> None:
        """Remember the pictures that these facts name; told again, nothing changes."""
        named = {row["id"]: row for one in event.facts for row in rules.named_by(one.station_id, one.body)}
        if not named:
            return
        rows = list(named.values())
        now = self._clock.now()
        for station_id in {row["station_id"] for row in rows}:
            own = [row for row in rows if row["station_id"] == station_id]
            had = await repository.had(session, station_id, {row["sha256"] for row in own})
            await repository.put(session, [row | _new(row, now) | had.get(row["sha256"], {}) for row in own])

    async def offered(self, session: AsyncSession, station_id: uuid.UUID, offer: Offer) -> Wanted:
        """What of this offer is wanted, and what came already. What a whole offer lacks is gone, unless it is here."""
        held = set(offer.have)
        missing = dict(await repository.missing(session, station_id))
        want = [name for name, why in missing.items() if name in held and why in {"", rules.GONE}]
        back = [name for name in want if missing[name] == rules.GONE]
        await repository.set_waiting(session, station_id, back)
        if offer.whole:
            gone = [name for name, why in missing.items() if not why and name not in held]
            await self._miss(session, station_id, gone)
        return Wanted(want=want, have=sorted(await repository.had(session, station_id, held)))

    async def _miss(self, session: AsyncSession, station_id: uuid.UUID, names: Sequence[str]) -> None:
        """The station has them no more. A hub that was restored from a backup may have them itself."""
        here = [name for name in names if await self._is_stored(station_id, name)]
        now = self._clock.now()
        await repository.set_here(session, station_id, here, now)
        await repository.set_lost(session, station_id, [one for one in names if one not in here], now, rules.GONE)

    async def take(self, database: Database, station_id: uuid.UUID, name: str, content: bytes) -> None:
        """Keep a picture that a fact of this station names; sent again it is kept once.

        Raises Refused `photo_not_named`, `photo_differs` (from its name), `photo_bad` with `why`, `files_unreachable`.
        """
        async with database.reading() as session:
            if not await repository.is_named(session, station_id, name):
                raise Refused("photo_not_named")
            if await repository.had(session, station_id, {name}):
                return
        if digest_of(content) != name:
            raise Refused("photo_differs")  # on its way, or another's: the right one may come yet
        now = self._clock.now()
        try:
            jpeg.check(content)
        except Malformed as error:  # these very bytes are what the fact names: no better ones will come
            async with database.transaction() as session:
                await repository.set_lost(session, station_id, {name}, now, error.reason)
            raise Refused("photo_bad", why=error.reason) from error
        try:
            await self._files.put(file_of(station_id, name), content)
        except OSError as error:
            raise Refused("files_unreachable", retry_after_s=LATER_S) from error
        async with database.transaction() as session:
            await repository.set_here(session, station_id, {name}, now)

    async def of_rental(self, session: AsyncSession, rental_id: uuid.UUID) -> list[Photo]:
        """A rental's pictures in the order in which they were taken."""
        return await repository.of_rental(session, rental_id)

    async def content(self, session: AsyncSession, photo_id: uuid.UUID, rental_id: uuid.UUID | None) -> bytes:
        """The bytes of a picture (of this rental).

        Raises Refused `not_found`, `photo_waits`, `photo_lost`, `photo_deleted` (`deleted_at`), `files_unreachable`.
        """
        photo = await session.get(Photo, photo_id)
        if photo is None or (rental_id is not None and photo.rental_id != rental_id):
            raise Refused("not_found")
        if photo.deleted_at is not None:
            raise Refused("photo_deleted", deleted_at=rfc3339(photo.deleted_at))
        if photo.state != "here":
            raise Refused("photo_waits" if photo.state == "waiting" else "photo_lost")
        try:
            return await self._files.get(file_of(photo.station_id, photo.sha256))
        except FileNotFoundError as error:
            raise Refused("photo_lost") from error
        except OSError as error:
            raise Refused("files_unreachable", retry_after_s=LATER_S) from error

    async def _is_stored(self, station_id: uuid.UUID, name: str) -> bool:
        try:
            return digest_of(await self._files.get(file_of(station_id, name))) == name
        except OSError:
            return False


def _new(row: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    return {
        "created_at": now, "counts_at": min(row["taken_at"], now), "here_at": None, "lost_at": None, "why": "",
        "deleted_at": None, "erased_at": None,
    }  # fmt: skip
