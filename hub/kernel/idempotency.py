"""Idempotency-Key: the same key and body get the same answer, kept in the transaction that earned it.

Same key, other body: 422. Same key while the first is still running: 409. What was refused by an exception
was rolled back, is not kept and may be tried again with the same key.
"""

import contextlib
import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, Text, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from protocols.errors import Malformed, Refused

HEADER = "Idempotency-Key"
KEPT_FOR = dt.timedelta(hours=24)
_MAX_LENGTH = 200


class KeptAnswer(Base):
    """An answer that may be asked for again."""

    __tablename__ = "idempotency_keys"
    __table_args__ = {"info": {"audit": False}}  # noqa: RUF012  # SQLAlchemy reads it so

    actor: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(_MAX_LENGTH), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(index=True)


@dataclass(slots=True, kw_only=True)
class InFlight:
    """The keys that this process is working on."""

    keys: set[tuple[str, str]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def hold(self, actor: str, key: str) -> AsyncIterator[None]:
        """Raises Refused `idempotency_in_flight` while another call holds the same key."""
        if (actor, key) in self.keys:
            raise Refused("idempotency_in_flight")
        self.keys.add((actor, key))
        try:
            yield
        finally:
            self.keys.discard((actor, key))


def read_key(header: str | None) -> str:
    """The client's key. Raises Refused when it is missing and Malformed when it is not 1 to 200 visible characters."""
    if header is None:
        raise Refused("idempotency_key_required")
    if not 0 < len(header) <= _MAX_LENGTH or not header.isascii() or not header.isprintable():
        raise Malformed("bad_idempotency_key", "1 to 200 printable ASCII characters")
    return header


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


async def earlier_answer(
    session: AsyncSession, actor: str, key: str, print_: str, now: dt.datetime
) -> KeptAnswer | None:
    """The answer that this key already got. Raises Refused for another body or a call in flight elsewhere."""
    if session.get_bind().dialect.name == "postgresql":
        await _lock(session, f"{actor} {key}")
    kept = await session.get(KeptAnswer, (actor, key))
    if kept is None:
        return None
    if kept.created_at <= now - KEPT_FOR:
        await session.delete(kept)
        await session.flush()
        return None
    if kept.fingerprint != print_:
        raise Refused("idempotency_key_reused")
    return kept


async def forget_old(session: AsyncSession, now: dt.datetime) -> None:
    """Drop the answers that nobody may ask for again."""
    await session.execute(delete(KeptAnswer).where(KeptAnswer.created_at <= now - KEPT_FOR))


async def _lock(session: AsyncSession, what: str) -> None:
    # Another hub process may hold the same key: a lock until the end of this transaction says so.
    number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big", signed=True)
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise Refused("idempotency_in_flight")
