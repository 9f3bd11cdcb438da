"""Links of one use: only the hash of their secret is kept, the secret itself is derived when the mail is sent."""

import datetime as dt
import hashlib
import uuid
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts.sign_in_tables import Link
from hub.kernel.clock import Clock
from hub.kernel.db import insert_new
from hub.kernel.sealing import Seal
from protocols.errors import Refused

CONFIRM: Final = "confirm"
RESET: Final = "reset"
LIFETIME: Final = {CONFIRM: dt.timedelta(hours=24), RESET: dt.timedelta(hours=1)}
LINK_ERRORS: Final = {"link_invalid": 410}
_SEALED_FOR: Final = "links"


class Links:
    """Makes and takes links. A link's id is its wish's, so that a mail that is sent again holds the same secret."""

    def __init__(self, clock: Clock, seal: Seal) -> None:
        self._clock = clock
        self._seal = seal

    async def make(self, session: AsyncSession, link_id: uuid.UUID, purpose: str, subject_id: uuid.UUID) -> str:
        """The secret of this link, which is there from now on."""
        secret = self._seal.secret(_SEALED_FOR, link_id.bytes)
        now = self._clock.now()
        row = {
            "id": link_id,
            "secret_hash": _hash(secret),
            "purpose": purpose,
            "subject_id": subject_id,
            "created_at": now,
            "expires_at": now + LIFETIME[purpose],
            "used_at": None,
        }
        await insert_new(session, Link, [row], key=["id"])
        return secret

    async def check(self, session: AsyncSession, purpose: str, secret: str) -> None:
        """Raises Refused `link_invalid` for a link that is unknown, used or too old; uses nothing up."""
        found = select(Link.id).where(*self._good(purpose, secret))
        if await session.scalar(found) is None:
            raise Refused("link_invalid")

    async def take(self, session: AsyncSession, purpose: str, secret: str) -> uuid.UUID:
        """Use the link up: what it is for. Of two at once one succeeds. Raises Refused `link_invalid`."""
        used = update(Link).where(*self._good(purpose, secret)).values(used_at=self._clock.now())
        subject_id: uuid.UUID | None = await session.scalar(used.returning(Link.subject_id))
        if subject_id is None:
            raise Refused("link_invalid")
        return subject_id

    def _good(self, purpose: str, secret: str) -> tuple[ColumnElement[bool], ...]:
        return (
            Link.secret_hash == _hash(secret),
            Link.purpose == purpose,
            Link.used_at.is_(None),
            Link.expires_at > self._clock.now(),
        )


async def drop_links(session: AsyncSession, purpose: str, subject_id: uuid.UUID) -> None:
    """Nobody can use them any more."""
    await session.execute(delete(Link).where(Link.purpose == purpose, Link.subject_id == subject_id))


async def forget_old_links(session: AsyncSession, now: dt.datetime) -> None:
    """Drop the links that are too old."""
    await session.execute(delete(Link).where(Link.expires_at <= now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
