"""Durable work: what a transaction wishes to happen outside of it (a mail, a call to a gateway, a nightly run).

A domain writes its wish in its own transaction; the worker (`worker.py`) carries it out after the commit, once in
effect: a handler may be called again after a crash or a failure and goes by the wish's id. Knows no engine.
"""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Index, String, Text, delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.bulk import insert_many
from hub.kernel.clock import Clock
from hub.kernel.columns import Base
from hub.kernel.db import insert_new
from hub.kernel.pages import Listed

KEPT_FOR: Final = dt.timedelta(days=30)
PRIVATE: Final = "private"
"""What stands under this name in a payload is people's business: it is not shown where work is."""
AHEAD: Final = dt.timedelta(hours=1)  # so far ahead was a clock wrong
_MOST_SET_RIGHT: Final = 500  # in one transaction; the next look goes on
_MAX_ERROR: Final = 500


class Wish(Listed):
    """One wish. `key` is unique where it is given: who wishes the same twice wishes it once.

    It waits until `handed_at`, is then the engine's, and ends by `done_at` or `failed_at`. `round` counts how often
    it was begun anew by hand.
    """

    __tablename__ = "wishes"
    __table_args__ = (
        Index("uq_wishes_key", "key", unique=True),
        Index(
            "ix_wishes_waiting",
            "not_before",
            postgresql_where=text("handed_at IS NULL"),
            sqlite_where=text("handed_at IS NULL"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]]
    not_before: Mapped[dt.datetime]
    round: Mapped[int]
    handed_at: Mapped[dt.datetime | None]
    handed_to: Mapped[str | None] = mapped_column(String(64))
    done_at: Mapped[dt.datetime | None]
    failed_at: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


class Worker(Base):
    """A process that carries wishes out, and when it was last alive."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[dt.datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a handler is given. `id` is the same at every try: hand it to whoever must not act twice."""

    id: uuid.UUID
    kind: str
    payload: Mapping[str, Any]


Handler = Callable[[Task], Awaitable[None]]
"""Carries a wish out. It opens its own units of work. `Refused` and `Malformed` are final; what else it raises is
tried again, for some hours."""


async def wish(
    session: AsyncSession,
    clock: Clock,
    kind: str,
    payload: Mapping[str, Any],
    *,
    key: str | None = None,
    not_before: dt.datetime | None = None,
) -> uuid.UUID:
    """Wish it, in this transaction; carried out after its commit, not before `not_before`.

    Returns the id of the new wish. Where the `key` was wished before, that wish stands and the id is nobody's.
    """
    row = _new(clock, kind, key, payload, not_before)
    await insert_new(session, Wish, [row], key=["key"])
    return uuid.UUID(str(row["id"]))


async def wish_each(session: AsyncSession, clock: Clock, kind: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Wish what stands under each key, as `wish` does one; a key that was wished before keeps its wish."""
    rows = [_new(clock, kind, key, payload, None) for key, payload in wanted.items()]
    await insert_many(session, Wish, rows, key=("key",))


def _new(
    clock: Clock, kind: str, key: str | None, payload: Mapping[str, Any], not_before: dt.datetime | None
) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": clock.new_id(),
        "created_at": now,
        "kind": kind,
        "key": key,
        "payload": dict(payload),
        "not_before": not_before or now,
        "round": 0,
        "handed_at": None,
        "handed_to": None,
        "done_at": None,
        "failed_at": None,
        "error": None,
    }


async def is_any(session: AsyncSession, now: dt.datetime, *, unfinished: bool) -> bool:
    """Whether a wish is due; with `unfinished` also whether anybody holds one, which no index finds."""
    due = select(Wish.id).where(Wish.handed_at.is_(None), Wish.not_before <= now)
    held = select(Wish.id).where(Wish.handed_at.is_not(None), Wish.done_at.is_(None), Wish.failed_at.is_(None))
    for question in (due, held) if unfinished else (due,):
        if await session.scalar(question.limit(1)) is not None:
            return True
    return False


async def take(
    session: AsyncSession, worker: str, now: dt.datetime, limit: int, *, due: dt.datetime | None = None
) -> Sequence[Wish]:
    """Wishes whose time has come, the oldest first, now this worker's. Two workers never take the same.

    `due`: what has certainly passed, where that is less than `now`. What was wished for at once is not kept waiting.
    """
    come = Wish.not_before <= now
    if due is not None and due < now:
        come = or_(Wish.not_before <= due, come & (Wish.not_before == Wish.created_at))
    waiting = select(Wish).where(Wish.handed_at.is_(None), come).order_by(Wish.not_before, Wish.id)
    found = (await session.scalars(waiting.limit(limit).with_for_update(skip_locked=True))).all()
    for one in found:
        one.handed_at, one.handed_to = now, worker
    await session.flush()
    return found


async def task_of(session: AsyncSession, wish_id: uuid.UUID) -> Task | None:
    """The wish as its handler sees it; None when it has been forgotten."""
    row = await session.get(Wish, wish_id)
    return None if row is None else Task(id=row.id, kind=row.kind, payload=row.payload)


async def settle(session: AsyncSession, wish_id: uuid.UUID, now: dt.datetime, error: str | None) -> None:
    """It is done, or it has failed for good."""
    end = {"done_at": now, "error": None} if error is None else {"failed_at": now, "error": error[:_MAX_ERROR]}
    await session.execute(update(Wish).where(Wish.id == wish_id).values(**end))


async def again(session: AsyncSession, row: Wish, now: dt.datetime) -> None:
    """Begin a failed wish anew."""
    row.round += 1
    row.handed_at = row.handed_to = row.failed_at = row.error = None
    row.not_before = now
    await session.flush()


async def alive(session: AsyncSession, worker: str, now: dt.datetime) -> None:
    """The worker is there."""
    row = await session.get(Worker, worker)
    if row is None:
        session.add(Worker(id=worker, seen_at=now))
    else:
        row.seen_at = now


async def set_right(session: AsyncSession, now: dt.datetime) -> int:
    """Wishes of a time when the clock was ahead wait as long as was meant from now on, not for years; how many."""
    ahead = now + AHEAD
    wrong = select(Wish).where(Wish.handed_at.is_(None), Wish.not_before > ahead, Wish.created_at > ahead)
    found = (await session.scalars(wrong.limit(_MOST_SET_RIGHT).with_for_update(skip_locked=True))).all()
    for one in found:
        one.created_at, one.not_before = now, now + (one.not_before - one.created_at)
    await session.flush()
    return len(found)


async def orphans(session: AsyncSession, unseen_since: dt.datetime, ahead: dt.datetime) -> Sequence[Wish]:
    """Wishes in the hands of workers that are gone, held for this transaction; those workers are forgotten.

    Who was seen after `ahead` had a clock that was wrong, and nobody knows when that was.
    """
    await session.execute(delete(Worker).where(or_(Worker.seen_at < unseen_since, Worker.seen_at > ahead)))
    held = select(Wish).where(
        Wish.handed_at.is_not(None),
        Wish.done_at.is_(None),
        Wish.failed_at.is_(None),
        Wish.handed_to.not_in(select(Worker.id)),
    )
    return (await session.scalars(held.with_for_update(skip_locked=True))).all()


async def leave(session: AsyncSession, worker: str) -> None:
    """The worker stops: what it held is everybody's."""
    await session.execute(delete(Worker).where(Worker.id == worker))


async def forget_old(session: AsyncSession, now: dt.datetime) -> None:
    """Forget what was done long ago; what has failed stays until a person looks."""
    await session.execute(delete(Wish).where(Wish.done_at < now - KEPT_FOR))
