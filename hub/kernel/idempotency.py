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

import msgspec
from sqlalchemy import String, Text, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.db import violates
from hub.kernel.statements import Statement, at_end, instant_in, is_sqlite, json_in, run
from protocols.errors import Malformed, Refused

HEADER = "Idempotency-Key"
KEPT_FOR = dt.timedelta(hours=24)
_MAX_LENGTH = 200
_KEPT = "SELECT fingerprint, status, headers, body, created_at FROM idempotency_keys WHERE actor = ?1 AND key = ?2"
_LOCKED = f"SELECT pg_try_advisory_xact_lock(?3), kept.* FROM (SELECT) AS mine LEFT JOIN ({_KEPT}) AS kept ON true"  # noqa: S608
_FORGET = "DELETE FROM idempotency_keys WHERE actor = ?1 AND key = ?2"
_KEEP = """\
INSERT INTO idempotency_keys (actor, key, fingerprint, status, headers, body, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
"""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a key has got, and for which request."""

    fingerprint: str
    status: int
    headers: dict[str, str]
    body: str
    created_at: dt.datetime


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


async def earlier_answer(session: AsyncSession, actor: str, key: str, print_: str, now: dt.datetime) -> Answer | None:
    """The answer that this key already got. Raises Refused for another body or a call in flight elsewhere."""
    row = await (_look if is_sqlite(session) else _look_with_lock)(session, actor, key)
    if row is None:
        return None
    kept = _read(row)
    if kept.created_at <= now - KEPT_FOR:
        await run(session, Statement(_FORGET, (actor, key)))
        return None
    if kept.fingerprint != print_:
        raise Refused("idempotency_key_reused")
    return kept


async def _look(session: AsyncSession, actor: str, key: str) -> tuple[Any, ...] | None:
    [found] = await run(session, Statement(_KEPT, (actor, key), reached=True))
    return found.rows[0] if found.rows else None


async def _look_with_lock(session: AsyncSession, actor: str, key: str) -> tuple[Any, ...] | None:
    """Another hub process may hold the same key: a lock until the end of this transaction says so.

    It looks as the lock is asked for, not after: if the other one commits in between, this unit of work ends on the
    row that is there (`met_another`).
    """
    values = (actor, key, _number(f"{actor} {key}"))
    [found] = await run(session, Statement(_LOCKED, values, reached=True))
    [(locked, *row)] = found.rows
    if not locked:
        raise Refused("idempotency_in_flight")
    return None if row[0] is None else tuple(row)


def met_another(error: IntegrityError) -> bool:
    """Whether another hub process has done the same meanwhile and kept its answer: to be looked for once more."""
    return violates(error, KeptAnswer.__tablename__)


def keep_answer(session: AsyncSession, actor: str, key: str, answer: Answer) -> None:
    """Keep what this key has got, as the unit of work ends."""
    headers = msgspec.json.encode(answer.headers).decode()
    values = (actor, key, answer.fingerprint, answer.status, headers, answer.body, answer.created_at)
    at_end(session, Statement(_KEEP, values))


async def forget_old(session: AsyncSession, now: dt.datetime) -> None:
    """Drop the answers that nobody may ask for again."""
    await session.execute(delete(KeptAnswer).where(KeptAnswer.created_at <= now - KEPT_FOR))


def _number(what: str) -> int:
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big", signed=True)


def _read(row: tuple[Any, ...]) -> Answer:
    print_, status, headers, body, created_at = row
    at = instant_in(created_at)
    assert at is not None  # noqa: S101  # the column is never empty
    return Answer(fingerprint=print_, status=status, headers=json_in(headers), body=body, created_at=at)
